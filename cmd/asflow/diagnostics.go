package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/mitchellh/go-wordwrap"
	"github.com/rivo/uniseg"

	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner"
)

// filesOf gives the sources that diagnostics quote.
func filesOf(s *hclspec.Spec) map[string]*hcl.File {
	if s == nil {
		return nil
	}
	return s.Files
}

// showDiagnostics shows all mistakes and warnings on stderr, each with its source, and how many errors there are.
func (a *app) showDiagnostics(diags hcl.Diagnostics, files map[string]*hcl.File) {
	if len(diags) == 0 {
		return
	}
	var b strings.Builder
	errors := 0
	for _, d := range diags {
		a.stderr.diagnostic(&b, d, files)
		if d.Severity == hcl.DiagError {
			errors++
			if more, ok := d.Extra.(planner.More); ok {
				errors += int(more)
			}
		}
	}
	if errors > 1 {
		fmt.Fprintf(&b, "%s\n", a.stderr.paint(red, plural(errors, "error", "errors")))
	}
	_, _ = a.stderr.Write([]byte(b.String()))
}

// diagnostic writes one in the style of Terraform: what, where, the source with the place underlined, what to write.
func (t *terminal) diagnostic(b *strings.Builder, d *hcl.Diagnostic, files map[string]*hcl.File) {
	word, c := "Error", red
	if d.Severity == hcl.DiagWarning {
		word, c = "Warning", yellow
	}
	fmt.Fprintf(b, "%s %s\n", t.paint(c, word+":"), t.paint(bold, d.Summary))
	if d.Subject != nil {
		t.source(b, d, files[d.Subject.Filename], c)
	}
	t.values(b, d)
	if d.Detail != "" {
		b.WriteByte('\n')
		for _, line := range strings.Split(wordwrap.WrapString(d.Detail, uint(min(max(t.width(), 40), 100)-2)), "\n") { //nolint:gosec // at most 98
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
	b.WriteByte('\n')
}

// source writes the place, and its first line with what is meant underlined.
func (t *terminal) source(b *strings.Builder, d *hcl.Diagnostic, f *hcl.File, c color) {
	r := *d.Subject
	fmt.Fprintf(b, "  %s %s%s\n", t.paint(dim, "at"), fmt.Sprintf("%s:%d", r.Filename, r.Start.Line), t.paint(dim, inBlock(f, r)))
	if f == nil || r.Start.Line == 0 {
		return
	}
	line, ok := lineAt(f.Bytes, r.Start)
	if !ok {
		return
	}
	number := fmt.Sprintf("%5d", r.Start.Line)
	bar := "|"
	if t.unicode {
		bar = "│"
	}
	before, after := characters(line, r.Start.Column-1)
	marked := after
	if r.End.Line == r.Start.Line && r.End.Column >= r.Start.Column {
		marked, after = characters(after, r.End.Column-r.Start.Column)
	} else {
		after = ""
	}
	before, marked, after = visible(before), visible(marked), visible(after)
	room := min(t.width()-9, 200)
	if keep := max(0, room-cells(marked), room/2); cells(before) > keep {
		_, before = cut(before, cells(before)-keep+1)
		before = t.signs().ellipsis + before
	}
	marked = clip(marked, max(1, room-cells(before)), t.signs().ellipsis)
	if cells(before)+cells(marked)+cells(after) > room {
		after = clip(after, max(0, room-cells(before)-cells(marked)), t.signs().ellipsis)
	}
	fmt.Fprintf(b, "  %s %s%s%s\n", t.paint(dim, number+" "+bar), before, t.paint(c, marked), after)
	width := max(1, min(cells(marked), room-cells(before)))
	fmt.Fprintf(b, "  %s %s%s\n", t.paint(dim, "      "+bar), strings.Repeat(" ", cells(before)), t.paint(c, strings.Repeat("^", width)))
}

// characters takes the first n grapheme clusters, which is what columns count.
func characters(text string, n int) (head, rest string) {
	rest, state := text, -1
	for ; n > 0 && rest != ""; n-- {
		_, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
	}
	return text[:len(text)-len(rest)], rest
}

// inBlock names the block that a place is in.
func inBlock(f *hcl.File, r hcl.Range) string {
	if f == nil {
		return ""
	}
	if nav, ok := f.Nav.(interface{ ContextString(offset int) string }); ok {
		if s := nav.ContextString(r.Start.Byte); s != "" {
			return ", in " + s
		}
	}
	return ""
}

// lineAt gives the line of a position.
func lineAt(src []byte, pos hcl.Pos) (string, bool) {
	for n := 1; ; n++ {
		line, rest, more := bytes.Cut(src, []byte("\n"))
		if n == pos.Line {
			return strings.TrimRight(string(line), "\r"), true
		}
		if !more {
			return "", false
		}
		src = rest
	}
}

// values shows what the names in a failing expression stood for.
func (t *terminal) values(b *strings.Builder, d *hcl.Diagnostic) {
	if d.Expression == nil || d.EvalContext == nil {
		return
	}
	for _, line := range namedValues(d) {
		fmt.Fprintf(b, "  %s %s\n", t.paint(dim, "      "+t.signs().dot), clip(line, max(20, t.width()-11), t.signs().ellipsis))
	}
}
