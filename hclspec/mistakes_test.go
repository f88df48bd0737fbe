package hclspec_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/hclspec"
)

var update = flag.Bool("update", false, "write the errors that fixtures give into them")

// mark begins what a fixture is expected to give: a line for each mistake, with the line where it is shown.
const mark = "\n# errors\n"

// TestMistakes holds that each mistake of a configuration is shown where it is and with the way out, all in one go.
func TestMistakes(t *testing.T) {
	names, err := filepath.Glob("testdata/mistakes/*")
	if err != nil || len(names) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			config, want, _ := strings.Cut(string(text), mark)
			p := newProject(t, config, nil)
			p.name, _, _ = strings.Cut(filepath.Base(name), ".")
			p.env = map[string]string{"TOKEN": "s3cret!"}
			_, diags := p.load()
			got := shown(diags)
			if *update {
				if err := os.WriteFile(name, []byte(config+mark+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// shown writes diagnostics as the fixtures have them.
func shown(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		line := 0
		if d.Subject != nil {
			line = d.Subject.Start.Line
		}
		fmt.Fprintf(&b, "# %d: %s. %s\n", line, d.Summary, d.Detail)
	}
	return b.String()
}

// TestMistakesOfAVariableComeAlone holds that what can't be known for want of a variable's value is no mistake of its own.
func TestMistakesOfAVariableComeAlone(t *testing.T) {
	p := newProject(t, `
variable "name" {}
target "a.txt" {
  exec { command = ["echo", "${var.name}", jsonencode([var.name])] }
}
target "b.json" {
  fetch {
    url   = "http://127.0.0.1/${var.name}"
    query = { q = var.name }
    auth  = { bearer = var.name }
  }
}
target "c.txt" {
  exec {
    shell = var.name
    env   = { A = var.name }
  }
}`, nil)
	_, diags := p.load()
	if len(diags) != 1 || !strings.Contains(diags.Error(), `"name" has no default`) {
		t.Errorf("got %v", shown(diags))
	}
}

// TestMistakesOfVariables holds that values from outside are checked, wherever they come from.
func TestMistakesOfVariables(t *testing.T) {
	config := `
variable "n" { default = 1 }
variable "list" { default = ["a"] }
variable "name" {}
target "{var.name}.txt" {
  exec { command = ["true"] }
}`
	for _, c := range []struct {
		name string
		give func(*hclspec.Options)
		want string
	}{
		{"none", func(*hclspec.Options) {}, `"name"`},
		{"scalar", func(o *hclspec.Options) { o.Vars = assign("name=x", "n=many") }, "n"},
		{"list", func(o *hclspec.Options) { o.Vars = assign("name=x", "list=a,b") }, "list"},
		{"unknown", func(o *hclspec.Options) { o.Vars = assign("name=x", "nome=y") }, `Did you mean "name"?`},
		{"file", func(o *hclspec.Options) {
			o.VarFiles = []hclspec.File{{Name: "x.hcl", Bytes: []byte("name = \n")}}
		}, "x.hcl:1"},
		{"unknown in a file", func(o *hclspec.Options) {
			o.VarFiles = []hclspec.File{{Name: "x.json", Bytes: []byte(`{"name": "a", "nome": "b"}`)}}
		}, "nome"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, config, nil)
			o := p.options()
			c.give(&o)
			_, diags := hclspec.Load(o)
			if !diags.HasErrors() || !strings.Contains(diags.Error(), c.want) {
				t.Errorf("got %v, which does not mention %s", diags, c.want)
			}
		})
	}
}
