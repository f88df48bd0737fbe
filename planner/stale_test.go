package planner_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

func TestWhatFunctionsReadCounts(t *testing.T) {
	p := newProject(t, `
target "out" {
  exec { command = ["use", json("conf.json").a] }
}`, map[string]string{"conf.json": `{"a":"1"}`})
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
	p.disk.write("conf.json", `{"a":"2"}`)
	wantRan(t, p.build(), "out")
	p.disk.write("conf.json", `{"a": "2"}`) // another content, the same value: it was read, so it counts
	wantRan(t, p.build(), "out")
}

func TestAFunctionOverATargetsOutputMakesADependency(t *testing.T) {
	p := newProject(t, `
target "conf.json" {
  fetch { url = "http://x/conf" }
}
target "out" {
  exec { command = ["use", json("conf.json").a] }
}`, nil)
	p.serve = func(string) string { return `{"a":"1"}` }
	ran := p.build()
	wantRan(t, ran, "conf.json", "out")
	if ran[0] != "conf.json" {
		t.Errorf("order %q", ran)
	}
	wantRan(t, p.build())
}

func TestAPathThatTurnsOutUnbuiltSendsTheJobBack(t *testing.T) {
	p := newProject(t, `
target "conf/*.json" {
  for_each = ["a", "b"]
  fetch { url = "http://x/${each.key}" }
}
target "out/{each.key}" {
  for_each = outputs("conf/*.json")
  exec { command = [json(each.value.path).v] }
}`, nil)
	p.serve = func(url string) string { return `{"v":"` + url + `"}` }
	wantRan(t, p.build(), star("conf/", "a", ".json"), star("conf/", "b", ".json"), "out/a", "out/b")
	if got := string(p.disk.files["out/b"].data); !strings.Contains(got, "http://x/b") {
		t.Errorf("out/b is %q", got)
	}
	wantRan(t, p.build())
	p.disk.write(star("conf/", "a", ".json"), `{"v":"new"}`)
	wantRan(t, p.build(), "out/a")
}

func TestGlobsTakePlannedOutputsAndOtherFiles(t *testing.T) {
	p := newProject(t, `
target "data/{each.key}.txt" {
  for_each = ["a", "b"]
  exec { command = ["make"] }
}
target "sum" {
  inputs = ["data/*"]
  exec { command = ["sum"] }
}`, map[string]string{"data/old.txt": "orphan", "data/note.md": "n"})
	wantRan(t, p.build(), "data/a.txt", "data/b.txt", "sum")
	got := string(p.disk.files["sum"].data)
	if strings.Contains(got, "old.txt") || !strings.Contains(got, "note.md") || !strings.Contains(got, "a.txt") {
		t.Errorf("sum read %q", got)
	}
	p.disk.write("data/more.md", "m")
	wantRan(t, p.build(), "sum")
}

func TestAnInputOfTheSameSizeAndTimeIsHashedWhereItIsTooFresh(t *testing.T) {
	p := newProject(t, `
target "out" {
  inputs = ["in"]
  exec { command = ["use"] }
}`, map[string]string{"in": "1"})
	f := p.disk.files["in"]
	f.mtime = p.disk.clock + int64(time.Hour) // written in the very tick in which the job begins
	p.disk.files["in"] = f
	wantRan(t, p.build(), "out")
	f.data = []byte("2")
	p.disk.files["in"] = f
	wantRan(t, p.build(), "out")
}

func TestMaxAgeRefreshesAndAFailureServesTheOldFile(t *testing.T) {
	p := newProject(t, `
target "list" {
  max_age = "24h"
  fetch { url = "http://x/list" }
}
target "out" {
  inputs = ["list"]
  exec { command = ["use"] }
}`, nil)
	wantRan(t, p.build(), "list", "out")
	wantRan(t, p.build())
	p.disk.clock += int64(25 * time.Hour)
	wantRan(t, p.build(), "list") // the same bytes rebuild nothing after it
	p.disk.clock += int64(25 * time.Hour)
	p.fails["list"] = true
	p.config = strings.Replace(p.config, `["use"]`, `["other"]`, 1)
	plan, _ := p.plan(planner.Options{})
	wantRan(t, p.run(plan), "list", "out")
	if !plan.Failures() {
		t.Error("a failed refresh is no failure")
	}
	if r := p.records["list"]; r.State != journal.Failed || r.Hash == "" || r.Mtime != p.disk.files["list"].mtime {
		t.Errorf("of the file that is served still the journal has %q %q", r.State, r.Hash)
	}
}

// TestMaxAgeOfAnExec holds that what a command has made, or has found not to be there, is asked for again when it is older; what it
// made by the file's time, which somebody may set.
func TestMaxAgeOfAnExec(t *testing.T) {
	p := newProject(t, `
target "out/{each.key}" {
  for_each = ["made", "absent", "kept"]
  max_age  = each.key == "kept" ? null : "24h"
  absent   = [404]
  exec { command = ["make"] }
}`, nil)
	p.absent["out/absent"] = true
	wantRan(t, p.build(), "out/absent", "out/kept", "out/made")
	p.disk.clock += int64(18 * time.Hour)
	wantRan(t, p.build())
	p.disk.clock += int64(6 * time.Hour)
	wantRan(t, p.build(), "out/absent", "out/made")
	wantRan(t, p.build())
	p.disk.clock += int64(18 * time.Hour)
	p.disk.write("out/made", p.disk.text("out/made")) // touched: it is as young as that, and as it was written
	p.disk.clock += int64(18 * time.Hour)
	wantRan(t, p.build(), "out/absent")
	f := p.disk.files["out/made"]
	f.mtime -= int64(6 * time.Hour)
	p.disk.files["out/made"] = f // and as old as it says
	wantRan(t, p.build(), "out/made")
	wantRan(t, p.build())
}

func TestAllowFailed(t *testing.T) {
	config := `
target "raw/{each.key}" {
  for_each     = ["a", "b", "c", "d"]
  allow_failed = ALLOWED
  fetch { url = "http://x/${each.key}" }
}
target "sum" {
  inputs = ["raw/*"]
  exec { command = ["sum"] }
}`
	p := newProject(t, strings.Replace(config, "ALLOWED", `"25%"`, 1), nil)
	p.fails["raw/b"] = true
	plan, _ := p.plan(planner.Options{})
	wantRan(t, p.run(plan), "raw/a", "raw/b", "raw/c", "raw/d", "sum")
	if plan.Failures() {
		t.Error("an allowed failure fails the run")
	}
	p.fails["raw/b"] = false
	wantRan(t, p.build(), "raw/b", "sum")

	p = newProject(t, strings.Replace(config, "ALLOWED", `0`, 1), nil)
	p.fails["raw/b"] = true
	wantRan(t, p.build(), "raw/a", "raw/b", "raw/c", "raw/d")
}

// TestWhatIsHeldBackIsAllowedByItsOwnTarget holds that it counts as failed there.
func TestWhatIsHeldBackIsAllowedByItsOwnTarget(t *testing.T) {
	p := newProject(t, `
target "raw/{each.key}" {
  for_each     = ["a", "b"]
  allow_failed = 1
  fetch { url = "http://x/${each.key}" }
}
target "clean/{each.key}" {
  for_each     = ["a", "b"]
  inputs       = ["raw/${each.key}"]
  allow_failed = ALLOWED
  exec { command = ["clean"] }
}
target "sum" {
  inputs = ["clean/*"]
  exec { command = ["sum"] }
}`, nil)
	config := p.config
	p.fails["raw/b"] = true
	for allowed, ran := range [][]string{{"raw/a", "raw/b", "clean/a"}, {"raw/b", "sum"}} {
		p.config = strings.Replace(config, "ALLOWED", strconv.Itoa(allowed), 1)
		plan, _ := p.plan(planner.Options{})
		wantRan(t, p.run(plan), ran...)
		if plan.Failures() != (allowed == 0) {
			t.Errorf("with %d allowed to fail, failures: %v", allowed, plan.Failures())
		}
	}
}

func TestDependsOnIsBuiltFirstAndNoReasonToRebuild(t *testing.T) {
	p := newProject(t, `
target "tool" {
  inputs = ["src"]
  exec { command = ["cc"] }
}
target "out" {
  depends_on = ["tool"]
  exec { command = ["run"] }
}`, map[string]string{"src": "1"})
	if ran := p.build("out"); len(ran) != 2 || ran[0] != "tool" {
		t.Fatalf("ran %q", ran)
	}
	p.disk.write("src", "2")
	wantRan(t, p.build("out"), "tool")
	p.disk.write("src", "3")
	p.fails["tool"] = true
	p.disk.files["out"] = memFile{[]byte("edited"), 5}
	wantRan(t, p.build("out"), "tool")
}

// TestDependsOnThatIsToBeMadeMakesNothingDue holds that where nothing will be run a job is judged as if what depends_on names were
// done, and so is what reads its output; a build still looks at it when that is done.
func TestDependsOnThatIsToBeMadeMakesNothingDue(t *testing.T) {
	p := newProject(t, `
target "tool" {
  exec { command = ["cc"] }
}
target "out/{each.key}" {
  for_each   = ["a", "b"]
  inputs     = ["src/${each.key}"]
  depends_on = ["tool"]
  exec { command = ["run"] }
}
target "sum" {
  inputs = ["out/*"]
  exec { command = ["sum"] }
}
target "page" {
  depends_on = ["tool"]
  fetch { url = "http://x/page" }
}`, map[string]string{"src/a": "1", "src/b": "2"})
	wantRan(t, p.build(), "tool", "out/a", "out/b", "sum", "page")
	delete(p.disk.files, "tool")
	todo := func(want ...string) {
		t.Helper()
		plan, diags := p.plan(planner.Options{DryRun: true})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		var got []string
		for k := range plan.Targets() {
			plan.Jobs(k, func(id planner.ID) bool {
				if s := plan.State(id); s == planner.Ready || s == planner.Waiting {
					got = append(got, plan.Path(id)+": "+plan.Reason(id))
				}
				return true
			})
		}
		if !slices.Equal(got, want) {
			t.Errorf("to do: %q, want %q", got, want)
		}
	}
	todo("tool: missing")
	wantRan(t, p.build(), "tool")
	todo()

	delete(p.disk.files, "tool")
	delete(p.disk.files, "out/b")
	delete(p.disk.files, "page")
	todo("tool: missing", "out/b: missing", "sum: input out/b is to be made", "page: missing")
	if ran := p.build(); ran[0] != "tool" {
		t.Errorf("ran %q", ran)
	} else {
		wantRan(t, ran, "tool", "out/b", "page") // and sum reads what it did
	}

	delete(p.disk.files, "tool")
	delete(p.disk.files, "src/a") // the tool might bring it: no warning
	todo("tool: missing", "out/a: input src/a is missing", "sum: input out/a is to be made")
}

// TestDependsOnIsBuiltThoughWhatStandsBehindItIsUpToDate holds it of a fetch too, whose inputs nobody asks for.
func TestDependsOnIsBuiltThoughWhatStandsBehindItIsUpToDate(t *testing.T) {
	p := newProject(t, `
target "tool" {
  inputs = ["src"]
  exec { command = ["cc"] }
}
target "page" {
  depends_on = ["tool"]
  fetch { url = "http://x/page" }
}`, map[string]string{"src": "1"})
	if ran := p.build("page"); len(ran) != 2 || ran[0] != "tool" {
		t.Fatalf("ran %q", ran)
	}
	p.disk.write("src", "2")
	wantRan(t, p.build("page"), "tool")
}

func TestAllInputsAbsentIsAbsent(t *testing.T) {
	p := newProject(t, `
target "raw/{each.key}" {
  for_each = ["a", "b"]
  absent   = [404]
  fetch { url = "http://x/${each.key}" }
}
target "one/{each.key}" {
  for_each = ["a", "b"]
  inputs   = ["raw/${each.key}"]
  exec { command = ["one"] }
}
target "sum" {
  inputs = ["one/{each.key}"]
  exec { command = ["sum"] }
}`, nil)
	p.absent["raw/a"] = true
	wantRan(t, p.build(), "raw/a", "raw/b", "one/b", "sum")
	p.disk.files = map[string]memFile{}
	p.absent["raw/b"] = true
	wantRan(t, p.build(), "raw/b")
	wantRan(t, p.build())
}

// TestThePathOfOneTargetIsItsLabel holds that an input that is a label counts as one, though it is a path too.
func TestThePathOfOneTargetIsItsLabel(t *testing.T) {
	p := newProject(t, `
target "a.json" {
  absent = [404]
  fetch { url = "http://x/a" }
}
target "b.json" {
  absent = [404]
  fetch { url = "http://x/b" }
}
target "sum" {
  inputs = ["a.json", "b.json"]
  exec { command = ["sum"] }
}`, nil)
	p.absent["a.json"] = true
	wantRan(t, p.build(), "a.json", "b.json", "sum")
	wantRan(t, p.build())
}

func TestAMissingInputIsAMistakeThatNamesIt(t *testing.T) {
	p := newProject(t, `
target "out" {
  inputs = ["nowhere.txt"]
  exec { command = ["use"] }
}`, nil)
	plan, diags := p.plan(planner.Options{})
	if diags.HasErrors() {
		wantMistake(t, diags, "No such input", "nowhere.txt")
		return
	}
	job, ok := plan.Next()
	if !ok {
		t.Fatal("no job and no mistake")
	}
	if _, err := plan.Recipe(job.ID, "x"); err == nil || !strings.Contains(err.Error(), "nowhere.txt") {
		t.Errorf("err = %v", err)
	}
}

func TestExistenceIsAskedOfFoldersNotFiles(t *testing.T) {
	p := newProject(t, `
target "out/*.json" {
  for_each = range(1000)
  fetch { url = "http://x/${each.key}" }
}`, nil)
	if ran := p.build(); len(ran) != 1000 {
		t.Fatalf("ran %d", len(ran))
	}
	p.disk.lists, p.disk.stats = 0, 0
	wantRan(t, p.build())
	if p.disk.lists > 1 || p.disk.stats > 2 { // where out and .asflow are
		t.Errorf("%d folders listed, %d files and folders asked", p.disk.lists, p.disk.stats)
	}
}

func TestOverlappingTargetsClash(t *testing.T) {
	p := newProject(t, `
target "d/{each.key}.x" {
  for_each = ["a", "b"]
  fetch { url = "http://x/" }
}
target "d/b.x" {
  fetch { url = "http://x/" }
}`, nil)
	_, diags := p.plan(planner.Options{})
	wantMistake(t, diags, "Two jobs make the same path", "d/b.x")
}

// TestAnOutputOfAnotherSizeIsNoticedWhateverItsTime holds it where an edit has put the old time back.
func TestAnOutputOfAnotherSizeIsNoticedWhateverItsTime(t *testing.T) {
	p := newProject(t, `
target "out" {
  exec { command = ["make"] }
}`, nil)
	wantRan(t, p.build(), "out")
	p.disk.files["out"] = memFile{[]byte("longer than what was there before, by far"), p.disk.files["out"].mtime}
	wantRan(t, p.build(), "out")
}
