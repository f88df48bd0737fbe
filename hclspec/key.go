package hclspec

import (
	"fmt"
	"math/big"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// digitsMax is how many digits an integer may have as a key; more were no longer exact in the language.
const digitsMax = 154

// keyOf gives a value as a key: a string as it is, a number in full decimal digits, a bool, a list of scalars as
// compact JSON.
func keyOf(v cty.Value) (string, error) {
	if v.IsMarked() {
		return "", fmt.Errorf("is a secret, and keys are shown")
	}
	if v.IsNull() {
		return "", fmt.Errorf("is null")
	}
	if !v.IsKnown() {
		return "", fmt.Errorf("is not known")
	}
	switch t := v.Type(); {
	case t == cty.String:
		return v.AsString(), nil
	case t == cty.Bool:
		if v.True() {
			return "true", nil
		}
		return "false", nil
	case t == cty.Number:
		return numberText(v.AsBigFloat())
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		for it := v.ElementIterator(); it.Next(); {
			if _, e := it.Element(); e.IsMarked() || !e.IsNull() && !e.Type().IsPrimitiveType() {
				return "", fmt.Errorf("is a list that holds more than strings, numbers and bools")
			}
		}
		text, err := ctyjson.Marshal(v, t)
		return string(text), err
	default:
		return "", fmt.Errorf("is an object, and an object has no key of its own: say which of its attributes is, by key = each.value.… (or give it an attribute key)")
	}
}

// numberText writes a number in full decimal digits, without an exponent.
func numberText(f *big.Float) (string, error) {
	if f.IsInf() {
		return "", fmt.Errorf("is infinite")
	}
	if f.Sign() == 0 {
		return "0", nil // and not -0
	}
	if f.IsInt() {
		text := f.Text('f', 0)
		if digits := len(text); digits > digitsMax+1 || digits == digitsMax+1 && text[0] != '-' {
			return "", fmt.Errorf("is an integer of more than %d digits: write it as a string", digitsMax)
		}
		return text, nil
	}
	return f.Text('f', -1), nil
}
