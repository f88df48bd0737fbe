package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/asflow/asflow/planner"
)

// Of a mistake that many elements have, the first five are shown, and the others counted; one of another kind is not
// hidden behind them.
func TestMistakesThatElementsShare(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		want   map[string]int // mistakes of a kind, those that are only counted with them
	}{
		"keys": {`
target "k/*.txt" {
  for_each = concat([for i in range(40) : { n = i }], [null, "x"])
  exec { command = ["true"] }
}`, map[string]int{"An element without a key": 41}},
		"keys by key": {`
target "k/*.txt" {
  for_each = concat([for i in range(40) : { n = i }], [{ id = null }, { id = "x" }])
  key      = upper(each.value.id)
  exec { command = ["true"] }
}`, map[string]int{"Unsupported attribute": 40, "Invalid function argument": 1}},
		"paths": {`
target "p/{each.key}.txt" {
  for_each = concat([for i in range(9) : "a/${i}"], ["fine", "fine too"])
  exec { command = ["true"] }
}`, map[string]int{"A placeholder without a usable value": 9}},
		"five": {`
target "p/{each.key}.txt" {
  for_each = [for i in range(5) : "a/${i}"]
  exec { command = ["true"] }
}`, map[string]int{"A placeholder without a usable value": 5}},
		"inputs": {`
target "i/{each.key}.txt" {
  for_each = [for i in range(12) : "a${i}"]
  inputs   = [each.value.path]
  exec { command = ["true"] }
}`, map[string]int{"Unsupported attribute": 12}},
		"globs of each": {`
target "i/{each.key}.txt" {
  for_each = ["a", "b", "c", "d", "e", "f", "g"]
  inputs   = ["in/${each.key}*.csv"]
  exec { command = ["true"] }
}`, map[string]int{"No such input": 7}},
		"globs of one target": {`
target "out" {
  inputs = ["a*", "b*", "c*", "d*", "e*", "f*", "g*"]
  exec { command = ["true"] }
}`, map[string]int{"No such input": 7}},
	} {
		_, diags := newProject(t, c.config, nil).plan(planner.Options{})
		got := map[string]int{}
		for _, d := range diags {
			got[d.Summary]++
			if more, ok := d.Extra.(planner.More); ok {
				got[d.Summary] += int(more)
				if got[d.Summary] != int(more)+5 || !strings.HasSuffix(d.Detail, fmt.Sprintf(" And %d more like this.", more)) {
					t.Errorf("%s: %d more behind %d: %s", name, more, got[d.Summary]-int(more), d.Detail)
				}
			}
		}
		if len(diags) > 6 && name != "globs of one target" || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %d are shown, of %v, want %v", name, len(diags), got, c.want)
		}
	}
}

// A list of which every element is bad is not looked at to its end.
func TestMistakesWithoutEnd(t *testing.T) {
	for label, element := range map[string]string{"k/*.txt": "{ n = i }", "k/{each.key}.txt": "\"a/${i}\""} {
		_, diags := newProject(t, `
target "`+label+`" {
  for_each = [for i in range(40000) : `+element+`]
  exec { command = ["true"] }
}`, nil).plan(planner.Options{})
		wantMistake(t, diags, "And at least ", " more like this.")
		if len(diags) != 5 {
			t.Errorf("%d are shown", len(diags))
		}
	}
}
