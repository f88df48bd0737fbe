package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

const mistaken = `target "a/*.json" {
	fetch {
		url = "https://example.com/${each.vaule.id}/${local.one}/a-rather-long-url-that-goes-on-and-on-and-on"
	}
}
`

func TestDiagnostics(t *testing.T) {
	t.Parallel()
	parser := hclparse.NewParser()
	file, diags := parser.ParseHCL([]byte(mistaken), "asflow.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	fetch := file.Body.(*hclsyntax.Body).Blocks[0].Body.Blocks[0]
	url := fetch.Body.Attributes["url"].Expr
	part := url.(*hclsyntax.TemplateExpr).Parts[1].Range()
	whole := fetch.Range()
	all := hcl.Diagnostics{
		{
			Severity: hcl.DiagError, Summary: "Unknown attribute", Subject: &part, Expression: url,
			Detail: "each has no attribute vaule. Did you mean each.value? What stands behind it is the element of for_each, whatever that is, and each.key is what it is identified by.",
			EvalContext: &hcl.EvalContext{Variables: map[string]cty.Value{
				"each":  cty.ObjectVal(map[string]cty.Value{"value": cty.ObjectVal(map[string]cty.Value{"id": cty.NumberIntVal(1)})}),
				"local": cty.ObjectVal(map[string]cty.Value{"one": cty.StringVal("secret").Mark("secret")}),
			}},
		},
		{Severity: hcl.DiagWarning, Summary: "Over several lines", Subject: &whole},
		{Severity: hcl.DiagError, Summary: "No such goal", Detail: `"x" is neither a label, a flow, nor an output of a target.`},
		{Severity: hcl.DiagError, Summary: "Of another file", Subject: &hcl.Range{Filename: "gone.hcl", Start: hcl.Pos{Line: 3, Column: 1}, End: hcl.Pos{Line: 3, Column: 2}}},
		{Severity: hcl.DiagError, Summary: "Behind the end", Subject: &hcl.Range{Filename: "asflow.hcl", Start: hcl.Pos{Line: 99, Column: 1}, End: hcl.Pos{Line: 99, Column: 2}}},
	}
	for _, c := range []struct {
		name           string
		color, unicode bool
		width          int
	}{{"diagnostics-80", false, true, 80}, {"diagnostics-50-ascii", false, false, 50}, {"diagnostics-color", true, true, 120}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			tty := fakeTerminal(c.color, c.unicode, c.width, 24)
			tty.Writer = &b
			(&app{stderr: tty}).showDiagnostics(all, parser.Files())
			if strings.Contains(b.String(), "secret") {
				t.Error("a secret is shown")
			}
			golden(t, c.name+".txt", strings.ReplaceAll(b.String(), "\x1b", "␛"))
		})
	}
}

// TestDiagnosticsOfWhatIsNoText holds that a file that is no configuration at all neither steers the terminal nor fills it.
func TestDiagnosticsOfWhatIsNoText(t *testing.T) {
	t.Parallel()
	src := "a = \"\x1b[2J\x07\xff" + strings.Repeat("x", 5000) + "\" + nope + \"" + strings.Repeat("y", 5000) + "\"\n"
	at := strings.Index(src, "nope")
	file := &hcl.File{Bytes: []byte(src)}
	var b strings.Builder
	tty := fakeTerminal(false, true, 0, 0)
	tty.Writer = &b
	(&app{stderr: tty}).showDiagnostics(hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Unknown name",
		Subject: &hcl.Range{Filename: "a", Start: hcl.Pos{Line: 1, Column: at + 1, Byte: at}, End: hcl.Pos{Line: 1, Column: at + 5, Byte: at + 4}},
	}}, map[string]*hcl.File{"a": file})
	got := b.String()
	if strings.ContainsAny(got, "\x1b\x07") || !utf8.ValidString(got) || !strings.Contains(got, "nope") {
		t.Errorf("got %q", got)
	}
	for line := range strings.Lines(got) {
		if cells(line) > 220 {
			t.Errorf("a line of %d columns", cells(line))
		}
	}
}
