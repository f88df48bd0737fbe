package planner_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/asflow/asflow/planner"
)

// lists is a project whose lists are made by its own targets, two of them deep: what is fetched, transformed one by one,
// and put together.
const lists = `
target "list.txt" {
  inputs = ["source.txt"]
  exec { command = ["copy"] }
}
target "raw/{each.key}.json" {
  for_each     = lines("list.txt")
  allow_failed = 1
  absent       = [404]
  fetch { url = "http://127.0.0.1/${each.key}" }
}
target "names.txt" {
  inputs = ["raw/{each.key}.json"]
  exec { command = ["names"] }
}
target "clean/{each.key}.csv" {
  for_each = lines("names.txt")
  inputs   = ["raw/${each.key}.json"]
  exec { command = ["clean"] }
}
target "all.csv" {
  inputs = ["clean/*.csv"]
  exec { command = ["all"] }
}
`

// newLists is that project, with a list; the outputs in its middle are files or directories.
func newLists(t *testing.T, dirs bool, elements []string) *project {
	config := lists
	if dirs {
		config = strings.NewReplacer("clean/{each.key}.csv", "clean/{each.key}/", "clean/*.csv", "clean/*").Replace(lists)
	}
	p := newProject(t, config, map[string]string{"source.txt": strings.Join(elements, "\n") + "\n"})
	p.makes = map[string]func(*planner.Task) string{
		"list.txt": func(*planner.Task) string { return string(p.disk.files["source.txt"].data) },
		"names.txt": func(task *planner.Task) string {
			var b strings.Builder
			for _, in := range task.Inputs {
				if !slices.Contains(task.Missing, in) {
					b.WriteString(strings.TrimSuffix(strings.TrimPrefix(in, "raw/"), ".json") + "\n")
				}
			}
			return b.String()
		},
	}
	return p
}

var elements = []string{"a", "b", "c", "d", "e"}

// TestRandomListsEndAsIfAllWereRebuilt lets elements come and go, be absent and fail, files be deleted and builds be killed. In
// the end the outputs of the elements that there are are those of a project that is built from nothing; no fetch is
// made twice; and a second build has nothing to do.
func TestRandomListsEndAsIfAllWereRebuilt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawList := func() []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(elements), 1, len(elements), rapid.ID[string]).Draw(rt, "list")
		}
		dirs := rapid.Bool().Draw(rt, "directories")
		p := newLists(t, dirs, drawList())
		asked := map[string]int{}
		p.serve = func(url string) string { asked[url]++; return "body of " + url }
		deleted := map[string]int{}
		for range rapid.IntRange(1, 5).Draw(rt, "rounds") {
			if rapid.Bool().Draw(rt, "another list") {
				p.disk.write("source.txt", strings.Join(drawList(), "\n")+"\n")
			}
			if at := rapid.SampledFrom(slices.Sorted(maps.Keys(p.disk.files))).Draw(rt, "deleted"); at != "source.txt" && rapid.Bool().Draw(rt, "delete") {
				delete(p.disk.files, at)
				if key, ok := strings.CutPrefix(at, "raw/"); ok {
					deleted["http://127.0.0.1/"+strings.TrimSuffix(key, ".json")]++
				}
			}
			p.fails, p.absent = map[string]bool{}, map[string]bool{}
			at := "raw/" + rapid.SampledFrom(elements).Draw(rt, "element") + ".json"
			switch rapid.SampledFrom([]string{"", "fails", "absent"}).Draw(rt, "fate") {
			case "fails":
				p.fails[at] = true
			case "absent":
				p.absent[at] = true
			}
			drawKill(rt, p)
			p.build()
		}
		p.fails, p.absent, p.kill = map[string]bool{}, map[string]bool{}, nil
		plan, diags := p.plan(planner.Options{RetryAbsent: true})
		if diags.HasErrors() {
			rt.Fatal(diags)
		}
		p.run(plan)

		fresh := newLists(t, dirs, nil)
		fresh.disk.files["source.txt"] = p.disk.files["source.txt"]
		fresh.build()
		for at, f := range fresh.disk.files {
			if got := string(p.disk.files[at].data); got != string(f.data) {
				rt.Fatalf("%s is\n%s\nand not\n%s", at, got, f.data)
			}
		}
		for url, n := range asked {
			if n > 1+deleted[url] {
				rt.Fatalf("%s was asked %d times, and deleted %d times", url, n, deleted[url])
			}
		}
		if ran := p.build(); len(ran) > 0 {
			rt.Fatalf("a build after a build ran %q", ran)
		}
	})
}
