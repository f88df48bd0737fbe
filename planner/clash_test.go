package planner_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/asflow/asflow/planner"
)

// TestPathsThatDifferInCaseAlone holds that they clash where the file system folds it, and else are two files.
func TestPathsThatDifferInCaseAlone(t *testing.T) {
	const exec = "\n  exec { command = [\"x\"] }\n}\n"
	for name, c := range map[string]struct {
		config string
		parts  []string // of the mistake; none: it is none
	}{
		"elements": {
			"target \"d/{each.key}.txt\" {\n  for_each = [\"a\", \"b\", \"A\"]" + exec,
			[]string{"d/a.txt", "d/A.txt", "case"},
		},
		"two targets": {
			"target \"d/a.txt\" {" + exec + "target \"D/A.txt\" {" + exec,
			[]string{"d/a.txt", "D/A.txt", "case"},
		},
		"a target and an element": {
			"target \"D/B.TXT\" {" + exec + "target \"d/{each.key}.txt\" {\n  for_each = [\"a\", \"b\"]" + exec,
			[]string{"d/b.txt", "D/B.TXT", "case"},
		},
		"elements of two targets": {
			"target \"D/{each.key}.txt\" {\n  for_each = [\"x\", \"B\"]" + exec + "target \"d/{each.key}.txt\" {\n  for_each = [\"a\", \"b\"]" + exec,
			[]string{"d/b.txt", "D/B.txt", "case"},
		},
		"hashes of two targets": {
			"target \"D/*.txt\" {\n  for_each = [\"x\", \"b\"]" + exec + "target \"d/*.TXT\" {\n  for_each = [\"a\", \"b\"]" + exec,
			[]string{star("d/", "b", ".TXT"), star("D/", "b", ".txt"), "case"},
		},
		"in a directory": {
			"target \"Parts/\" {" + exec + "target \"parts/a.txt\" {" + exec,
			[]string{"parts/a.txt", "Parts"},
		},
		"hashes of keys": {
			"target \"d/*.txt\" {\n  for_each = [\"a\", \"A\"]" + exec, nil,
		},
		"other letters": {
			"target \"d/{each.key}.txt\" {\n  for_each = [\"a\", \"b\", \"ä\"]" + exec + "target \"D/c.txt\" {" + exec, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, c.config, nil)
			if _, diags := p.plan(planner.Options{}); diags.HasErrors() {
				t.Errorf("where names are told apart: %v", diags)
			}
			_, diags := p.plan(planner.Options{FoldsCase: true})
			if c.parts == nil {
				if diags.HasErrors() {
					t.Error(diags)
				}
				return
			}
			wantMistake(t, diags, append(c.parts, "Two jobs make the same path")...)
		})
	}
}

// TestWhereCaseIsFoldedAPathIsStillFoundAsItIsWritten holds that inputs and goals are what they are elsewhere.
func TestWhereCaseIsFoldedAPathIsStillFoundAsItIsWritten(t *testing.T) {
	p := newProject(t, `
target "D/{each.key}.txt" {
  for_each = ["A", "b"]
  exec { command = ["x"] }
}
target "Sum" {
  inputs = ["D/A.txt", "D/*"]
  exec { command = ["x"] }
}`, nil)
	for _, goals := range [][]string{nil, {"Sum"}, {"D/A.txt", "Sum"}} {
		plan, diags := p.plan(planner.Options{FoldsCase: true, Goals: goals})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		wantRan(t, p.run(plan), "D/A.txt", "D/b.txt", "Sum")
		p.disk.files = map[string]memFile{}
	}
	_, diags := p.plan(planner.Options{FoldsCase: true, Goals: []string{"D/a.txt"}})
	wantMistake(t, diags, "No such goal", "D/a.txt")
}

// TestNothingIsMadeInsideOfADirectoryOutput holds that what another job replaces as a whole holds no other output.
func TestNothingIsMadeInsideOfADirectoryOutput(t *testing.T) {
	const exec = "\n  exec { command = [\"x\"] }\n}\n"
	parts := "target \"parts/\" {" + exec
	each := "target \"parts/{each.key}/\" {\n  for_each = [\"a\", \"b\"]" + exec
	for name, c := range map[string]struct{ config, mistake string }{
		"a file":                {parts + "target \"parts/x.txt\" {" + exec, "parts/x.txt lies in parts,"},
		"a file, first":         {"target \"parts/x.txt\" {" + exec + parts, "parts, a directory"},
		"a deeper file":         {parts + "target \"parts/a/x.txt\" {" + exec, "parts/a/x.txt lies in parts,"},
		"files":                 {parts + "target \"parts/*.txt\" {\n  for_each = [\"a\"]" + exec, "lies in parts,"},
		"a directory":           {parts + each, "lies in parts,"},
		"a directory, first":    {each + parts, "parts, a directory"},
		"one of each":           {each + "target \"parts/b/x.txt\" {" + exec, "parts/b/x.txt lies in parts/b,"},
		"the same name":         {parts + "target \"parts\" {" + exec, "parts is made by"},
		"beside it":             {parts + "target \"parts.txt\" {" + exec, ""},
		"beside the elements":   {each + "target \"parts/c/x.txt\" {" + exec, ""},
		"beside the directory":  {each + "target \"parts/c.txt\" {" + exec, ""},
		"a name that begins so": {parts + "target \"parts2/\" {" + exec, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := newProject(t, c.config, nil).plan(planner.Options{})
			if c.mistake == "" {
				if diags.HasErrors() {
					t.Error(diags)
				}
				return
			}
			wantMistake(t, diags, "Two jobs make the same path", c.mistake)
			if n := strings.Count(diags.Error(), "Two jobs"); n > 1 {
				t.Errorf("it is said %d times", n)
			}
		})
	}
}

// TestManyTargetsAreNotComparedWithEachOther holds that four times as many targets of one output each cost four times as much. To compare
// labels that have capitals takes memory where the file system folds the case of letters, so that comparisons can be counted.
func TestManyTargetsAreNotComparedWithEachOther(t *testing.T) {
	const n = 300
	cost := func(n int) (allocs int) {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "target \"OUT/%d.txt\" {\n  inputs = [\"in/%d.txt\"]\n  exec { command = [\"x\"] }\n}\n", i, i/2)
			fmt.Fprintf(&b, "target \"in/%d.txt\" {\n  exec { command = [\"x\"] }\n}\n", i)
		}
		p := newProject(t, b.String(), nil)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		plan, diags := p.plan(planner.Options{FoldsCase: true})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		plan.Edges()
		if _, ok := plan.Find("OUT/7.txt"); !ok {
			t.Fatal("an output is not found")
		}
		runtime.ReadMemStats(&after)
		return int(after.Mallocs - before.Mallocs)
	}
	if one, four := cost(n), cost(4*n); four > 5*one {
		t.Errorf("%d allocations for %d targets, and %d for %d", one, n, four, 4*n)
	}
}
