package fetchers

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// Kept is what has to be known of the beginning of a body so that another run can go on where it ends.
type Kept struct {
	Size      int64       // how many bytes there are
	Length    int64       // how many the whole has
	Validator string      // a strong ETag, or a Last-Modified that can be relied on
	Header    http.Header // of the answer that they came with: its validators and its type
	// Open gives the bytes. Its reader fails where they are no longer what they were; that starts the body over.
	Open func() (io.ReadCloser, error)
}

// keepable gives what is to be kept of a body beside its bytes; nil where no other run could go on with them.
func keepable(resp *Response, validator string) *Kept {
	if resp.length <= 0 || len(resp.Header["Content-Encoding"]) > 0 {
		return nil
	}
	h := http.Header{}
	for _, name := range [...]string{"Etag", "Last-Modified", "Content-Type"} {
		if v := resp.Header.Values(name); len(v) > 0 {
			h[name] = v
		}
	}
	return &Kept{Length: resp.length, Validator: validator, Header: h}
}

// goOn asks for what is not there of a body that an earlier run has begun. Where the answer is not the rest of the very
// same bytes, the request is made as if nothing had been kept.
func (f *resumer) goOn(ctx context.Context, r *Request) (*Response, error) {
	k := r.Kept
	b := &resuming{ctx: ctx, next: f.next, r: r, validator: k.Validator, first: k.Header, length: k.Length, offset: k.Size}
	resp, err := f.next.Fetch(ctx, b.rest())
	if err != nil {
		return nil, err
	}
	switch {
	case resp.Status == http.StatusPartialContent && b.continues(resp):
	case resp.Status == http.StatusPartialContent, resp.Status == http.StatusRequestedRangeNotSatisfiable:
		readHead(resp)
		resp.Close()
		if resp, err = f.next.Fetch(ctx, r); err != nil {
			return nil, err
		}
		return f.wrap(ctx, r, resp), nil
	default:
		return f.wrap(ctx, r, resp), nil
	}
	body, err := k.Open()
	if err != nil {
		resp.Close()
		return nil, fail(r, ClassFile, final, fmt.Errorf("what an earlier run got of the body can't be read: %w", err))
	}
	b.current = resp
	outer := *resp
	outer.Status, outer.Header, outer.length, outer.unframed = http.StatusOK, k.Header, k.Length, false
	outer.Body, outer.release, outer.Received = &joined{r: r, kept: body, left: k.Size, rest: b}, nil, b.received.Load
	outer.Keep = &Kept{Length: k.Length, Validator: k.Validator, Header: k.Header}
	outer.KeptSize = k.Size
	return &outer, nil
}

// joined is a body whose beginning is read from what was kept.
type joined struct {
	r    *Request
	kept io.ReadCloser
	left int64
	rest *resuming
}

func (b *joined) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if b.left == 0 {
		// The reader of what was kept judges it at its end.
		if n, err := b.kept.Read(p[:1]); n != 0 || err != io.EOF {
			return 0, b.damaged(err)
		}
		b.left = -1
	}
	if b.left < 0 {
		return b.rest.Read(p)
	}
	n, err := b.kept.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == nil || err == io.EOF && b.left == 0 {
		return n, nil
	}
	return n, b.damaged(err)
}

// damaged is the failure of a body whose beginning can't be used after all; it starts over.
func (b *joined) damaged(err error) error {
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fail(b.r, ClassCut, again, fmt.Errorf("what an earlier run got of the body can't be used: %w", err))
}

func (b *joined) Close() error {
	b.kept.Close()
	return b.rest.Close()
}
