package executor

import (
	"context"
	"strings"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
	"github.com/asflow/asflow/planner"
)

// ask makes w.req the job's request for a page. It is that of a first page; the pages change it.
func (w *fetchWorker) ask(p *planner.Request) {
	j := w.job
	f, target := j.task.Fetch, &w.targets[j.target]
	if j.record.Source == "" {
		j.record.Source = w.Redact(p.URL)
	}
	w.header = w.header[:0]
	for _, h := range p.Header {
		w.header = append(w.header, fetchers.Field(h))
	}
	w.req = fetchers.Request{
		Method: p.Method, URL: p.URL, Header: w.header, Body: p.Body,
		Auth:      auth(&f.Auth),
		Expect:    w.expect(f),
		Absent:    target.Absent,
		Retry:     fetchers.Retry(target.Retry),
		Timeouts:  fetchers.Timeouts{Connect: f.Connect, Response: f.Response, Idle: f.Idle},
		Redirects: f.Redirects,
		Limits:    j.task.Limits,
		HTTP:      f.HTTP,
		Proxy:     f.Proxy,
		TLS:       fetchers.TLS(f.TLS),
		Small:     f.Expect.JQ != nil,
		Trace:     &w.trace,
	}
}

func auth(a *planner.Auth) fetchers.Auth {
	return fetchers.Auth{
		Bearer: a.Bearer, Basic: a.Basic, Username: a.Username, Password: a.Password, Netrc: a.Netrc,
		TokenURL: a.TokenURL, ClientID: a.ClientID, ClientSecret: a.ClientSecret, Scopes: a.Scopes, Command: a.Command,
	}
}

// expect is what the recipe expects of a body.
func (w *fetchWorker) expect(f *planner.Fetch) fetchers.Expect {
	e := f.Expect
	return fetchers.Expect{
		Status: e.Status, ContentType: e.ContentType,
		MinSize: e.MinSize, MaxSize: e.MaxSize, SHA256: e.SHA256, JSON: e.JSON,
		Lines: f.Records == nil && ofLines(w.job.path), Packed: codec.Of(w.job.path) != codec.None,
		Check: check(f),
		Whole: f.Records != nil, Unpack: f.Records != nil,
		// Else it is for records to find what is no JSON, once and for all.
		Values: f.Records != nil && w.targets[w.job.target].Retry.Expect,
	}
}

// check asks the recipe's own program whether a body will do; nil: it has none.
func check(f *planner.Fetch) func(context.Context, []byte) (bool, error) {
	if f.Expect.JQ == nil {
		return nil
	}
	return func(ctx context.Context, body []byte) (bool, error) {
		some, all := false, true
		err := f.Expect.JQ.Run(ctx, body, f.Key, f.Value, func(v []byte) error {
			some, all = true, all && string(v) == "true"
			return nil
		})
		return some && all, err
	}
}

// ofLines tells whether each line of an output must be JSON.
func ofLines(path string) bool {
	path = strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")
	return strings.HasSuffix(path, ".jsonl") || strings.HasSuffix(path, ".ndjson")
}
