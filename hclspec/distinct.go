package hclspec

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// distinctFunc is Terraform's, in a time that grows with the list and not with its square: it is what a message suggests where
// a list has doubles, and lists are long.
var distinctFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type: func(args []cty.Value) (cty.Type, error) {
		list, err := listOf(args[0])
		return list.Type(), err
	},
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		list, err := listOf(args[0])
		if err != nil || !list.IsWhollyKnown() {
			return cty.UnknownVal(t), err
		}
		var out []cty.Value
		seen := valueSet{}
		for it := list.ElementIterator(); it.Next(); {
			if _, v := it.Element(); seen.add(v) {
				out = append(out, v)
			}
		}
		if len(out) == 0 {
			return cty.ListValEmpty(t.ElementType()), nil
		}
		return cty.ListVal(out), nil
	},
})

func containsValue(values []cty.Value, v cty.Value) bool {
	for _, other := range values {
		if v.RawEquals(other) {
			return true
		}
	}
	return false
}

// listOf gives a list, set or tuple as a list.
func listOf(v cty.Value) (cty.Value, error) {
	return convert.Convert(asList(v), cty.List(cty.DynamicPseudoType))
}
