package hclspec

import (
	"context"

	"github.com/hashicorp/hcl/v2"
)

type environment struct{}
type decoded struct{}

// Label is a target's label with var and local filled in.
type Label struct {
	Text  string // as written, var and local filled in; what labels are compared by
	Parts []LabelPart
	Dir   bool // ends in a slash; the Parts don't
}

// LabelPart is a literal, the star, or a placeholder of each.
type LabelPart struct {
	Literal string
	Star    bool
	Each    string // "each.key", "each.value.a.b": as written
}

// Load parses and checks a configuration. All mistakes are reported, not just the first; where there is an error the
// Spec holds what could be understood.
func Load(o Options) (*Spec, hcl.Diagnostics) { panic("contract") }

// Redact replaces each secret that has entered so far, and its encoded forms, by <secret>.
func (s *Spec) Redact(text string) string { panic("contract") }

// Format gives the canonical form of a file, as terraform fmt does; a file that does not parse gives diagnostics.
func Format(f File) ([]byte, hcl.Diagnostics) { panic("contract") }

// AppendPath appends the path of element i's output. hash is the key's 24 hex digits.
func (t *Target) AppendPath(dst []byte, els Elements, i int, key, hash string) ([]byte, hcl.Diagnostics) {
	panic("contract")
}

// CouldMake tells whether the label could make a path: with * as 24 hex digits and each as any name without a slash.
// For a directory label that is the directory itself and everything inside it.
func (l *Label) CouldMake(path string) bool { panic("contract") }

// Expand evaluates for_each. With something unbuilt the Elements are nil and Reads say what it waits for.
func (t *Target) Expand(w World) (Elements, Reads, hcl.Diagnostics) { panic("contract") }

// Needs evaluates what belongs to every job (the recipe, inputs, limits, timeout, max_age) with each unknown, and
// gives what functions read by paths that don't mention each.
func (t *Target) Needs(w World) (Reads, hcl.Diagnostics) { panic("contract") }

// InputsMentionEach tells whether Inputs differ by element.
func (t *Target) InputsMentionEach() bool { panic("contract") }

// Inputs evaluates inputs for an element; plain templates without the language. The strings are as written: labels
// have var and local filled in, and are not looked up.
func (t *Target) Inputs(w World, els Elements, i int) ([]string, Reads, hcl.Diagnostics) {
	panic("contract")
}

// InputRange is where the inputs attribute stands, for diagnostics.
func (t *Target) InputRange() hcl.Range { panic("contract") }

// MaxAge gives the age in nanoseconds at which an element's output is made again; ok is false where it has none.
func (t *Target) MaxAge(els Elements, i int) (ns int64, ok bool, diags hcl.Diagnostics) {
	panic("contract")
}

// Fingerprint is the hash of the recipe's source and of the values that it names, 16 bytes of SHA-256 in hex. It
// evaluates no recipe. inputs are the resolved ones of an exec.
func (t *Target) Fingerprint(w World, els Elements, i int, inputs []string) (string, Reads, hcl.Diagnostics) {
	panic("contract")
}

// FingerprintParts names what a fingerprint covers, attribute by attribute, each with a hash of its own, so that a
// change can be explained to the attribute.
func (t *Target) FingerprintParts(w World, els Elements, i int, inputs []string) (map[string]string, hcl.Diagnostics) {
	panic("contract")
}

// Recipe evaluates the recipe of an element.
func (t *Target) Recipe(w World, els Elements, i int, p Paths) (*Recipe, Reads, hcl.Diagnostics) {
	panic("contract")
}

// HostOf gives scheme and host (with the port, if it is not the scheme's) of an element's first request without
// evaluating the rest of the recipe; "" where that cannot be told.
func (t *Target) HostOf(w World, els Elements, i int) string { panic("contract") }

// Program is a compiled jq program.
type Program struct {
	Source string
}

// Path gives the steps of a program that is only a path (., .[], .items[], .a.b[]): keys, and "[]" last where it
// iterates. ok is false for any other program. A body is cut by such a path as it streams.
func (p *Program) Path() (keys []string, iterate, ok bool) { panic("contract") }

// Run runs the program over each JSON value of input and yields each result as compact JSON.
func (p *Program) Run(ctx context.Context, input []byte, key string, value func() any, yield func([]byte) error) error {
	panic("contract")
}

// NewProgram compiles a jq program, with $key and $value declared; no $ENV, no modules, no input functions.
func NewProgram(source string) (*Program, error) { panic("contract") }

// ReadAsked asks again what a recipe asked before (see [Asked]) and gives the answer's hash.
func (s *Spec) ReadAsked(w World, a Asked) (string, error) { panic("contract") }
