package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// namedValues says what each name in a diagnostic's expression stood for: 'each.value is {"id":1}'. Secrets, functions
// and what is not known are left out.
func namedValues(d *hcl.Diagnostic) []string {
	var out []string
	for _, traversal := range d.Expression.Variables() {
		name, value := traverse(traversal, d.EvalContext)
		if value == cty.NilVal {
			continue
		}
		if text, ok := valueText(value); ok {
			if line := name + " is " + text; !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	slices.Sort(out)
	return out
}

// traverse follows a name as far as it leads to something.
func traverse(t hcl.Traversal, ctx *hcl.EvalContext) (string, cty.Value) {
	for n := len(t); n > 0; n-- {
		value, diags := t[:n].TraverseAbs(ctx)
		if !diags.HasErrors() {
			return traversalText(t[:n]), value
		}
	}
	return "", cty.NilVal
}

func traversalText(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		case hcl.TraverseIndex:
			if text, ok := valueText(s.Key); ok {
				b.WriteString("[" + text + "]")
			}
		}
	}
	return b.String()
}

// valueText is a value as one would read it in JSON, where it is known and no secret.
func valueText(v cty.Value) (string, bool) {
	if v.ContainsMarked() || !v.IsWhollyKnown() || v.Type().IsCapsuleType() {
		return "", false
	}
	if v.IsNull() {
		return "null", true
	}
	b, err := ctyjson.Marshal(v, v.Type())
	if err != nil || !json.Valid(b) {
		return "", false
	}
	return string(b), true
}
