//go:build unix

package executor

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
)

// runShell runs one script whose output is "out/a.txt".
func runShell(t *testing.T, p *project, target planner.Target, script string, change ...func(*planner.Task)) (*fakePlan, Result) {
	t.Helper()
	plan := newPlan([]planner.Target{target}, fakeJob{path: "out/a.txt", key: "a", recipe: shell(script, change...)})
	return plan, p.run(within(t, 20*time.Second), plan)
}

func TestExecMakesItsOutput(t *testing.T) {
	p := newProject(t)
	p.write("in/1.txt", "one\n")
	p.write("in/-2.txt", "two\n")
	plan, result := runShell(t, p, planner.Target{Label: "out/a.txt"},
		`cat "$ASFLOW_INPUT" > "$ASFLOW_OUTPUT"; cat "$ASFLOW_INPUTS_FILE" >> "$ASFLOW_OUTPUT"; echo "$ASFLOW_KEY $X" >> "$ASFLOW_OUTPUT"; cat "$ASFLOW_MISSING_FILE" >> "$ASFLOW_OUTPUT"`,
		func(t *planner.Task) {
			t.Inputs = []string{"in/1.txt", "-2.txt"}
			t.Missing = []string{"-2.txt"}
			t.Exec.Env = []string{"X=y"}
		})
	if result.Made != 1 {
		t.Fatalf("%+v %+v", result, p.one(Ended))
	}
	if got, want := p.read("out/a.txt"), "one\nin/1.txt\n./-2.txt\na y\n./-2.txt\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	rec := plan.outcome[0].Record
	if rec.State != "made" || rec.Attempts != 1 || rec.Run != "r1" || rec.Size == 0 || rec.Took <= 0 || rec.Log != "" {
		t.Errorf("record %+v", rec)
	}
	if p.exists(".asflow/log") {
		t.Error("a log of nothing was made")
	}
	p.clean()
}

func TestExecPathsAreUsableFromDir(t *testing.T) {
	p := newProject(t)
	p.write("sub/dir/x", "")
	p.write("in.txt", "in\n")
	_, result := runShell(t, p, planner.Target{},
		`pwd > "$ASFLOW_OUTPUT"; cat "$ASFLOW_INPUT" >> "$ASFLOW_OUTPUT"; cat "$(cat "$ASFLOW_INPUTS_FILE")" >> "$ASFLOW_OUTPUT"`,
		func(t *planner.Task) { t.Exec.Dir, t.Inputs = "sub/dir", []string{"in.txt"} })
	if result.Made != 1 {
		t.Fatalf("%+v", p.one(Ended).Err)
	}
	if got := p.read("out/a.txt"); !strings.HasSuffix(got, "/sub/dir\nin\nin\n") {
		t.Errorf("got %q", got)
	}
}

func TestExecFailures(t *testing.T) {
	for _, c := range []struct {
		name, script string
		target       planner.Target
		change       func(*planner.Task)
		state        planner.State
		status       int
		err          string
	}{
		{name: "status", script: "exit 3", state: planner.Failed, status: 3, err: "exit status 3"},
		{name: "absent", script: "exit 3", target: planner.Target{Absent: []int{2, 3}}, state: planner.Absent, status: 3},
		{name: "no output", script: "true", state: planner.Failed, err: "did not write its output"},
		{name: "signal", script: "kill -TERM $$", state: planner.Failed, status: 143, err: "ended by a signal: terminated"},
		{name: "killed", script: "kill -KILL $$", target: planner.Target{Absent: []int{137}}, state: planner.Failed, status: 137, err: "killed by SIGKILL"},
		{name: "directory", script: `mkdir "$ASFLOW_OUTPUT"`, state: planner.Failed, err: "ends with a slash"},
		{name: "not a directory", script: `rmdir "$ASFLOW_OUTPUT"; echo > "$ASFLOW_OUTPUT"`, target: planner.Target{Dir: true}, state: planner.Failed, err: "asks for a directory"},
		{name: "pipe", script: `mkfifo "$ASFLOW_OUTPUT"`, state: planner.Failed, err: "neither a file nor a directory"},
		{name: "device", script: `ln -s /dev/null "$ASFLOW_OUTPUT"`, state: planner.Failed, err: "neither a file nor a directory"},
		{name: "no program", change: func(t *planner.Task) { t.Exec.Command = []string{"no-such-program-here"} }, state: planner.Failed, err: `there is no program "no-such-program-here" in PATH`},
		{name: "no such file", change: func(t *planner.Task) { t.Exec.Command = []string{"./nothing"} }, state: planner.Failed, err: "./nothing does not exist"},
		{name: "not executable", change: func(t *planner.Task) { t.Exec.Command = []string{"./plain"} }, state: planner.Failed, err: "chmod +x plain"},
		{name: "no interpreter", change: func(t *planner.Task) { t.Exec.Command = []string{"./lost"} }, state: planner.Failed, err: "(#!)"},
		{name: "no dir", script: "true", change: func(t *planner.Task) { t.Exec.Dir = "nowhere" }, state: planner.Failed, err: "nowhere"},
		{name: "no stdin", script: "true", change: func(t *planner.Task) { t.Exec.Stdin = "nothing" }, state: planner.Failed, err: "stdin: open"},
		{name: "stdin cut", script: `cat > "$ASFLOW_OUTPUT"`, change: func(t *planner.Task) { t.Exec.Stdin = "cut.gz" }, state: planner.Failed, err: "unexpected EOF"},
		{name: "timeout", script: "sleep 60", change: func(t *planner.Task) { t.Timeout = 50 * time.Millisecond }, state: planner.Failed, err: "timed out after 50ms"},
		{name: "recipe", change: func(t *planner.Task) { t.Exec.Command = []string{"sh", "a\x00b"} }, state: planner.Failed, err: "start the command"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t)
			p.write("plain", "x")
			if err := os.Chmod(p.dir+"/plain", 0o644); err != nil {
				t.Fatal(err)
			}
			p.write("lost", "#!/no/such/sh\n")
			p.write("cut.gz", "\x1f\x8b\x08\x00")
			var change []func(*planner.Task)
			if c.change != nil {
				change = append(change, c.change)
			}
			plan, _ := runShell(t, p, c.target, c.script, change...)
			o, e := plan.outcome[0], p.one(Ended)
			if o.State != c.state || o.Record.Status != c.status {
				t.Errorf("%v, status %d: %v", o.State, o.Record.Status, e.Err)
			}
			if c.err != "" && (e.Err == nil || !strings.Contains(e.Err.Error(), c.err) || !strings.Contains(o.Record.Error, c.err)) {
				t.Errorf("error %v (record: %q), want %q", e.Err, o.Record.Error, c.err)
			}
			if p.exists("out/a.txt") {
				t.Error("there is an output")
			}
			p.clean()
		})
	}
}

func TestExecDirectoryOutput(t *testing.T) {
	p := newProject(t)
	_, result := runShell(t, p, planner.Target{Dir: true}, `echo x > "$ASFLOW_OUTPUT/x"`)
	if result.Made != 1 || p.read("out/a.txt/x") != "x\n" {
		t.Errorf("%+v", result)
	}
}

func TestExecStdoutAndStdin(t *testing.T) {
	p := newProject(t)
	plan := newPlan([]planner.Target{{}},
		fakeJob{path: "big.txt.gz", recipe: shell(`i=0; while [ $i -lt 30000 ]; do echo "line $i, which is rather long so that the whole becomes large"; i=$((i+1)); done; echo note >&2`,
			func(t *planner.Task) { t.Exec.Stdout = true })},
		fakeJob{path: "count.txt", after: []int{0}, recipe: shell("wc -l", func(t *planner.Task) { t.Exec.Stdout, t.Exec.Stdin = true, "big.txt.gz" })},
		fakeJob{path: "empty.txt", recipe: shell("true", func(t *planner.Task) { t.Exec.Stdout = true })},
		fakeJob{path: "first.txt", after: []int{0}, recipe: shell("head -n 1", func(t *planner.Task) { t.Exec.Stdout, t.Exec.Stdin = true, "big.txt.gz" })},
	)
	if r := p.run(within(t, 20*time.Second), plan); r.Made != 4 {
		t.Fatalf("%+v %+v", r, p.of(Ended))
	}
	if got := strings.TrimSpace(p.read("count.txt")); got != "30000" {
		t.Errorf("counted %q", got)
	}
	if got := p.read("empty.txt"); got != "" {
		t.Errorf("empty: %q", got)
	}
	if got := p.read("first.txt"); !strings.HasPrefix(got, "line 0,") {
		t.Errorf("first: %q", got)
	}
	if got := p.read(plan.outcome[0].Record.Log); got != "note\n" {
		t.Errorf("log %q", got)
	}
}

func TestExecStdoutOfAFailedCommandIsNoOutput(t *testing.T) {
	p := newProject(t)
	_, result := runShell(t, p, planner.Target{}, "echo x; exit 1", func(t *planner.Task) { t.Exec.Stdout = true })
	if result.Failed != 1 || p.exists("out/a.txt") {
		t.Errorf("%+v", result)
	}
}

func TestExecLog(t *testing.T) {
	p := newProject(t)
	p.options.Redact = func(s string) string { return strings.ReplaceAll(s, "hunter2", "<secret>") }
	plan, _ := runShell(t, p, planner.Target{}, "echo pass hunter2; echo no end >&2; printf 'hun'; printf 'ter2'; exit 1")
	e := p.one(Ended)
	want := "pass <secret>\nno end\n<secret>\n"
	if string(e.Tail) != want {
		t.Errorf("tail %q", e.Tail)
	}
	if e.Log != ".asflow/log/out/a.txt.log" || plan.outcome[0].Record.Log != e.Log {
		t.Fatalf("log %q", e.Log)
	}
	if got := p.read(e.Log); got != want {
		t.Errorf("log %q", got)
	}
	// The next run says nothing, and has no log.
	if _, r := runShell(t, p, planner.Target{}, `echo > "$ASFLOW_OUTPUT"`); r.Made != 1 || p.exists(e.Log) {
		t.Errorf("the old log is still there")
	}
}

func TestExecHugeLog(t *testing.T) {
	p := newProject(t)
	plan, _ := runShell(t, p, planner.Target{}, `echo first; head -c 60000000 /dev/zero | tr '\0' 'x' | fold -w 99; echo; echo last; exit 1`)
	log := p.read(plan.outcome[0].Record.Log)
	if len(log) > logHead+logTail+200 {
		t.Errorf("the log has %d bytes", len(log))
	}
	if !strings.HasPrefix(log, "first\nxxx") || !strings.HasSuffix(log, "\nlast\n") {
		t.Errorf("begins %.20q, ends %.20q", log, log[len(log)-20:])
	}
	_, after, ok := strings.Cut(log, "\nasflow: ")
	n, err := strconv.Atoi(strings.SplitN(after, " ", 2)[0])
	_, rest, _ := strings.Cut(after, "here\n\n")
	kept := len(log) - len("\nasflow: ") - len(after) + len(rest)
	if want := 60000000 + 60000000/99 + len("first\n\nlast\n") + 1; !ok || err != nil || n+kept < want-2 || n+kept > want+2 {
		t.Errorf("cut %d and kept %d of %d", n, kept, want)
	}
	if tail := p.one(Ended).Tail; len(tail) > tailMost || !strings.HasSuffix(string(tail), "last\n") {
		t.Errorf("tail of %d bytes", len(tail))
	}
}

func TestExecRetry(t *testing.T) {
	p := newProject(t)
	target := planner.Target{Retry: planner.Retry{Attempts: 3, Delay: time.Millisecond, MaxDelay: 2 * time.Millisecond}}
	plan, result := runShell(t, p, target, `echo try; echo part > "$ASFLOW_OUTPUT"; if [ -e seen ]; then exit 0; fi; touch seen; exit 1`)
	if result.Made != 1 || plan.outcome[0].Record.Attempts != 2 || plan.outcome[0].Record.Status != 0 {
		t.Errorf("%+v %+v", result, plan.outcome[0])
	}
	if e := p.one(Retrying); e.Attempt != 1 || e.Err == nil {
		t.Errorf("%+v", e)
	}
}

// What a command leaves running doesn't hold its job up.
func TestExecBackgroundChild(t *testing.T) {
	for _, stdout := range []bool{false, true} {
		p := newProject(t)
		began := time.Now()
		_, result := runShell(t, p, planner.Target{}, `sleep 30 & echo $! > pid; echo hello; echo x > "$ASFLOW_OUTPUT"`, func(t *planner.Task) { t.Exec.Stdout = stdout })
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		if (result.Made == 1) == stdout {
			t.Errorf("stdout %v: %+v %v", stdout, result, p.one(Ended).Err)
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(p.read("pid"))); err != nil {
			t.Error(err)
		} else if !stdout {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Errorf("what a command that succeeded left running: %v", err)
			}
		}
	}
}

func TestExecCancelEndsTheGroup(t *testing.T) {
	p := newProject(t)
	ctx, cancel := context.WithCancel(within(t, 20*time.Second))
	p.options.Observer = observerFunc(func(e Event) {
		p.Event(e)
		if e.Kind == Progress {
			cancel()
		}
	})
	plan := newPlan([]planner.Target{{}, {}},
		fakeJob{path: "a", recipe: shell(`sh -c 'echo $$ > child; trap "" TERM; while :; do sleep 0.05; done' & while [ ! -s child ]; do sleep 0.02; done; echo 1 2 go >> "$ASFLOW_PROGRESS"; wait`)},
		fakeJob{target: 1, path: "b", after: []int{0}, recipe: shell("true")},
	)
	if r := p.run(ctx, plan); r.Cancelled != 1 || r.Failed != 0 {
		t.Errorf("%+v", r)
	}
	if got := plan.states(); got[0] != planner.Cancelled {
		t.Errorf("states %v", got)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(p.read("child")))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); syscall.Kill(pid, 0) == nil && !zombie(pid); {
		if time.Now().After(end) {
			t.Fatal("a child has outlived its group")
		}
		time.Sleep(time.Millisecond)
	}
	p.clean()
}

// zombie tells whether a process has ended and only nobody has asked how.
func zombie(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return errors.Is(err, os.ErrNotExist)
	}
	_, after, _ := strings.Cut(string(b), ") ")
	return strings.HasPrefix(after, "Z")
}

type observerFunc func(Event)

func (f observerFunc) Event(e Event) { f(e) }

// A second interrupt does not wait for a command that ignores the first.
func TestExecKill(t *testing.T) {
	p := newProject(t)
	ctx, cancel := context.WithCancel(within(t, 20*time.Second))
	p.options.Observer = observerFunc(func(e Event) {
		if e.Kind == Progress {
			cancel()
			close(p.kill)
		}
	})
	began := time.Now()
	plan := newPlan([]planner.Target{{}}, fakeJob{path: "a", recipe: shell(`trap "" TERM; echo 1 2 >> "$ASFLOW_PROGRESS"; while :; do sleep 0.05; done`)})
	if r := p.run(ctx, plan); r.Cancelled != 1 || time.Since(began) > 8*time.Second {
		t.Errorf("%+v after %s", r, time.Since(began))
	}
}

func TestExecProgress(t *testing.T) {
	p := newProject(t)
	p.options.Meters = NewMeters(1)
	var seen []RunningJob
	p.options.Observer = observerFunc(func(e Event) {
		if e.Kind == Progress {
			p.Event(e)
		}
	})
	plan := newPlan([]planner.Target{{}}, fakeJob{path: "a", recipe: shell(`echo 5 10 half way >> "$ASFLOW_PROGRESS"; until [ -e go ]; do sleep 0.05; done; echo > "$ASFLOW_OUTPUT"`)})
	done := make(chan Result)
	ctx := within(t, 20*time.Second)
	go func() { done <- p.run(ctx, plan) }()
	for len(p.of(Progress)) == 0 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	seen = p.options.Meters.Longest(9)
	p.write("go", "")
	<-done
	if len(seen) != 1 || seen[0].Done != 5 || seen[0].Total != 10 || seen[0].Text != "half way" {
		t.Errorf("%+v", seen)
	}
	if left := p.options.Meters.Longest(9); len(left) != 0 {
		t.Errorf("after the end: %+v", left)
	}
}

func TestExecAtOnce(t *testing.T) {
	p := newProject(t)
	var jobs []fakeJob
	for i := range 12 {
		jobs = append(jobs, fakeJob{path: "o" + strconv.Itoa(i), recipe: shell(`mkdir -p r; touch r/$$; ls r | wc -l > "$ASFLOW_OUTPUT"; sleep 0.01; rm r/$$`)})
	}
	if r := p.run(within(t, 20*time.Second), newPlan([]planner.Target{{}}, jobs...)); r.Made != 12 {
		t.Fatalf("%+v", r)
	}
	for i := range 12 {
		if n, _ := strconv.Atoi(strings.TrimSpace(p.read("o" + strconv.Itoa(i)))); n > 2 {
			t.Errorf("%d at once", n)
		}
	}
}

func TestBackoff(t *testing.T) {
	for n, most := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 5 * time.Second, 40: 5 * time.Second} {
		for range 100 {
			if d := backoff(time.Second, 5*time.Second, n); d < 0 || d >= most {
				t.Fatalf("after %d attempts %s", n, d)
			}
		}
	}
	if d := backoff(0, 0, 3); d != 0 {
		t.Errorf("without a delay %s", d)
	}
}

func TestFrom(t *testing.T) {
	r := &run{dir: "/p"}
	for _, c := range [][3]string{{"", "a/b", "a/b"}, {"", "-a", "./-a"}, {"", "/x", "/x"}, {"sub", "a", "../a"}, {"sub", "sub/-a", "./-a"}, {"/p/s", "a", "../a"}, {"s", "/x", "/x"}} {
		if got := r.from(c[0], c[1]); got != c[2] {
			t.Errorf("%q from %q is %q, want %q", c[1], c[0], got, c[2])
		}
	}
}
