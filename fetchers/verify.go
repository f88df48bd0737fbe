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

	"github.com/go-json-experiment/json/jsontext"
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
	if x.JSON {
		if text := bytes.TrimPrefix(body, byteOrderMark); !jsontext.Value(text).IsValid(jsontext.AllowDuplicateNames(true)) {
			return notJSON(r, whyNotJSON(text))
		}
	}
	if x.Lines {
		if err := eachLine(body, 0); err != nil {
			return notJSON(r, err)
		}
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
	r     *Request
	n     int64
	sum   hash.Hash
	json  *jsonFeed
	lines *lineFeed
}

func newVerifier(r *Request) *verifier {
	v := &verifier{r: r}
	if r.Expect.SHA256 != "" {
		v.sum = sha256.New()
	}
	if r.Expect.JSON {
		v.json = newJSONFeed()
	}
	if r.Expect.Lines {
		v.lines = &lineFeed{}
	}
	return v
}

func (v *verifier) add(p []byte) *Error {
	v.n += int64(len(p))
	if v.r.Expect.MaxSize > 0 && v.n > v.r.Expect.MaxSize {
		return tooLarge(v.r, 0)
	}
	if v.sum != nil {
		v.sum.Write(p)
	}
	if v.json != nil {
		if err := v.json.add(p); err != nil {
			return notJSON(v.r, err)
		}
	}
	if v.lines != nil {
		if err := v.lines.add(p); err != nil {
			return notJSON(v.r, err)
		}
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
	if v.json != nil {
		if err := v.json.end(); err != nil {
			return notJSON(v.r, err)
		}
	}
	if v.lines != nil {
		if err := v.lines.end(); err != nil {
			return notJSON(v.r, err)
		}
	}
	return nil
}
