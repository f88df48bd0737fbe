package hclspec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// each gives the values that expressions of an element see; nothing without elements.
func (t *Target) each(els Elements, i int) (map[string]cty.Value, hcl.Diagnostics) {
	if els == nil {
		return map[string]cty.Value{}, nil
	}
	key, diags := els.Key(i)
	if diags.HasErrors() {
		return nil, diags
	}
	return map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(key), "value": els.Value(i)})}, nil
}

// Needs evaluates what belongs to every job (the recipe, inputs, limits, timeout, max_age) with each unknown, and
// gives what functions read by paths that don't mention each.
func (t *Target) Needs(w World) (Reads, hcl.Diagnostics) {
	c := &call{world: w, reads: &Reads{}, env: t.env, lenient: true}
	names := map[string]cty.Value{
		"inputs": cty.UnknownVal(cty.List(cty.String)), "output": cty.UnknownVal(cty.String),
		"page": cty.UnknownVal(cty.Object(map[string]cty.Type{"number": cty.Number, "offset": cty.Number, "cursor": cty.DynamicPseudoType})),
	}
	if t.HasForEach {
		names["each"] = cty.ObjectVal(map[string]cty.Value{"key": cty.UnknownVal(cty.String), "value": cty.DynamicVal})
	}
	var all hcl.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(t.attrs)) {
		x := t.attrs[name]
		if name == "for_each" || name == "key" || !isAsking(x.info.calls) {
			continue
		}
		_, diags := t.env.eval(x.Expression, x.info, c, names)
		all = append(all, diags...)
	}
	return *c.reads, all
}

// inputList is inputs whose strings are all plain templates.
type inputList struct{ items []*template }

func compileInputs(e *environment, x *expression) *inputList {
	tuple, ok := x.Expression.(*hclsyntax.TupleConsExpr)
	if !ok {
		return nil
	}
	out := &inputList{}
	for _, item := range tuple.Exprs {
		t := compile(e, item, x.info)
		if t == nil {
			return nil
		}
		out.items = append(out.items, t)
	}
	return out
}

// InputsMentionEach tells whether Inputs differ by element.
func (t *Target) InputsMentionEach() bool {
	x := t.attrs["inputs"]
	return x != nil && x.info.mentionsEach()
}

// InputRange is where the inputs attribute stands, for diagnostics.
func (t *Target) InputRange() hcl.Range {
	if x := t.attrs["inputs"]; x != nil {
		return x.Range()
	}
	return t.Range
}

// Inputs evaluates inputs for an element; plain templates without the language. The strings are as written: labels
// have var and local filled in, and are not looked up.
func (t *Target) Inputs(w World, els Elements, i int) ([]string, Reads, hcl.Diagnostics) {
	x := t.attrs["inputs"]
	if x == nil {
		return nil, Reads{}, nil
	}
	if out, ok := t.plainInputs(els, i); ok {
		return out, Reads{}, nil
	}
	c := &call{world: w, reads: &Reads{}, env: t.env}
	var names map[string]cty.Value
	if x.info.mentionsEach() {
		var diags hcl.Diagnostics
		if names, diags = t.each(els, i); diags.HasErrors() {
			return nil, Reads{}, diags
		}
	}
	v, diags := t.env.eval(x.Expression, x.info, c, names)
	if diags.HasErrors() {
		return nil, *c.reads, t.named(els, i, diags)
	}
	if len(c.reads.Unbuilt) > 0 {
		return nil, *c.reads, nil
	}
	out, err := t.env.strings(v)
	if err != nil {
		return nil, *c.reads, t.elementError(els, i, "Bad inputs", fmt.Sprintf("inputs takes a list of paths and labels: %v.", err), x.Range())
	}
	for k := range out {
		if out[k], err = t.env.fillPath(out[k]); err != nil {
			return nil, *c.reads, t.elementError(els, i, "Bad inputs", err.Error()+".", x.Range())
		}
		if hasStep(out[k], "..") {
			return nil, *c.reads, t.elementError(els, i, "A path that leaves the project", fmt.Sprintf("%q has .. in it. For a file elsewhere write an absolute path, or make a symbolic link to its folder.", out[k]), x.Range())
		}
	}
	return out, *c.reads, diags
}

// plainInputs fills in compiled templates.
func (t *Target) plainInputs(els Elements, i int) ([]string, bool) {
	if t.inputs == nil {
		return nil, false
	}
	out := make([]string, len(t.inputs.items))
	for k, item := range t.inputs.items {
		if !item.fix(t.env) {
			return nil, false
		}
		s, err := item.text(els, i)
		if err != nil {
			return nil, false // the language says what is wrong
		}
		if out[k], err = t.env.fillPath(s); err != nil || s == "" || strings.Contains(s, "..") {
			return nil, false
		}
	}
	return out, true
}

// strings takes a value as a list of strings.
func (e *environment) strings(v cty.Value) ([]string, error) {
	if v.IsMarked() || v.ContainsMarked() {
		return nil, fmt.Errorf("a secret can't be a path")
	}
	list, err := convert.Convert(v, cty.List(cty.String))
	if err != nil || list.IsNull() {
		return nil, fmt.Errorf("it is %s", article(v))
	}
	var out []string
	for _, x := range list.AsValueSlice() {
		if x.IsNull() || x.AsString() == "" {
			return nil, fmt.Errorf("one of them is null or empty; compact(…) drops those")
		}
		out = append(out, x.AsString())
	}
	return out, nil
}

// duration evaluates an attribute that is a duration, or null.
func (t *Target) duration(name string, w World, els Elements, i int) (time.Duration, bool, hcl.Diagnostics) {
	x := t.attrs[name]
	if x == nil {
		return 0, false, nil
	}
	c := &call{world: w, reads: &Reads{}, env: t.env}
	var names map[string]cty.Value
	if x.info.mentionsEach() {
		var diags hcl.Diagnostics
		if names, diags = t.each(els, i); diags.HasErrors() {
			return 0, false, diags
		}
	}
	v, diags := t.env.eval(x.Expression, x.info, c, names)
	if diags.HasErrors() {
		return 0, false, t.named(els, i, diags)
	}
	if v.IsMarked() || !v.IsKnown() || v.IsNull() {
		return 0, false, nil
	}
	s, err := convert.Convert(v, cty.String)
	if err == nil {
		var d time.Duration
		if d, err = parseDuration(s.AsString()); err == nil {
			return d, true, nil
		}
	}
	return 0, false, t.elementError(els, i, "Wrong value for "+name, fmt.Sprintf("%v.", err), x.Range())
}

// MaxAge gives the age in nanoseconds at which an element's output is made again; ok is false where it has none.
func (t *Target) MaxAge(els Elements, i int) (ns int64, ok bool, diags hcl.Diagnostics) {
	d, ok, diags := t.duration("max_age", nil, els, i)
	return int64(d), ok, diags
}

// HostOf gives scheme and host (with the port, if it is not the scheme's) of an element's first request without
// evaluating the rest of the recipe; "" where that cannot be told.
func (t *Target) HostOf(w World, els Elements, i int) string {
	if t.urlText != nil && t.urlText.fix(t.env) {
		if s, err := t.urlText.text(els, i); err == nil {
			return originOf(s)
		}
	}
	x := t.attrs["url"]
	if x == nil || x.info.asks || isAsking(x.info.calls) {
		return ""
	}
	names, diags := t.each(els, i)
	if diags.HasErrors() {
		return ""
	}
	names["page"] = firstPage
	v, diags := t.env.eval(x.Expression, x.info, &call{world: w, reads: &Reads{}, env: t.env}, names)
	if diags.HasErrors() || v.IsMarked() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return ""
	}
	return originOf(v.AsString())
}
