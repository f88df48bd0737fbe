package fetchers_test

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/fetchertest"
	"github.com/asflow/asflow/fetchers/limit"
)

// with changes each request before it goes.
type with struct {
	fetchers.Fetcher
	change func(*fetchers.Request)
}

func (w with) Fetch(ctx context.Context, r *fetchers.Request) (*fetchers.Response, error) {
	changed := *r
	w.change(&changed)
	return w.Fetcher.Fetch(ctx, &changed)
}

// fetcherFunc is a fetcher of a scheme that a test plays.
type fetcherFunc func(context.Context, *fetchers.Request) (*fetchers.Response, error)

func (f fetcherFunc) Fetch(ctx context.Context, r *fetchers.Request) (*fetchers.Response, error) {
	return f(ctx, r)
}

// quick is a request whose waits are short enough for a test.
func quick(url string) *fetchers.Request {
	return &fetchers.Request{
		URL: url, Redirects: 5,
		Retry:    fetchers.Retry{Attempts: 3, Delay: time.Millisecond, MaxDelay: 5 * time.Millisecond, MaxPause: time.Minute},
		Timeouts: fetchers.Timeouts{Connect: 10 * time.Second, Response: 10 * time.Second, Idle: 10 * time.Second},
	}
}

// get fetches and reads all.
func get(t *testing.T, f fetchers.Fetcher, r *fetchers.Request) (string, *fetchers.Response, error) {
	t.Helper()
	resp, err := f.Fetch(t.Context(), r)
	if err != nil {
		return "", nil, err
	}
	b, err := fetchertest.ReadAll(resp)
	return string(b), resp, err
}

// failure is an error that must be an *Error.
func failure(t *testing.T, err error) *fetchers.Error {
	t.Helper()
	var e *fetchers.Error
	if !errors.As(err, &e) {
		t.Fatalf("not a *fetchers.Error: %v", err)
	}
	if e.Error() == "" || e.URL == "" {
		t.Errorf("an error without a text or URL: %#v", e)
	}
	return e
}

// deflated compresses with zlib's header or without.
func deflated(text string, header bool) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.DefaultCompression)
	var out io.WriteCloser = w
	if header {
		out = zlib.NewWriter(&b)
	}
	_, _ = io.WriteString(out, text)
	_ = out.Close()
	return b.String()
}

// onePlace is limits with room for one request.
func onePlace() *limit.Set { return limit.New(limit.Options{InFlight: 1}) }
