package hclspec

import (
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// The functions of sets, without a sorted set of each argument, and again of each step, where all that they are given is known
// and of one type. All else is left to the library.
var (
	setUnionFunc = longSets(stdlib.SetUnionFunc, func(sets []valueSet, v cty.Value) bool {
		return true
	}, true)
	setIntersectionFunc = longSets(stdlib.SetIntersectionFunc, func(sets []valueSet, v cty.Value) bool {
		return !slices.ContainsFunc(sets[1:], func(s valueSet) bool { return !s.has(v) })
	}, false)
	setSubtractFunc = longSets(stdlib.SetSubtractFunc, func(sets []valueSet, v cty.Value) bool {
		return !sets[1].has(v)
	}, false)
)

// longSets makes a function of sets that keeps elements of its first argument, or of all.
func longSets(library function.Function, keep func(sets []valueSet, v cty.Value) bool, all bool) function.Function {
	f := longLists(library)
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if _, of, ok := alikeLists(args); ok {
				return cty.Set(of), nil
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			lists, of, ok := alikeLists(args)
			if !ok {
				return f.Call(args)
			}
			sets := make([]valueSet, len(lists))
			for i, list := range lists {
				sets[i] = newValueSet(list)
			}
			from := lists[:1]
			if all {
				from = lists
			}
			out, seen := []cty.Value{}, valueSet{}
			for _, list := range from {
				for _, v := range list {
					if keep(sets, v) && seen.add(v) {
						out = append(out, v)
					}
				}
			}
			if len(out) == 0 {
				return cty.SetValEmpty(of), nil
			}
			return cty.SetVal(out), nil
		},
	})
}

// alikeLists gives the elements of lists, sets and tuples that are all of one type and known. Empty ones are of any type.
func alikeLists(args []cty.Value) (lists [][]cty.Value, of cty.Type, ok bool) {
	of = cty.NilType
	for _, v := range args {
		v = asList(v)
		t := v.Type()
		if !v.IsWhollyKnown() || v.IsNull() || !v.CanIterateElements() {
			return nil, of, false
		}
		if t.Equals(cty.EmptyTuple) {
			lists = append(lists, nil)
			continue
		}
		if !t.IsListType() && !t.IsSetType() || t.ElementType().HasDynamicTypes() || of != cty.NilType && !of.Equals(t.ElementType()) {
			return nil, of, false
		}
		of = t.ElementType()
		lists = append(lists, v.AsValueSlice())
	}
	return lists, of, of != cty.NilType
}

// valueSet is values by their hash.
type valueSet map[int][]cty.Value

func newValueSet(values []cty.Value) valueSet {
	s := make(valueSet, len(values))
	for _, v := range values {
		s.add(v)
	}
	return s
}

func (s valueSet) has(v cty.Value) bool { return containsValue(s[v.Hash()], v) }

// add tells whether a value is new.
func (s valueSet) add(v cty.Value) bool {
	h := v.Hash()
	if containsValue(s[h], v) {
		return false
	}
	s[h] = append(s[h], v)
	return true
}
