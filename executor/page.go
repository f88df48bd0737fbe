package executor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/asflow/asflow/fetchers"
)

// pages is where a fetch of records is on its way from page to page. Without paginate there is one.
type pages struct {
	number int64 // from 1
	cursor any
	next   string // the next URL, absolute; "" where the recipe's own holds
	seen   map[string]bool
	far    bool // the next URL is of another origin; said once
}

// fetchRecords fetches a job's pages, cuts their records, and publishes them after the last page.
func (w *fetchWorker) fetchRecords(ctx context.Context) {
	j := w.job
	f := j.task.Fetch
	w.pages = pages{number: 1}
	w.sink.open(w.pub, j.path, j.level, j.task.Refresh != nil)
	defer w.sink.rest()
	var byPath bool
	w.cut.keys, w.cut.iterate, byPath = f.Records.Path()
	for {
		last, err := w.page(ctx, byPath)
		if err != nil {
			w.sink.abort()
			switch {
			case errors.Is(err, errGone):
				w.job.gone()
			case errors.Is(err, errSame):
				w.unchanged()
			default:
				w.failed(ctx, w.inPage(err))
			}
			return
		}
		if last {
			break
		}
		w.pages.number++
		w.sink.page()
		w.written = true
	}
	if f.Paginate != nil {
		j.record.Pages = int(w.pages.number)
		j.record.ETag, j.record.Modified = "", "" // of the last page alone
	}
	j.record.Records = w.sink.lines
	if j.task.Refresh != nil && w.sameRecords() {
		w.sink.abort()
		w.unchanged()
		return
	}
	w.sink.publish(j.made(), j.published)
}

var (
	errGone = errors.New("there is nothing here")
	errSame = errors.New("the output is what it would be")
)

// inPage says in which page it was that something failed.
func (w *fetchWorker) inPage(err error) error {
	if w.job.task.Fetch.Paginate == nil {
		return err
	}
	return fmt.Errorf("page %d: %w", w.pages.number, err)
}

// page fetches one page and tells whether it was the last.
func (w *fetchWorker) page(ctx context.Context, byPath bool) (last bool, err error) {
	j, p := w.job, &w.pages
	f := j.task.Fetch
	before := w.sink.lines
	own, err := f.Page(p.number, before, p.cursor)
	if err != nil {
		return false, err
	}
	w.ask(&own)
	if pg := f.Paginate; p.number == 1 && pg != nil && pg.Cursor == nil {
		p.seen = map[string]bool{own.URL: true}
	}
	if p.next != "" {
		if err := w.follow(own.URL); err != nil {
			return false, err
		}
	}
	w.req.Small = w.req.Small || !byPath
	if pg := f.Paginate; pg != nil {
		w.req.End = pg.End
		w.req.Small = w.req.Small || pg.Next != nil || pg.Cursor != nil
	}
	if f.Paginate == nil {
		w.conditional()
	}
	if p.number > 1 {
		w.req.Begun, w.req.Absent = true, nil
	}
	resp, err := w.Fetcher.Fetch(ctx, &w.req)
	if err != nil {
		return false, err
	}
	defer resp.Close()
	switch resp.Meaning {
	case fetchers.Gone:
		w.noteAnswer(resp)
		return false, errGone
	case fetchers.NotModified:
		w.noteAnswer(resp)
		return false, errSame
	case fetchers.End:
		j.record.Attempts += resp.Attempts
		return true, nil
	}
	body, err := w.takeRecords(ctx, resp, byPath)
	var e *fetchers.Error
	if !errors.As(err, &e) || e.Attempts == 0 {
		w.noteAnswer(resp) // else the error speaks of all attempts
	}
	if err != nil || f.Paginate == nil {
		return true, err
	}
	return w.turn(ctx, resp, body, w.sink.lines-before)
}

// takeRecords adds the records of a page to the sink. It gives the page's body where that is in memory.
func (w *fetchWorker) takeRecords(ctx context.Context, resp *fetchers.Response, byPath bool) (body []byte, err error) {
	f := w.job.task.Fetch
	body = resp.Bytes
	if resp.Body != nil && w.req.Small {
		if body, err = readAll(resp.Body, f.Expect.MaxSize); err != nil {
			return nil, err
		}
	}
	switch {
	case !byPath:
		err = f.Records.Run(ctx, body, f.Key, f.Value, w.sink.line)
	case resp.Body != nil && !w.req.Small:
		err = w.cutStream(resp.Body, f.Expect.MaxSize)
	default:
		err = w.cut.bytes(body)
	}
	switch {
	case w.sink.err != nil:
		return nil, w.sink.err
	case err != nil:
		return nil, rejected(resp, err)
	}
	return body, w.sink.pageDone()
}

// cutStream cuts a body as it comes, from its beginning again where it starts over.
func (w *fetchWorker) cutStream(body io.Reader, most int64) error {
	for {
		err := w.cut.reader(body, most)
		if !errors.Is(err, fetchers.ErrRestart) {
			return err
		}
		if err := w.sink.restart(); err != nil {
			return err
		}
	}
}

// rejected is the error of an answer that is not what records needs. One from the network is left as it is. Its
// attempts have been counted with the answer.
func rejected(resp *fetchers.Response, err error) error {
	var e *fetchers.Error
	if errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &fetchers.Error{
		URL: resp.URL, Status: resp.Status, Class: fetchers.ClassExpect, Header: resp.Header, Head: bytes.Clone(resp.Head()),
		Err: fmt.Errorf("%s: %w", resp.URL, err),
	}
}

// pageMost is how large a page may be that a program reads, where max_size does not say.
const pageMost = 64 << 20

func readAll(r io.Reader, most int64) ([]byte, error) {
	if most <= 0 {
		most = pageMost
	}
	var body []byte
	for {
		more, err := io.ReadAll(io.LimitReader(r, most+1-int64(len(body))))
		body = append(body, more...)
		switch {
		case errors.Is(err, fetchers.ErrRestart):
			body = body[:0]
		case err != nil:
			return nil, err
		case int64(len(body)) > most:
			return nil, fmt.Errorf("the page is larger than %d bytes, which is more than a jq program may read; max_size in expect allows more", most)
		default:
			return body, nil
		}
	}
}
