package hclspec_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/asflow/asflow/hclspec"
)

// FuzzLoad holds that no configuration makes the program panic, be it read, expanded, evaluated or formatted.
func FuzzLoad(f *testing.F) {
	names, _ := filepath.Glob("testdata/mistakes/*")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, "a\nb\n")
	}
	f.Add([]byte(printed), "a,b\n1,2\n")
	for _, call := range []string{"lines", "csv", "json", "jsonl"} {
		f.Add([]byte("target \"{each.key}-*\" {\n  for_each = "+call+"(\"f\")\n  key = each.value\n  fetch { url = each.value }\n}"), "[1, \"a\", {\"key\": 2}]")
	}
	f.Fuzz(func(t *testing.T, config []byte, file string) {
		p := newProject(t, string(config), map[string]string{"f": file})
		o := p.options()
		o.Open = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte(file))), nil }
		if _, diags := hclspec.Format(o.Files[0]); diags.HasErrors() {
			return
		}
		spec, diags := hclspec.Load(o)
		if diags.HasErrors() {
			return
		}
		for _, target := range spec.Targets {
			_, _ = target.Needs(p)
			els, _, diags := target.Expand(p)
			if diags.HasErrors() || target.HasForEach && els == nil {
				continue
			}
			n := 1
			if els != nil {
				n = min(els.Len(), 8)
			}
			for i := range n {
				if els != nil {
					key, diags := els.Key(i)
					if diags.HasErrors() {
						continue
					}
					_, _ = target.AppendPath(nil, els, i, key, "0123456789abcdef01234567")
					_ = els.JSON(i)
				}
				_, _, _ = target.Inputs(p, els, i)
				_, _, _ = target.Fingerprint(p, els, i, nil)
				_, _, _ = target.MaxAge(els, i)
				_ = target.HostOf(p, els, i)
				if r, _, diags := target.Recipe(p, els, i, hclspec.Paths{Output: "o"}); r != nil && !diags.HasErrors() && r.Fetch != nil {
					_, _ = r.Fetch.Page(2, 1, "x")
				}
			}
		}
	})
}

// FuzzRows holds that a table's rows are taken apart as the CSV library does.
func FuzzRows(f *testing.F) {
	f.Add("a,b\n1,2\n")
	f.Add("a,b\n\"x\n\",\"y,z\"\n\n1,\n")
	f.Add("\ufeffid\n\n a\r\nb")
	f.Fuzz(func(t *testing.T, text string) {
		p := newProject(t, "target \"{each.key}\" {\n  for_each = csv(\"f.csv\")\n  key = jsonencode(each.value)\n  exec { command = [\"true\"] }\n}", map[string]string{"f.csv": text})
		o := p.options()
		o.Now = time.Unix(0, 0)
		spec, diags := hclspec.Load(o)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		els, _, diags := spec.Targets[0].Expand(p)
		if diags.HasErrors() {
			return
		}
		for i := range els.Len() {
			if key, diags := els.Key(i); diags.HasErrors() || key != string(els.JSON(i)) {
				t.Errorf("key %s, element %s, %v", key, els.JSON(i), diags)
			}
			if !els.Same(i, i) {
				t.Errorf("row %d is not itself", i)
			}
		}
	})
}
