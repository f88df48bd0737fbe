package fetchers

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"

	"github.com/asflow/asflow/fetchers/codec"
)

// decoded undoes an answer's Content-Encoding, the last that was applied first. Closing the body that it gives leaves the answer's open.
func decoded(resp *Response) (body io.ReadCloser, encoded bool, _ *Error) {
	values := resp.Header["Content-Encoding"]
	if resp.Body == nil {
		return io.NopCloser(strings.NewReader("")), false, nil
	}
	if len(values) == 0 {
		return resp.Body, false, nil
	}
	var chain decoders
	body = resp.Body
	names := strings.Split(strings.Join(values, ","), ",")
	for i := len(names) - 1; i >= 0; i-- {
		next, err := undo(strings.ToLower(strings.TrimSpace(names[i])), body)
		if err != nil {
			_ = chain.Close()
			return nil, false, &Error{Class: ClassExpect, Err: err}
		}
		if next != nil {
			chain.all = append(chain.all, next)
			body = next
		}
	}
	if len(chain.all) == 0 {
		return resp.Body, false, nil
	}
	chain.Reader = body
	return &chain, true, nil
}

// undo gives a reader that undoes one encoding; nil where there is nothing to undo.
func undo(name string, r io.Reader) (io.ReadCloser, error) {
	switch name {
	case "", "identity":
		return nil, nil
	case "gzip", "x-gzip":
		return codec.NewReader(r, codec.Gzip)
	case "zstd":
		return codec.NewReader(r, codec.Zstd)
	case "deflate":
		return newInflater(r), nil
	}
	return nil, fmt.Errorf("the answer's Content-Encoding, %s, can't be undone: only gzip, deflate and zstd", name)
}

// unpack decodes the body further where it is compressed itself, by its first bytes.
func (s *stream) unpack() error {
	p := &peeked{ReadCloser: s.body}
	n, err := io.ReadFull(s.body, p.first[:])
	p.rest = p.first[:n]
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	kind := codec.Sniff(p.rest)
	if kind == codec.None {
		s.body = p
		return nil
	}
	d, err := codec.NewReader(p, kind)
	if err != nil {
		return err
	}
	chain := &decoders{Reader: d}
	if s.encoded {
		chain.all = append(chain.all, s.body)
	}
	chain.all = append(chain.all, d)
	s.body, s.encoded, s.encoding = chain, true, kind.String()
	return nil
}

// peeked is a body whose first bytes have been looked at.
type peeked struct {
	io.ReadCloser
	first [codec.SniffLen]byte
	rest  []byte // of first
}

func (p *peeked) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return p.ReadCloser.Read(b)
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// decoders is readers one on the other, the last being read from.
type decoders struct {
	io.Reader
	all []io.ReadCloser
}

func (d *decoders) Close() error {
	for i := len(d.all) - 1; i >= 0; i-- {
		d.all[i].Close()
	}
	d.all = nil
	return nil
}

// inflaters holds idle readers of deflate.
var inflaters sync.Pool

// inflater undoes deflate, which by the standard has zlib's header, and from some servers has none.
type inflater struct {
	buf     *bufio.Reader
	zlib    io.ReadCloser
	flate   io.ReadCloser
	current io.Reader
	err     error
}

func newInflater(r io.Reader) *inflater {
	f, ok := inflaters.Get().(*inflater)
	if !ok {
		f = &inflater{buf: bufio.NewReaderSize(nil, readAhead)}
	}
	f.buf.Reset(r)
	f.current, f.err = nil, nil
	return f
}

func (f *inflater) Read(p []byte) (int, error) {
	if f.err == nil && f.current == nil {
		f.err = f.open()
	}
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.current.Read(p)
	if err == io.EOF {
		if _, junk := f.buf.ReadByte(); junk == nil {
			err = errors.New("something follows the compressed data")
		} else if junk != io.EOF {
			err = junk
		}
	}
	f.err = err
	return n, err
}

func (f *inflater) open() error {
	head, err := f.buf.Peek(2)
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if head[0]&0x0f != 8 || (int(head[0])<<8|int(head[1]))%31 != 0 {
		if f.flate == nil {
			f.flate = flate.NewReader(f.buf)
		} else if err := f.flate.(flate.Resetter).Reset(f.buf, nil); err != nil {
			return err
		}
		f.current = f.flate
		return nil
	}
	if f.zlib == nil {
		if f.zlib, err = zlib.NewReader(f.buf); err != nil {
			f.zlib = nil
			return err
		}
	} else if err := f.zlib.(zlib.Resetter).Reset(f.buf, nil); err != nil {
		return err
	}
	f.current = f.zlib
	return nil
}

func (f *inflater) Close() error {
	if f.buf == nil {
		return nil
	}
	back := *f
	*f = inflater{err: io.ErrClosedPipe}
	back.buf.Reset(nil)
	inflaters.Put(&back)
	return nil
}
