package fetchertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/asflow/asflow/fetchers"
)

// Documents is what a source must hold under test, by name. Nothing else must be there.
func Documents() map[string][]byte {
	r := rand.New(rand.NewPCG(3, 3))
	noise := make([]byte, 3<<20+77)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	return map[string][]byte{
		"small.json":      []byte(`{"id": 1, "text": "a small document"}` + "\n"),
		"empty":           {},
		"large.bin":       noise,
		"edge.bin":        noise[:1<<20],
		"just-over.bin":   noise[:1<<20+1],
		"name%20here.txt": []byte("a name with a space"),
	}
}

// Suite holds a fetcher to what every fetcher promises: one of a scheme, or the whole that users see. url gives the
// URL of a document.
func Suite(t *testing.T, f fetchers.Fetcher, url func(name string) string) {
	docs := Documents()
	for name, want := range docs {
		t.Run(name, func(t *testing.T) {
			r := &fetchers.Request{URL: url(name), Redirects: 3}
			before := *r
			resp, err := f.Fetch(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Status != 200 || resp.URL != r.URL || resp.Received == nil {
				t.Errorf("status %d of %s", resp.Status, resp.URL)
			}
			received := resp.Received
			got, err := ReadAll(resp)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
			}
			if n := received(); n != int64(len(want)) {
				t.Errorf("%d bytes received", n)
			}
			if !reflect.DeepEqual(*r, before) {
				t.Error("the request was changed")
			}
			if err := resp.Close(); err != nil {
				t.Errorf("a second Close: %v", err)
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		resp, err := f.Fetch(t.Context(), &fetchers.Request{URL: url("missing"), Absent: []int{404}})
		if err != nil || resp.Status != 404 {
			t.Fatalf("%v", err)
		}
		resp.Close()
	})
	t.Run("conditional", func(t *testing.T) { conditional(t, f, url("small.json")) })
	t.Run("cancelled", func(t *testing.T) { cancelled(t, f, url) })
	t.Run("at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				name := [...]string{"small.json", "edge.bin", "just-over.bin"}[i%3]
				resp, err := f.Fetch(t.Context(), &fetchers.Request{URL: url(name)})
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := ReadAll(resp); err != nil || !bytes.Equal(got, docs[name]) {
					t.Errorf("%s: %d bytes, %v", name, len(got), err)
				}
			})
		}
		wg.Wait()
	})
	t.Run("given up", func(t *testing.T) {
		for range 20 { // more than the places there are
			resp, err := f.Fetch(t.Context(), &fetchers.Request{URL: url("large.bin")})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := resp.Body.Read(make([]byte, 10)); err != nil {
				t.Error(err)
			}
			if err := resp.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func conditional(t *testing.T, f fetchers.Fetcher, url string) {
	resp, err := f.Fetch(t.Context(), &fetchers.Request{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	etag, modified := resp.Header.Get("Etag"), resp.Header.Get("Last-Modified")
	resp.Close()
	if etag == "" && modified == "" {
		t.Skip("this source has no validators")
	}
	for i, r := range []fetchers.Request{{URL: url, ETag: etag}, {URL: url, LastModified: modified}} {
		resp, err := f.Fetch(t.Context(), &r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Close()
		if resp.Status != 304 {
			t.Errorf("%d: status %d", i, resp.Status)
		}
	}
	resp, err = f.Fetch(t.Context(), &fetchers.Request{URL: url, ETag: `"another"`})
	if err != nil || resp.Status != 200 {
		t.Fatalf("another version: %v", err)
	}
	resp.Close()
}

func cancelled(t *testing.T, f fetchers.Fetcher, url func(string) string) {
	why := errors.New("the run is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	resp, err := f.Fetch(ctx, &fetchers.Request{URL: url("large.bin")})
	if err != nil {
		t.Fatal(err)
	}
	cancel(why)
	_, bodyErr := ReadAll(resp)
	_, fetchErr := f.Fetch(ctx, &fetchers.Request{URL: url("small.json")})
	for what, err := range map[string]error{"body": bodyErr, "fetch": fetchErr} {
		var e *fetchers.Error
		if !errors.As(err, &e) || e.Class != fetchers.ClassCancel || !errors.Is(err, why) || e.URL == "" {
			t.Errorf("%s: %v", what, fmt.Sprintf("%#v", err))
		}
	}
}
