package hclspec

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/zclconf/go-cty/cty"
)

// span is a piece of a text, in 8 bytes.
type span struct{ at, size uint32 }

// textRows is rows that are pieces of one text.
type textRows struct {
	text  []byte
	spans []span
}

func (r *textRows) Len() int { return len(r.spans) }

func (r *textRows) raw(i int) []byte {
	s := r.spans[i]
	return r.text[s.at : s.at+s.size]
}

// view gives a row without a copy; the text never changes.
func (r *textRows) view(i int) string {
	b := r.raw(i)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// splitLines finds the non-empty lines of a text.
func splitLines(text []byte) (*textRows, error) {
	if len(text) > math.MaxUint32 {
		return nil, fmt.Errorf("the text is larger than 4 GB; split it")
	}
	r := &textRows{text: text, spans: make([]span, 0, bytes.Count(text, []byte("\n"))+1)}
	for at := 0; at < len(text); {
		n := bytes.IndexByte(text[at:], '\n')
		if n < 0 {
			n = len(text) - at
		}
		if n > 0 {
			r.spans = append(r.spans, span{uint32(at), uint32(n)})
		}
		at += n + 1
	}
	return r, nil
}

// lineRows is the lines of a text.
type lineRows struct{ *textRows }

func (r lineRows) Value(i int) cty.Value           { return cty.StringVal(r.view(i)) }
func (r lineRows) Same(i, j int) bool              { return r.view(i) == r.view(j) }
func (r lineRows) Scalar(i int) (string, bool)     { return r.view(i), true }
func (r lineRows) Attr(int, string) (string, bool) { return "", false }
func (r lineRows) JSON(i int) []byte {
	b, _ := jsontext.AppendQuote(nil, r.view(i))
	return b
}

// csvRows is the rows of a CSV text, objects by its header.
type csvRows struct {
	*textRows
	header []string
	comma  rune
}

func newCSVRows(text []byte, comma rune, at string) (*csvRows, error) {
	if len(text) > math.MaxUint32 {
		return nil, fmt.Errorf("%s is larger than 4 GB; split it", at)
	}
	c := csv.NewReader(bytes.NewReader(text))
	c.Comma, c.ReuseRecord = comma, true
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is empty: its first row has to name the columns", at)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	r := &csvRows{textRows: &textRows{text: text}, header: slices.Clone(header), comma: comma}
	for i, name := range r.header {
		if slices.Index(r.header, name) != i {
			return nil, fmt.Errorf("%s has two columns named %q", at, name)
		}
	}
	for {
		from := c.InputOffset()
		_, err := c.Read()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		r.spans = append(r.spans, span{uint32(from), uint32(c.InputOffset() - from)})
	}
}

// fields splits a row.
func (r *csvRows) fields(i int) []string {
	row := strings.Trim(r.view(i), "\n")
	if strings.IndexByte(row, '"') < 0 {
		return strings.Split(row, string(r.comma))
	}
	c := csv.NewReader(strings.NewReader(row))
	c.Comma = r.comma
	f, _ := c.Read() // it was read when the list was made
	return f
}

func (r *csvRows) Value(i int) cty.Value {
	out := make(map[string]cty.Value, len(r.header))
	for k, f := range r.fields(i) {
		out[r.header[k]] = cty.StringVal(f)
	}
	return cty.ObjectVal(out)
}

func (r *csvRows) Same(i, j int) bool        { return slices.Equal(r.fields(i), r.fields(j)) }
func (r *csvRows) Scalar(int) (string, bool) { return "", false }

func (r *csvRows) Attr(i int, name string) (string, bool) {
	k := slices.Index(r.header, name)
	if k < 0 {
		return "", false
	}
	row := strings.Trim(r.view(i), "\n")
	if strings.IndexByte(row, '"') >= 0 || r.comma >= 0x80 {
		return r.fields(i)[k], true
	}
	for ; k > 0; k-- {
		row = row[strings.IndexByte(row, byte(r.comma))+1:]
	}
	if n := strings.IndexByte(row, byte(r.comma)); n >= 0 {
		row = row[:n]
	}
	return row, true
}

func (r *csvRows) JSON(i int) []byte { return valueJSON(r.Value(i)) }

// jsonRows is the values of a text of JSON lines.
type jsonRows struct{ *textRows }

func newJSONRows(text []byte, at string) (*jsonRows, error) {
	lines, err := splitLines(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	lines.spans = slices.DeleteFunc(lines.spans, func(s span) bool {
		return len(bytes.TrimSpace(text[s.at:s.at+s.size])) == 0
	})
	for i := range lines.spans {
		if v := jsontext.Value(lines.raw(i)); !v.IsValid(jsontext.AllowDuplicateNames(true)) {
			line := bytes.Count(text[:lines.spans[i].at], []byte("\n")) + 1
			return nil, fmt.Errorf("%s, line %d is not JSON", at, line)
		}
	}
	return &jsonRows{lines}, nil
}

func (r *jsonRows) Value(i int) cty.Value {
	v, err := jsonValue(r.raw(i))
	if err != nil {
		return cty.DynamicVal
	}
	return v
}

func (r *jsonRows) Same(i, j int) bool {
	return bytes.Equal(r.raw(i), r.raw(j)) || r.Value(i).RawEquals(r.Value(j))
}

func (r *jsonRows) Scalar(i int) (string, bool) { return scalarOf(bytes.TrimSpace(r.raw(i))) }

// Attr finds an attribute without decoding the rest.
func (r *jsonRows) Attr(i int, name string) (string, bool) {
	d := jsontext.NewDecoder(bytes.NewReader(r.raw(i)), jsontext.AllowDuplicateNames(true))
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != '{' {
		return "", false
	}
	for d.PeekKind() == '"' {
		tok, err := d.ReadToken()
		if err != nil {
			return "", false
		}
		if tok.String() != name {
			if d.SkipValue() != nil {
				return "", false
			}
			continue
		}
		v, err := d.ReadValue()
		if err != nil {
			return "", false
		}
		return scalarOf(v)
	}
	return "", false
}

func (r *jsonRows) JSON(i int) []byte {
	v := jsontext.Value(bytes.Clone(r.raw(i)))
	_ = v.Compact()
	return v
}

// scalarOf gives a raw JSON string, number or bool as a key.
func scalarOf(v []byte) (string, bool) {
	if len(v) == 0 {
		return "", false
	}
	switch v[0] {
	case '"':
		b, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return "", false
		}
		return cty.NormalizeString(string(b)), true
	case 't', 'f':
		return string(v), true
	case 'n', '{', '[':
		return "", false
	}
	if len(v) < 16 && !bytes.ContainsAny(v, ".eE-") {
		return string(v), true
	}
	n, err := cty.ParseNumberVal(string(v))
	if err != nil {
		return "", false
	}
	s, err := keyOf(n)
	return s, err == nil
}

// outputRows is the planned outputs of a target.
type outputRows struct{ Outputs }

func (r outputRows) Value(i int) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"path": cty.StringVal(r.Path(i)), "name": cty.StringVal(r.Name(i)), "key": cty.StringVal(r.Key(i)), "value": r.Outputs.Value(i),
	})
}

func (r outputRows) Same(i, j int) bool        { return i == j || r.Value(i).RawEquals(r.Value(j)) }
func (r outputRows) Scalar(int) (string, bool) { return "", false }
func (r outputRows) JSON(i int) []byte         { return valueJSON(r.Value(i)) }

func (r outputRows) Attr(i int, name string) (string, bool) {
	switch name {
	case "path":
		return r.Path(i), true
	case "name":
		return r.Name(i), true
	case "key":
		return r.Key(i), true
	}
	return "", false
}

// valueRows is values of the language.
type valueRows []cty.Value

func (r valueRows) Len() int              { return len(r) }
func (r valueRows) Value(i int) cty.Value { return r[i] }
func (r valueRows) JSON(i int) []byte     { return valueJSON(r[i]) }

func (r valueRows) Same(i, j int) bool {
	return r[i].Type().Equals(r[j].Type()) && r[i].RawEquals(r[j])
}

func (r valueRows) Scalar(i int) (string, bool) {
	if v := r[i]; !v.IsNull() && v.IsKnown() && v.Type().IsPrimitiveType() {
		s, err := keyOf(v)
		return s, err == nil
	}
	return "", false
}

func (r valueRows) Attr(i int, name string) (string, bool) {
	v := r[i]
	if v.IsNull() || !v.IsKnown() || !v.Type().IsObjectType() || !v.Type().HasAttribute(name) {
		return "", false
	}
	return valueRows{v.GetAttr(name)}.Scalar(0)
}

// valueJSON writes a value for people and listings.
func valueJSON(v cty.Value) []byte {
	if v == cty.NilVal || !v.IsWhollyKnown() {
		return []byte("null")
	}
	clean, _ := unmarkSecrets(v)
	text, err := jsonText(clean)
	if err != nil {
		return []byte("null")
	}
	return text
}
