package hclspec

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// fingerprint is what a recipe's fingerprint is made of: its source without comments and layout, the values of var
// and local that it names, and what it mentions of each.
type fingerprint struct {
	parts []printPart // in the order of the attributes' names

	mu    sync.Mutex
	fixed [][]byte // of each part: the hash of its source and of var and local, once known
	reads Reads
}

// printPart is one attribute.
type printPart struct {
	name   string
	source []byte
	info   *usage
	each   []eachPart
}

// eachPart is something of each that is mentioned.
type eachPart struct {
	key   bool
	steps []string
}

func newFingerprint(l *loader, t *Target) *fingerprint {
	f := &fingerprint{}
	for _, name := range t.recipe {
		x := t.attrs[name]
		if x == nil {
			continue
		}
		p := printPart{name: name, source: l.source(x), info: x.info}
		for _, tr := range x.info.each {
			p.addEach(tr)
		}
		f.parts = append(f.parts, p)
	}
	slices.SortFunc(f.parts, func(a, b printPart) int { return strings.Compare(a.name, b.name) })
	return f
}

func (p *printPart) addEach(tr hcl.Traversal) {
	part := eachPart{}
	for i, step := range tr[1:] {
		name, ok := stepName(step)
		if !ok {
			break
		}
		if i == 0 {
			part.key = name == "key"
		} else {
			part.steps = append(part.steps, name)
		}
	}
	for _, other := range p.each {
		if other.key == part.key && slices.Equal(other.steps, part.steps) {
			return
		}
	}
	p.each = append(p.each, part)
}

// source gives an expression's text without comments and layout.
func (l *loader) source(x *expression) []byte {
	if isJSON(x.Expression) {
		v, _ := x.Value(nil)
		text, err := ctyjson.Marshal(v, v.Type())
		if err != nil {
			return nil
		}
		return text
	}
	r := x.Range()
	var text []byte
	if f := l.spec.Files[r.Filename]; f != nil && r.End.Byte <= len(f.Bytes) {
		text = f.Bytes[r.Start.Byte:r.End.Byte]
	}
	tokens, _ := hclsyntax.LexExpression(text, r.Filename, r.Start)
	var out []byte
	for _, tok := range tokens {
		switch tok.Type {
		case hclsyntax.TokenComment, hclsyntax.TokenNewline, hclsyntax.TokenEOF:
			continue
		}
		if tok.Type == hclsyntax.TokenCBrack || tok.Type == hclsyntax.TokenCBrace {
			out = trimComma(out)
		}
		out = append(append(out, tok.Bytes...), 0)
	}
	return out
}

// trimComma drops a comma before a closing bracket, which means nothing.
func trimComma(out []byte) []byte {
	if n := len(out); n >= 2 && out[n-1] == 0 && out[n-2] == ',' {
		return out[:n-2]
	}
	return out
}

// settle hashes what is the same for all elements; reads are not empty of Unbuilt where it can't be known yet.
func (f *fingerprint) settle(t *Target, w World) (Reads, hcl.Diagnostics) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fixed != nil {
		return f.reads, nil
	}
	c := &call{world: w, reads: &Reads{}, env: t.env}
	var fixed [][]byte
	for _, p := range f.parts {
		h := sha256.New()
		writeText(h, p.name)
		h.Write(p.source)
		for _, name := range slices.Sorted(slices.Values(p.info.vars)) {
			writeText(h, "var."+name)
			writeValue(h, t.env.vars[name])
		}
		for _, name := range slices.Sorted(slices.Values(p.info.locals)) {
			lo := t.env.locals[name]
			if lo == nil {
				continue
			}
			v, diags := t.env.localValue(lo, c)
			if diags.HasErrors() {
				return *c.reads, diags
			}
			writeText(h, "local."+name)
			writeValue(h, v)
		}
		fixed = append(fixed, h.Sum(nil))
	}
	if len(c.reads.Unbuilt) == 0 {
		f.fixed, f.reads = fixed, *c.reads
	}
	return *c.reads, nil
}

var hashes = sync.Pool{New: func() any { return sha256.New() }}

// Fingerprint is the hash of the recipe's source and of the values that it names, 16 bytes of SHA-256 in hex. It
// evaluates no recipe. inputs are the resolved ones of an exec.
func (t *Target) Fingerprint(w World, els Elements, i int, inputs []string) (string, Reads, hcl.Diagnostics) {
	reads, diags := t.print.settle(t, w)
	if diags.HasErrors() || len(reads.Unbuilt) > 0 {
		return "", reads, diags
	}
	h := hashes.Get().(hash.Hash)
	defer hashes.Put(h)
	h.Reset()
	for k := range t.print.parts {
		h.Write(t.print.fixed[k])
		if diags := t.writeEach(h, &t.print.parts[k], els, i); diags.HasErrors() {
			return "", reads, diags
		}
	}
	writeInputs(h, t, inputs)
	var sum [32]byte
	return hex.EncodeToString(h.Sum(sum[:0])[:16]), reads, nil
}

func writeInputs(h hash.Hash, t *Target, inputs []string) {
	if t.IsFetch || !t.HasInputs {
		return
	}
	writeText(h, "inputs")
	for _, in := range inputs {
		writeText(h, in)
	}
}

// FingerprintParts names what a fingerprint covers, attribute by attribute, each with a hash of its own, so that a
// change can be explained to the attribute.
func (t *Target) FingerprintParts(w World, els Elements, i int, inputs []string) (map[string]string, hcl.Diagnostics) {
	_, diags := t.print.settle(t, w)
	if diags.HasErrors() || t.print.fixed == nil {
		return nil, diags
	}
	out := make(map[string]string, len(t.print.parts)+1)
	for k := range t.print.parts {
		h := sha256.New()
		h.Write(t.print.fixed[k])
		if diags := t.writeEach(h, &t.print.parts[k], els, i); diags.HasErrors() {
			return nil, diags
		}
		out[t.print.parts[k].name] = hex.EncodeToString(h.Sum(nil)[:8])
	}
	if !t.IsFetch && t.HasInputs {
		h := sha256.New()
		writeInputs(h, t, inputs)
		out["inputs"] = hex.EncodeToString(h.Sum(nil)[:8])
	}
	return out, nil
}

// writeEach hashes what a part mentions of the element.
func (t *Target) writeEach(h hash.Hash, p *printPart, els Elements, i int) hcl.Diagnostics {
	if els == nil {
		return nil
	}
	for _, e := range p.each {
		if e.key {
			key, diags := els.Key(i)
			if diags.HasErrors() {
				return diags
			}
			writeText(h, key)
			continue
		}
		if r, ok := els.(*elements); ok && len(e.steps) <= 1 {
			var s string
			var plain bool
			if len(e.steps) == 0 {
				s, plain = r.Scalar(i)
			} else {
				s, plain = r.Attr(i, e.steps[0])
			}
			if plain {
				writeText(h, s)
				continue
			}
		}
		v, err := walk(els.Value(i), e.steps)
		if err != nil {
			v = cty.NullVal(cty.DynamicPseudoType)
		}
		writeValue(h, v)
	}
	return nil
}

// writeText hashes a text with its length, so that two texts are not one.
func writeText(h hash.Hash, s string) {
	n := len(s)
	var head [8]byte
	for i := range head {
		head[i] = byte(n >> (8 * i))
	}
	h.Write(head[:])
	h.Write([]byte(s))
}

// writeValue hashes a value; of a secret only that it is one.
func writeValue(h hash.Hash, v cty.Value) {
	v, marks := unmarkSecrets(v)
	if marks {
		writeText(h, "<secret>")
	}
	if v == cty.NilVal || v.IsNull() || !v.IsWhollyKnown() {
		writeText(h, "null")
		return
	}
	if v.Type().IsPrimitiveType() {
		if s, err := keyOf(v); err == nil {
			writeText(h, s)
			return
		}
	}
	text, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		text = []byte(v.GoString())
	}
	writeText(h, string(text))
}

// unmarkSecrets replaces each secret in a value by null, and tells whether there was one.
func unmarkSecrets(v cty.Value) (cty.Value, bool) {
	if v == cty.NilVal || !v.ContainsMarked() {
		return v, false
	}
	clean, err := cty.Transform(v, func(_ cty.Path, x cty.Value) (cty.Value, error) {
		if x.IsMarked() {
			return cty.NullVal(cty.DynamicPseudoType), nil
		}
		return x, nil
	})
	if err != nil {
		return cty.NullVal(cty.DynamicPseudoType), true
	}
	return clean, true
}
