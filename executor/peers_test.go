//go:build unix

package executor

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// The faults of other programs of this kind that are about what is written, and when, each held not to be one of asflow's. Those of
// planning are in planner.

// recorded gives what the journal on disk has of a path.
func (p *project) recorded(at string) (journal.Record, bool) {
	p.t.Helper()
	s, err := journal.Load(filepath.Join(p.dir, ".asflow"))
	if err != nil {
		p.t.Fatal(err)
	}
	return s.Lookup(at)
}

// TestFaultOfMakeAHalfWrittenOutputIsKept holds that nothing of a command that fails, is killed or takes too long comes under the
// output's name, and that an output that was there stays as it was.
func TestFaultOfMakeAHalfWrittenOutputIsKept(t *testing.T) {
	for name, script := range map[string]string{
		"fails":              `echo half > "$ASFLOW_OUTPUT"; exit 1`,
		"is killed":          `echo half > "$ASFLOW_OUTPUT"; kill -KILL $$`,
		"is ended":           `echo half > "$ASFLOW_OUTPUT"; kill -TERM $$`,
		"takes too long":     `echo half > "$ASFLOW_OUTPUT"; sleep 60`,
		"fails in a pipe":    `echo half | cat > "$ASFLOW_OUTPUT"; false`,
		"writes beside it":   `echo half > "$ASFLOW_OUTPUT.part"`,
		"prints and fails":   `echo half; exit 1`,
		"prints and is gone": `echo half; kill -KILL $$`,
	} {
		for _, old := range []string{"", "the earlier one\n"} {
			t.Run(name+" over "+old, func(t *testing.T) {
				p := newProject(t)
				if old != "" {
					p.write("out/a.txt", old)
				}
				plan, result := runShell(t, p, planner.Target{}, script, func(task *planner.Task) {
					task.Exec.Stdout = strings.HasPrefix(name, "prints")
					if name == "takes too long" {
						task.Timeout = 100 * time.Millisecond
					}
				})
				if result.Failed != 1 || plan.outcome[0].State != planner.Failed {
					t.Fatalf("%+v", result)
				}
				if old == "" && p.exists("out/a.txt") || old != "" && p.read("out/a.txt") != old {
					t.Errorf("the output is what a failed command left")
				}
				if rec, ok := p.recorded("out/a.txt"); !ok || rec.State != journal.Failed {
					t.Errorf("the journal has %v %q", ok, rec.State)
				}
				p.clean()
			})
		}
	}
}

// TestFaultOfMakeAHalfWrittenDirectoryIsKept is the same of a directory.
func TestFaultOfMakeAHalfWrittenDirectoryIsKept(t *testing.T) {
	p := newProject(t)
	target := planner.Target{Dir: true}
	if _, r := runShell(t, p, target, `echo 1 > "$ASFLOW_OUTPUT/1"; echo 2 > "$ASFLOW_OUTPUT/2"`); r.Made != 1 {
		t.Fatalf("%+v", r)
	}
	for _, end := range []string{"exit 1", "kill -KILL $$"} {
		if _, r := runShell(t, p, target, `echo other > "$ASFLOW_OUTPUT/1"; echo 3 > "$ASFLOW_OUTPUT/3"; `+end); r.Failed != 1 {
			t.Fatalf("%+v", r)
		}
		if p.read("out/a.txt/1") != "1\n" || p.read("out/a.txt/2") != "2\n" || p.exists("out/a.txt/3") {
			t.Error("the directory is not the earlier one")
		}
	}
	p.clean()
}

// TestFaultOfTaskSuccessIsRecordedBeforeItRuns has a command look at the journal while it runs: nothing of it is there, after a
// failure there is no success, and only what has succeeded is made.
func TestFaultOfTaskSuccessIsRecordedBeforeItRuns(t *testing.T) {
	p := newProject(t)
	look := `if grep -q '"path":"out/a.txt"' .asflow/journal.jsonl; then echo it is recorded; exit 9; fi; `
	plan, result := runShell(t, p, planner.Target{}, look+`echo x > "$ASFLOW_OUTPUT"`)
	if result.Made != 1 {
		t.Fatalf("%+v: %v", result, p.one(Ended).Err)
	}
	if rec, ok := p.recorded("out/a.txt"); !ok || rec.State != journal.Made || rec.Hash != plan.outcome[0].Record.Hash {
		t.Errorf("when it has ended the journal has %v %+v", ok, rec)
	}
	if _, result = runShell(t, p, planner.Target{}, `exit 1`); result.Failed != 1 {
		t.Fatalf("%+v", result)
	}
	if rec, _ := p.recorded("out/a.txt"); rec.State != journal.Failed {
		t.Errorf("after a failure the journal has %q", rec.State)
	}
}

// TestFaultOfDoitAKilledRunLosesItsFinishedWork has each command look for the record of the one before it on disk, where a kill
// can't take it away, and a run that is cancelled keeps all that had ended.
func TestFaultOfDoitAKilledRunLosesItsFinishedWork(t *testing.T) {
	p := newProject(t)
	look := func(before string) string {
		return `grep -q '^{"path":"` + before + `".*"state":"made".*}$' .asflow/journal.jsonl; test -s ` + before + `; `
	}
	ctx, cancel := context.WithCancel(within(t, 20*time.Second))
	p.options.Observer = observerFunc(func(e Event) {
		p.Event(e)
		if e.Kind == Progress {
			cancel()
		}
	})
	plan := newPlan([]planner.Target{{}},
		fakeJob{path: "1", recipe: shell(`echo x > "$ASFLOW_OUTPUT"`)},
		fakeJob{path: "2", after: []int{0}, recipe: shell(look("1") + `echo x > "$ASFLOW_OUTPUT"`)},
		fakeJob{path: "3", after: []int{1}, recipe: shell(look("1") + look("2") + `echo x > "$ASFLOW_OUTPUT"`)},
		fakeJob{path: "4", after: []int{2}, recipe: shell(`echo half > "$ASFLOW_OUTPUT"; echo 1 2 >> "$ASFLOW_PROGRESS"; sleep 60`)},
	)
	if r := p.run(ctx, plan); r.Made != 3 || r.Cancelled != 1 {
		t.Fatalf("%+v %+v", r, p.of(Ended))
	}
	for _, at := range []string{"1", "2", "3"} {
		if rec, ok := p.recorded(at); !ok || rec.State != journal.Made {
			t.Errorf("%s: the journal has %v %q", at, ok, rec.State)
		}
	}
	if rec, ok := p.recorded("4"); ok || p.exists("4") {
		t.Errorf("of what was cut off there is %+v", rec)
	}
}

// TestFaultOfAsFlowHalfWrittenFilesAreRead has a command and a server look at the output's folder when half of it is written: there is
// nothing that somebody could take as whole.
func TestFaultOfAsFlowHalfWrittenFilesAreRead(t *testing.T) {
	var p *project
	seen := make(chan []string, 4)
	list := func() {
		names, _ := filepath.Glob(p.dir + "/out/*")
		seen <- names
	}
	half := strings.Repeat("half\n", 1<<20)
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, half)
		_ = http.NewResponseController(w).Flush()
		list()
		_, _ = io.WriteString(w, half)
	})
	plan := newPlan([]planner.Target{{}, {Fetch: true, Retry: fast}},
		fakeJob{path: "out/a.txt", recipe: shell(`echo half > "$ASFLOW_OUTPUT"; ls out >&2 || true; test ! -e out/a.txt; echo whole >> "$ASFLOW_OUTPUT"`)},
		fakeJob{target: 1, path: "out/b.txt", host: url, after: []int{0}, recipe: get(url)},
		fakeJob{target: 1, path: "out/b.txt.gz", host: url, after: []int{1}, recipe: get(url)},
	)
	if r := p.run(within(t, 30*time.Second), plan); r.Made != 3 {
		t.Fatalf("%+v %+v", r, p.of(Ended))
	}
	want := [][]string{{"a.txt"}, {"a.txt", "b.txt"}}
	for i := range want {
		names := <-seen
		for k := range names {
			names[k] = filepath.Base(names[k])
		}
		if strings.Join(names, " ") != strings.Join(want[i], " ") {
			t.Errorf("in the middle of output %d there is %q, not %q", i+2, names, want[i])
		}
	}
	if p.read("out/a.txt") != "half\nwhole\n" || p.read("out/b.txt") != half+half {
		t.Error("what was published is not whole")
	}
	if info, err := os.Stat(p.dir + "/out/b.txt.gz"); err != nil || info.Size() == 0 {
		t.Error(info, err)
	}
}
