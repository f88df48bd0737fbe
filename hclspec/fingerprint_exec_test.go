package hclspec_test

import (
	"strings"
	"testing"

	"github.com/asflow/asflow/hclspec"
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

// TestFingerprintOfEachAttribute adds each attribute to a target: those of a recipe that say what comes of it change its
// fingerprint, and no others do.
func TestFingerprintOfEachAttribute(t *testing.T) {
	const fetch = "target \"a/*.jsonl\" {\n  for_each = [\"k\"]\n  TARGET\n  fetch {\n    url = \"http://127.0.0.1/\"\n    RECIPE\n  }\n}"
	const exec = "target \"a/*.jsonl\" {\n  for_each = [\"k\"]\n  TARGET\n  exec {\n    command = [\"x\"]\n    RECIPE\n  }\n}"
	const shell = "target \"a/*.jsonl\" {\n  for_each = [\"k\"]\n  TARGET\n  exec {\n    shell = \"SCRIPT\"\n    RECIPE\n  }\n}"
	with := func(config, target, recipe string) string {
		p := newProject(t, strings.NewReplacer("TARGET", target, "RECIPE", recipe).Replace(config), nil)
		p.env = map[string]string{"TOKEN": "a secret"}
		return p.print()
	}
	for _, c := range []struct {
		config, target, recipe string
		changes                bool
	}{
		{fetch, "", `method = "POST"`, true},
		{fetch, "", `query = { a = 1 }`, true},
		{fetch, "", `headers = { A = "b" }`, true},
		{fetch, "", `body = "x"`, true},
		{fetch, "", `form = { a = "b" }`, true},
		{fetch, "", `records = ".[]"`, true},
		{fetch, "", "records = \".[]\"\n paginate = { next = \"link\" }", true},
		{fetch, "", `auth = { bearer = secret("TOKEN") }`, false},
		{fetch, "", `expect = { min_size = 3 }`, false},
		{fetch, "", `timeouts = { idle = "1s" }`, false},
		{fetch, "", `redirects = 2`, false},
		{fetch, "", `http = "2"`, false},
		{fetch, "", `proxy = "http://127.0.0.1:1"`, false},
		{fetch, "", `tls = { insecure = true }`, false},
		{fetch, `retry = { attempts = 2 }`, "", false},
		{fetch, `timeout = "1m"`, "", false},
		{fetch, `max_age = "1h"`, "", false},
		{fetch, `absent = [404]`, "", false},
		{fetch, `allow_failed = 3`, "", false},
		{fetch, `concurrency = 2`, "", false},
		{fetch, `description = "x"`, "", false},
		{exec, "", `stdin = "in"`, true},
		{exec, "", `stdout = "output"`, true},
		{exec, "", `env = { A = "b" }`, true},
		{exec, "", `dir = "sub"`, true},
		{exec, `absent = [3]`, "", false},
		{exec, `retry = { attempts = 2 }`, "", false},
		{exec, `concurrency = 2`, "", false},
		{exec, `allow_failed = "5%"`, "", false},
		{shell, "", `env = { A = "b" }`, true},
	} {
		if changed := with(c.config, c.target, c.recipe) != with(c.config, "", ""); changed != c.changes {
			t.Errorf("%s%s changes the fingerprint: %v", c.target, c.recipe, changed)
		}
	}
	if with(strings.Replace(shell, "SCRIPT", "one", 1), "", "") == with(strings.Replace(shell, "SCRIPT", "two", 1), "", "") {
		t.Error("another script does not change the fingerprint")
	}
	paged := "records = \".[]\"\n paginate = "
	if with(fetch, "", paged+`{ next = "link" }`) == with(fetch, "", paged+`{ next = ".next" }`) || with(fetch, "", `records = ".[]"`) == with(fetch, "", `records = ".a[]"`) {
		t.Error("other records or pages do not change the fingerprint")
	}
}

// The line ends of Windows are those of all others: in a script, and in what a recipe is known by.
func TestLineEndsOfWindows(t *testing.T) {
	config := "variable \"v\" {\n  default = 1\n}\ntarget \"a.txt\" {\n  exec {\n    shell = <<-X\n      if true; then\n        echo a > a.txt\n      fi\n    X\n    env = { V = var.v }\n  }\n}\n"
	var prints, scripts []string
	for _, text := range []string{config, strings.ReplaceAll(config, "\n", "\r\n")} {
		p := newProject(t, text, nil)
		target := p.spec().Targets[0]
		print, _, diags := target.Fingerprint(p, nil, 0, nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		recipe, _, diags := target.Recipe(p, nil, 0, hclspec.Paths{Output: "a.txt"})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		prints, scripts = append(prints, print), append(scripts, recipe.Exec.Command[3])
	}
	if prints[0] != prints[1] || scripts[0] != scripts[1] || strings.Contains(scripts[1], "\r") {
		t.Errorf("fingerprints %q, scripts %q", prints, scripts)
	}
}
