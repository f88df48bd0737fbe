package hclspec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asflow/asflow/hclspec"
)

// TestSeveralFiles holds that the files of a project are one configuration, in either spelling, and that each mistake
// says in which of them it is, and where.
func TestSeveralFiles(t *testing.T) {
	p := newProject(t, "", nil)
	o := p.options()
	o.Files = []hclspec.File{
		{Name: "asflow.hcl", Bytes: []byte("target \"{var.v}/a.json\" {\n  fetch { url = local.base }\n}\n")},
		{Name: "more.asflow.hcl", Bytes: []byte("variable \"v\" { default = \"x\" }\n")},
		{Name: "rest.asflow.hcl.json", Bytes: []byte(`{"locals": {"base": "http://127.0.0.1/"}, "flow": {"all": {"targets": ["{var.v}/a.json"]}}}`)},
	}
	spec, diags := hclspec.Load(o)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if got := []string{spec.Targets[0].Label.Text, spec.Flows[0].Targets[0]}; !cmp.Equal(got, []string{"x/a.json", "x/a.json"}) {
		t.Errorf("got %v", got)
	}
	o.Files = append(o.Files,
		hclspec.File{Name: "s.asflow.hcl", Bytes: []byte("variable \"v\" {}\nflow \"all\" { targets = [] }\nlimit \"a\" {\n  rate = \"1/parsec\"\n}\n")},
		hclspec.File{Name: "t.asflow.hcl", Bytes: []byte("limit \"a\" {}\nlocals {\n  base = 1\n}\ntarget \"x/a.json\" {\n  fetch { url = \"é ${local.bse}\" }\n}\ntarget \"y\" {\n")})
	_, diags = hclspec.Load(o)
	var got []string
	for _, d := range diags {
		got = append(got, fmt.Sprintf("%s %s", d.Subject, d.Summary))
	}
	want := []string{
		"s.asflow.hcl:1,1-13 Two variables with one name",
		"s.asflow.hcl:2,1-11 Two flows with one name",
		"s.asflow.hcl:4,10-20 Wrong value for rate",
		"t.asflow.hcl:1,1-10 Two limits with one name",
		"t.asflow.hcl:3,3-7 Two locals with one name",
		"t.asflow.hcl:5,1-18 Two targets with one label",
		"t.asflow.hcl:6,22-31 No such local",
	}
	if !strings.Contains(strings.Join(got, "\n"), "t.asflow.hcl:8") {
		t.Errorf("the open block is not among %q", got)
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(got, "\n"), w) {
			t.Errorf("%s is not among %q", w, got)
		}
	}
}

// TestFormatStays holds that what is formatted stays as it is, and that comments do.
func TestFormatStays(t *testing.T) {
	for _, name := range []string{"a.hcl", "a.hcl.json"} {
		text := "# why\nvariable   \"v\" {\n default=1 # because\n}\n\n\n\nlocals {\na=<<EOT\n  text\nEOT\n}\n"
		if strings.HasSuffix(name, ".json") {
			text = "{\"b\": 1.50, \"a\": [\"é\\u0001\"]}"
		}
		once, diags := hclspec.Format(hclspec.File{Name: name, Bytes: []byte(text)})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		twice, _ := hclspec.Format(hclspec.File{Name: name, Bytes: once})
		if diff := cmp.Diff(string(once), string(twice)); diff != "" {
			t.Error(diff)
		}
		for _, kept := range map[string][]string{"a.hcl": {"# why", "# because", "  text\n"}, "a.hcl.json": {"1.50", "é\\u0001"}}[name] {
			if !strings.Contains(string(once), kept) {
				t.Errorf("%q is lost from %s", kept, once)
			}
		}
	}
}

// The names of limits that targets take are free; where what they take is known only later, all are.
func TestNamesOfLimitsAreFree(t *testing.T) {
	config := "limit \"*.example.com\" {}\ntarget \"{each.value}.txt\" {\n  for_each = [\"a\"]\n  limits = [\"*.${each.value}.com\"]\n  exec { command = [\"true\"] }\n}\n"
	_, diags := hclspec.Load(hclspec.Options{Files: []hclspec.File{{Name: "asflow.hcl", Bytes: []byte(config)}}})
	if len(diags) > 0 {
		t.Error(diags)
	}
}
