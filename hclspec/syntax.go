package hclspec

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// unread is a part of a file that a syntax error makes unreadable: the block that it is in, up to the next that was found.
type unread struct {
	file     string
	from, to int    // bytes
	rest     []byte // of the file: behind a mistake the parser passes over others in silence
}

// syntax takes the mistakes of parsing. One of a block is enough of each kind, and of a JSON file the innermost: the parser
// stumbles again over what it could not read.
func (l *loader) syntax(f File, file *hcl.File, diags hcl.Diagnostics) {
	type place struct {
		summary  string
		from, at int
	}
	seen := map[place]bool{}
	for _, d := range diags {
		u := unread{file: f.Name, to: len(f.Bytes)}
		at := -1
		if d.Subject != nil {
			at = d.Subject.Start.Byte
		}
		if body, ok := bodyOf(file); ok {
			u.from, u.to = around(body, at, u.to)
		} else if len(seen) > 0 {
			break
		}
		like, here := place{summary: strings.Replace(d.Summary, "Unterminated template string", "Invalid multi-line string", 1), from: u.from}, place{at: at, from: u.from}
		if shown := seen[like] || seen[here]; !shown {
			l.broken = append(l.broken, templateInLabel(f, file, d))
		}
		seen[like], seen[here] = true, true
		u.rest = f.Bytes[u.from:]
		l.unread = append(l.unread, u)
	}
}

// templateInLabel says of a ${…} in a target's label what is written there instead; any other mistake stays as it is.
func templateInLabel(f File, file *hcl.File, d *hcl.Diagnostic) *hcl.Diagnostic {
	body, ok := bodyOf(file)
	if !ok || d.Subject == nil || d.Summary != "Invalid string literal" {
		return d
	}
	at := d.Subject.Start.Byte
	if !slices.ContainsFunc(body.Blocks, func(b *hclsyntax.Block) bool {
		return b.Type == "target" && b.TypeRange.End.Byte <= at && at < b.OpenBraceRange.Start.Byte
	}) {
		return d
	}
	detail := "Labels are no templates. Their placeholders are {each.…}, {var.…} and {local.…}; what needs an expression can be a local, or an attribute of the elements."
	if rest, ok := bytes.CutPrefix(f.Bytes[at:], []byte("${")); ok {
		name, _, _ := bytes.Cut(rest, []byte("}"))
		if scope, _, _ := strings.Cut(string(name), "."); slices.Contains([]string{"each", "var", "local"}, scope) {
			detail = "Labels have placeholders of their own, without the $: write {" + string(name) + "}."
		}
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "A template in a label", Detail: detail, Subject: d.Subject}
}

func bodyOf(file *hcl.File) (*hclsyntax.Body, bool) {
	if file == nil {
		return nil, false
	}
	body, ok := file.Body.(*hclsyntax.Body)
	return body, ok
}

// around gives where the block that a byte is in begins, and where the next one does.
func around(body *hclsyntax.Body, at, end int) (from, to int) {
	to = end
	for _, b := range body.Blocks {
		if start := b.TypeRange.Start.Byte; start <= at {
			from = max(from, start)
		} else {
			to = min(to, start)
		}
	}
	return from, to
}

// unreadable tells whether a place is in what could not be read, so that what is said of it may come of that.
func (l *loader) unreadable(d *hcl.Diagnostic) bool {
	return d.Subject != nil && slices.ContainsFunc(l.unread, func(u unread) bool {
		return u.file == d.Subject.Filename && u.from <= d.Subject.Start.Byte && d.Subject.Start.Byte < u.to
	})
}

// mayBeUnread tells whether something that is nowhere found may be declared in what could not be read.
func (l *loader) mayBeUnread(name string) bool {
	return slices.ContainsFunc(l.unread, func(u unread) bool { return bytes.Contains(u.rest, []byte(name)) })
}
