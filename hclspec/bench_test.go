package hclspec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/asflow/asflow/hclspec"
)

// BenchmarkTemplates fills compiled labels and inputs in.
func BenchmarkTemplates(b *testing.B) {
	target, els, p := benched(b, "target \"raw/{each.value.id}/*.json\" {\n  for_each = csv(\"f.csv\")\n  key = each.value.id\n  inputs = [\"in/${each.key}.txt\"]\n  exec { command = [\"true\"] }\n}", "id,name\n1,x\n2,y\n")
	b.Run("path", func(b *testing.B) {
		var buf []byte
		for b.Loop() {
			buf, _ = target.AppendPath(buf[:0], els, 1, "2", "0123456789abcdef01234567")
		}
	})
	b.Run("inputs", func(b *testing.B) {
		for b.Loop() {
			_, _, _ = target.Inputs(p, els, 1)
		}
	})
	b.Run("fingerprint", func(b *testing.B) {
		for b.Loop() {
			_, _, _ = target.Fingerprint(p, els, 1, nil)
		}
	})
}

// BenchmarkLists lists a million elements, with their keys.
func BenchmarkLists(b *testing.B) {
	const n = 1_000_000
	for _, c := range []struct{ name, key, head, row string }{
		{"lines", "", "", "element %d\n"},
		{"csv", "key = each.value.id\n", "id,name\n", "%d,a name\n"},
		{"jsonl", "key = each.value.id\n", "", "{\"id\":%d,\"name\":\"a name\"}\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var text strings.Builder
			text.WriteString(c.head)
			for i := range n {
				fmt.Fprintf(&text, c.row, i)
			}
			target, _, p := benched(b, "target \"*.json\" {\n  for_each = "+c.name+"(\"f.csv\")\n  "+c.key+"fetch { url = each.key }\n}", text.String())
			for b.Loop() {
				els, _, diags := target.Expand(p)
				if diags.HasErrors() || els.Len() != n {
					b.Fatal(diags)
				}
				for i := range n {
					if _, diags := els.Key(i); diags.HasErrors() {
						b.Fatal(diags)
					}
				}
			}
		})
	}
}

func benched(b *testing.B, config, file string) (*hclspec.Target, hclspec.Elements, *project) {
	b.Helper()
	p := &project{name: "asflow", config: config, files: map[string]string{"f.csv": file}}
	spec, diags := p.load()
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	els, _, diags := spec.Targets[0].Expand(p)
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	return spec.Targets[0], els, p
}
