package fetchers

import (
	"fmt"

	"github.com/asflow/asflow/fetchers/codec"
)

// packed says how a body that begins so is compressed, where it is what it decodes to that is judged; None: it is judged
// as it is.
func (x *Expect) packed(head []byte) codec.Kind {
	if !x.Packed || !x.JSON && !x.Lines && x.Check == nil || len(head) == 0 {
		return codec.None
	}
	if len(head) >= codec.SniffLen {
		return codec.Sniff(head)
	}
	// Of a piece that is so short the first byte is enough: no JSON begins with that of compressed data.
	for _, kind := range [...]codec.Kind{codec.Gzip, codec.Zstd} {
		if codec.First(kind) == head[0] {
			return kind
		}
	}
	return codec.None
}

// textFeed judges a text that it is fed in any pieces.
type textFeed struct {
	json  *jsonFeed
	lines *lineFeed
	err   error
}

// newTextFeed gives what judges a text as Expect says; nil: it may be any.
func newTextFeed(x *Expect) *textFeed {
	if !x.JSON && !x.Lines && !x.Values {
		return nil
	}
	f := &textFeed{}
	if x.JSON || x.Values {
		f.json = newJSONFeed(!x.JSON)
	}
	if x.Lines {
		f.lines = &lineFeed{}
	}
	return f
}

// Write takes the next piece.
func (f *textFeed) Write(p []byte) (int, error) {
	if f.err == nil && f.json != nil {
		f.err = f.json.add(p)
	}
	if f.err == nil && f.lines != nil {
		f.err = f.lines.add(p)
	}
	if f.err != nil {
		return 0, f.err
	}
	return len(p), nil
}

func (f *textFeed) end() error {
	if f.err == nil && f.json != nil {
		f.err = f.json.end()
	}
	if f.err == nil && f.lines != nil {
		f.err = f.lines.end()
	}
	return f.err
}

// judge says what is wrong with a compressed body that was decoded into the feed with err.
func (f *textFeed) judge(r *Request, kind codec.Kind, err error) *Error {
	if f.err == nil && err != nil {
		return notWhole(r, kind, err)
	}
	if err := f.end(); err != nil {
		return notJSON(r, err)
	}
	return nil
}

func notWhole(r *Request, kind codec.Kind, err error) *Error {
	return fail(r, ClassExpect, final, fmt.Errorf("the body begins as %v and is not whole: %w", kind, err))
}
