package hclspec

import (
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// rules is what a fetch holds an answer to, and how long it waits for it.
type rules struct {
	expect    Expect
	timeouts  [3]time.Duration // connect, response, idle
	redirects int
}

// rules decodes expect, timeouts and redirects: now, or, where one differs by element or asks something, for each recipe.
func (l *loader) rules(t *Target, attrs hcl.Attributes) {
	t.rules = rules{
		expect: Expect{MinSize: 1, JSON: isJSONFile(t.Label.Text)}, redirects: 10,
		timeouts: [3]time.Duration{10 * time.Second, 30 * time.Second, 30 * time.Second},
	}
	for _, name := range []string{"expect", "timeouts", "redirects"} {
		a := attrs[name]
		if a == nil {
			continue
		}
		before := len(l.diags)
		x := l.expr(t, a, scopeEach)
		if len(l.diags) > before {
			continue
		}
		if !x.info.mentionsEach() && !isAsking(x.info.calls) {
			if v, ok := l.constant(a.Expr); ok {
				l.rule(&t.rules, name, v, a.Expr.Range())
			}
			continue
		}
		t.late = append(t.late, name)
		if name == "expect" {
			l.lateProgram(t, a)
		}
	}
}

// lateProgram compiles the jq of an expect whose other parts differ by element.
func (l *loader) lateProgram(t *Target, a *hcl.Attribute) {
	pairs, diags := hcl.ExprMap(a.Expr)
	if diags.HasErrors() {
		return // put together by a function
	}
	for _, p := range pairs {
		if k, diags := p.Key.Value(nil); diags.HasErrors() || !k.RawEquals(cty.StringVal("jq")) {
			continue
		}
		if v, ok := l.constant(p.Value); ok {
			l.rule(&t.rules, "expect", cty.ObjectVal(map[string]cty.Value{"jq": v}), p.Value.Range())
		}
	}
}

// lateRules gives the rules of one element.
func (m *maker) lateRules() rules {
	out := m.t.rules
	l := &loader{env: m.t.env}
	for _, name := range m.t.late {
		if v, ok := m.value(name); ok {
			v, _ = v.UnmarkDeep()
			l.rule(&out, name, v, m.t.attrs[name].Range())
		}
	}
	m.diags = append(m.diags, l.diags...)
	return out
}

// rule takes in the value of one of the attributes.
func (l *loader) rule(r *rules, name string, v cty.Value, at hcl.Range) {
	if v.IsNull() {
		return // as if it were not said
	}
	switch name {
	case "expect":
		names := []string{"status", "content_type", "min_size", "max_size", "sha256", "json", "jq"}
		l.expect(&r.expect, l.objectOf(v, name, at, names), at)
	case "timeouts":
		names := []string{"connect", "response", "idle"}
		given := l.objectOf(v, name, at, names)
		for i, name := range names {
			if x, ok := given[name]; ok {
				l.duration(x, at, "timeouts."+name, &r.timeouts[i])
			}
		}
	case "redirects":
		n, err := convert.Convert(v, cty.Number)
		if err != nil || n.IsNull() {
			l.err(at, "Wrong type for redirects", "redirects takes a whole number.")
			return
		}
		if i, ok := l.whole(n, at, name, 0, 1000); ok {
			r.redirects = i
		}
	}
}

func (l *loader) expect(e *Expect, v map[string]cty.Value, at hcl.Range) {
	if x, ok := v["status"]; ok {
		if !x.IsNull() && x.Type().IsPrimitiveType() {
			x = cty.TupleVal([]cty.Value{x})
		}
		e.Status = l.statuses(x, at, "expect.status")
	}
	for name, to := range map[string]*string{"content_type": &e.ContentType, "sha256": &e.SHA256} {
		x, ok := v[name]
		if !ok {
			continue
		}
		s, err := convert.Convert(x, cty.String)
		if err != nil || s.IsNull() {
			l.err(at, "Wrong type for expect."+name, "expect."+name+" takes a string.")
			continue
		}
		*to = s.AsString()
	}
	if e.SHA256 = strings.ToLower(e.SHA256); e.SHA256 != "" && (len(e.SHA256) != 64 || strings.Trim(e.SHA256, "0123456789abcdef") != "") {
		l.err(at, "Wrong value for expect.sha256", "A SHA-256 is 64 hex digits.")
	}
	for name, to := range map[string]*int64{"min_size": &e.MinSize, "max_size": &e.MaxSize} {
		if x, ok := v[name]; ok {
			n, err := parseSize(x)
			if err != nil {
				l.err(at, "Wrong value for expect."+name, "For expect."+name+" "+err.Error()+".")
				continue
			}
			*to = n
		}
	}
	if x, ok := v["json"]; ok {
		b, err := convert.Convert(x, cty.Bool)
		if err != nil || b.IsNull() {
			l.err(at, "Wrong type for expect.json", "expect.json takes true or false.")
		} else {
			e.JSON = b.True()
		}
	}
	if x, ok := v["jq"]; ok {
		s, err := convert.Convert(x, cty.String)
		if err != nil || s.IsNull() {
			l.err(at, "Wrong type for expect.jq", "expect.jq takes a jq program, as a string.")
			return
		}
		if e.JQ != nil && e.JQ.Source == s.AsString() {
			return // compiled for all elements
		}
		prog, err := NewProgram(s.AsString())
		if err != nil {
			l.err(at, "Bad jq program in expect.jq", err.Error()+".")
		}
		e.JQ = prog
	}
}
