package hclspec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// print gives the fingerprint of the first element of a project's last target.
func (p *project) print(inputs ...string) string {
	p.t.Helper()
	spec := p.spec()
	t := spec.Targets[len(spec.Targets)-1]
	els, _, diags := t.Expand(p)
	if diags.HasErrors() {
		p.t.Fatal(diags)
	}
	print, _, diags := t.Fingerprint(p, els, 0, inputs)
	if diags.HasErrors() {
		p.t.Fatal(diags)
	}
	return print
}

const printed = `
variable "v" { default = "1" }
locals { l = "x" }
target "a/*.json" {
  for_each = [{ key = "k", used = 1, unused = 1 }]
  fetch {
    url     = "http://127.0.0.1/${var.v}/${local.l}/${each.value.used}"
    headers = { A = "b", T = secret("TOKEN") }
  }
}`

// TestFingerprint holds what a fingerprint is of: a recipe's source and the values that it names, and nothing else.
func TestFingerprint(t *testing.T) {
	with := func(changes ...string) string {
		p := newProject(t, strings.NewReplacer(changes...).Replace(printed), nil)
		p.env = map[string]string{"TOKEN": "one secret"}
		return p.print()
	}
	before := with()
	for name, changes := range map[string][]string{
		"layout":                  {"{ A = \"b\", T", "{\n      A = \"b\",\n      T"},
		"a comment":               {"fetch {", "fetch { # by night"},
		"the rest of the element": {"unused = 1", "unused = 2"},
		"the order of attributes": {"    headers = { A = \"b\", T = secret(\"TOKEN\") }\n", "", "    url", "    headers = { A = \"b\", T = secret(\"TOKEN\") }\n    url"},
		"the label":               {"a/*.json", "b/*.json"},
		"retry":                   {"fetch {", "retry = { attempts = 2 }\n  fetch {"},
		"timeouts":                {"fetch {", "fetch {\n    timeouts = { idle = \"1s\" }"},
		"expect":                  {"fetch {", "fetch {\n    expect = { min_size = 3 }"},
		"an unused variable":      {"variable \"v\"", "variable \"w\" { default = 1 }\nvariable \"v\""},
		"auth":                    {"fetch {", "fetch {\n    auth = { bearer = \"x\" }"},
	} {
		if with(changes...) != before {
			t.Errorf("%s changed the fingerprint", name)
		}
	}
	for name, changes := range map[string][]string{
		"a variable's value":        {`default = "1"`, `default = "2"`},
		"a local's value":           {`l = "x"`, `l = "y"`},
		"an attribute that is used": {" used = 1", " used = 2"},
		"a header":                  {`A = "b"`, `A = "c"`},
		"the url":                   {"127.0.0.1", "localhost"},
		"a new attribute":           {"fetch {", "fetch {\n    query = { a = 1 }"},
		"method":                    {"fetch {", "fetch {\n    method = \"POST\""},
	} {
		if with(changes...) == before {
			t.Errorf("%s did not change the fingerprint", name)
		}
	}
	p := newProject(t, printed, nil)
	p.env = map[string]string{"TOKEN": "another secret"}
	if p.print() != before {
		t.Error("a secret changed the fingerprint")
	}
}

// TestFingerprintsStay holds that fingerprints are the same in each version: else an update would rebuild everything.
func TestFingerprintsStay(t *testing.T) {
	p := newProject(t, printed, nil)
	p.env = map[string]string{"TOKEN": "x"}
	exec := newProject(t, `
target "b/*.csv" {
  for_each = ["k"]
  inputs   = ["a.txt"]
  exec {
    command = ["sort", inputs[0], each.key]
    env     = { LC_ALL = "C" }
  }
}`, nil)
	got := map[string]string{"fetch": p.print(), "exec": exec.print("a.txt"), "exec, other inputs": exec.print("b.txt")}
	want := map[string]string{"exec": "e540fce9e15142ac2e0bec7947ac4d3f", "exec, other inputs": "1127f1cfef3279566854da88f73877a4", "fetch": "e204e18d7f4d6912c04ac6c1fca7bf54"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFingerprintParts holds that a change is told by the attribute that it is in.
func TestFingerprintParts(t *testing.T) {
	parts := func(config string) map[string]string {
		p := newProject(t, config, nil)
		p.env = map[string]string{"TOKEN": "x"}
		target := p.spec().Targets[0]
		els, _, _ := target.Expand(p)
		out, diags := target.FingerprintParts(p, els, 0, nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		return out
	}
	before, after := parts(printed), parts(strings.Replace(printed, `A = "b"`, `A = "c"`, 1))
	if before["url"] != after["url"] || before["headers"] == after["headers"] {
		t.Errorf("before %v, after %v", before, after)
	}
}
