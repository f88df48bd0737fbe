package hclspec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInputs holds what inputs may be: templates, lists put together, and labels with var and local filled in.
func TestInputs(t *testing.T) {
	for expr, want := range map[string]string{
		`["a/${each.key}.txt", "b"]`:           "a/k.txt b",
		`["{var.v}/{local.l}/*.txt"]`:          "x/y/*.txt",
		`[each.value.n, true]`:                 "7 true",
		`concat(["a"], [for x in [1, 2] : x])`: "a 1 2",
		`compact(["a", "", null])`:             "a",
		`lines("list.txt")`:                    "one two",
		`["a..b", "/abs/x"]`:                   "a..b /abs/x",
		`["../x"]`:                             "error: leaves the project",
		`["${each.key}/../x"]`:                 "error: leaves the project",
		`[null]`:                               "error: compact(",
		`[""]`:                                 "error: compact(",
		`"a"`:                                  "error: inputs takes a list",
		`[each.value.nothing]`:                 "error: nothing",
		`[sensitive("a")]`:                     "error: secret",
	} {
		t.Run(expr, func(t *testing.T) {
			p := newProject(t, "variable \"v\" { default = \"x\" }\nlocals { l = \"y\" }\ntarget \"*.json\" {\n  for_each = [{ key = \"k\", n = 7 }]\n  inputs = "+expr+"\n  exec { command = [\"true\"] }\n}", map[string]string{"list.txt": "one\ntwo\n"})
			target := p.spec().Targets[0]
			els, _, diags := target.Expand(p)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got, _, diags := target.Inputs(p, els, 0)
			if detail, wrong := strings.CutPrefix(want, "error: "); wrong {
				if text := diags.Error(); !diags.HasErrors() || !strings.Contains(text, detail) {
					t.Errorf("got %v and %v", got, diags)
				}
				return
			}
			if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" || diags.HasErrors() {
				t.Error(diff, diags)
			}
		})
	}
}
