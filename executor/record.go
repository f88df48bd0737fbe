package executor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/asflow/asflow/fetchers"
)

// valueMost is how large one record may be that is cut from a stream, unless max_size says otherwise.
const valueMost = 64 << 20

// cutter cuts records out of a body by a path. Each is given as it stands in the body, but for a value that holds a
// line break, which is made compact. Not for use from several goroutines.
type cutter struct {
	memory  *jsontext.Decoder // of bodies in memory: it reads from the body itself
	pool    *sync.Pool        // of decoders of streams, which have a large buffer
	tmp     []byte
	largest int // record so far

	keys    []string
	iterate bool
	emit    func([]byte) error
}

// Names may come twice in an object, and an escape may be half a pair of surrogates, since that is the sender's affair.
// Invalid UTF-8 is an error, which is looked for apart.
var cutOptions = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// byteOrderMark is what a body may begin with that is no part of it.
var byteOrderMark = []byte("\xef\xbb\xbf")

// bytes cuts a body that is in memory.
func (c *cutter) bytes(body []byte) error {
	bad := new(fetchers.Characters).Bad(body)
	if bad >= 0 {
		body = body[:bad]
	}
	b := bytes.NewBuffer(bytes.TrimPrefix(body, byteOrderMark))
	if c.memory == nil {
		c.memory = jsontext.NewDecoder(b, cutOptions...)
	} else {
		c.memory.Reset(b, cutOptions...)
	}
	err := c.values(c.memory)
	if bad >= 0 {
		return notUTF8(bad)
	}
	return err
}

// reader cuts a body as it streams, values of up to most bytes. Where the reader's error is what ends it, the error
// wraps that.
func (c *cutter) reader(r io.Reader, most int64) error {
	dec, ok := c.pool.Get().(*jsontext.Decoder)
	if !ok {
		// A decoder keeps the buffer that a large value has made it grow to.
		large := `"` + strings.Repeat("x", streamBuffer/2) + `"`
		dec = jsontext.NewDecoder(strings.NewReader(large), cutOptions...)
		if _, err := dec.ReadValue(); err != nil {
			return err
		}
	}
	if most <= 0 {
		most = valueMost
	}
	c.largest = 0
	r, err := afterMark(r)
	if err != nil {
		return err
	}
	dec.Reset(&bounded{r: r, dec: dec, most: most}, cutOptions...)
	err = c.values(dec)
	if c.largest < streamBuffer && err == nil {
		dec.Reset(strings.NewReader(""), cutOptions...) // lets go of r
		c.pool.Put(dec)
	}
	return err
}

// afterMark gives what follows a byte-order mark, if there is one.
func afterMark(r io.Reader) (io.Reader, error) {
	head := make([]byte, len(byteOrderMark))
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	if bytes.Equal(head[:n], byteOrderMark) {
		return r, nil
	}
	return io.MultiReader(bytes.NewReader(head[:n]), r), nil
}

// streamBuffer is about how much of a stream is looked at at once.
const streamBuffer = 256 << 10

// values takes a body value by value.
func (c *cutter) values(dec *jsontext.Decoder) error {
	for {
		if dec.PeekKind() == 0 {
			_, err := dec.ReadToken()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return unfit(dec, err)
		}
		if err := c.descend(dec, c.keys); err != nil {
			return unfit(dec, err)
		}
	}
}

// descend follows the rest of the path into the next value.
func (c *cutter) descend(dec *jsontext.Decoder, keys []string) error {
	if len(keys) == 0 {
		if c.iterate {
			return c.each(dec)
		}
		v, err := dec.ReadValue()
		if err != nil {
			return err
		}
		return c.record(v)
	}
	switch dec.PeekKind() {
	case '{':
		return c.member(dec, keys)
	case 'n':
		if _, err := dec.ReadToken(); err != nil {
			return err
		}
		return c.nothing(dec)
	}
	return c.misfit(dec, "an object")
}

// member follows the path into a member of an object.
func (c *cutter) member(dec *jsontext.Decoder, keys []string) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	found := false
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		switch {
		case name.String() != keys[0]:
			err = dec.SkipValue()
		case found:
			return fmt.Errorf("there are two members %q in one object", keys[0])
		default:
			found = true
			err = c.descend(dec, keys[1:])
		}
		if err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	if !found {
		return c.nothing(dec)
	}
	return nil
}

// nothing is what a path gives that leads to where there is nothing: null, as in jq, which has no elements.
func (c *cutter) nothing(dec *jsontext.Decoder) error {
	if c.iterate {
		return &misfitError{want: "an array", got: "nothing, or null,", path: c.path(), at: place(dec)}
	}
	return c.record([]byte("null"))
}

// each gives the elements of an array, or the values of an object.
func (c *cutter) each(dec *jsontext.Decoder) error {
	kind := dec.PeekKind()
	if kind != '[' && kind != '{' {
		return c.misfit(dec, "an array")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	end := kind + 2 // ']' and '}' stand two after '[' and '{'
	for dec.PeekKind() != end {
		if kind == '{' {
			if _, err := dec.ReadToken(); err != nil {
				return err
			}
		}
		v, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if err := c.record(v); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// record gives out one record.
func (c *cutter) record(v []byte) error {
	c.largest = max(c.largest, len(v))
	if bytes.IndexByte(v, '\n') < 0 {
		return c.emit(v)
	}
	one := jsontext.Value(append(c.tmp[:0], v...))
	if err := one.Compact(cutOptions...); err != nil {
		return err
	}
	c.tmp = one
	return c.emit(one)
}

// misfit says that the next value is not what the path needs.
func (c *cutter) misfit(dec *jsontext.Decoder, want string) error {
	kind := dec.PeekKind()
	at := place(dec)
	if _, err := dec.ReadToken(); err != nil {
		return err // not a value at all
	}
	return &misfitError{want: want, got: kindNames[kind], path: c.path(), at: at}
}

// path is the program as a user would write it.
func (c *cutter) path() string {
	p := "." + strings.Join(c.keys, ".")
	if c.iterate {
		p += "[]"
	}
	return p
}

var kindNames = map[jsontext.Kind]string{'n': "null", 't': "true", 'f': "false", '"': "a string", '0': "a number", '{': "an object", '[': "an array"}

// place is where in a body a decoder is, by JSON pointer.
func place(dec *jsontext.Decoder) string {
	if p := string(dec.StackPointer()); p != "" {
		return p
	}
	return "the top"
}

// misfitError says that a body does not have the shape that records asks for.
type misfitError struct{ want, got, path, at string }

func (e *misfitError) Error() string {
	return fmt.Sprintf("records = %q needs %s, but there is %s at %s", e.path, e.want, e.got, e.at)
}

// notUTF8 is the error of a byte that is not of UTF-8, by its place in the body.
type notUTF8 int64

func (e notUTF8) Error() string {
	return fmt.Sprintf("the body is not JSON at byte %d: invalid UTF-8", int64(e))
}

// unfit says where a body is not JSON.
func unfit(dec *jsontext.Decoder, err error) error {
	var (
		s    *jsontext.SyntacticError
		sent *fetchers.Error
		text notUTF8
	)
	switch {
	case errors.As(err, &sent):
		return sent // the network's, whatever it is for JSON
	case errors.As(err, &text):
		return text
	case errors.As(err, &s) && errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the body is not whole JSON: it ends inside a value, at byte %d", s.ByteOffset)
	case errors.As(err, &s):
		return fmt.Errorf("the body is not JSON at byte %d: %w", s.ByteOffset, s.Err)
	case errors.Is(err, io.ErrUnexpectedEOF) && dec.StackDepth() > 0:
		return fmt.Errorf("the body is not whole JSON: it ends inside a value, at byte %d", dec.InputOffset())
	}
	return err
}

// bounded is a reader that fails where the value being read has become too large to be held, and where the text is not
// UTF-8.
type bounded struct {
	r    io.Reader
	text fetchers.Characters
	dec  *jsontext.Decoder
	got  int64
	most int64
	err  error // that the text is none: the decoder may ask again
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.got-b.dec.InputOffset() > b.most {
		return 0, fmt.Errorf("a record is larger than %d bytes; max_size in expect allows more", b.most)
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	if bad := b.text.Bad(p[:n]); bad >= 0 {
		n, b.err = bad, notUTF8(b.got+int64(bad))
		err = b.err
	}
	b.got += int64(n)
	return n, err
}
