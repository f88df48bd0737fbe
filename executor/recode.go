package executor

import (
	"fmt"
	"io"

	"github.com/asflow/asflow/fetchers/codec"
)

// recode compresses blocks into w. A stream that is compressed already, by its first bytes, is stored untouched where
// it is of the kind that is wanted, after a look whether it is whole, and else recoded.
func recode(in <-chan *[]byte, w io.Writer, kind codec.Kind, level string) error {
	r := &blockReader{in: in}
	defer r.release()
	head, err := r.peek()
	if err != nil {
		return err
	}
	sniffed := codec.Sniff(head)
	if sniffed == codec.None {
		z, err := codec.NewWriter(w, kind, level)
		if err != nil {
			return err
		}
		if _, err := r.WriteTo(z); err != nil {
			z.Close()
			return err
		}
		return z.Close()
	}
	from := io.Reader(r)
	if sniffed == kind {
		from = io.TeeReader(r, w)
	}
	d, err := codec.NewReader(from, sniffed)
	if err == nil {
		defer d.Close()
		if sniffed == kind {
			_, err = io.Copy(io.Discard, d)
		} else {
			err = transcode(w, d, kind, level)
		}
	}
	if err != nil {
		return fmt.Errorf("the body begins as %v and is not whole: %w", sniffed, err)
	}
	return nil
}

func transcode(w io.Writer, d io.Reader, kind codec.Kind, level string) error {
	z, err := codec.NewWriter(w, kind, level)
	if err != nil {
		return err
	}
	if _, err := io.Copy(z, d); err != nil {
		z.Close()
		return err
	}
	return z.Close()
}

// blockReader reads blocks as a stream.
type blockReader struct {
	in   <-chan *[]byte
	now  *[]byte
	rest []byte
}

// peek gives the beginning of the stream: its whole first block.
func (r *blockReader) peek() ([]byte, error) {
	if r.now == nil {
		b, ok := <-r.in
		if !ok {
			return nil, nil
		}
		r.now, r.rest = b, *b
	}
	return r.rest, nil
}

func (r *blockReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		r.release()
		b, ok := <-r.in
		if !ok {
			return 0, io.EOF
		}
		r.now, r.rest = b, *b
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// WriteTo hands on whole blocks.
func (r *blockReader) WriteTo(w io.Writer) (total int64, err error) {
	for {
		if len(r.rest) > 0 {
			n, err := w.Write(r.rest)
			total += int64(n)
			if err != nil {
				return total, err
			}
			r.rest = nil
		}
		r.release()
		b, ok := <-r.in
		if !ok {
			return total, nil
		}
		r.now, r.rest = b, *b
	}
}

func (r *blockReader) release() {
	if r.now != nil {
		putBlock(r.now)
		r.now, r.rest = nil, nil
	}
}

// blockWriter gathers writes into blocks and hands them on.
type blockWriter struct {
	to  chan<- *[]byte
	now *[]byte
}

func (w *blockWriter) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		if w.now == nil {
			w.now = blocks.Get().(*[]byte)
		}
		n := min(len(p), block-len(*w.now))
		*w.now = append(*w.now, p[:n]...)
		p = p[n:]
		if len(*w.now) == block {
			w.to <- w.now
			w.now = nil
		}
	}
	return total, nil
}

func (w *blockWriter) close() {
	if w.now != nil {
		w.to <- w.now
	}
	close(w.to)
}
