package hclspec_test

import (
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/asflow/asflow/hclspec"
)

// project is a configuration, and the world around it: files, an environment, and what other targets will make.
type project struct {
	t       *testing.T
	name    string // of the configuration, without .hcl
	config  string
	files   map[string]string
	env     map[string]string
	vars    []string
	unbuilt map[string]bool // paths that a target makes and that are not built yet
	outputs map[string]hclspec.Outputs
}

func newProject(t *testing.T, config string, files map[string]string) *project {
	return &project{t: t, name: "asflow", config: config, files: files}
}

func (p *project) options() hclspec.Options {
	return hclspec.Options{
		Files: []hclspec.File{{Name: p.name + suffix(p.config), Bytes: []byte(p.config)}}, Vars: assign(p.vars...),
		LookupEnv: func(name string) (string, bool) { v, ok := p.env[name]; return v, ok },
		Open:      p.Open, List: p.list, Now: time.Date(2026, 3, 31, 23, 59, 0, 0, time.UTC), Version: "0.1.0",
	}
}

// suffix tells the two spellings of a configuration apart.
func suffix(config string) string {
	if strings.HasPrefix(strings.TrimSpace(config), "{") {
		return ".hcl.json"
	}
	return ".hcl"
}

func (p *project) load() (*hclspec.Spec, hcl.Diagnostics) { return hclspec.Load(p.options()) }

// spec loads a configuration that has no mistake.
func (p *project) spec() *hclspec.Spec {
	p.t.Helper()
	spec, diags := p.load()
	if diags.HasErrors() {
		p.t.Fatal(diags)
	}
	return spec
}

// Open, Outputs and Glob make the project the world of its expressions.
func (p *project) Open(at string) (io.ReadCloser, error) {
	if p.unbuilt[at] {
		return nil, &hclspec.Unbuilt{Path: at}
	}
	text, ok := p.files[at]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: at, Err: fs.ErrNotExist}
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (p *project) Outputs(label string) (hclspec.Outputs, error) {
	if o, ok := p.outputs[label]; ok {
		return o, nil
	}
	return nil, &hclspec.Unbuilt{Label: label}
}

func (p *project) Glob(pattern string) (paths []string, leftOut int, err error) {
	for at := range p.files {
		if ok, _ := path.Match(pattern, at); ok {
			paths = append(paths, at)
		}
	}
	slices.Sort(paths)
	return paths, 0, nil
}

func (p *project) list(dir string) (names []string, err error) {
	for at := range p.files {
		if path.Dir(at) == path.Clean(dir) {
			names = append(names, path.Base(at))
		}
	}
	return names, nil
}

func assign(texts ...string) (out []hclspec.Assignment) {
	for _, text := range texts {
		name, value, _ := strings.Cut(text, "=")
		out = append(out, hclspec.Assignment{Name: name, Value: value})
	}
	return out
}

// value evaluates an expression in a project, as the url of a fetch would see it; what is no text comes as JSON.
func (p *project) value(expr string) (string, hcl.Diagnostics) {
	p.config += "\ntarget \"probe.json\" {\n  fetch {\n    url  = \"http://127.0.0.1/\"\n    body = [" + expr + "]\n  }\n}\n"
	spec, diags := p.load()
	if diags.HasErrors() {
		return "", diags
	}
	target := spec.Targets[len(spec.Targets)-1]
	recipe, reads, diags := target.Recipe(p, nil, 0, hclspec.Paths{})
	if diags.HasErrors() || len(reads.Unbuilt) > 0 {
		return "", diags
	}
	req, err := recipe.Fetch.Page(1, 0, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	body := string(req.Body)
	return strings.TrimSuffix(strings.TrimPrefix(body, "["), "]"), nil
}

// element is one of a target's elements, as its jobs see it.
type element struct{ Key, Path, JSON string }

// elements expands a target.
func (p *project) elements(t *hclspec.Target) ([]element, hcl.Diagnostics) {
	els, _, diags := t.Expand(p)
	if diags.HasErrors() || els == nil {
		return nil, diags
	}
	var out []element
	for i := range els.Len() {
		key, diags := els.Key(i)
		if diags.HasErrors() {
			return nil, diags
		}
		at, diags := t.AppendPath(nil, els, i, key, "HASH")
		if diags.HasErrors() {
			return nil, diags
		}
		out = append(out, element{key, string(at), string(els.JSON(i))})
	}
	return out, nil
}

// list is planned outputs of another target.
type list []element

func (l list) Len() int          { return len(l) }
func (l list) Path(i int) string { return l[i].Path }
func (l list) Name(i int) string {
	return strings.TrimSuffix(path.Base(l[i].Path), path.Ext(l[i].Path))
}
func (l list) Key(i int) string      { return l[i].Key }
func (l list) Value(i int) cty.Value { return cty.StringVal(l[i].JSON) }
