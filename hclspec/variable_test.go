package hclspec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asflow/asflow/hclspec"
)

// TestVariables holds where a variable's value comes from, the last one winning, and what it is taken as.
func TestVariables(t *testing.T) {
	config := `
variable "v" { default = "default" }
variable "n" { default = 1 }
variable "b" { default = true }
variable "l" { default = ["a"] }
variable "o" { default = { x = 1 } }
variable "s" {}
`
	env := func(o *hclspec.Options) {
		o.LookupEnv = func(name string) (string, bool) { return "from the environment", name == "ASFLOW_VAR_v" }
	}
	file := func(o *hclspec.Options) {
		o.VarFiles = []hclspec.File{{Name: "a.hcl", Bytes: []byte(`v = "from a file"`)}}
	}
	flag := func(o *hclspec.Options) { o.Vars = append(o.Vars, assign("v=from the command line")...) }
	for _, c := range []struct {
		name, expr, want string
		give             []func(*hclspec.Options)
		from             string // where the value of v is said to come from
	}{
		{"the default", "var.v", `"default"`, nil, "default"},
		{"the environment", "var.v", `"from the environment"`, []func(*hclspec.Options){env}, "ASFLOW_VAR_v"},
		{"a file", "var.v", `"from a file"`, []func(*hclspec.Options){env, file}, "a.hcl"},
		{"the command line", "var.v", `"from the command line"`, []func(*hclspec.Options){env, file, flag}, "--var"},
		{"a number", "var.n", "2.5", []func(*hclspec.Options){give("n=2.5")}, "default"},
		{"a bool", "var.b", "false", []func(*hclspec.Options){give("b=false")}, "default"},
		{"a list", "var.l", `[1,"x"]`, []func(*hclspec.Options){give(`l=[1, "x"]`)}, "default"},
		{"an object", "var.o", `{"y":[1]}`, []func(*hclspec.Options){give(`o={"y": [1]}`)}, "default"},
		{"a string as it is", "var.s", `"007"`, []func(*hclspec.Options){give("s=007")}, "default"},
		{"JSON", "[var.v, var.n]", `["x",3]`, []func(*hclspec.Options){func(o *hclspec.Options) {
			o.VarFiles = []hclspec.File{{Name: "a.json", Bytes: []byte(`{"v": "x", "n": 3}`)}}
		}}, "a.json"},
		{"with an equals sign", "var.s", `"a=b"`, []func(*hclspec.Options){give("s=a=b")}, "default"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, config+"target \"o.json\" {\n  fetch {\n    url  = \"http://127.0.0.1/\"\n    body = ["+c.expr+"]\n  }\n}", nil)
			o := p.options()
			o.Vars = assign("s=x")
			for _, f := range c.give {
				f(&o)
			}
			spec, diags := hclspec.Load(o)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			r, _, diags := spec.Targets[0].Recipe(p, nil, 0, hclspec.Paths{})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			req, _ := r.Fetch.Page(1, 0, nil)
			if got := string(req.Body); got != "["+c.want+"]" {
				t.Errorf("got %s, want [%s]", got, c.want)
			}
			for _, v := range spec.Variables {
				if v.Name == "v" && v.From != c.from {
					t.Errorf("v is said to come from %q, not %q", v.From, c.from)
				}
			}
			if n := len(spec.Variables); n != 6 {
				t.Errorf("there are %d variables, not 6", n)
			}
		})
	}
}

func give(text string) func(*hclspec.Options) {
	return func(o *hclspec.Options) { o.Vars = append(o.Vars, assign(text)...) }
}

// TestSensitiveVariables holds that a variable that is marked so reaches no path.
func TestSensitiveVariables(t *testing.T) {
	p := newProject(t, "variable \"k\" {\n  sensitive = true\n  default = \"hush!\"\n}\ntarget \"{var.k}.txt\" {\n  exec { command = [\"true\"] }\n}", nil)
	_, diags := p.load()
	if !diags.HasErrors() || !strings.Contains(diags.Error(), "secret") || strings.Contains(diags.Error(), "hush!") {
		t.Errorf("got %v", diags)
	}
}

// TestLabels holds that var and local are filled in where labels are compared.
func TestLabels(t *testing.T) {
	p := newProject(t, `
variable "c" { default = "ch" }
locals { d = "x/y" }
target "{var.c}/{local.d}/*.json" {
  for_each = ["a"]
  fetch { url = each.value }
}
target "{var.c}/all/" {
  depends_on = ["{var.c}/{local.d}/*.json"]
  exec { command = ["true"] }
}
flow "f" { targets = ["{var.c}/all/"] }`, nil)
	p.vars = []string{"c=de"}
	spec := p.spec()
	got := []string{spec.Targets[0].Label.Text, spec.Targets[1].Label.Text, spec.Targets[1].DependsOn[0], spec.Flows[0].Targets[0]}
	if diff := cmp.Diff([]string{"de/x/y/*.json", "de/all/", "de/x/y/*.json", "de/all/"}, got); diff != "" {
		t.Error(diff)
	}
	hash := "0123456789abcdef01234567"
	for at, want := range map[string]bool{
		"de/x/y/" + hash + ".json": true, "de/x/y/" + strings.ToUpper(hash) + ".json": false, "de/x/y/a.json": false,
	} {
		if got := spec.Targets[0].Label.CouldMake(at); got != want {
			t.Errorf("could make %s: %v", at, got)
		}
	}
	for at, want := range map[string]bool{"de/all": true, "de/all/x/y": true, "de/allx": false} {
		if got := spec.Targets[1].Label.CouldMake(at); got != want {
			t.Errorf("could make %s: %v", at, got)
		}
	}
}

// TestJSONSpelling holds that a configuration in JSON means what it means in HCL.
func TestJSONSpelling(t *testing.T) {
	p := newProject(t, `{
  "variable": {"base": {"default": "http://127.0.0.1"}},
  "limit": {"127.0.0.1": {"rate": "600/m"}},
  "target": {"a/*.json": {"for_each": "${[\"x\", \"y\"]}", "fetch": {"url": "${var.base}/${each.key}", "headers": {"A": "b"}}}}
}`, nil)
	req, _ := p.recipe(0, hclspec.Paths{}).Fetch.Page(1, 0, nil)
	if diff := cmp.Diff(hclspec.Request{Method: "GET", URL: "http://127.0.0.1/x", Header: []hclspec.Header{{Name: "A", Value: "b"}}}, req); diff != "" {
		t.Error(diff)
	}
	if l := p.spec().Limits[0]; l.Rate != 10 || l.Burst != 1 {
		t.Errorf("limit %+v", l)
	}
}

// TestFormat holds that a configuration has one layout.
func TestFormat(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a.hcl", "target   \"x\" {\nexec {\ncommand=[\"a\"]\n   env = {A=1}\n}\n}\n", "target \"x\" {\n  exec {\n    command = [\"a\"]\n    env     = { A = 1 }\n  }\n}\n"},
		{"a.hcl.json", `{"a":[1]}`, "{\n  \"a\": [\n    1\n  ]\n}\n"},
	} {
		got, diags := hclspec.Format(hclspec.File{Name: c.name, Bytes: []byte(c.in)})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
	for _, name := range []string{"a.hcl", "a.hcl.json"} {
		if _, diags := hclspec.Format(hclspec.File{Name: name, Bytes: []byte("{ = ")}); !diags.HasErrors() {
			t.Errorf("%s that doesn't parse was formatted", name)
		}
	}
}

// TestVersionRequired holds that another version of asflow is refused.
func TestVersionRequired(t *testing.T) {
	for constraint, ok := range map[string]bool{">= 0.1": true, "~> 0.1": true, ">= 1.0": false, "< 0.1": false} {
		_, diags := newProject(t, "asflow { required_version = \""+constraint+"\" }", nil).load()
		if diags.HasErrors() == ok {
			t.Errorf("%s: %v", constraint, diags)
		}
	}
}
