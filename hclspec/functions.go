package hclspec

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// plainFunctions are those that look at nothing but their arguments.
func plainFunctions(s *secrets) map[string]function.Function {
	all := map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "chomp": stdlib.ChompFunc, "chunklist": stdlib.ChunklistFunc,
		"coalesce": coalesceFunc, "coalescelist": stdlib.CoalesceListFunc, "compact": stdlib.CompactFunc,
		"concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc, "csvdecode": stdlib.CSVDecodeFunc,
		"distinct": distinctFunc, "element": stdlib.ElementFunc, "flatten": stdlib.FlattenFunc, "floor": stdlib.FloorFunc,
		"format": stdlib.FormatFunc, "formatdate": stdlib.FormatDateFunc, "formatlist": stdlib.FormatListFunc,
		"indent": stdlib.IndentFunc, "join": stdlib.JoinFunc, "jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc,
		"keys": stdlib.KeysFunc, "log": stdlib.LogFunc, "lower": stdlib.LowerFunc, "max": stdlib.MaxFunc, "merge": stdlib.MergeFunc,
		"min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc, "regex": stdlib.RegexFunc,
		"regexall": stdlib.RegexAllFunc, "reverse": stdlib.ReverseListFunc, "setintersection": setIntersectionFunc,
		"setproduct": through(asList, stdlib.SetProductFunc), "setsubtract": setSubtractFunc, "setunion": setUnionFunc,
		"signum": stdlib.SignumFunc, "slice": stdlib.SliceFunc, "sort": stdlib.SortFunc, "split": stdlib.SplitFunc,
		"strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "timeadd": stdlib.TimeAddFunc, "title": stdlib.TitleFunc,
		"trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc,
		"trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
		"try": tryfunc.TryFunc, "can": tryfunc.CanFunc,
		"tostring": stdlib.MakeToFunc(cty.String), "tonumber": stdlib.MakeToFunc(cty.Number), "tobool": stdlib.MakeToFunc(cty.Bool),
		"toset":  through(asList, stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType))),
		"tolist": through(asList, stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType))),
		"tomap":  through(asMap, stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType))),
		"length": lengthFunc, "lookup": lookupFunc, "replace": replaceFunc, "range": rangeFunc, "index": indexFunc, "sum": sumFunc,
		"one": oneFunc, "alltrue": allFunc(true), "anytrue": allFunc(false),
		"urlencode":    textFunc(func(s string) (string, error) { return url.QueryEscape(s), nil }),
		"base64encode": textFunc(func(s string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(s)), nil }),
		"base64decode": textFunc(decode64),
		"sha256": textFunc(func(s string) (string, error) {
			sum := sha256.Sum256([]byte(s))
			return hex.EncodeToString(sum[:]), nil
		}),
		"basename":   textFunc(func(s string) (string, error) { return path.Base(s), nil }),
		"dirname":    textFunc(func(s string) (string, error) { return path.Dir(s), nil }),
		"startswith": testFunc("prefix", strings.HasPrefix),
		"endswith":   testFunc("suffix", strings.HasSuffix),
		"dates":      datesFunc,
		"sensitive":  sensitiveFunc(s),
	}
	for name, f := range all {
		all[name] = longLists(f)
	}
	return all
}

func decode64(s string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return "", fmt.Errorf("not base64: %w", err)
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("what it holds is not UTF-8 text")
	}
	return string(b), nil
}

// textFunc is a function of one text.
func textFunc(f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}}, Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0].AsString())
			if err != nil {
				return cty.UnknownVal(cty.String), function.NewArgError(0, err)
			}
			return cty.StringVal(s), nil
		},
	})
}

func testFunc(name string, f func(s, part string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: name, Type: cty.String}}, Type: function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

// lengthFunc is Terraform's: of a text too, in characters as people see them.
var lengthFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowUnknown: true}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v := args[0]
		switch t := v.Type(); {
		case t == cty.DynamicPseudoType:
			return cty.UnknownVal(cty.Number), nil
		case t == cty.String:
			return stdlib.Strlen(v)
		case t.IsObjectType():
			return cty.NumberIntVal(int64(len(t.AttributeTypes()))), nil
		case t.IsTupleType() || t.IsListType() || t.IsMapType() || t.IsSetType():
			return v.Length(), nil
		}
		return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "length takes a text, list, set, map or object")
	},
})

// lookupFunc gives an element of a map or object, or a default where it is not there.
var lookupFunc = function.New(&function.Spec{
	Params:   []function.Parameter{{Name: "map", Type: cty.DynamicPseudoType}, {Name: "key", Type: cty.String}},
	VarParam: &function.Parameter{Name: "default", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true},
	Type:     func([]cty.Value) (cty.Type, error) { return cty.DynamicPseudoType, nil },
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		m, key := args[0], args[1].AsString()
		switch t := m.Type(); {
		case t.IsObjectType() && t.HasAttribute(key):
			return m.GetAttr(key), nil
		case t.IsMapType() && m.HasIndex(args[1]).True():
			return m.Index(args[1]), nil
		case !t.IsObjectType() && !t.IsMapType():
			return cty.DynamicVal, function.NewArgErrorf(0, "lookup takes a map or an object")
		}
		if len(args) < 3 {
			return cty.DynamicVal, function.NewArgErrorf(1, "there is no %q, and no default is given", key)
		}
		return args[2], nil
	},
})

// replaceFunc is Terraform's: a substring between slashes is a regular expression.
var replaceFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: "substring", Type: cty.String}, {Name: "replacement", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if sub := args[1].AsString(); len(sub) > 1 && sub[0] == '/' && sub[len(sub)-1] == '/' {
			return stdlib.RegexReplace(args[0], cty.StringVal(sub[1:len(sub)-1]), args[2])
		}
		return cty.StringVal(strings.ReplaceAll(args[0].AsString(), args[1].AsString(), args[2].AsString())), nil
	},
})

// coalesceFunc gives the first argument that is neither null nor an empty text, as Terraform's does.
var coalesceFunc = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "values", Type: cty.DynamicPseudoType, AllowUnknown: true, AllowDynamicType: true, AllowNull: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		types := make([]cty.Type, len(args))
		for i, a := range args {
			types[i] = a.Type()
		}
		t, _ := convert.UnifyUnsafe(types)
		if t == cty.NilType {
			return cty.NilType, fmt.Errorf("all arguments must be of one type")
		}
		return t, nil
	},
	Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
		for _, a := range args {
			v, err := convert.Convert(a, t)
			switch {
			case err != nil:
				return cty.DynamicVal, err
			case !v.IsKnown():
				return cty.UnknownVal(t), nil
			case v.IsNull() || t == cty.String && v.AsString() == "":
				continue
			}
			return v, nil
		}
		return cty.DynamicVal, fmt.Errorf("every argument is null or an empty text")
	},
})

// rangeFunc is Terraform's without its cap.
var rangeFunc = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "number", Type: cty.Number},
	Type:     function.StaticReturnType(cty.List(cty.Number)),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		start, step := cty.Zero, cty.NilVal
		var end cty.Value
		switch len(args) {
		case 1:
			end = args[0]
		case 2:
			start, end = args[0], args[1]
		case 3:
			start, end, step = args[0], args[1], args[2]
		default:
			return cty.DynamicVal, fmt.Errorf("range takes one to three numbers: range(end), range(start, end), range(start, end, step)")
		}
		down := end.LessThan(start).True()
		if step == cty.NilVal {
			if step = cty.NumberIntVal(1); down {
				step = cty.NumberIntVal(-1)
			}
		}
		if step.Equals(cty.Zero).True() || step.LessThan(cty.Zero).True() != down && !start.Equals(end).True() {
			return cty.DynamicVal, fmt.Errorf("step doesn't lead from start to end")
		}
		if n, _ := end.Subtract(start).Divide(step).AsBigFloat().Float64(); n > 20e6 {
			return cty.DynamicVal, fmt.Errorf("that would be %.0f numbers", n)
		}
		var out []cty.Value
		for n := start; down && n.GreaterThan(end).True() || !down && n.LessThan(end).True(); n = n.Add(step) {
			out = append(out, n)
		}
		if len(out) == 0 {
			return cty.ListValEmpty(cty.Number), nil
		}
		return cty.ListVal(out), nil
	},
})

// indexFunc is Terraform's: where a value stands in a list.
var indexFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}, {Name: "value", Type: cty.DynamicPseudoType}},
	Type:   function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if t := args[0].Type(); !t.IsListType() && !t.IsTupleType() {
			return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "index takes a list")
		}
		for it := args[0].ElementIterator(); it.Next(); {
			i, v := it.Element()
			if eq, err := stdlib.Equal(v, args[1]); err == nil && eq.IsKnown() && eq.True() {
				return i, nil
			}
		}
		return cty.UnknownVal(cty.Number), function.NewArgErrorf(1, "it is not in the list")
	},
})

var sumFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}}, Type: function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		list, err := convert.Convert(asList(args[0]), cty.List(cty.Number))
		if err != nil {
			return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "sum takes a list of numbers")
		}
		total := new(big.Float).SetPrec(512)
		for _, v := range list.AsValueSlice() {
			if v.IsNull() {
				return cty.UnknownVal(cty.Number), function.NewArgErrorf(0, "one of the numbers is null")
			}
			total.Add(total, v.AsBigFloat())
		}
		return cty.NumberVal(total), nil
	},
})

var oneFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type:   func([]cty.Value) (cty.Type, error) { return cty.DynamicPseudoType, nil },
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !args[0].CanIterateElements() {
			return cty.DynamicVal, function.NewArgErrorf(0, "one takes a list or a set")
		}
		switch args[0].LengthInt() {
		case 0:
			return cty.NullVal(cty.DynamicPseudoType), nil
		case 1:
			return args[0].AsValueSlice()[0], nil
		}
		return cty.DynamicVal, function.NewArgErrorf(0, "it has more than one element")
	},
})

// allFunc is alltrue and anytrue.
func allFunc(all bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}}, Type: function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			for _, v := range args[0].AsValueSlice() {
				if (!v.IsNull() && v.True()) != all {
					return cty.BoolVal(!all), nil
				}
			}
			return cty.BoolVal(all), nil
		},
	})
}

// sensitiveFunc marks a value as a secret.
func sensitiveFunc(s *secrets) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true}},
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s.addValue(args[0])
			return args[0].Mark(sensitiveMark), nil
		},
	})
}
