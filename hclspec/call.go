package hclspec

import "github.com/zclconf/go-cty/cty"

// call is one evaluation: whom its functions ask, and what they have read.
type call struct {
	world   World // nil while the configuration is loaded: then source files are read as they are
	reads   *Reads
	env     *environment
	lenient bool // what is unbuilt or unknown gives unknown values, noted in reads
}

// rows is a list as it came from a file or a target, each of its elements a value only when asked for.
type rows interface {
	Len() int
	Value(i int) cty.Value
	Same(i, j int) bool
	JSON(i int) []byte
	// Scalar gives the element itself as a key, where it is a string, number or bool.
	Scalar(i int) (string, bool)
	// Attr gives an attribute of the element as a key, where it is a string, number or bool.
	Attr(i int, name string) (string, bool)
}
