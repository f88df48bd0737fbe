package planner_test

import (
	"slices"
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
)

// TestAFolderThatChangesIsListedAgain holds that globs of elements see what came into a folder during the run, also where it is
// the folder that was listed last.
func TestAFolderThatChangesIsListedAgain(t *testing.T) {
	p := newProject(t, `
target "first" {
  exec { command = ["x"] }
}
target "sum/{each.key}" {
  for_each   = ["a", "b"]
  depends_on = ["first"]
  inputs     = ["in/${each.key}-*", "in/c-*"]
  exec { command = ["x"] }
}`, map[string]string{"in/a-1": "1", "in/b-1": "1", "in/c-1": "1"})
	p.makes = map[string]func(*planner.Task) string{"first": func(*planner.Task) string {
		p.disk.write("in/b-2", "2")
		p.disk.clock += int64(time.Second)
		return "first"
	}}
	p.build()
	for at, want := range map[string][]string{"sum/a": {"in/a-1", "in/c-1"}, "sum/b": {"in/b-1", "in/b-2", "in/c-1"}} {
		var got []string
		for _, r := range p.records[at].Reads {
			got = append(got, r.Path)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s reads %q, want %q", at, got, want)
		}
	}
}
