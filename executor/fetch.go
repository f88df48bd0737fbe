package executor

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/planner"
)

// fetchWorker runs fetches, one at a time. What it needs for one it uses again for the next.
type fetchWorker struct {
	*run
	slot    *slot
	ticket  ticket
	job     *job
	time    *allowance // nil: no timeout
	folder  string     // the last that outputs can be put in, as was seen
	written bool       // something of the output has been handed on, or there are pages
	trace   fetchers.Trace
	req     fetchers.Request
	header  []fetchers.Field
	sum     sum
	cut     cutter
	sink    sink
	pages   pages
}

func newFetchWorker(r *run) *fetchWorker {
	w := &fetchWorker{run: r, slot: r.Meters.slot()}
	w.cut.emit, w.cut.pool = w.sink.line, &r.decoders
	w.trace = fetchers.Trace{
		Attempt: func(int) { w.fetches.comeBack(&w.ticket) },
		Retry:   w.onRetry,
		Held:    w.onHeld,
		Bytes:   w.onBytes,
		Waits:   func(begins bool) { w.time.waits(begins) },
		Note:    func(text string) { w.tell(w.job, Event{Kind: Note, Text: w.Redact(text)}) },
	}
	return w
}

// live runs jobs until there are none.
func (w *fetchWorker) live() {
	var last *ticket
	for {
		t, ok := w.fetches.next(last)
		if !ok {
			return
		}
		w.ticket = t
		last = &w.ticket
		w.job = w.begin(last, w.slot)
		w.fetch()
		w.rest(w.job, w.slot)
	}
}

// fetch runs the worker's job to where the Publisher has taken it over, or it has ended.
func (w *fetchWorker) fetch() {
	j := w.job
	if err := w.doubts[j.target].given(); err != nil {
		j.finish(planner.NotTried, err)
		return
	}
	task, err := w.plan.Recipe(j.id, "")
	if err != nil {
		j.refused(err)
		return
	}
	j.adopt(task)
	if err := w.dropLog(logName(j.path, answerExt)); err != nil {
		w.tell(j, Event{Kind: Note, Text: "the answer to an earlier run could not be removed: " + err.Error()})
	}
	if err := w.lookAtFolder(); err != nil {
		j.fail(fmt.Errorf("make the folder of %s: %w", j.path, err))
		return
	}
	w.written, w.time = false, nil
	if len(task.Limits) > 0 && task.Fetch.Paginate == nil {
		w.fetches.standApart(&w.ticket)
	}
	ctx := w.ctx
	if task.Timeout > 0 {
		c, a, stop := newAllowance(ctx, task.Timeout)
		defer stop()
		ctx, w.time = c, a
	}
	if task.Fetch.Records != nil {
		w.fetchRecords(ctx)
	} else {
		w.fetchBody(ctx)
	}
}

// lookAtFolder tells whether the output's folder is one or could be made: else nothing needs to be asked for. It is made when
// there is something to put in it.
func (w *fetchWorker) lookAtFolder() error {
	dir := path.Dir(w.job.path)
	if dir == w.folder {
		return nil
	}
	if err := couldBeFolder(w.abs(dir)); err != nil {
		return err
	}
	w.folder = dir
	return nil
}

// fetchBody fetches one response, whose body is the output.
func (w *fetchWorker) fetchBody(ctx context.Context) {
	j := w.job
	first, err := j.task.Fetch.Page(1, 0, nil)
	if err != nil {
		j.fail(err)
		return
	}
	w.ask(&first)
	if !w.goOn() {
		w.conditional()
	}
	resp, err := w.Fetcher.Fetch(ctx, &w.req)
	if err != nil {
		w.failed(ctx, err)
		return
	}
	defer resp.Close()
	if w.req.Kept != nil && resp.Body == nil {
		_ = w.Store.dropPart(j.path) // it is of use to nobody; if it stays, it is swept
	}
	switch {
	case resp.Meaning == fetchers.Gone:
		w.noteAnswer(resp)
		j.gone()
	case resp.Meaning == fetchers.NotModified:
		w.noteAnswer(resp)
		w.unchanged()
	case resp.Body == nil:
		w.noteAnswer(resp)
		if w.sameAs(resp.Bytes) {
			w.unchanged()
			return
		}
		w.pub.Bytes(j.path, j.level, resp.Bytes, j.made(), j.published)
	default:
		w.stream(ctx, resp)
	}
}

// stream copies a large body to the output.
func (w *fetchWorker) stream(ctx context.Context, resp *fetchers.Response) {
	j := w.job
	out, err := w.output(resp)
	if err != nil {
		j.fail(err)
		return
	}
	w.written = true
	w.sum.begin(j.task.Refresh != nil)
	if err := w.copy(out, resp); err != nil {
		w.leave(out, err)
		w.failed(ctx, err)
		return
	}
	w.noteAnswer(resp)
	if w.sum.on && w.sameSum(&w.sum) {
		out.Abort()
		w.unchanged()
		return
	}
	out.Commit(j.made(), j.published)
}

// copy reads a large body into its output, from the start again where the answer begins anew.
func (w *fetchWorker) copy(out *Output, resp *fetchers.Response) error {
	for {
		_, err := out.ReadFrom(summed{resp.Body, &w.sum})
		if !errors.Is(err, fetchers.ErrRestart) {
			return err
		}
		w.sum.begin(w.sum.on)
		if err := out.Restart(w.partNote(resp)); err != nil {
			return err
		}
	}
}

// noteAnswer takes into the job's record what an answer says of itself, once its body has been read.
func (w *fetchWorker) noteAnswer(resp *fetchers.Response) {
	w.doubts[w.job.target].note(nil)
	rec := &w.job.record
	rec.Status = resp.Status
	rec.Attempts += resp.Attempts
	rec.Received += received(resp)
	if resp.Header != nil {
		rec.ETag, rec.Modified = resp.Header.Get("Etag"), resp.Header.Get("Last-Modified")
	}
}

func received(resp *fetchers.Response) int64 {
	if resp.Received == nil {
		return int64(len(resp.Bytes))
	}
	return resp.Received()
}

// failed ends the job with what a fetcher, or the reading of a body, gave as error.
func (w *fetchWorker) failed(ctx context.Context, err error) {
	j := w.job
	var e *fetchers.Error
	told := errors.As(err, &e)
	if told {
		j.record.Status = e.Status
		j.record.Attempts += e.Attempts
	}
	j.record.Received = w.slot.got.Load()
	if context.Cause(ctx) == errTimedOut {
		if !errors.Is(err, errTimedOut) {
			err = fmt.Errorf("%w: %w", err, errTimedOut)
		}
		j.fail(fmt.Errorf("%w: it was not complete within %s, its timeout", err, j.task.Timeout))
		return
	}
	if told {
		if e.NotTried {
			j.finish(planner.NotTried, err)
			return
		}
		w.doubts[j.target].note(err)
		if at := w.Redact(e.URL); at != j.record.Source && !strings.Contains(err.Error(), e.URL) {
			err = fmt.Errorf("%w, of %s", err, at) // of a page behind the first, or where a redirect led
		}
		if e.Status != 0 {
			name, keepErr := w.keepHead(e)
			if keepErr != nil {
				w.tell(j, Event{Kind: Note, Text: "the answer could not be kept: " + keepErr.Error()})
			} else {
				j.record.Log = name
				err = fmt.Errorf("%w; the answer is kept in %s", err, name)
			}
		}
	}
	j.fail(err)
}

func (w *fetchWorker) onRetry(n int, after time.Duration, cause error) {
	w.Meters.targets[w.job.target].retries.Add(1)
	if w.Observer != nil {
		w.tell(w.job, Event{Kind: Retrying, Attempt: n, Until: w.Now().Add(after), Err: w.redacted(cause)})
	}
	// One whose host is held back waits with all others of the host.
	var e *fetchers.Error
	if !w.written && !(errors.As(cause, &e) && slices.Contains([]int{403, 429, 503}, e.Status)) {
		w.fetches.stepAside(&w.ticket)
	}
}

func (w *fetchWorker) onHeld(host string, until time.Time, cause string) {
	host, cause = w.Redact(host), w.Redact(cause)
	if w.Meters.hold(HeldHost{Host: host, Until: until, Cause: cause}) {
		w.tell(w.job, Event{Kind: Held, Host: host, Until: until, Text: cause})
	}
}

func (w *fetchWorker) onBytes(n int) {
	w.Meters.targets[w.job.target].bytes.Add(int64(n))
	w.slot.got.Add(int64(n))
}
