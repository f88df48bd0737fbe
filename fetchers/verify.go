package fetchers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"

	"github.com/asflow/asflow/fetchers/codec"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// verify judges a whole body.
func verify(ctx context.Context, r *Request, body []byte) *Error {
	x := &r.Expect
	if e := checkSize(r, int64(len(body))); e != nil {
		return e
	}
	if x.SHA256 != "" {
		sum := sha256.Sum256(body)
		if e := checkSum(r, sum[:]); e != nil {
			return e
		}
	}
	kind := x.packed(body)
	if kind != codec.None && x.Check == nil {
		text := newTextFeed(x)
		return text.judge(r, kind, decodeInto(text, bytes.NewReader(body), kind))
	}
	if kind != codec.None {
		var e *Error
		if body, e = unpacked(r, kind, body); e != nil {
			return e
		}
	}
	if err := checkText(x, body); err != nil {
		return notJSON(r, err)
	}
	if x.Check == nil {
		return nil
	}
	ok, err := x.Check(ctx, body)
	if err == nil && !ok {
		err = errors.New("expect.jq is not true of the answer")
	}
	if err != nil {
		return fail(r, ClassExpect, final, err)
	}
	return nil
}

// unpacked gives what a compressed body decodes to, for a program that reads it.
func unpacked(r *Request, kind codec.Kind, body []byte) ([]byte, *Error) {
	most := r.Expect.inMemory()
	text := &atMost{left: most}
	err := decodeInto(text, bytes.NewReader(body), kind)
	switch {
	case errors.Is(err, errTooMuch):
		return nil, tooLargeInMemory(r, most)
	case err != nil:
		return nil, notWhole(r, kind, err)
	}
	return text.b, nil
}

// atMost takes so many bytes, and no more.
type atMost struct {
	b    []byte
	left int
}

var errTooMuch = errors.New("too much for memory")

func (a *atMost) Write(p []byte) (int, error) {
	if a.left -= len(p); a.left < 0 {
		return 0, errTooMuch
	}
	a.b = append(a.b, p...)
	return len(p), nil
}

// checkText judges a whole text, as far as Expect says of what kind it is.
func checkText(x *Expect, body []byte) error {
	if x.JSON {
		if text := bytes.TrimPrefix(body, byteOrderMark); !isJSON(text) {
			return whyNotJSON(text)
		}
	}
	if x.Values {
		if err := newJSONFeed(true).judge(body); err != nil {
			return err
		}
	}
	if x.Lines {
		return eachLine(body, 0)
	}
	return nil
}

func checkSize(r *Request, n int64) *Error {
	switch {
	case r.Expect.MaxSize > 0 && n > r.Expect.MaxSize:
		return tooLarge(r, 0)
	case n < r.Expect.MinSize && n == 0:
		return fail(r, ClassExpect, final, errors.New("the body is empty: if that is right, allow it by expect's min_size = 0"))
	case n < r.Expect.MinSize:
		return fail(r, ClassExpect, final, fmt.Errorf("the body has %d bytes, less than min_size, %d", n, r.Expect.MinSize))
	}
	return nil
}

func checkSum(r *Request, sum []byte) *Error {
	if got := hex.EncodeToString(sum); !strings.EqualFold(got, r.Expect.SHA256) {
		return fail(r, ClassExpect, final, fmt.Errorf("the body's sha256 is %s, and not %s", got, r.Expect.SHA256))
	}
	return nil
}

func notJSON(r *Request, err error) *Error {
	return fail(r, ClassExpect, final, fmt.Errorf("the body is not JSON: %w", err))
}

// verifier judges a body that streams.
type verifier struct {
	r      *Request
	n      int64
	sum    hash.Hash
	text   *textFeed  // nil: it may be any
	kind   codec.Kind // of a body that is compressed,
	packed *frameFeed // which is decoded into text
}

func newVerifier(r *Request) *verifier {
	v := &verifier{r: r, text: newTextFeed(&r.Expect)}
	if r.Expect.SHA256 != "" {
		v.sum = sha256.New()
	}
	return v
}

func (v *verifier) add(p []byte) *Error {
	first := v.n == 0
	v.n += int64(len(p))
	if v.r.Expect.MaxSize > 0 && v.n > v.r.Expect.MaxSize {
		return tooLarge(v.r, 0)
	}
	if v.sum != nil {
		v.sum.Write(p)
	}
	if v.text == nil {
		return nil
	}
	if first {
		if v.kind = v.r.Expect.packed(p); v.kind != codec.None {
			v.packed = newFrameFeed(v.kind, v.text)
		}
	}
	if v.packed != nil {
		if v.packed.feed(p) {
			return nil
		}
		return v.unpacked()
	}
	if _, err := v.text.Write(p); err != nil {
		return notJSON(v.r, err)
	}
	return nil
}

func (v *verifier) end() *Error {
	if e := checkSize(v.r, v.n); e != nil {
		return e
	}
	if v.sum != nil {
		if e := checkSum(v.r, v.sum.Sum(nil)); e != nil {
			return e
		}
	}
	switch {
	case v.packed != nil:
		return v.unpacked()
	case v.text != nil:
		if err := v.text.end(); err != nil {
			return notJSON(v.r, err)
		}
	}
	return nil
}

// unpacked waits until the decoder has ended, and gives what is wrong.
func (v *verifier) unpacked() *Error {
	err := v.packed.end()
	v.packed = nil
	return v.text.judge(v.r, v.kind, err)
}

// stop ends what goes on beside; it may be called at any time.
func (v *verifier) stop() {
	if v.packed != nil {
		v.packed.stop()
		v.packed = nil
	}
}
