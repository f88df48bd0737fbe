package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/asflow/asflow/planner"
)

const chain = `
target "list.json" {
  fetch { url = "http://api/list" }
}
target "raw/*.json" {
  for_each = json("list.json")
  fetch { url = "http://api/${each.key}" }
}
target "clean/*.csv" {
  for_each = outputs("raw/*.json")
  inputs   = [each.value.path]
  exec { command = ["clean"] }
}
target "all.csv" {
  inputs = ["clean/*.csv", "header.txt"]
  exec { command = ["cat"] }
}
`

func chainProject(t *testing.T) *project {
	p := newProject(t, chain, map[string]string{"header.txt": "h"})
	p.serve = func(url string) string {
		if url == "http://api/list" {
			return `["a","b"]`
		}
		return "body of " + url
	}
	return p
}

func TestChainIsBuiltInOneRunAndThenUpToDate(t *testing.T) {
	p := chainProject(t)
	ran := p.build()
	wantRan(t, ran, "list.json", star("raw/", "a", ".json"), star("raw/", "b", ".json"),
		star("clean/", "a", ".csv"), star("clean/", "b", ".csv"), "all.csv")
	if ran[len(ran)-1] != "all.csv" || ran[0] != "list.json" {
		t.Errorf("order: %q", ran)
	}
	// depth first: the first element's transform runs before the second one's fetch
	if i, j := slices.Index(ran, star("clean/", "a", ".csv")), slices.Index(ran, star("raw/", "b", ".json")); i > j {
		t.Errorf("not depth first: %q", ran)
	}
	wantRan(t, p.build())
	plan, _ := p.plan(planner.Options{})
	if plan.Work() {
		t.Error("an up-to-date project has work to do")
	}
}

func TestAChangedSourceRebuildsWhatReadsIt(t *testing.T) {
	p := chainProject(t)
	p.build()
	p.disk.write("header.txt", "other")
	wantRan(t, p.build(), "all.csv")
	p.disk.write("header.txt", "other") // touched: same bytes
	wantRan(t, p.build())
}

func TestAnEditedOrDeletedExecOutputIsMadeAgain(t *testing.T) {
	p := chainProject(t)
	p.build()
	clean := star("clean/", "a", ".csv")
	p.disk.write(clean, "edited")
	wantRan(t, p.build(), clean) // and identical bytes rebuild nothing after it
	delete(p.disk.files, clean)
	wantRan(t, p.build(), clean)
}

func TestFetchedDataIsNeverFetchedAgainByItself(t *testing.T) {
	p := chainProject(t)
	p.build()
	p.config = strings.Replace(p.config, "http://api/${each.key}", "http://other/${each.key}", 1)
	wantRan(t, p.build())
	delete(p.disk.files, star("raw/", "a", ".json"))
	p.serve = func(string) string { return "new" }
	wantRan(t, p.build(), star("raw/", "a", ".json"), star("clean/", "a", ".csv"), "all.csv")
}

func TestAChangedRecipeRebuilds(t *testing.T) {
	p := chainProject(t)
	p.build()
	p.config = strings.Replace(p.config, `["cat"]`, `["tac"]`, 1)
	wantRan(t, p.build(), "all.csv")
	p.config = strings.Replace(p.config, `["tac"]`, `[ # a comment
	"tac" ]`, 1)
	wantRan(t, p.build())
}

func TestANewElementIsMadeAndAVanishedOneDoesNotSlipIn(t *testing.T) {
	p := chainProject(t)
	p.build()
	p.disk.write("list.json", `["b","c"]`)
	wantRan(t, p.build(), star("raw/", "c", ".json"), star("clean/", "c", ".csv"), "all.csv")
	if text := string(p.disk.files["all.csv"].data); strings.Contains(text, star("clean/", "a", ".csv")) {
		t.Errorf("an orphan is read: %s", text)
	}
}

func TestFailuresBlockWhatDependsOnThemAndAreTriedAgain(t *testing.T) {
	p := chainProject(t)
	bad := star("raw/", "a", ".json")
	p.fails[bad] = true
	wantRan(t, p.build(), "list.json", bad, star("raw/", "b", ".json"), star("clean/", "b", ".csv"))
	p.fails[bad] = false
	wantRan(t, p.build(), bad, star("clean/", "a", ".csv"), "all.csv")
}

func TestAFailedListHoldsEverythingBehindIt(t *testing.T) {
	p := chainProject(t)
	p.fails["list.json"] = true
	plan, _ := p.plan(planner.Options{})
	wantRan(t, p.run(plan), "list.json")
	if !plan.Failures() {
		t.Error("the run succeeded")
	}
	p.fails["list.json"] = false
	if ran := p.build(); len(ran) != 6 {
		t.Errorf("ran %q", ran)
	}
}

func TestAbsenceIsRememberedAndPassedOn(t *testing.T) {
	p := chainProject(t)
	p.config = strings.Replace(p.config, "for_each = json", "absent = [404]\n  for_each = json", 1)
	gone := star("raw/", "a", ".json")
	p.absent[gone] = true
	wantRan(t, p.build(), "list.json", gone, star("raw/", "b", ".json"), star("clean/", "b", ".csv"), "all.csv")
	wantRan(t, p.build())
	p.config = strings.Replace(p.config, "[404]", "[410]", 1)
	p.absent[gone] = false
	wantRan(t, p.build(), gone, star("clean/", "a", ".csv"), "all.csv")
}

func TestGoals(t *testing.T) {
	a, b := star("raw/", "a", ".json"), star("raw/", "b", ".json")
	for _, c := range []struct {
		goal string
		want []string
	}{
		{"raw/*.json", []string{"list.json", a, b}},
		{a, []string{"list.json", a}},
		{"list.json", []string{"list.json"}},
		{star("clean/", "b", ".csv"), []string{"list.json", b, star("clean/", "b", ".csv")}},
		{"raw/*", []string{"list.json", a, b}},
	} {
		t.Run(c.goal, func(t *testing.T) { wantRan(t, chainProject(t).build(c.goal), c.want...) })
	}
	_, diags := chainProject(t).plan(planner.Options{Goals: []string{"al.csv"}})
	wantMistake(t, diags, "No such goal", `"all.csv"`)
}

func TestForceMakesTheGoalsOnly(t *testing.T) {
	p := chainProject(t)
	p.build()
	plan, _ := p.plan(planner.Options{Goals: []string{"all.csv"}, Force: true})
	wantRan(t, p.run(plan), "all.csv")
}

func TestDuplicatesAreDroppedAndClashesReported(t *testing.T) {
	const list = `
target "out/*.json" {
  for_each = %s
  %s
  fetch { url = "http://x/" }
}`
	p := newProject(t, fmt.Sprintf(list, `["a", "b", "a"]`, ""), nil)
	plan, diags := p.plan(planner.Options{})
	if tally := plan.Tally(0); diags.HasErrors() || tally.Duplicates != 1 || tally.Total != 2 {
		t.Errorf("%v %+v", diags, tally)
	}
	wantRan(t, p.run(plan), star("out/", "a", ".json"), star("out/", "b", ".json"))

	p = newProject(t, fmt.Sprintf(list, `[{k = "a", v = 1}, {k = "a", v = 2}]`, "key = each.value.k"), nil)
	_, diags = p.plan(planner.Options{})
	wantMistake(t, diags, "Two jobs make the same path", "distinct", `"v":1`, `"v":2`)

	// A number and a string are distinct elements, even where their keys are written alike.
	p = newProject(t, fmt.Sprintf(list, `[1, "1"]`, ""), nil)
	_, diags = p.plan(planner.Options{})
	wantMistake(t, diags, "Two jobs make the same path", `both 1 and "1"`)
}

func TestCycles(t *testing.T) {
	for name, c := range map[string]struct{ path, config string }{
		"inputs": {"a → b → a", `
target "a" {
  inputs = ["b"]
  exec { command = ["x"] }
}
target "b" {
  inputs = ["a"]
  exec { command = ["x"] }
}`},
		"itself": {"a → a", `
target "a" {
  inputs = ["a"]
  exec { command = ["x"] }
}`},
		"for_each": {"a/* → b → a/*", `
target "a/*" {
  for_each = json("b")
  fetch { url = "http://x/" }
}
target "b" {
  inputs = ["a/*"]
  exec { command = ["x"] }
}`},
		"depends_on": {"a → b → a", `
target "a" {
  depends_on = ["b"]
  exec { command = ["x"] }
}
target "b" {
  depends_on = ["a"]
  exec { command = ["x"] }
}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := newProject(t, c.config, nil).plan(planner.Options{})
			wantMistake(t, diags, "cycle", c.path)
		})
	}
}

// TestACycleThroughRecipes holds that jobs which wait for each other by what their recipes read, as comes to light only when these are
// evaluated, end: one of them with the path of the cycle, and the others held back by it. What is apart from it is made.
func TestACycleThroughRecipes(t *testing.T) {
	const apart = `
target "apart" {
  exec { command = ["x"] }
}`
	for name, c := range map[string]struct{ path, config string }{
		"itself": {"a/1 → a/1", `
target "a/{each.key}" {
  for_each = ["1"]
  exec { command = ["x", file("a/${each.key}")] }
}`},
		"and an input": {"a/1 → b/1 → a/1", `
target "a/{each.key}" {
  for_each = ["1"]
  exec { command = ["x", file("b/${each.key}")] }
}
target "b/{each.key}" {
  for_each = ["1"]
  inputs   = ["a/${each.key}"]
  exec { command = ["x"] }
}`},
		"and all inputs": {"a/1 → b → a/1", `
target "a/{each.key}" {
  for_each = ["1"]
  exec { command = ["x", file(each.key == "1" ? "b" : "none")] }
}
target "b" {
  inputs = ["a/{each.key}"]
  exec { command = ["x"] }
}`},
		"of fetches": {"a/1 → b/1 → a/1", `
target "b/{each.key}" {
  for_each = ["1"]
  fetch { url = "http://x/${file("a/${each.key}")}" }
}
target "a/{each.key}" {
  for_each = ["1"]
  fetch { url = "http://x/${file("b/${each.key}")}" }
}`},
		"and a list": {"a/1 → b/{each.key} → a/1", `
target "a/{each.key}" {
  for_each = ["1"]
  exec { command = ["x", file("b/${each.key}")] }
}
target "b/{each.key}" {
  for_each = lines("a/1")
  exec { command = ["x"] }
}`},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, c.config+apart, nil)
			plan, diags := p.plan(planner.Options{})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			ran := p.run(plan)
			if len(ran) != 2 || !slices.Contains(ran, "apart") || !plan.Failures() {
				t.Errorf("ran %q, and all succeeded: %v", ran, !plan.Failures())
			}
			if text := strings.Join(p.mistakes, "\n"); len(p.mistakes) != 1 || !canBeTurned(text, c.path) {
				t.Errorf("%q does not show %s", text, c.path)
			}
			for i := range plan.Targets() {
				if by := plan.Tally(i).ByState; by[planner.Waiting]+by[planner.Ready] > 0 {
					t.Errorf("of target %d some wait for ever", i)
				}
			}
		})
	}
}

// canBeTurned tells whether a text shows a cycle, from whichever of its steps.
func canBeTurned(text, cycle string) bool {
	steps := strings.Split(cycle, " → ")[1:]
	for range steps {
		if strings.Contains(text, "itself: "+strings.Join(append(slices.Clone(steps), steps[0]), " → ")+".") {
			return true
		}
		steps = append(steps[1:], steps[0])
	}
	return false
}
