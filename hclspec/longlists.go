package hclspec

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// longLists makes a function of the library take what a for expression gives, a tuple, in a time that grows with it: the
// library's own conversion to a list or set grows with its square.
func longLists(f function.Function) function.Function {
	params := make([]function.Parameter, len(f.Params()))
	copy(params, f.Params())
	some := false
	open := func(p *function.Parameter) {
		if p.Type.IsListType() || p.Type.IsSetType() {
			some = true
			p.Type = cty.DynamicPseudoType
		}
	}
	for i := range params {
		open(&params[i])
	}
	var rest *function.Parameter
	if p := f.VarParam(); p != nil {
		c := *p
		open(&c)
		rest = &c
	}
	if !some {
		return f
	}
	return function.New(&function.Spec{
		Description: f.Description(), Params: params, VarParam: rest,
		Type: func(args []cty.Value) (cty.Type, error) {
			args, err := listed(f, args)
			if err != nil {
				return cty.NilType, err
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			args, err := listed(f, args)
			if err != nil {
				return cty.NilVal, err
			}
			return f.Call(args)
		},
	})
}

// listed gives arguments as a function takes them.
func listed(f function.Function, args []cty.Value) ([]cty.Value, error) {
	out := make([]cty.Value, len(args))
	for i, v := range args {
		p := f.VarParam()
		if i < len(f.Params()) {
			p = &f.Params()[i]
		}
		if out[i] = v; p.Type.IsListType() || p.Type.IsSetType() {
			var err error
			if out[i], err = convert.Convert(asList(v), p.Type); err != nil {
				return nil, function.NewArgError(i, err)
			}
		}
	}
	return out, nil
}

// through is a function to which every argument goes as another value.
func through(as func(cty.Value) cty.Value, f function.Function) function.Function {
	other := func(args []cty.Value) []cty.Value {
		out := make([]cty.Value, len(args))
		for i, v := range args {
			out[i] = as(v)
		}
		return out
	}
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) { return f.ReturnTypeForValues(other(args)) },
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(other(args)) },
	})
}

// asList gives a tuple whose elements are of one type as a list, and every other value as it is.
func asList(v cty.Value) cty.Value {
	if v.IsMarked() || !v.IsKnown() || v.IsNull() || !v.Type().IsTupleType() || v.Type().Length() == 0 {
		return v
	}
	types := v.Type().TupleElementTypes()
	for _, other := range types {
		if !other.Equals(types[0]) {
			return v
		}
	}
	if types[0] == cty.DynamicPseudoType {
		return v
	}
	return cty.ListVal(v.AsValueSlice())
}

// asMap gives an object whose attributes are of one type as a map, and every other value as it is.
func asMap(v cty.Value) cty.Value {
	if v.IsMarked() || !v.IsKnown() || v.IsNull() || !v.Type().IsObjectType() || v.LengthInt() == 0 {
		return v
	}
	var first cty.Type
	for _, t := range v.Type().AttributeTypes() {
		if first == cty.NilType {
			first = t
		}
		if t == cty.DynamicPseudoType || !t.Equals(first) {
			return v
		}
	}
	return cty.MapVal(v.AsValueMap())
}
