package hclspec

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// paginate is how pages follow each other, as decoded.
type paginate struct {
	link         bool
	next, cursor *Program
	maxPages     int
	maxSet       bool
	end          []int
}

// fetch decodes a fetch block.
func (l *loader) fetch(t *Target, attrs hcl.Attributes) {
	t.recipe = []string{"url", "method", "query", "headers", "body", "form", "records", "paginate"}
	if attrs["url"] == nil {
		l.err(t.recipeAt, "A fetch without a url", "Say what to fetch: url = \"https://…\".")
	}
	page, turned := scopeEach, attrs["paginate"]
	if a := attrs["paginate"]; a != nil {
		page |= scopePage
		t.Paged = true
		mistakes := len(l.diags)
		if l.paginate(t, a); len(l.diags) > mistakes {
			turned = nil // it is not known how
		}
	}
	for _, name := range []string{"url", "query", "headers", "body"} {
		if x := l.expr(t, attrs[name], page); x != nil && name == "url" {
			t.urlText = compile(l.env, x.Expression, x.info)
		}
	}
	for _, name := range []string{"method", "form", "auth", "http", "proxy", "tls"} {
		l.expr(t, attrs[name], scopeEach)
	}
	l.checkTurning(t, turned)
	if a, b := attrs["body"], attrs["form"]; a != nil && b != nil {
		l.err(b.NameRange, "body and form", "A request has one body: take body or form.")
	}
	if a := attrs["records"]; a != nil {
		t.records = l.program(a)
		x := &expression{Expression: a.Expr, name: a.Name, info: l.env.look(a.Expr)}
		t.attrs[a.Name] = x
		if !isLines(t.Label.Text) {
			l.err(a.NameRange, "records needs an output of lines", fmt.Sprintf("Each record is one line of JSON, so the label %q has to end in .jsonl or .ndjson, or one of them with .gz or .zst.", t.Label.Text))
		}
	}
	if a := attrs["paginate"]; a != nil && attrs["records"] == nil {
		l.err(a.NameRange, "paginate needs records", "The pages' records become one file: say which part of a page they are, such as records = \".items[]\".")
	}
	l.rules(t, attrs)
	l.constantForms(t)
}

// checkTurning reports pages that would all be the same request.
func (l *loader) checkTurning(t *Target, a *hcl.Attribute) {
	if a == nil || t.paginate.link || t.paginate.next != nil {
		return
	}
	for _, name := range []string{"url", "query", "headers", "body"} {
		if x := t.attrs[name]; x != nil && x.info.page {
			return
		}
	}
	say, such := "page.number or page.offset", "query = { page = page.number }"
	if t.paginate.cursor != nil {
		say, such = "page.cursor", "query = { cursor = page.cursor }"
	}
	l.err(a.NameRange, "Pages that are all the same request", fmt.Sprintf("Say by %s in url, query, headers or body which page is meant, as in %s; or where each page tells where the next one is, by next.", say, such))
}

// constantForms checks what is already known of attributes that may differ by element.
func (l *loader) constantForms(t *Target) {
	for name, form := range map[string][]string{"method": {"GET", "POST"}, "http": {"auto", "1", "2"}} {
		x := t.attrs[name]
		if x == nil || x.info.mentionsEach() {
			continue
		}
		v, diags := x.Value(l.env.root)
		if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String || v.IsMarked() {
			continue
		}
		if text := v.AsString(); text != form[0] && text != form[1] && (len(form) < 3 || text != form[2]) {
			l.err(x.Range(), "Wrong value for "+name, fmt.Sprintf("%s is one of %s.", name, sentence(form)))
		}
	}
}

// isLines tells whether a path is of JSON lines.
func isLines(path string) bool {
	path = strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")
	return strings.HasSuffix(path, ".jsonl") || strings.HasSuffix(path, ".ndjson")
}

// program compiles an attribute that is a jq program.
func (l *loader) program(a *hcl.Attribute) *Program {
	text, ok := l.constString(a)
	if !ok {
		return nil
	}
	p, err := NewProgram(text)
	if err != nil {
		l.err(a.Expr.Range(), "Bad jq program in "+a.Name, err.Error()+".")
		return nil
	}
	return p
}

func (l *loader) paginate(t *Target, a *hcl.Attribute) {
	t.attrs["paginate"] = &expression{Expression: a.Expr, name: a.Name, info: l.env.look(a.Expr)}
	v := l.object(a, "next", "cursor", "max_pages", "end")
	at := a.Expr.Range()
	t.paginate = &paginate{maxPages: 10000}
	p := t.paginate
	text := func(name string) (string, bool) {
		x, ok := v[name]
		if !ok {
			return "", false
		}
		s, err := convert.Convert(x, cty.String)
		if err != nil || s.IsNull() {
			l.err(at, "Wrong type for paginate."+name, "paginate."+name+" takes a jq program, as a string.")
			return "", false
		}
		return s.AsString(), true
	}
	compileProgram := func(name, source string) *Program {
		prog, err := NewProgram(source)
		if err != nil {
			l.err(at, "Bad jq program in paginate."+name, err.Error()+".")
		}
		return prog
	}
	if s, ok := text("next"); ok {
		if p.link = s == "link"; !p.link {
			p.next = compileProgram("next", s)
		}
	}
	if s, ok := text("cursor"); ok {
		if v["next"] != cty.NilVal {
			l.err(at, "paginate with next and cursor", "Pages follow by next, or by cursor: take one of them.")
		}
		p.cursor = compileProgram("cursor", s)
	}
	if x, ok := v["max_pages"]; ok {
		if n, ok := l.whole(x, at, "paginate.max_pages", 1, 1<<31-1); ok {
			p.maxPages, p.maxSet = n, true
		}
	}
	if x, ok := v["end"]; ok {
		p.end = l.statuses(x, at, "paginate.end")
	}
}

// isJSONFile tells whether a path is of one JSON text.
func isJSONFile(path string) bool {
	return strings.HasSuffix(strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst"), ".json")
}
