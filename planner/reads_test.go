package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

func TestWhatIsFedToACommandCounts(t *testing.T) {
	p := newProject(t, `
target "out" {
  exec {
    command = ["sort"]
    stdin   = "in"
  }
}`, map[string]string{"in": "1"})
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
	p.disk.write("in", "2")
	wantRan(t, p.build(), "out")
	p.disk.write("in", "2")
	wantRan(t, p.build())
}

// TestWhatIsTriedForCounts holds that a recipe may do without a file that isn't there, and is run again when it has come.
func TestWhatIsTriedForCounts(t *testing.T) {
	p := newProject(t, `
target "out" {
  exec { command = ["use", try(file("more.txt"), "none"), can(json("more.json")) ? "json" : "no json"] }
}`, map[string]string{"in": "1"})
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
	p.disk.write("more.txt", "more")
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
	delete(p.disk.files, "more.txt")
	wantRan(t, p.build(), "out")
	p.disk.write("more.json", "{}")
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
}

// TestEnvTodayAndGlobCountByTheirValue holds that it is what these functions gave that counts, and nothing behind it.
func TestEnvTodayAndGlobCountByTheirValue(t *testing.T) {
	p := newProject(t, `
target "env" {
  exec { command = ["use", env("WORD", "none")] }
}
target "today" {
  exec { command = ["use", today()] }
}
target "glob" {
  exec { command = ["use", join(" ", glob("in/*")[*].path)] }
}`, map[string]string{"in/a": "1"})
	p.env = map[string]string{"WORD": "a", "OTHER": "b"}
	wantRan(t, p.build(), "env", "today", "glob")
	wantRan(t, p.build())
	p.env["OTHER"] = "c"
	p.disk.write("in/a", "another content")
	p.disk.write("beside", "1")
	wantRan(t, p.build())
	p.env["WORD"] = "b"
	wantRan(t, p.build(), "env")
	delete(p.env, "WORD")
	wantRan(t, p.build(), "env")
	wantRan(t, p.build())
	p.env["WORD"] = "none" // the same value, which was the default's
	wantRan(t, p.build())
	p.env["WORD"] = ""
	wantRan(t, p.build(), "env")
	p.env["WORD"] = "none"
	wantRan(t, p.build(), "env")
	delete(p.env, "WORD")
	wantRan(t, p.build())
	p.disk.write("in/b", "1")
	wantRan(t, p.build(), "glob")
	delete(p.disk.files, "in/b")
	wantRan(t, p.build(), "glob")
	p.disk.clock += int64(24 * time.Hour)
	wantRan(t, p.build(), "today")
}

// TestContentIsHashedOnlyWhereSizeAndTimeDiffer counts the files that are opened.
func TestContentIsHashedOnlyWhereSizeAndTimeDiffer(t *testing.T) {
	p := newProject(t, `
target "out/{each.key}" {
  for_each = ["a", "b", "c"]
  inputs   = ["in/${each.key}"]
  exec { command = ["use"] }
}`, map[string]string{"in/a": "1", "in/b": "2", "in/c": "3"})
	wantRan(t, p.build(), "out/a", "out/b", "out/c")
	p.disk.opens = nil
	wantRan(t, p.build())
	if len(p.disk.opens) > 0 {
		t.Errorf("with nothing changed %q were read", p.disk.opens)
	}
	p.disk.write("in/a", "1")
	p.disk.write("out/b", string(p.disk.files["out/b"].data))
	p.disk.opens = nil
	wantRan(t, p.build())
	slices.Sort(p.disk.opens)
	if want := []string{"in/a", "out/b"}; !slices.Equal(p.disk.opens, want) {
		t.Errorf("%q were read, want %q", p.disk.opens, want)
	}
	p.disk.write("in/a", "of another size")
	p.disk.write("out/b", "of another size, too")
	p.disk.opens = nil
	plan, _ := p.plan(planner.Options{})
	if n := plan.Tally(0).ByState[planner.Ready]; n != 2 || len(p.disk.opens) > 0 {
		t.Errorf("%d jobs are to do, and %q were read", n, p.disk.opens)
	}
	wantRan(t, p.build(), "out/a", "out/b")
}

// TestWhatAJobMadeIsNotHashedForBeingFresh holds that what was made and read in the same moment is taken by size and time all the same:
// nobody but asflow wrote it, and then it was whole.
func TestWhatAJobMadeIsNotHashedForBeingFresh(t *testing.T) {
	p := newProject(t, `
target "mid" {
  exec { command = ["mid"] }
}
target "end" {
  inputs = ["mid"]
  exec { command = ["end"] }
}`, nil)
	wantRan(t, p.build(), "mid", "end")
	if p.records["end"].Began != p.records["mid"].Mtime {
		t.Fatal("it is not fresh")
	}
	p.disk.opens = nil
	wantRan(t, p.build())
	if len(p.disk.opens) > 0 {
		t.Errorf("with nothing changed %q were read", p.disk.opens)
	}
}

// TestTheRestOfTheElementIsNoReason holds that only those attributes of an element count that a recipe names.
func TestTheRestOfTheElementIsNoReason(t *testing.T) {
	const config = `
target "out/{each.key}" {
  for_each = [{ key = "a", used = "USED", other = "OTHER" }]
  exec { command = ["use", each.value.used, output] }
}`
	p := newProject(t, config, nil)
	wantRan(t, p.build(), "out/a")
	p.config = strings.Replace(p.config, "OTHER", "changed", 1)
	wantRan(t, p.build())
	p.config = strings.Replace(p.config, "USED", "changed", 1)
	wantRan(t, p.build(), "out/a")
}

func TestAFailedExecLeavesItsEarlierOutputOutOfDate(t *testing.T) {
	p := newProject(t, `
target "mid" {
  inputs = ["in"]
  exec { command = ["mid"] }
}
target "end" {
  inputs = ["mid"]
  exec { command = ["end"] }
}`, map[string]string{"in": "1"})
	wantRan(t, p.build(), "mid", "end")
	old := p.disk.files["mid"]
	p.disk.write("in", "2")
	p.fails["mid"] = true
	for range 2 { // it stays out of date, and is tried again
		wantRan(t, p.build(), "mid")
		if string(p.disk.files["mid"].data) != string(old.data) {
			t.Fatal("the earlier output is gone")
		}
	}
	p.disk.write("in", "1") // what it was made from is back; but the last that is known is a failure
	wantRan(t, p.build(), "mid")
	p.fails["mid"] = false
	wantRan(t, p.build(), "mid")
	p.disk.write("in", "3")
	wantRan(t, p.build(), "mid", "end")
}

// TestARefreshThatFindsNothingServesTheOldFile holds that what was there and now is absent goes on to be read, by what
// names it and by what takes it from a glob.
func TestARefreshThatFindsNothingServesTheOldFile(t *testing.T) {
	p := newProject(t, `
target "raw/list" {
  max_age = "24h"
  absent  = [404]
  fetch { url = "http://x/list" }
}
target "named" {
  inputs = ["raw/list"]
  exec { command = ["WORD"] }
}
target "globbed" {
  inputs = ["raw/*"]
  exec { command = ["WORD"] }
}`, nil)
	wantRan(t, p.build(), "raw/list", "named", "globbed")
	p.disk.clock += int64(25 * time.Hour)
	p.absent["raw/list"] = true
	p.config = strings.ReplaceAll(p.config, "WORD", "other")
	plan, _ := p.plan(planner.Options{})
	wantRan(t, p.run(plan), "raw/list", "named", "globbed")
	for _, at := range []string{"named", "globbed"} {
		if got := p.disk.text(at); !strings.Contains(got, "body of http://x/list") {
			t.Errorf("%s is made of %q", at, got)
		}
	}
	if plan.Failures() {
		t.Error("that it is absent is a failure")
	}
	p.config = strings.ReplaceAll(p.config, "other", "third")
	wantRan(t, p.build(), "named", "globbed") // it is remembered that it is gone, for as long as it may be old
	p.disk.clock += int64(25 * time.Hour)
	p.absent["raw/list"] = false
	wantRan(t, p.build(), "raw/list") // and has come back, with the same body
	wantRan(t, p.build())
}

// TestADirectoryAsAnInputCountsByPathsAndContents holds it of a folder that is a source.
func TestADirectoryAsAnInputCountsByPathsAndContents(t *testing.T) {
	p := newProject(t, `
target "out" {
  inputs = ["conf"]
  exec { command = ["use"] }
}`, map[string]string{"conf/a": "1", "conf/deep/b": "2"})
	wantRan(t, p.build(), "out")
	p.disk.write("conf/deep/b", "2")
	wantRan(t, p.build())
	for _, edit := range []func(){
		func() { p.disk.write("conf/deep/b", "3") },
		func() { p.disk.write("conf/c", "3") },
		func() { p.disk.files["conf/d"] = p.disk.files["conf/c"]; delete(p.disk.files, "conf/c") },
		func() { p.disk.files["conf/deep/a"] = p.disk.files["conf/a"]; delete(p.disk.files, "conf/a") },
	} {
		edit()
		wantRan(t, p.build(), "out")
		wantRan(t, p.build())
	}
}

// TestWhichInputsAreMissingCounts holds that an input that goes away is a reason, as one that comes to be is.
func TestWhichInputsAreMissingCounts(t *testing.T) {
	p := newProject(t, `
target "raw/{each.key}" {
  for_each = ["a", "b", "c"]
  absent   = [404]
  fetch { url = "http://x/${each.key}" }
}
target "sum" {
  inputs = ["raw/*"]
  exec { command = ["sum"] }
}`, nil)
	p.absent["raw/a"] = true
	wantRan(t, p.build(), "raw/a", "raw/b", "raw/c", "sum")
	if got := p.disk.text("sum"); strings.Contains(got, "raw/a") {
		t.Errorf("sum is made of %q", got)
	}
	wantRan(t, p.build())
	delete(p.disk.files, "raw/b")
	p.absent["raw/b"] = true
	wantRan(t, p.build(), "raw/b", "sum")
	wantRan(t, p.build())
	p.absent = map[string]bool{}
	plan, _ := p.plan(planner.Options{RetryAbsent: true})
	wantRan(t, p.run(plan), "raw/a", "raw/b", "sum")
}

// TestAnAbsentExecIsAskedAgainWhenAnInputChanges holds what ends a remembered absence.
func TestAnAbsentExecIsAskedAgainWhenAnInputChanges(t *testing.T) {
	p := newProject(t, `
target "out" {
  inputs = ["in"]
  absent = [404]
  exec { command = ["WORD"] }
}`, map[string]string{"in": "1"})
	p.absent["out"] = true
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
	p.disk.write("in", "2")
	wantRan(t, p.build(), "out")
	p.config = strings.Replace(p.config, "WORD", "other", 1)
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
	p.config = strings.Replace(p.config, "404", "3", 1)
	wantRan(t, p.build(), "out")
}

// TestRecordsOfAnUnknownKindRebuild holds that what a later version may have written of an output is no reason to take
// it as up to date.
func TestRecordsOfAnUnknownKindRebuild(t *testing.T) {
	for name, change := range map[string]func(*journal.Record){
		"state": func(r *journal.Record) { r.State = "frozen" },
		"gone":  func(r *journal.Record) { r.State = journal.Removed },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, "target \"out\" {\n  exec { command = [\"make\"] }\n}", nil)
			wantRan(t, p.build(), "out")
			rec := p.records["out"]
			change(&rec)
			p.records["out"] = rec
			wantRan(t, p.build(), "out")
			wantRan(t, p.build())
		})
	}
}

// TestListsOverListsInOneRun holds that lists are expanded to any depth in the same run.
func TestListsOverListsInOneRun(t *testing.T) {
	const depth = 6
	var b strings.Builder
	fmt.Fprintf(&b, "target \"l0.txt\" {\n  exec { command = [\"list\"] }\n}\n")
	for i := 1; i <= depth; i++ {
		fmt.Fprintf(&b, "target \"d%d/{each.key}\" {\n  for_each = lines(\"l%d.txt\")\n  exec { command = [\"x\"] }\n}\n", i, i-1)
		fmt.Fprintf(&b, "target \"l%d.txt\" {\n  inputs = [\"d%d/*\"]\n  exec { command = [\"list\"] }\n}\n", i, i)
	}
	p := newProject(t, b.String(), nil)
	p.makes = map[string]func(*planner.Task) string{"l0.txt": func(*planner.Task) string { return "x\n" }}
	want := []string{"l0.txt"}
	key := "x"
	for i := 1; i <= depth; i++ {
		at := fmt.Sprintf("d%d/%s", i, key)
		key += "x"
		next := key
		p.makes[fmt.Sprintf("l%d.txt", i)] = func(*planner.Task) string { return next + "\n" }
		want = append(want, at, fmt.Sprintf("l%d.txt", i))
	}
	wantRan(t, p.build(), want...)
	wantRan(t, p.build())
}

// TestAnAbsentFetchIsAskedAgain holds when: its recipe changes, its age is over, or somebody says so.
func TestAnAbsentFetchIsAskedAgain(t *testing.T) {
	p := newProject(t, `
target "out" {
  absent  = [404]
  max_age = "48h"
  fetch { url = "http://x/WORD" }
}`, nil)
	p.absent["out"] = true
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
	p.config = strings.Replace(p.config, "WORD", "other", 1)
	wantRan(t, p.build(), "out")
	wantRan(t, p.build())
	p.disk.clock += int64(48 * time.Hour)
	wantRan(t, p.build(), "out")
	plan, _ := p.plan(planner.Options{RetryAbsent: true})
	wantRan(t, p.run(plan), "out")
	plan, _ = p.plan(planner.Options{Goals: []string{"out"}, Force: true})
	wantRan(t, p.run(plan), "out")
	wantRan(t, p.build())
}

// TestDependsOnSomethingAbsent holds that it holds nothing back.
func TestDependsOnSomethingAbsent(t *testing.T) {
	p := newProject(t, `
target "first" {
  absent = [404]
  fetch { url = "http://x/" }
}
target "out" {
  depends_on = ["first"]
  exec { command = ["x"] }
}`, nil)
	p.absent["first"] = true
	wantRan(t, p.build(), "first", "out")
	wantRan(t, p.build())
}

// TestASecretIsNoReason holds that another secret rebuilds nothing, wherever in a recipe it stands.
func TestASecretIsNoReason(t *testing.T) {
	p := newProject(t, `
variable "pass" {
  default   = "one"
  sensitive = true
}
target "out" {
  exec {
    command = ["use", var.pass, sensitive(env("WORD"))]
    env     = { TOKEN = secret("TOKEN") }
  }
}`, nil)
	p.env = map[string]string{"TOKEN": "first secret", "WORD": "w"}
	wantRan(t, p.build(), "out")
	p.env["TOKEN"] = "second secret"
	p.config = strings.Replace(p.config, `"one"`, `"two"`, 1)
	wantRan(t, p.build())
	delete(p.env, "TOKEN") // what does not run needs none
	wantRan(t, p.build())
}

// TestAPathWithoutEachHoldsItsTargetBack holds that no job of a target begins before what all their recipes read is there, and that
// they end as that does.
func TestAPathWithoutEachHoldsItsTargetBack(t *testing.T) {
	const config = `
target "conf.json" {
  absent = [404]
  fetch { url = "http://x/conf" }
}
target "out/{each.key}" {
  for_each = ["a", "b"]
  exec { command = ["use", json("conf.json").v, each.key] }
}
target "raw/{each.key}" {
  for_each = ["a", "b"]
  fetch { url = "http://x/${json("conf.json").v}/${each.key}" }
}
target "apart" {
  exec { command = ["use"] }
}`
	p := newProject(t, config, nil)
	p.serve = func(url string) string { return fmt.Sprintf(`{"v":%q}`, url) }
	ran := p.build()
	wantRan(t, ran, "conf.json", "out/a", "out/b", "raw/a", "raw/b", "apart")
	conf := slices.Index(ran, "conf.json")
	for at, path := range ran {
		if at < conf && path != "apart" {
			t.Errorf("%s began before what it reads was there: %q", path, ran)
		}
	}
	wantRan(t, p.build())
	for _, want := range []planner.State{planner.Blocked, planner.Absent} {
		fresh := newProject(t, config, nil)
		fresh.fails["conf.json"], fresh.absent["conf.json"] = want == planner.Blocked, want == planner.Absent
		plan, _ := fresh.plan(planner.Options{})
		wantRan(t, fresh.run(plan), "conf.json", "apart")
		for _, at := range []string{"out/a", "out/b", "raw/a", "raw/b"} {
			id, _ := plan.Find(at)
			if got := plan.State(id); got != want {
				t.Errorf("%s is %v, want %v", at, got, want)
			}
		}
	}
}

// TestWhatIsTooOldIsReadOnceItIsRefreshed holds that a function waits for an output that is there, and that is to be asked for again:
// the list that it gives, and what a recipe takes from it, are of the new one.
func TestWhatIsTooOldIsReadOnceItIsRefreshed(t *testing.T) {
	p := newProject(t, `
target "list.json" {
  max_age = "24h"
  fetch { url = "http://x/list" }
}
target "out/{each.key}" {
  for_each = json("list.json")
  exec { command = ["x"] }
}
target "conf/{each.key}.json" {
  for_each = ["a"]
  max_age  = "24h"
  fetch { url = "http://x/conf" }
}
target "used/{each.key}" {
  for_each = ["a"]
  exec { command = [join(" ", json("conf/${each.key}.json"))] }
}
target "shared" {
  exec { command = [join(" ", json("list.json"))] }
}`, nil)
	p.serve = func(string) string { return `["1"]` }
	wantRan(t, p.build(), "list.json", "out/1", "conf/a.json", "used/a", "shared")
	p.disk.clock += int64(25 * time.Hour)
	p.serve = func(string) string { return `["1","2"]` }
	wantRan(t, p.build(), "list.json", "out/2", "conf/a.json", "used/a", "shared")
	for _, at := range []string{"used/a", "shared"} {
		if got := p.disk.text(at); got != "1 2\n" {
			t.Errorf("%s is made of %q", at, got)
		}
	}
	wantRan(t, p.build())
}

// TestWhatARecipeReadIsMadeFirst holds that a job which is up to date as things are waits for what its recipe read, where that is made
// anew in the same run, also where nothing else asks for it; and that the same bytes are no reason.
func TestWhatARecipeReadIsMadeFirst(t *testing.T) {
	p := newProject(t, `
target "conf/{each.key}" {
  for_each = ["a", "b"]
  inputs   = ["src/${each.key}"]
  exec { command = ["x"] }
}
target "used/{each.key}" {
  for_each = ["a", "b"]
  exec { command = [file("conf/${each.key}")] }
}
target "sum" {
  inputs = ["used/{each.key}"]
  exec { command = ["sum"] }
}`, map[string]string{"src/a": "1", "src/b": "1"})
	p.makes = map[string]func(*planner.Task) string{"conf/b": func(*planner.Task) string { return "same" }}
	wantRan(t, p.build("sum"), "conf/a", "conf/b", "used/a", "used/b", "sum")
	wantRan(t, p.build("sum"))
	p.disk.write("src/a", "2")
	p.disk.write("src/b", "2")
	wantRan(t, p.build("sum"), "conf/a", "conf/b", "used/a", "sum")
	if got := p.disk.text("used/a"); !strings.Contains(got, "src/a: 2") {
		t.Errorf("it is made of %q", got)
	}
	wantRan(t, p.build("sum"))
}

// TestAJobOfWhichARecipeReadsWhatIsAbsentComesToRest holds that it is absent without being looked at again, until what it reads has come.
func TestAJobOfWhichARecipeReadsWhatIsAbsentComesToRest(t *testing.T) {
	p := newProject(t, `
target "src/{each.key}" {
  for_each = ["a", "b"]
  absent   = [404]
  exec { command = ["src"] }
}
target "read/{each.key}" {
  for_each = ["a", "b"]
  exec { command = ["use", file("src/${each.key}"), env("WORD", "")] }
}
target "fed/{each.key}" {
  for_each = ["a", "b"]
  exec {
    command = ["sort"]
    stdin   = "src/${each.key}"
  }
}
target "page/{each.key}" {
  for_each = ["a", "b"]
  fetch { url = "http://x/${file("src/${each.key}")}/${env("WORD", "")}" }
}
target "after" {
  inputs = ["read/b"]
  exec { command = ["after"] }
}`, nil)
	rest := func(absent int) {
		t.Helper()
		plan, _ := p.plan(planner.Options{})
		got := 0
		for k := range plan.Targets() {
			got += plan.Tally(k).ByState[planner.Absent]
		}
		if plan.Work() || got != absent {
			t.Errorf("there is work: %v; %d are absent", plan.Work(), got)
		}
		wantRan(t, p.run(plan))
	}
	p.env = map[string]string{}
	p.absent["src/b"] = true
	wantRan(t, p.build(), "src/a", "src/b", "read/a", "fed/a", "page/a")
	rest(5)

	p.env["WORD"] = "x" // what is read beside counts too
	wantRan(t, p.build(), "read/a")
	rest(5)

	plan, _ := p.plan(planner.Options{RetryAbsent: true})
	wantRan(t, p.run(plan), "src/b")
	rest(5)

	p.config = strings.Replace(p.config, `["src"]`, `["other"]`, 1)
	p.absent["src/b"] = false
	wantRan(t, p.build(), "src/a", "src/b", "read/a", "read/b", "fed/a", "fed/b", "page/b", "after")
	rest(0)
}
