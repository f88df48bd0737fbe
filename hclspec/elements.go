package hclspec

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// elements is an expanded for_each.
type elements struct {
	rows
	t    *Target
	keys []string // of a map or an object; nil else
}

var _ Elements = (*elements)(nil)

// streamed are the functions whose rows a for_each takes without a detour.
var streamed = map[string]bool{"lines": true, "csv": true, "jsonl": true, "outputs": true}

// Expand evaluates for_each. With something unbuilt the Elements are nil and Reads say what it waits for.
func (t *Target) Expand(w World) (Elements, Reads, hcl.Diagnostics) {
	if !t.HasForEach {
		return nil, Reads{}, nil
	}
	x := t.attrs["for_each"]
	c := &call{world: w, reads: &Reads{}, env: t.env}
	list, diags := t.list(x, c)
	if diags.HasErrors() || len(c.reads.Unbuilt) > 0 {
		return nil, *c.reads, diags
	}
	for _, text := range c.reads.Warnings {
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Files left out", Detail: text, Subject: x.Range().Ptr()})
	}
	return list, *c.reads, diags
}

func (t *Target) list(x *expression, c *call) (*elements, hcl.Diagnostics) {
	if f, ok := x.Expression.(*hclsyntax.FunctionCallExpr); ok && streamed[f.Name] && !f.ExpandFinal {
		args := make([]cty.Value, len(f.Args))
		for i, arg := range f.Args {
			v, diags := t.env.eval(arg, t.env.look(arg), c, nil)
			if diags.HasErrors() {
				return nil, diags
			}
			args[i] = v
		}
		r, err := c.stream(f.Name, args)
		if err != nil {
			return nil, t.listError(x, fmt.Sprintf("%s: %v.", f.Name, err))
		}
		if len(c.reads.Unbuilt) > 0 {
			return nil, nil
		}
		return &elements{rows: r, t: t}, nil
	}
	v, diags := t.env.eval(x.Expression, x.info, c, nil)
	if diags.HasErrors() || len(c.reads.Unbuilt) > 0 {
		return nil, diags
	}
	return t.elementsOf(x, v)
}

// elementsOf takes a value as a list of elements.
func (t *Target) elementsOf(x *expression, v cty.Value) (*elements, hcl.Diagnostics) {
	if v.ContainsMarked() {
		return nil, t.listError(x, "A secret can't be part of for_each: elements are shown, and name files.")
	}
	if v.IsNull() || !v.IsKnown() || !v.CanIterateElements() {
		return nil, t.listError(x, fmt.Sprintf("for_each takes a list, set, map or object, and this is %s.", article(v)))
	}
	e := &elements{t: t}
	values := make(valueRows, 0, v.LengthInt())
	keyed := v.Type().IsMapType() || v.Type().IsObjectType()
	for it := v.ElementIterator(); it.Next(); {
		k, el := it.Element()
		if keyed {
			e.keys = append(e.keys, k.AsString())
		}
		values = append(values, el)
	}
	e.rows = values
	return e, nil
}

func article(v cty.Value) string {
	if v.IsNull() {
		return "null"
	}
	return kindOf(v.Type())
}

// kindOf names a type as a sentence does: a list, an object.
func kindOf(t cty.Type) string {
	name := t.FriendlyName()
	if strings.HasPrefix(name, "object") {
		return "an " + name
	}
	return "a " + name
}

func (t *Target) listError(x *expression, detail string) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Bad for_each", Detail: detail, Subject: x.Range().Ptr()}}
}

// Key gives element i's key by the target's key attribute, else by the language's rules.
func (e *elements) Key(i int) (string, hcl.Diagnostics) {
	if x := e.t.attrs["key"]; x != nil {
		return e.keyBy(x, i)
	}
	if e.keys != nil {
		return e.keys[i], nil
	}
	if s, ok := e.Scalar(i); ok {
		return s, nil
	}
	if s, ok := e.Attr(i, "key"); ok {
		return s, nil
	}
	v, what := e.Value(i), "The element"
	if !v.IsNull() && v.IsKnown() && v.Type().IsObjectType() && v.Type().HasAttribute("key") {
		v, what = v.GetAttr("key"), "The element's attribute key"
	}
	s, err := keyOf(v)
	if err != nil {
		hint := ""
		if v.IsNull() && what == "The element" {
			hint = " Leave it out of the list: [for x in … : x if x != null]."
		}
		return "", e.t.elementError(e, i, "An element without a key", fmt.Sprintf("%s %v.%s", what, err, hint), e.t.attrs["for_each"].Range())
	}
	return s, nil
}

// keyBy evaluates the key attribute.
func (e *elements) keyBy(x *expression, i int) (string, hcl.Diagnostics) {
	if k := e.t.keyText; k != nil && k.fix(e.t.env) && !k.mentionsKey() {
		s, err := k.text(e, i)
		if err != nil {
			return "", e.t.elementError(e, i, "An element without a key", fmt.Sprintf("key %v.", err), x.Range())
		}
		return s, nil
	}
	c := &call{env: e.t.env, reads: &Reads{}}
	own := ""
	if e.keys != nil {
		own = e.keys[i]
	} else if s, ok := e.Scalar(i); ok {
		own = s
	}
	v, diags := e.t.env.eval(x.Expression, x.info, c, map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(own), "value": e.Value(i)})})
	if diags.HasErrors() {
		return "", e.t.named(e, i, diags)
	}
	if v.IsMarked() {
		return "", e.t.elementError(e, i, "A secret can't be a key", "Keys are shown, and name files.", x.Range())
	}
	s, err := keyOf(v)
	if err != nil {
		return "", e.t.elementError(e, i, "An element without a key", fmt.Sprintf("key %v.", err), x.Range())
	}
	return s, nil
}

func (t *template) mentionsKey() bool {
	for i := range t.parts {
		if t.parts[i].key {
			return true
		}
	}
	return false
}

// elementError is a diagnostic that names an element.
func (t *Target) elementError(els Elements, i int, summary, detail string, at hcl.Range) hcl.Diagnostics {
	return t.named(els, i, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at}})
}

// named adds the element to diagnostics.
func (t *Target) named(els Elements, i int, diags hcl.Diagnostics) hcl.Diagnostics {
	if els == nil {
		return diags
	}
	for _, d := range diags {
		text := string(els.JSON(i))
		if len(text) > 160 {
			text = strings.ToValidUTF8(text[:160], "") + "…"
		}
		d.Detail = fmt.Sprintf("%s The element is number %d: %s", strings.TrimRight(d.Detail, " "), i+1, text)
	}
	return diags
}
