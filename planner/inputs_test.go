package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/asflow/asflow/planner"
)

// inputsOf gives what the inputs of a target of one job stand for.
func (p *project) inputsOf(label string) (paths []string) {
	p.t.Helper()
	plan, diags := p.plan(planner.Options{})
	if diags.HasErrors() {
		p.t.Fatal(diags)
	}
	for i, target := range plan.Targets() {
		if target.Label == label {
			plan.Jobs(i, func(id planner.ID) bool {
				for _, in := range plan.Inputs(id) {
					paths = append(paths, in.Path)
				}
				return true
			})
		}
	}
	return paths
}

// TestWhatAnInputStandsFor holds the order in which an input is looked up, and what it gives.
func TestWhatAnInputStandsFor(t *testing.T) {
	const config = `
variable "v" { default = "d" }
locals { l = "e" }
target "{var.v}/{each.key}.txt" {
  for_each = ["b", "a"]
  exec { command = ["x"] }
}
target "h/*.txt" {
  for_each = ["b", "a"]
  exec { command = ["x"] }
}
target "{local.l}/parts/" {
  exec { command = ["x"] }
}
target "d/sum.md" {
  inputs = [INPUT]
  exec { command = ["x"] }
}`
	a, b := star("h/", "a", ".txt"), star("h/", "b", ".txt")
	sorted := []string{min(a, b), max(a, b)}
	for input, want := range map[string][]string{
		`"{var.v}/{each.key}.txt"`:     {"d/a.txt", "d/b.txt"},
		`"d/{each.key}.txt"`:           {"d/a.txt", "d/b.txt"},
		`"h/*.txt"`:                    sorted, // a label, and so without the file that the same text matches as a glob
		`"h/*.t?t"`:                    append(append([]string{"h/0123456789abcdef.txt", "h/0123456789abcdef012345GG.txt"}, sorted...), "h/note.txt"),
		`"d/a.txt"`:                    {"d/a.txt"},
		`"./d//a.txt"`:                 {"d/a.txt"},
		`"e/parts/"`:                   {"e/parts"},
		`"e/parts"`:                    {"e/parts"},
		`"e/parts/deep/x.csv"`:         {"e/parts/deep/x.csv"},
		`"x[1].txt"`:                   {"x[1].txt"}, // a file, before it is a glob
		`"x[12].txt"`:                  {"x1.txt"},
		`"d/*"`:                        {"d/a.txt", "d/b.tx", "d/b.txt", "d/note.md"}, // never its own target's, and no orphans
		`"d/[ab].txt"`:                 {"d/a.txt", "d/b.txt"},
		`"d/a*"`:                       {"d/a.txt"}, // of the planned outputs, those that begin as it does
		`"d/a.{txt,csv}"`:              {"d/a.txt"},
		`"d{/a.txt,/c}"`:               {"d/a.txt"},
		`"d/a.txt/**"`:                 {"d/a.txt"}, // ** stands for no folder too
		`"` + b[:6] + `*"`:             {b},
		`"**/note.*"`:                  {"d/deep/note.md", "d/note.md", "h/note.txt"},
		`"x?.txt", "d/note.md"`:        {"x1.txt", "d/note.md"}, // in the order of the list, and sorted within
		`"{x1,nothing}.txt"`:           {"x1.txt"},
		`"h/0123456789abcdef*"`:        {"h/0123456789abcdef.txt", "h/0123456789abcdef012345GG.txt"},
		`"d/{each.key}.txt", "d/b.tx"`: {"d/a.txt", "d/b.txt", "d/b.tx"},
	} {
		t.Run(input, func(t *testing.T) {
			p := newProject(t, strings.Replace(config, "INPUT", input, 1), map[string]string{
				"d/note.md": "n", "d/deep/note.md": "n", "d/old.txt": "orphan", "d/sum.md": "own", "h/note.txt": "n",
				"h/0123456789abcdef01234567.txt": "orphan", "h/0123456789abcdef.txt": "n", "h/0123456789abcdef012345GG.txt": "n",
				"x[1].txt": "1", "x1.txt": "1", "d/b.tx": "n",
			})
			if got := p.inputsOf("d/sum.md"); !slices.Equal(got, want) {
				t.Errorf("%s stands for %q, want %q", input, got, want)
			}
		})
	}
}

// TestAGlobThatFindsNothing holds that it is a mistake, except where a target that it means has no elements.
func TestAGlobThatFindsNothing(t *testing.T) {
	const config = `
target "d/{each.key}.txt" {
  for_each = ELEMENTS
  exec { command = ["x"] }
}
target "sum" {
  inputs = ["INPUT"]
  exec { command = ["x"] }
}`
	for _, c := range []struct {
		elements, input string
		mistake         bool
	}{
		{`["a"]`, "other/*.txt", true},
		{`["a"]`, "d/*.csv", true},
		{`["a"]`, "d/[", true},
		{`[]`, "other/*.txt", true},
		{`[]`, "d/*.txt", false},
		{`[]`, "d/{each.key}.txt", false},
	} {
		t.Run(c.elements+c.input, func(t *testing.T) {
			p := newProject(t, strings.NewReplacer("ELEMENTS", c.elements, "INPUT", c.input).Replace(config), nil)
			_, diags := p.plan(planner.Options{})
			if c.mistake {
				wantMistake(t, diags, c.input)
				return
			}
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			wantRan(t, p.build(), "sum")
		})
	}
}

// TestAGlobWaitsForEveryTargetThatCouldMakeIt holds that a list that is yet to be built holds a glob back, and a path, and
// nothing else.
func TestAGlobWaitsForEveryTargetThatCouldMakeIt(t *testing.T) {
	p := newProject(t, `
target "list.txt" {
  exec { command = ["list"] }
}
target "d/{each.key}.txt" {
  for_each = lines("list.txt")
  exec { command = ["x"] }
}
target "glob" {
  inputs = ["d/*"]
  exec { command = ["x"] }
}
target "path" {
  inputs = ["d/b.txt"]
  exec { command = ["x"] }
}
target "apart" {
  inputs = ["note.txt"]
  exec { command = ["x"] }
}`, map[string]string{"d/note.md": "n", "note.txt": "n"})
	p.makes = map[string]func(*planner.Task) string{"list.txt": func(*planner.Task) string { return "a\nb\n" }}
	ran := p.build()
	wantRan(t, ran, "list.txt", "d/a.txt", "d/b.txt", "glob", "path", "apart")
	at := func(path string) int { return slices.Index(ran, path) }
	if at("glob") < at("d/a.txt") || at("glob") < at("d/b.txt") || at("path") < at("d/b.txt") {
		t.Errorf("order %q", ran)
	}
	if at("path") > at("d/a.txt") && at("path") > at("glob") {
		t.Errorf("a path waits for more than the job that makes it: %q", ran)
	}
	if got := p.disk.text("glob"); !strings.Contains(got, "d/a.txt") || !strings.Contains(got, "d/note.md") {
		t.Errorf("the glob is %q", got)
	}
}

// TestAGlobIntoADirectory holds that a glob which leads into a directory output is refused before anything is built, in words that
// say what to write; a name that only looks like one is a file.
func TestAGlobIntoADirectory(t *testing.T) {
	for _, c := range []struct{ label, input, write string }{
		{`"parts/" {`, `"parts/*.txt"`, `Write "parts/"`},
		{`"parts/" {`, `"parts/**"`, `Write "parts/"`},
		{`"parts/" {`, `"p*/?.txt"`, `Write "p*"`},
		{`"parts/{each.key}/" {` + "\n  for_each = [1]", `"parts/1/*.txt"`, `Write "parts/1/"`},
		{`"parts/{each.key}/" {` + "\n  for_each = [1]", `"parts/*/[12].txt"`, `Write "parts/*"`},
	} {
		t.Run(c.label+c.input, func(t *testing.T) {
			p := newProject(t, "target "+c.label+"\n  exec { command = [\"x\"] }\n}\ntarget \"sum\" {\n  inputs = ["+c.input+"]\n  exec { command = [\"x\"] }\n}", nil)
			_, diags := p.plan(planner.Options{})
			wantMistake(t, diags, "A glob into a directory output", c.write, strings.Trim(c.input, `"`))
		})
	}
	p := newProject(t, `
target "parts/" {
  exec { command = ["x"] }
}
target "sum/{each.key}" {
  for_each = ["parts/[1].txt", "parts/none.txt"]
  key      = basename(each.value)
  inputs   = [each.value]
  exec { command = ["x"] }
}`, nil)
	p.fills = map[string]func(*planner.Task) map[string]string{"parts": func(*planner.Task) map[string]string {
		return map[string]string{"[1].txt": "1"}
	}}
	wantRan(t, p.build(), "parts", "sum/[1].txt", "sum/none.txt")
	if want := "parts is made as a whole, and there is no none.txt in it"; !strings.Contains(strings.Join(p.mistakes, "\n"), want) {
		t.Errorf("%q, want %q", p.mistakes, want)
	}
	wantRan(t, p.build(), "sum/none.txt")
}

// TestAGlobWantsWhatItMatches holds that a goal has just those outputs made that its globs match, of an exec and of a fetch.
func TestAGlobWantsWhatItMatches(t *testing.T) {
	p := newProject(t, `
target "d/{each.value.g}/{each.key}.txt" {
  for_each = [{key = "a", g = 1}, {key = "b", g = 10}, {key = "c", g = 1}]
  exec { command = ["x"] }
}
target "f/{each.value.g}/{each.key}.txt" {
  for_each = [{key = "a", g = 1}, {key = "b", g = 10}, {key = "c", g = 1}]
  fetch { url = "http://x/${each.key}" }
}
target "sum/{each.key}" {
  for_each = [1, 10]
  inputs = ["d/${each.key}/*", "f/${each.key}/**"]
  exec { command = ["x"] }
}`, nil)
	ran := p.build("sum/1")
	slices.Sort(ran)
	wantRan(t, ran, "d/1/a.txt", "d/1/c.txt", "f/1/a.txt", "f/1/c.txt", "sum/1")
}

// TestAPathThatTurnsOutNotToBeMade holds that one that a held target could have made, and does not, is a mistake of the job.
func TestAPathThatTurnsOutNotToBeMade(t *testing.T) {
	p := newProject(t, `
target "list.txt" {
  exec { command = ["list"] }
}
target "d/{each.key}.txt" {
  for_each = lines("list.txt")
  exec { command = ["x"] }
}
target "path" {
  inputs = ["d/b.txt"]
  exec { command = ["x"] }
}`, nil)
	p.makes = map[string]func(*planner.Task) string{"list.txt": func(*planner.Task) string { return "a\n" }}
	plan, _ := p.plan(planner.Options{})
	wantRan(t, p.run(plan), "list.txt", "d/a.txt", "path")
	if _, there := p.disk.files["path"]; there || !plan.Failures() {
		t.Error("it was made without its input")
	}
}

// TestWhatIsNamedMustComeToBe holds that an input that is named by its path decides over its job, and one that comes from a
// label or glob does not.
func TestWhatIsNamedMustComeToBe(t *testing.T) {
	const config = `
target "raw/{each.key}" {
  for_each     = ["a", "b", "c", "d"]
  absent       = [404]
  allow_failed = "50%"
  fetch { url = "http://x/${each.key}" }
}
target "out" {
  inputs = [INPUT]
  exec { command = ["x"] }
}`
	for _, c := range []struct {
		input string
		want  planner.State
	}{
		{`"raw/a"`, planner.Absent},
		{`"raw/b"`, planner.Blocked},
		{`"raw/a", "raw/c"`, planner.Absent},
		{`"raw/b", "raw/c"`, planner.Blocked},
		{`"raw/a", "raw/b"`, planner.Blocked},
		{`"raw/*"`, planner.Made},
		{`"raw/{each.key}"`, planner.Made},
		{`"raw/[ab]"`, planner.Absent},
		{`"raw/[ac]"`, planner.Made},
	} {
		t.Run(c.input, func(t *testing.T) {
			p := newProject(t, strings.Replace(config, "INPUT", c.input, 1), nil)
			p.absent["raw/a"], p.fails["raw/b"] = true, true
			plan, diags := p.plan(planner.Options{})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			p.run(plan)
			id, _ := plan.Find("out")
			if got := plan.State(id); got != c.want {
				t.Errorf("%s: %v, want %v", c.input, got, c.want)
			}
		})
	}
}

// TestAOneToOneChainStreams holds that a job waits for just the jobs that make its inputs.
func TestAOneToOneChainStreams(t *testing.T) {
	p := newProject(t, `
target "a/{each.key}" {
  for_each = ["1", "2", "3"]
  exec { command = ["x"] }
}
target "b/{each.key}" {
  for_each = outputs("a/{each.key}")
  inputs   = [each.value.path]
  exec { command = ["x"] }
}
target "c/{each.key}" {
  for_each = outputs("b/{each.key}")
  inputs   = [each.value.path]
  exec { command = ["x"] }
}`, nil)
	plan, _ := p.plan(planner.Options{})
	if tally := plan.Tally(2); !tally.Known || tally.Total != 3 {
		t.Errorf("outputs of a target whose list is known are not: %+v", tally)
	}
	want := []string{"a/1", "b/1", "c/1", "a/2", "b/2", "c/2", "a/3", "b/3", "c/3"}
	if ran := p.build(); !slices.Equal(ran, want) {
		t.Errorf("order %q, want %q", ran, want)
	}
	p.disk.write("a/2", "edited")
	p.disk.files = map[string]memFile{}
	p.fails["a/2"] = true // holds back its own chain alone
	wantRan(t, p.build(), "a/1", "b/1", "c/1", "a/2", "a/3", "b/3", "c/3")
}

func TestFlowsAndDirectoriesAreGoals(t *testing.T) {
	const config = `
target "a.txt" {
  exec { command = ["x"] }
}
target "parts/" {
  inputs = ["a.txt"]
  exec { command = ["x"] }
}
target "c.txt" {
  exec { command = ["x"] }
}
flow "both" { targets = ["c.txt", "a.txt"] }
flow "parts of it" { targets = ["parts/"] }`
	for goal, want := range map[string][]string{
		"both": {"a.txt", "c.txt"}, "parts of it": {"a.txt", "parts"},
		"parts": {"a.txt", "parts"}, "parts/": {"a.txt", "parts"}, "parts/x/y": {"a.txt", "parts"},
	} {
		t.Run(goal, func(t *testing.T) {
			p := newProject(t, config, nil)
			wantRan(t, p.build(goal), want...)
			wantRan(t, p.build(goal))
		})
	}
	_, diags := newProject(t, config, nil).plan(planner.Options{Goals: []string{"bot"}})
	wantMistake(t, diags, "No such goal", `"both"`)
}
