package hclspec

import (
	"fmt"
	"math/big"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// maker evaluates one recipe.
type maker struct {
	t     *Target
	els   Elements
	i     int
	c     *call
	at    cty.Value            // page, of a fetch
	names map[string]cty.Value // what expressions see; made when the first of them is evaluated
	diags hcl.Diagnostics

	unknown bool // some value could not be known, since what it names has none
}

// Recipe evaluates the recipe of an element.
func (t *Target) Recipe(w World, els Elements, i int, p Paths) (*Recipe, Reads, hcl.Diagnostics) {
	m := &maker{t: t, els: els, i: i, c: &call{world: w, reads: &Reads{}, env: t.env}}
	r := &Recipe{}
	if t.attrs["timeout"] != nil {
		d, _, diags := t.duration("timeout", w, els, i)
		m.diags = append(m.diags, diags...)
		r.Timeout = d
	}
	r.Limits = m.limits()
	if t.IsFetch {
		r.Fetch = m.fetch()
	} else {
		r.Exec = m.exec(p)
	}
	if len(m.c.reads.Unbuilt) > 0 {
		return nil, *m.c.reads, nil
	}
	return r, *m.c.reads, t.named(els, i, m.diags)
}

// scope gives what expressions see.
func (m *maker) scope() map[string]cty.Value {
	if m.names == nil {
		names, diags := m.t.each(m.els, m.i)
		if m.diags = append(m.diags, diags...); names == nil {
			names = map[string]cty.Value{}
		}
		if m.at != cty.NilVal {
			names["page"] = m.at
		}
		m.names = names
	}
	return m.names
}

// value evaluates an attribute; false where there is none, it is null, or something is wrong.
func (m *maker) value(name string) (cty.Value, bool) {
	x := m.t.attrs[name]
	if x == nil {
		return cty.NilVal, false
	}
	v, diags := m.t.env.eval(x.Expression, x.info, m.c, m.scope())
	m.diags = append(m.diags, diags...)
	if !v.IsWhollyKnown() {
		m.unknown = true // something that it names is a mistake, which is reported where that stands
		return cty.NilVal, false
	}
	if diags.HasErrors() || len(m.c.reads.Unbuilt) > 0 || v.IsNull() {
		return cty.NilVal, false
	}
	return v, true
}

func (m *maker) mistake(name, detail string) {
	at := m.t.Range
	if x := m.t.attrs[name]; x != nil {
		at = x.Range()
	}
	m.diags = append(m.diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong value for " + name, Detail: detail, Subject: &at})
}

// text evaluates an attribute as text. Secrets in it have been noted as such where they entered.
func (m *maker) text(name string) string {
	v, ok := m.value(name)
	if !ok {
		return ""
	}
	s, err := plainText(v)
	if err != nil {
		m.mistake(name, fmt.Sprintf("%s %v.", name, err))
	}
	return s
}

// limits gives the names of the limits that each of the job's requests, or attempts, takes.
func (m *maker) limits() []string {
	v, ok := m.value("limits")
	if !ok {
		return nil
	}
	names, err := m.t.env.strings(v)
	if err != nil {
		m.mistake("limits", fmt.Sprintf("limits takes a list of names of limit blocks: %v.", err))
	}
	for _, name := range names {
		if !slices.Contains(m.t.env.limits, name) {
			m.mistake("limits", fmt.Sprintf("There is no limit %q.%s", name, orDeclare(didYouMean(name, m.t.env.limits), fmt.Sprintf(" Declare it: limit %q { … }.", name))))
		}
	}
	return names
}

// plainText gives a string, number or bool as text, secrets and all.
func plainText(v cty.Value) (string, error) {
	v, _ = v.Unmark()
	if v.IsNull() {
		return "", fmt.Errorf("is null")
	}
	if !v.IsKnown() || !v.Type().IsPrimitiveType() {
		return "", fmt.Errorf("takes a string, number or bool, and this is %s", kindOf(v.Type()))
	}
	if v.Type() == cty.Number {
		return numberText(v.AsBigFloat())
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", err
	}
	return s.AsString(), nil
}

// exec evaluates the attributes of an exec.
func (m *maker) exec(p Paths) *Exec {
	e := &Exec{Stdout: m.t.stdout}
	e.Dir = path.Clean(m.text("dir"))
	if e.Dir == "." {
		e.Dir = ""
	}
	inputs := make([]cty.Value, len(p.Inputs))
	for i, in := range p.Inputs {
		inputs[i] = cty.StringVal(from(e.Dir, in))
	}
	m.scope()
	m.names["inputs"] = cty.ListValEmpty(cty.String)
	if len(inputs) > 0 {
		m.names["inputs"] = cty.ListVal(inputs)
	}
	if each, ok := m.names["each"]; ok && strings.Contains(each.GetAttr("key").AsString(), "\x00") {
		m.mistake("key", "each.key holds NUL, and a command is given it as ASFLOW_KEY, which can't: let key give another, such as key = sha256(each.value).")
	}
	m.names["output"] = cty.StringVal(from(e.Dir, p.Output))
	if v, ok := m.value("command"); ok {
		e.Command = m.argv(v)
	}
	script := m.text("shell")
	if script != "" {
		e.Command = []string{"sh", "-eu", "-c", script, "sh"}
	}
	if m.t.attrs["stdin"] != nil {
		// A stdin given as inputs[0] is relative to dir, as all inputs are; a path written out is the project's.
		saved := m.names["inputs"]
		if len(p.Inputs) > 0 {
			m.names["inputs"] = pathList(p.Inputs)
		}
		e.Stdin = m.text("stdin")
		m.names["inputs"] = saved
	}
	if v, ok := m.value("env"); ok {
		e.Env = m.env(v)
	}
	for name, text := range map[string]string{"shell": script, "dir": e.Dir, "stdin": e.Stdin} {
		if strings.Contains(text, "\x00") {
			m.mistake(name, name+" holds NUL, which neither a program nor a path can have in it.")
		}
	}
	for _, at := range []struct{ name, path string }{{"dir", e.Dir}, {"stdin", e.Stdin}} {
		if hasStep(at.path, "..") {
			m.mistake(at.name, fmt.Sprintf("%s is %q, which leaves the project: write an absolute path, or make a symbolic link to it.", at.name, at.path))
		}
	}
	if len(e.Command) == 0 && !m.unknown && !m.diags.HasErrors() && len(m.c.reads.Unbuilt) == 0 {
		for _, name := range []string{"command", "shell"} {
			if m.t.attrs[name] != nil {
				m.mistake(name, name+" is null or empty.")
			}
		}
	}
	return e
}

func pathList(paths []string) cty.Value {
	out := make([]cty.Value, len(paths))
	for i, p := range paths {
		out[i] = cty.StringVal(p)
	}
	return cty.ListVal(out)
}

// from gives a path of the project as a command in a folder of it sees it. One that would look like an option doesn't.
func from(dir, p string) string {
	if p == "" {
		return ""
	}
	if dir != "" && !path.IsAbs(p) && !path.IsAbs(dir) {
		if rel, err := filepath.Rel(dir, p); err == nil {
			p = filepath.ToSlash(rel)
		}
	}
	if strings.HasPrefix(p, "-") {
		return "./" + p
	}
	return p
}

// argv takes a value as a program and its arguments.
func (m *maker) argv(v cty.Value) (out []string) {
	v, _ = v.Unmark()
	if !v.CanIterateElements() || v.Type().IsObjectType() || v.Type().IsMapType() {
		m.mistake("command", "command takes a list, the program and its arguments: [\"sort\", \"-u\", inputs[0]]. For a script take shell.")
		return nil
	}
	for it := v.ElementIterator(); it.Next(); {
		_, x := it.Element()
		s, err := plainText(x)
		if err != nil {
			m.mistake("command", fmt.Sprintf("Argument %d of command %v. A list is taken in by concat(…).", len(out), err))
			return nil
		}
		if strings.Contains(s, "\x00") {
			m.mistake("command", fmt.Sprintf("Argument %d of command holds NUL, which no program can be given.", len(out)))
		}
		out = append(out, s)
	}
	if len(out) == 0 || out[0] == "" {
		m.mistake("command", "command needs a program as its first element.")
	}
	return out
}

// env takes an object as additions to an environment; null leaves one out.
func (m *maker) env(v cty.Value) (out []string) {
	v, _ = v.Unmark()
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		m.mistake("env", "env takes an object: { NAME = \"value\" }.")
		return nil
	}
	for name, x := range v.AsValueMap() {
		if x.IsNull() {
			continue
		}
		s, err := plainText(x)
		if err != nil {
			m.mistake("env", fmt.Sprintf("env.%s %v.", name, err))
		}
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(s, "\x00") {
			m.mistake("env", fmt.Sprintf("%q can't be the name or value of an environment variable.", name))
		}
		out = append(out, name+"="+s)
	}
	slices.Sort(out)
	return out
}

// jsonText writes a value as compact JSON, numbers as they are, secrets and all.
func jsonText(v cty.Value) ([]byte, error) {
	v, _ = v.UnmarkDeep()
	return ctyjson.Marshal(v, v.Type())
}

// goValue gives a value as jq wants it: maps, slices, strings, bools, ints and floats.
func goValue(v cty.Value) any {
	v, _ = v.UnmarkDeep()
	switch t := v.Type(); {
	case v.IsNull() || !v.IsKnown():
		return nil
	case t == cty.String:
		return v.AsString()
	case t == cty.Bool:
		return v.True()
	case t == cty.Number:
		f := v.AsBigFloat()
		if f.IsInt() {
			n, _ := f.Int(nil)
			if n.IsInt64() {
				return int(n.Int64())
			}
			return n
		}
		x, _ := f.Float64()
		return x
	case t.IsObjectType() || t.IsMapType():
		out := map[string]any{}
		for k, x := range v.AsValueMap() {
			out[k] = goValue(x)
		}
		return out
	case v.CanIterateElements():
		out := []any{}
		for it := v.ElementIterator(); it.Next(); {
			_, x := it.Element()
			out = append(out, goValue(x))
		}
		return out
	}
	return nil
}

// ctyValue gives a decoded JSON value as the language has it.
func ctyValue(x any) cty.Value {
	switch x := x.(type) {
	case nil:
		return cty.NullVal(cty.DynamicPseudoType)
	case string:
		return cty.StringVal(x)
	case bool:
		return cty.BoolVal(x)
	case int:
		return cty.NumberIntVal(int64(x))
	case int64:
		return cty.NumberIntVal(x)
	case float64:
		return cty.NumberFloatVal(x)
	case *big.Int:
		return cty.NumberVal(new(big.Float).SetInt(x))
	case fmt.Stringer: // json.Number
		if v, err := cty.ParseNumberVal(x.String()); err == nil {
			return v
		}
	case map[string]any:
		out := map[string]cty.Value{}
		for k, e := range x {
			out[k] = ctyValue(e)
		}
		return cty.ObjectVal(out)
	case []any:
		out := make([]cty.Value, len(x))
		for i, e := range x {
			out[i] = ctyValue(e)
		}
		return cty.TupleVal(out)
	}
	return cty.NullVal(cty.DynamicPseudoType)
}

// addQuery adds names to a URL's query, encoded; only those that it lacks where missing is set.
func addQuery(text string, query []Header, missing bool) (string, error) {
	if len(query) == 0 {
		return text, nil
	}
	text, fragment, _ := strings.Cut(text, "#")
	_ = fragment // never sent
	have := url.Values{}
	if _, own, ok := strings.Cut(text, "?"); ok && missing {
		have, _ = url.ParseQuery(own)
	}
	var b strings.Builder
	b.WriteString(text)
	sep := byte('?')
	if strings.Contains(text, "?") {
		sep = '&'
		if strings.HasSuffix(text, "?") || strings.HasSuffix(text, "&") {
			sep = 0
		}
	}
	for _, q := range query {
		if missing && have.Has(q.Name) {
			continue
		}
		if sep != 0 {
			b.WriteByte(sep)
		}
		sep = '&'
		b.WriteString(url.QueryEscape(q.Name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(q.Value))
	}
	return b.String(), nil
}
