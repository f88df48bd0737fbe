package executor

import (
	"errors"
	"fmt"
	"io"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
)

// goOn lets the job's request go on with what an earlier run got of the same body, and tells whether there is such.
func (w *fetchWorker) goOn() bool {
	j := w.job
	if codec.Of(j.path) != codec.None || w.req.Small {
		return false
	}
	n := w.Store.readPart(j.path)
	if n == nil || n.URL != j.record.Source || n.Recipe != j.record.Recipe {
		return false
	}
	w.req.Kept = &fetchers.Kept{
		Size: n.Size, Length: n.Length, Validator: n.Validator, Header: n.Header,
		Open: func() (io.ReadCloser, error) { return w.Store.openPart(n) },
	}
	return true
}

// output begins the output of a large body, one that can be gone on with if need be.
func (w *fetchWorker) output(resp *fetchers.Response) (*Output, error) {
	note := w.partNote(resp)
	if note == nil {
		return w.pub.Create(w.job.path, w.job.level)
	}
	note.Size = resp.KeptSize
	return w.pub.CreatePart(*note)
}

// partNote is what a part of a body would be noted as; nil: it is not to be kept.
func (w *fetchWorker) partNote(resp *fetchers.Response) *partNote {
	j, k := w.job, resp.Keep
	if k == nil || k.Length <= partFrom || codec.Of(j.path) != codec.None {
		return nil
	}
	return &partNote{Path: j.path, URL: j.record.Source, Recipe: j.record.Recipe, Validator: k.Validator, Header: k.Header, Length: k.Length}
}

// leave ends an output whose body failed with err, and says what is kept of it.
func (w *fetchWorker) leave(out *Output, err error) {
	if !worthKeeping(err) {
		out.Abort()
		return
	}
	if n := out.Leave(); n > 0 {
		w.tell(w.job, Event{Kind: Note, Text: fmt.Sprintf("its first %d bytes are kept: the next build goes on after them", n)})
	}
}

// worthKeeping tells whether what has come of a body may be the beginning of what a later run gets.
func worthKeeping(err error) bool {
	var e *fetchers.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Class {
	case fetchers.ClassExpect, fetchers.ClassSize, fetchers.ClassFile, fetchers.ClassURL:
		return false
	}
	return true
}
