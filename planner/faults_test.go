package planner_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
)

// The faults of other programs of this kind, each held not to be one of asflow's. Those of what is written, and when,
// are in executor.

// TestFaultOfMakeAnOutputThatNobodyVouchesForIsTrusted holds that a file that is there and newer than all it is made from is
// made again where nothing is known of how it came to be, as after a kill between publishing and recording.
func TestFaultOfMakeAnOutputThatNobodyVouchesForIsTrusted(t *testing.T) {
	p := newProject(t, `
target "out" {
  inputs = ["in"]
  exec { command = ["use"] }
}`, map[string]string{"in": "1"})
	p.disk.write("out", "half of it")
	wantRan(t, p.build(), "out")
	if got := p.disk.text("out"); !strings.Contains(got, "in: 1") {
		t.Errorf("out is %q", got)
	}

	p.disk.write("in", "2")
	p.kill = &kill{published: true}
	wantRan(t, p.build())
	p.disk.write("out", "torn") // what a power cut may have left of it
	p.kill = nil
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
}

// TestFaultOfMakeAnOlderInputIsNoReason holds that what counts is another content, and not a later time.
func TestFaultOfMakeAnOlderInputIsNoReason(t *testing.T) {
	p := newProject(t, `
target "out" {
  inputs = ["in"]
  exec { command = ["use"] }
}`, map[string]string{"in": "1"})
	wantRan(t, p.build(), "out")
	f := p.disk.files["in"]
	p.disk.files["in"] = memFile{[]byte("2"), f.mtime - int64(time.Hour)} // put back from an archive
	wantRan(t, p.build(), "out")
	p.disk.write("in", "2") // touched
	wantRan(t, p.build())
}

// TestFaultOfMakeAChangedCommandIsNoReason holds it for a command and for the list of its inputs.
func TestFaultOfMakeAChangedCommandIsNoReason(t *testing.T) {
	p := newProject(t, `
target "out" {
  inputs = ["a", "b"]
  exec { command = ["use"] }
}`, map[string]string{"a": "1", "b": "2"})
	wantRan(t, p.build(), "out")
	p.config = strings.Replace(p.config, `, "b"`, "", 1)
	wantRan(t, p.build(), "out")
	p.config = strings.Replace(p.config, "use", "other", 1)
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
}

// TestFaultOfTaskSuccessIsRecordedBeforeTheRun holds that a job that was given out, and never came to its end, is tried again.
func TestFaultOfTaskSuccessIsRecordedBeforeTheRun(t *testing.T) {
	p := chainProject(t)
	ran := map[string]bool{}
	for _, after := range []int{0, 1, 0, 2, 0} {
		p.kill = &kill{after: after, published: after > 0}
		for _, at := range p.build() {
			ran[at] = true
		}
		for at := range p.records {
			if !ran[at] {
				t.Fatalf("%s is recorded, and has not run", at)
			}
		}
	}
	p.kill = nil
	p.build()
	if p.disk.text("all.csv") == "" {
		t.Error("not all was made")
	}
	wantRan(t, p.build())
}

// TestFaultOfDoitAKilledRunLosesWhatIsDone holds that no job that ended before a kill is run again.
func TestFaultOfDoitAKilledRunLosesWhatIsDone(t *testing.T) {
	p := chainProject(t)
	seen := map[string]bool{}
	for range 6 {
		p.kill = &kill{after: 1}
		for _, at := range p.build() {
			if seen[at] {
				t.Errorf("%s was run twice", at)
			}
			seen[at] = true
		}
	}
	p.kill = nil
	wantRan(t, p.build())
}

// TestFaultOfN2FanInIsQuadratic counts what it costs to plan and to run a job that reads very many: four times as many
// inputs cost four times as much.
func TestFaultOfN2FanInIsQuadratic(t *testing.T) {
	const elements = "target \"in/*.txt\" {\n  for_each = range(%d)\n  exec { command = [\"x\"] }\n}\n"
	for name, config := range map[string]string{
		"by label":       elements + "target \"sum\" {\n  inputs = [\"in/*.txt\"]\n  exec { command = [\"y\"] }\n}",
		"by glob":        elements + "target \"sum\" {\n  inputs = [\"in/*\"]\n  exec { command = [\"y\"] }\n}",
		"by their paths": elements + "target \"sum\" {\n  inputs = outputs(\"in/*.txt\")[*].path\n  exec { command = [\"y\"] }\n}",
		"of an element":  elements + "target \"sum/{each.key}\" {\n  for_each = [\"a\"]\n  inputs   = concat(outputs(\"in/*.txt\")[*].path, [each.key])\n  exec { command = [\"y\"] }\n}",
		"of the list":    elements + "target \"list\" {\n  inputs = [\"in/*.txt\"]\n  exec { command = [\"list\"] }\n}\ntarget \"sum/{each.key}\" {\n  for_each = lines(\"list\")\n  exec { command = [\"y\"] }\n}",
	} {
		t.Run(name, func(t *testing.T) {
			const n = 500
			one, four := fanIn(t, fmt.Sprintf(config, n)), fanIn(t, fmt.Sprintf(config, 4*n))
			grows(t, n, one, four)
			if one.edges > 3*n {
				t.Errorf("%d edges for %d inputs", one.edges, n)
			}
		})
	}
}

// TestFaultOfAsFlowGlobsOfElementsAreQuadratic counts what it costs where each of many elements has a glob of its own, be it into
// a folder of its own or for its own names in one that they share.
func TestFaultOfAsFlowGlobsOfElementsAreQuadratic(t *testing.T) {
	const config = `
locals {
  rows = [for i in range(%d) : { k = i, g = floor(i/4) }]
}
target "in/{each.value.g}SEP{each.value.k}" {
  for_each = local.rows
  key      = each.value.k
  exec { command = ["x"] }
}
target "sum/{each.key}" {
  for_each = distinct([for r in local.rows : r.g])
  inputs   = ["in/${each.key}SEP*"]
  exec { command = ["y"] }
}`
	for _, sep := range []string{"/", "-"} {
		t.Run(sep, func(t *testing.T) {
			const n = 500
			var c [2]costs
			for k, n := range []int{n, 4 * n} {
				p := newProject(t, strings.ReplaceAll(fmt.Sprintf(config, n), "SEP", sep), nil)
				p.build()
				p.disk.remove("sum")
				c[k] = p.cost()
			}
			grows(t, n, c[0], c[1])
		})
	}
}

// grows holds that four times as many inputs cost about four times as much.
func grows(t *testing.T, n int, one, four costs) {
	t.Helper()
	for what, k := range map[string][2]int{
		"edges": {one.edges, four.edges}, "files asked": {one.stats, four.stats}, "folders listed": {one.lists, four.lists},
		"allocations": {one.allocs, four.allocs}, "bytes": {one.bytes, four.bytes},
	} {
		if k[1] > 5*k[0] {
			t.Errorf("%s: %d for %d inputs, and %d for %d", what, k[0], n, k[1], 4*n)
		}
	}
}

// costs is what a plan and its run asked for.
type costs struct{ edges, stats, lists, allocs, bytes int }

func fanIn(t *testing.T, config string) costs {
	t.Helper()
	p := newProject(t, config, map[string]string{"a": "a"})
	p.makes = map[string]func(*planner.Task) string{"list": func(*planner.Task) string { return "a\nb\n" }}
	return p.cost()
}

// cost plans and runs what is to do.
func (p *project) cost() costs {
	p.t.Helper()
	p.disk.stats, p.disk.lists = 0, 0
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	plan, diags := p.plan(planner.Options{})
	if diags.HasErrors() {
		p.t.Fatal(diags)
	}
	ran := p.run(plan)
	runtime.ReadMemStats(&after)
	if plan.Failures() || plan.Work() || len(ran) == 0 {
		p.t.Fatalf("%d jobs ran, and not all succeeded", len(ran))
	}
	return costs{plan.EdgeCount(), p.disk.stats, p.disk.lists, int(after.Mallocs - before.Mallocs), int(after.TotalAlloc - before.TotalAlloc)}
}

// TestFaultOfAsFlowKeysOfTwoTypesAreOne holds that elements whose keys read alike, and which are not of one type, are told
// apart or reported, and never made once for both.
func TestFaultOfAsFlowKeysOfTwoTypesAreOne(t *testing.T) {
	for list, second := range map[string]string{
		`[1, "1"]`:                 `"1"`,
		`[true, "true"]`:           `"true"`,
		`[[1, 2], "[1,2]"]`:        `"[1,2]"`,
		`[1.5, "1.5"]`:             `"1.5"`,
		`[{key = 1}, {key = "1"}]`: `{"key":"1"}`,
	} {
		for _, label := range []string{"out/*.txt", "out/{each.key}.txt"} {
			t.Run(label+list, func(t *testing.T) {
				p := newProject(t, fmt.Sprintf("target %q {\n  for_each = %s\n  exec { command = [\"x\"] }\n}", label, list), nil)
				plan, diags := p.plan(planner.Options{})
				wantMistake(t, diags, "Two jobs make the same path", second)
				if got := plan.Tally(0).Duplicates; got != 0 {
					t.Errorf("%d of them are taken as the same", got)
				}
			})
		}
	}
}

// TestFaultOfAsFlowGlobsTakeStaleFiles holds that what a list no longer has is read by nobody, however it is written.
func TestFaultOfAsFlowGlobsTakeStaleFiles(t *testing.T) {
	for _, label := range []string{"raw/{each.key}.txt", "raw/*.txt", "raw/{each.key}/"} {
		for _, inputs := range []string{fmt.Sprintf("[%q]", label), `["raw/*"]`, `["raw/**"]`, `["raw/*[0-9a-f]*", "raw/a*"]`, fmt.Sprintf("outputs(%q)[*].path", label), `glob("raw/**")[*].path`} {
			t.Run(label+inputs, func(t *testing.T) {
				p := newProject(t, fmt.Sprintf(`
target %q {
  for_each = lines("list.txt")
  exec { command = ["x"] }
}
target "sum" {
  inputs = concat(%s, ["list.txt"])
  exec { command = ["sum"] }
}`, label, inputs), map[string]string{"list.txt": "a\nb\n"})
				if strings.Contains(inputs, "glob(") {
					p.config = strings.Replace(p.config, "inputs", "depends_on = ["+fmt.Sprintf("%q", label)+"]\n  inputs", 1)
				}
				p.build()
				p.disk.write("list.txt", "a\n")
				wantRan(t, p.build(), "sum")
				stale, kept := star("raw/", "b", ".txt"), star("raw/", "a", ".txt")
				if strings.Contains(label, "{") {
					stale, kept = "raw/b", "raw/a"
				}
				got := p.disk.text("sum")
				if strings.Contains(got, stale) {
					t.Errorf("it reads %q", got)
				}
				if !strings.Contains(inputs, "glob(") && !strings.Contains(got, kept) {
					t.Errorf("it reads %q, and not %s", got, kept)
				}
			})
		}
	}
}

// TestFaultOfAsFlowGlobsTakeWhatIsBeingWritten holds that no glob enters asflow's own folders: that of the project's state, of a
// project inside, and those beside outputs on another file system, where commands write.
func TestFaultOfAsFlowGlobsTakeWhatIsBeingWritten(t *testing.T) {
	for _, inputs := range []string{`["data/**"]`, `["**/*.csv"]`, `["data/**/[a-d].csv"]`, `glob("**/*.csv")[*].path`} {
		t.Run(inputs, func(t *testing.T) {
			p := newProject(t, "target \"sum\" {\n  inputs = "+inputs+"\n  exec { command = [\"sum\"] }\n}", map[string]string{
				"data/a.csv": "whole", "data/.asflow-0123456789abcdef/b.csv": "half", "data/sub/.asflow/tmp/0123/c.csv": "half", ".asflow/tmp/0123/d.csv": "half",
			})
			if got := p.inputsOf("sum"); !slices.Equal(got, []string{"data/a.csv"}) {
				t.Errorf("it reads %q", got)
			}
		})
	}
}
