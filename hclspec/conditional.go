package hclspec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// keepResults makes the conditionals in a piece of syntax give the list or object that they choose as it is. HCL looks for
// a type that it has in common with the one that is not chosen, for lists in a time that grows with their square; rows
// that have none are an error to it.
func keepResults(node hclsyntax.Node) {
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		if c, ok := n.(*hclsyntax.ConditionalExpr); ok {
			c.TrueResult, c.FalseResult = resultOf(c, c.TrueResult, true), resultOf(c, c.FalseResult, false)
		}
		return nil
	})
}

// result is one of the two results of a conditional.
type result struct {
	*hclsyntax.ParenthesesExpr // of the expression as it is written, which so is found by who walks over the syntax
	condition                  hclsyntax.Expression
	when                       bool
}

func resultOf(c *hclsyntax.ConditionalExpr, x hclsyntax.Expression, when bool) *result {
	return &result{&hclsyntax.ParenthesesExpr{Expression: x, SrcRange: x.Range()}, c.Condition, when}
}

// Value gives the result, or if that is a list or an object and not chosen, a value of any type, which HCL lets pass.
func (r *result) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := r.ParenthesesExpr.Value(ctx)
	if t := v.Type(); !t.IsTupleType() && !t.IsObjectType() && !t.IsCollectionType() || r.chosen(ctx) {
		return v, diags
	}
	return cty.DynamicVal.WithMarks(v.Marks()), nil
}

// chosen says that the condition does not choose the other one.
func (r *result) chosen(ctx *hcl.EvalContext) bool {
	c, diags := r.condition.Value(ctx)
	if diags.HasErrors() {
		return true
	}
	c, _ = c.Unmark()
	c, err := convert.Convert(c, cty.Bool)
	return err != nil || c.IsNull() || !c.IsKnown() || c.True() == r.when
}
