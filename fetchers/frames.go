package fetchers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/asflow/asflow/fetchers/codec"
)

// wholeFrames tells whether a body in memory is compressed data that comes to its end; kind is None for a body that is
// not compressed.
func wholeFrames(body []byte) (kind codec.Kind, err error) {
	if kind = codec.Sniff(body); kind == codec.None {
		return kind, nil
	}
	return kind, decodeAway(bytes.NewReader(body), kind)
}

func decodeAway(r io.Reader, kind codec.Kind) error {
	d, err := codec.NewReader(r, kind)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = io.Copy(io.Discard, d)
	return err
}

// frameFeed looks whether compressed data that it is fed, in any pieces, comes to its end. It decodes beside who feeds
// it; end or stop must be called.
type frameFeed struct {
	to   *io.PipeWriter
	done sync.WaitGroup
	err  error // once done
}

func newFrameFeed(kind codec.Kind) *frameFeed {
	from, to := io.Pipe()
	f := &frameFeed{to: to}
	f.done.Go(func() {
		f.err = decodeAway(from, kind)
		_ = from.CloseWithError(errDecoded) // who feeds is not to wait
	})
	return f
}

var errDecoded = errors.New("the decoder has ended")

func (f *frameFeed) add(p []byte) { _, _ = f.to.Write(p) } // what the decoder says is asked for at the end

func (f *frameFeed) end() error {
	_ = f.to.Close()
	f.done.Wait()
	return f.err
}

func (f *frameFeed) stop() {
	_ = f.to.CloseWithError(io.ErrUnexpectedEOF)
	f.done.Wait()
}

// unframed judges a body that nothing but the end of its connection says is whole, and that is not judged otherwise:
// compressed data shows itself whether it has come to its end.
func unframed(r *Request, kind codec.Kind, err error) *Error {
	switch {
	case kind == codec.None:
		// It comes again the same, so it is final.
		return fail(r, ClassCut, final, errors.New("the body ends with its connection and has no length, so that a cut one would look the same: "+
			"give expect a sha256, or json or jq if it is JSON"))
	case err != nil:
		return fail(r, ClassCut, again, fmt.Errorf("the body ends with its connection, and inside its %v: %w", kind, err))
	}
	return nil
}
