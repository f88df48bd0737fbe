package executor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/planner"
)

// turn finds out where the next page is; last says that there is none.
func (w *fetchWorker) turn(ctx context.Context, resp *fetchers.Response, body []byte, records int64) (last bool, err error) {
	p, pg := &w.pages, w.job.task.Fetch.Paginate
	switch {
	case pg.Link:
		last, err = w.turnTo(resp, linkNext(resp.Header.Values("Link")))
	case pg.Next != nil:
		var next any
		if next, _, err = w.one(ctx, pg.Next, body); err == nil {
			to, ok := next.(string)
			if !ok && next != nil {
				err = fmt.Errorf("paginate: next gave %v, which is neither a URL nor null", next)
			} else {
				last, err = w.turnTo(resp, to)
			}
		}
	case pg.Cursor != nil:
		var text string
		p.cursor, text, err = w.one(ctx, pg.Cursor, body)
		last = p.cursor == nil || p.cursor == ""
		if err == nil && !last {
			err = p.once("cursor", text)
		}
	default:
		last = records == 0
	}
	if err != nil {
		return false, rejected(resp, err)
	}
	if last || p.number < int64(pg.MaxPages) {
		return last, nil
	}
	if !pg.MaxSet {
		return false, fmt.Errorf("there are more pages than %d; max_pages in paginate allows more", pg.MaxPages)
	}
	w.tell(w.job, Event{Kind: Note, Text: fmt.Sprintf("stopped after %d pages, its max_pages, though there are more", pg.MaxPages)})
	return true, nil
}

// turnTo makes a link the next page's URL.
func (w *fetchWorker) turnTo(resp *fetchers.Response, to string) (last bool, err error) {
	if to == "" {
		return true, nil
	}
	base, err := url.Parse(fetchers.EscapeURL(resp.URL))
	if err != nil {
		return false, fmt.Errorf("paginate: %w", err)
	}
	next, err := base.Parse(fetchers.EscapeURL(to))
	if err != nil {
		return false, fmt.Errorf("paginate: the next URL can't be read: %w", err)
	}
	if next.Scheme != "http" && next.Scheme != "https" {
		return false, fmt.Errorf("paginate: the next URL is %s, which is neither http nor https", next)
	}
	if next.User == nil && sameOrigin(resp.URL, next.String()) {
		next.User = base.User
	}
	next.Fragment, next.RawFragment = "", ""
	w.pages.next = next.String()
	return false, w.pages.once("next URL", w.pages.next)
}

// once notes a cursor or URL, and fails if it has been before: the pages would go round for ever.
func (p *pages) once(what, text string) error {
	if p.seen[text] {
		return fmt.Errorf("paginate: the %s %s came before; the pages would never end", what, text)
	}
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	p.seen[text] = true
	return nil
}

// one gives the one value that a program makes of a page; nil where it gives none.
func (w *fetchWorker) one(ctx context.Context, prog *planner.Program, body []byte) (v any, text string, err error) {
	f := w.job.task.Fetch
	n := 0
	err = prog.Run(ctx, body, f.Key, f.Value, func(one []byte) error {
		if n++; n == 1 {
			text = string(one)
		}
		return nil
	})
	if err != nil || n == 0 {
		return nil, "", err
	}
	if n > 1 {
		return nil, "", fmt.Errorf("paginate: %s gave %d values for one page, not one", prog.Source, n)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, text, err
}
