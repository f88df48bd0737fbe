package hclspec_test

import (
	"strings"
	"testing"
)

const printedExec = `
target "a/*.csv" {
  for_each = [{ key = "k", used = 1, "in brackets" = 1, unused = 1, list = ["x", "y"] }]
  inputs   = ["a.txt"]
  exec {
    command = ["sort", inputs[0], output, each.value.used, each.value["in brackets"], env("LANG", "")]
    env     = { LC_ALL = "C", T = secret("TOKEN"), L = each.value.list[0] }
  }
}`

// TestFingerprintOfAnExec holds what changes an exec's fingerprint, and what doesn't.
func TestFingerprintOfAnExec(t *testing.T) {
	with := func(inputs string, changes ...string) string {
		p := newProject(t, strings.NewReplacer(changes...).Replace(printedExec), nil)
		p.env = map[string]string{"TOKEN": "one secret"}
		return p.print(strings.Fields(inputs)...)
	}
	before := with("a.txt")
	for name, changes := range map[string][]string{
		"the rest of the element": {"unused = 1", "unused = \"2\""},
		"a new attribute of it":   {"unused = 1", "unused = 1, more = 1"},
		"the order of it":         {`key = "k", used = 1`, `used = 1, key = "k"`},
		"timeout":                 {"inputs  ", "timeout = \"1m\"\n  inputs  "},
		"description":             {"inputs  ", "description = \"x\"\n  inputs  "},
		"max_age":                 {"inputs  ", "max_age = \"1h\"\n  inputs  "},
		"depends_on":              {"inputs  ", "depends_on = []\n  inputs  "},
		"how inputs are written":  {`["a.txt"]`, `concat(["a.txt"])`},
		"a last comma and lines":  {`env("LANG", "")]`, "env(\n\"LANG\", \"\"),\n    ]"},
		"comments":                {"    command", "    // one\n    /* two */ command"},
	} {
		if with("a.txt", changes...) != before {
			t.Errorf("%s changed the fingerprint", name)
		}
	}
	for name, changes := range map[string][]string{
		"command":                  {`"sort"`, `"sort", "-u"`},
		"env":                      {`"C"`, `"de"`},
		"an attribute in brackets": {`"in brackets" = 1`, `"in brackets" = 2`},
		"a list's element":         {`["x", "y"]`, `["z", "y"]`},
		"dir":                      {"    env ", "    dir = \"src\"\n    env "},
		"stdin":                    {"    env ", "    stdin = \"x\"\n    env "},
		"stdout":                   {"    env ", "    stdout = \"output\"\n    env "},
		"a space in a string":      {`"sort"`, `"sort "`},
	} {
		if with("a.txt", changes...) == before {
			t.Errorf("%s did not change the fingerprint", name)
		}
	}
	for _, inputs := range []string{"b.txt", "a.txt b.txt", ""} {
		if with(inputs) == before {
			t.Errorf("inputs %q did not change the fingerprint", inputs)
		}
	}
	if with("a b") == with("b a") {
		t.Error("the order of inputs did not change the fingerprint")
	}
}
