package fetchers

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/asflow/asflow/fetchers/codec"
)

// proof is how a body shows itself that it is all there, where nothing but the end of its connection says so and
// nothing in Expect would tell. It is fed the body in any pieces; one of end and stop must be called.
type proof interface {
	add(p []byte)
	end() error // what is wrong; nil: the body is whole
	stop()
}

// newProof gives the proof that can be had of a body that begins so, and what it is of; nil: there is none.
func newProof(r *Request, head []byte) (proof, string) {
	kind := codec.Sniff(head)
	switch {
	case kind != codec.None:
		return newFrameFeed(kind, io.Discard), kind.String()
	case r.Expect.Whole, r.Expect.Check != nil:
		return &oneValue{feed: newJSONFeed(false)}, "JSON"
	}
	return nil, ""
}

// unproven is the failure of a body whose proof, of what, has failed; with "" there was none.
func unproven(r *Request, what string, err error) *Error {
	if what == "" {
		// It comes again the same, so it is final.
		return fail(r, ClassCut, final, errors.New("the body ends with its connection and has no length, so that a cut one would look the same: "+
			"give expect a sha256, or json or jq if it is JSON"))
	}
	v := again
	if what == "JSON" && !errors.Is(err, io.ErrUnexpectedEOF) {
		v = final
	}
	return fail(r, ClassCut, v, fmt.Errorf("the body ends with its connection and has no length, and it is not one whole piece of %s: %w", what, err))
}

// oneValue is the proof of a body that is one JSON value. Of several, fewer would look as whole.
type oneValue struct {
	feed *jsonFeed
	err  error
}

func (o *oneValue) add(p []byte) {
	if o.err == nil {
		o.err = o.feed.add(p)
	}
}

func (o *oneValue) end() error {
	if o.err == nil {
		o.err = o.feed.end()
	}
	return o.err
}

func (o *oneValue) stop() {}

// frameFeed is the proof of compressed data that comes to its end. It decodes beside who feeds it, into a writer that may
// have its own say.
type frameFeed struct {
	to   *io.PipeWriter
	done sync.WaitGroup
	err  error // once done
}

func newFrameFeed(kind codec.Kind, into io.Writer) *frameFeed {
	from, to := io.Pipe()
	f := &frameFeed{to: to}
	f.done.Go(func() {
		f.err = decodeInto(into, from, kind)
		_ = from.CloseWithError(errDecoded) // who feeds is not to wait
	})
	return f
}

var errDecoded = errors.New("the decoder has ended")

func decodeInto(w io.Writer, r io.Reader, kind codec.Kind) error {
	d, err := codec.NewReader(r, kind)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = io.Copy(w, d)
	return err
}

// feed is add; false: the decoder has ended already.
func (f *frameFeed) feed(p []byte) bool {
	_, err := f.to.Write(p)
	return err == nil
}

func (f *frameFeed) add(p []byte) { f.feed(p) } // what the decoder says is asked for at the end

func (f *frameFeed) end() error {
	_ = f.to.Close()
	f.done.Wait()
	return f.err
}

func (f *frameFeed) stop() {
	_ = f.to.CloseWithError(io.ErrUnexpectedEOF)
	f.done.Wait()
}
