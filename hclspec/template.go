package hclspec

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// template is a text whose only parts that differ by element are traversals of each. It is compiled once and filled in
// without the language.
type template struct {
	parts []templatePart
	once  sync.Once
}

// templatePart is a text, an expression that is the same for all elements, or a traversal of each.
type templatePart struct {
	text  string
	fixed hcl.Expression
	info  *usage
	key   bool     // each.key
	steps []string // each.value, and further
	each  bool
}

// compile gives the template of an expression, or nil where it is more than that.
func compile(e *environment, expr hcl.Expression, info *usage) *template {
	var parts []hclsyntax.Expression
	switch x := expr.(type) {
	case *placed:
		parts = []hclsyntax.Expression{x.ScopeTraversalExpr}
	case *hclsyntax.TemplateExpr:
		parts = x.Parts
	case *hclsyntax.TemplateWrapExpr:
		parts = []hclsyntax.Expression{x.Wrapped}
	case *hclsyntax.ScopeTraversalExpr:
		parts = []hclsyntax.Expression{x}
	default:
		return nil
	}
	t := &template{}
	for _, part := range parts {
		p, ok := compilePart(e, part)
		if !ok {
			return nil
		}
		t.parts = append(t.parts, p)
	}
	return t
}

func compilePart(e *environment, expr hclsyntax.Expression) (templatePart, bool) {
	if lit, ok := expr.(*hclsyntax.LiteralValueExpr); ok && lit.Val.Type() == cty.String && !lit.Val.IsNull() {
		return templatePart{text: lit.Val.AsString()}, true
	}
	t, ok := expr.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		return templatePart{}, false
	}
	switch t.Traversal.RootName() {
	case "each":
		key, steps, ok := eachSteps(t.Traversal)
		return templatePart{each: true, key: key, steps: steps}, ok
	case "var", "local":
		info := e.look(t)
		if len(info.calls) > 0 {
			return templatePart{}, false
		}
		for _, name := range info.locals {
			if lo := e.locals[name]; lo == nil || len(lo.info.calls) > 0 {
				return templatePart{}, false
			}
		}
		return templatePart{fixed: t, info: info}, true
	}
	return templatePart{}, false
}

// eachSteps gives what a traversal of each goes through: each.key, or the attributes and indexes behind each.value.
func eachSteps(t hcl.Traversal) (key bool, steps []string, ok bool) {
	for i, step := range t[1:] {
		name, ok := stepName(step)
		switch {
		case !ok:
			return false, nil, false
		case i == 0 && name == "key" && len(t) == 2:
			return true, nil, true
		case i == 0 && name == "value":
		case i == 0:
			return false, nil, false
		default:
			steps = append(steps, name)
		}
	}
	return false, steps, true
}

// stepName is one step of a traversal; an index as the language writes it as text.
func stepName(step hcl.Traverser) (string, bool) {
	switch step := step.(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		s, err := scalarText(step.Key)
		return s, err == nil
	}
	return "", false
}

// fix evaluates the parts that are the same for all elements. Where one is not plain text the template is of no use.
func (t *template) fix(e *environment) bool {
	ok := true
	t.once.Do(func() {
		for i := range t.parts {
			p := &t.parts[i]
			if p.fixed == nil {
				continue
			}
			v, diags := e.eval(p.fixed, p.info, &call{env: e, reads: &Reads{}}, nil)
			if diags.HasErrors() || v.IsMarked() || !v.IsWhollyKnown() || v.IsNull() {
				ok = false
				continue
			}
			s, err := convert.Convert(v, cty.String)
			if err != nil {
				ok = false
				continue
			}
			p.text, p.fixed = s.AsString(), nil
		}
	})
	for i := range t.parts {
		ok = ok && t.parts[i].fixed == nil
	}
	return ok
}

// text fills the template in. An error is about the element's value.
func (t *template) text(els Elements, i int) (string, error) {
	if len(t.parts) == 1 {
		return t.parts[0].value(els, i)
	}
	var b strings.Builder
	for k := range t.parts {
		s, err := t.parts[k].value(els, i)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func (p *templatePart) value(els Elements, i int) (string, error) {
	switch {
	case !p.each:
		return p.text, nil
	case els == nil:
		return "", fmt.Errorf("has no element")
	case p.key:
		key, diags := els.Key(i)
		if diags.HasErrors() {
			return "", fmt.Errorf("has no key: %s", diags[0].Detail)
		}
		return key, nil
	}
	if r, ok := els.(*elements); ok {
		switch len(p.steps) {
		case 0:
			if s, ok := r.rows.Scalar(i); ok {
				return s, nil
			}
		case 1:
			if s, ok := r.rows.Attr(i, p.steps[0]); ok {
				return s, nil
			}
		}
	}
	v, err := walk(els.Value(i), p.steps)
	if err != nil {
		return "", err
	}
	return scalarText(v)
}

// walk goes from a value to what is behind some attributes and indexes.
func walk(v cty.Value, steps []string) (cty.Value, error) {
	for k, name := range steps {
		if v.IsNull() || v.IsMarked() || !v.IsKnown() {
			return v, nil
		}
		switch t := v.Type(); {
		case t.IsObjectType() && t.HasAttribute(name):
			v = v.GetAttr(name)
		case t.IsMapType() && v.HasIndex(cty.StringVal(name)).True():
			v = v.Index(cty.StringVal(name))
		case t.IsTupleType() || t.IsListType():
			n, err := strconv.Atoi(name)
			if err != nil || n < 0 || n >= v.LengthInt() {
				return v, fmt.Errorf("has no element %s (each.value%s has %d)", name, dotted(steps[:k]), v.LengthInt())
			}
			v = v.Index(cty.NumberIntVal(int64(n)))
		default:
			return v, fmt.Errorf("has no attribute %q (each.value%s is %s)", name, dotted(steps[:k]), kindOf(t))
		}
	}
	return v, nil
}

func dotted(steps []string) string {
	if len(steps) == 0 {
		return ""
	}
	return "." + strings.Join(steps, ".")
}

// scalarText gives a string, number or bool as text.
func scalarText(v cty.Value) (string, error) {
	if v.IsMarked() {
		return "", fmt.Errorf("is a secret")
	}
	if v.IsNull() {
		return "", fmt.Errorf("is null")
	}
	if !v.IsKnown() || !v.Type().IsPrimitiveType() {
		return "", fmt.Errorf("is %s, and not a string, number or bool", kindOf(v.Type()))
	}
	return keyOf(v)
}
