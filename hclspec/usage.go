package hclspec

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// usage is what an expression mentions, found once without evaluating it.
type usage struct {
	each   []hcl.Traversal // as far as attributes go
	page   bool
	io     bool // inputs or output
	vars   []string
	locals []string // with those that they mention
	calls  []string // of functions
	asks   bool     // a function asks something of the project or its surroundings
}

// askingFunctions ask something of the project or its surroundings; all others only look at their arguments.
var askingFunctions = []string{"lines", "csv", "json", "jsonl", "file", "glob", "outputs", "env", "today", "secret"}

// mentionsEach tells whether the value differs by element.
func (u *usage) mentionsEach() bool { return len(u.each) > 0 }

// look finds what an expression mentions. It follows locals when they have been declared.
func (e *environment) look(expr hcl.Expression) *usage {
	u := &usage{}
	for _, t := range expr.Variables() {
		switch root := t.RootName(); root {
		case "each":
			u.each = append(u.each, t)
		case "page":
			u.page = true
		case "inputs", "output":
			u.io = true
		case "var":
			u.vars = appendNew(u.vars, second(t))
		case "local":
			u.locals = appendNew(u.locals, second(t))
		}
	}
	for _, node := range syntaxOf(expr) {
		for _, f := range functionCalls(node) {
			u.calls = appendNew(u.calls, f.Name)
		}
	}
	u.asks = isAsking(u.calls)
	return u
}

func appendNew(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// second is the name behind the root of a traversal: x of var.x.
func second(t hcl.Traversal) string {
	if len(t) < 2 {
		return ""
	}
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString()
		}
	}
	return ""
}

// syntaxOf gives an expression's syntax: itself, or the templates in an expression of the JSON spelling.
func syntaxOf(expr hcl.Expression) []hclsyntax.Node {
	if n, ok := expr.(hclsyntax.Node); ok {
		return []hclsyntax.Node{n}
	}
	v, diags := expr.Value(nil)
	if diags.HasErrors() {
		return nil
	}
	var nodes []hclsyntax.Node
	_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
		if v.Type() == cty.String && v.IsKnown() && !v.IsNull() && strings.Contains(v.AsString(), "{") {
			if t, diags := hclsyntax.ParseTemplate([]byte(v.AsString()), expr.Range().Filename, expr.Range().Start); !diags.HasErrors() {
				nodes = append(nodes, t)
			}
		}
		return true, nil
	})
	return nodes
}

// isJSON tells whether an expression is of the JSON spelling.
func isJSON(expr hcl.Expression) bool {
	_, native := expr.(hclsyntax.Node)
	return !native
}

// functionCalls gives all calls in a piece of syntax.
func functionCalls(node hclsyntax.Node) (calls []*hclsyntax.FunctionCallExpr) {
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		if f, ok := n.(*hclsyntax.FunctionCallExpr); ok {
			calls = append(calls, f)
		}
		return nil
	})
	return calls
}
