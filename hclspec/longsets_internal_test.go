package hclspec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// TestLongSets holds that functions of lists, sets and maps that are made quick give what the library's own give: the same
// value, type, marks and errors.
func TestLongSets(t *testing.T) {
	mine := plainFunctions(&secrets{})
	r := rand.New(rand.NewPCG(1, 2))
	for name, library := range map[string]function.Function{
		"setunion": stdlib.SetUnionFunc, "setintersection": stdlib.SetIntersectionFunc, "setsubtract": stdlib.SetSubtractFunc,
		"setproduct": stdlib.SetProductFunc, "tomap": stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)), "tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
	} {
		quick := 0
		for range 3000 {
			var args []cty.Value
			for range library.Params() {
				args = append(args, randomArg(r))
			}
			for library.VarParam() != nil && len(args) < 4 && (len(args) == 0 || r.IntN(3) > 0) {
				args = append(args, randomArg(r))
			}
			want, wantErr := asLanguage(library, args)
			got, err := asLanguage(mine[name], args)
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("%s(%#v): error %v, want %v", name, args, err, wantErr)
			}
			if err != nil {
				continue
			}
			if !got.Type().Equals(want.Type()) || got.IsMarked() != want.IsMarked() || got.IsWhollyKnown() != want.IsWhollyKnown() ||
				want.IsWhollyKnown() && !got.RawEquals(want) {
				t.Fatalf("%s(%#v)\n is   %#v\n want %#v", name, args, got, want)
			}
			if got.IsWhollyKnown() {
				quick++
			}
		}
		if quick < 100 {
			t.Errorf("%s: only %d gave something", name, quick)
		}
	}
}

// asLanguage calls a function as HCL does.
func asLanguage(f function.Function, args []cty.Value) (cty.Value, error) {
	out := make([]cty.Value, len(args))
	for i, v := range args {
		p := f.VarParam()
		if i < len(f.Params()) {
			p = &f.Params()[i]
		}
		var err error
		if out[i], err = convert.Convert(v, p.Type); err != nil {
			return cty.NilVal, err
		}
	}
	return f.Call(out)
}

// randomArg gives a list, tuple, set, map or object, or now and then something else.
func randomArg(r *rand.Rand) cty.Value {
	kind, n := r.IntN(6), r.IntN(4)
	values := make([]cty.Value, n)
	named := map[string]cty.Value{}
	for i := range values {
		if values[i] = randomValue(r, kind); kind == 5 {
			values[i] = randomValue(r, r.IntN(5))
		}
		named[fmt.Sprint("k", r.IntN(5))] = values[i]
	}
	v := cty.TupleVal(values)
	switch r.IntN(12) {
	case 0, 1:
		if n > 0 && kind < 5 {
			v = cty.ListVal(values)
		}
	case 2, 3:
		if n > 0 && kind < 5 {
			v = cty.SetVal(values)
		}
	case 4, 5:
		v = cty.ObjectVal(named)
	case 6:
		v = cty.UnknownVal(cty.List(cty.String))
	case 7:
		v = cty.ListValEmpty(cty.String)
	case 8:
		v = v.Mark("m")
	}
	return v
}

func randomValue(r *rand.Rand, kind int) cty.Value {
	i := r.Int64N(4)
	if r.IntN(40) == 0 {
		return cty.UnknownVal(randomValue(r, kind).Type())
	}
	switch kind {
	case 0, 4:
		if r.IntN(8) == 0 {
			return cty.NullVal(cty.String)
		}
		return cty.StringVal(fmt.Sprint("s", i))
	case 1:
		return cty.NumberFloatVal(float64(i) / 2)
	case 2:
		return cty.BoolVal(i > 1)
	default:
		return cty.ObjectVal(map[string]cty.Value{"a": cty.NumberIntVal(i), "b": cty.ListVal([]cty.Value{cty.StringVal("x")})})
	}
}
