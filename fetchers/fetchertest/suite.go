package fetchertest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/asflow/asflow/fetchers"
)

// Documents is what a source must hold under test, by name. Nothing else must be there.
func Documents() map[string][]byte {
	r := rand.New(rand.NewPCG(3, 3))
	noise := make([]byte, 3<<20+80)
	for i := 0; i < len(noise); i += 8 {
		binary.LittleEndian.PutUint64(noise[i:], r.Uint64())
	}
	noise = noise[:3<<20+77]
	return map[string][]byte{
		"small.json":      []byte(`{"id": 1, "text": "a small document"}` + "\n"),
		"empty":           {},
		"large.bin":       noise,
		"edge.bin":        noise[:1<<20],
		"just-over.bin":   noise[:1<<20+1],
		"name%20here.txt": []byte("a name with a space"),
	}
}

// Source is a fetcher with a place where it finds the documents.
type Source struct {
	fetchers.Fetcher
	URL    func(name string) string // of a document
	Checks bool                     // it judges answers and bodies, as the whole that users see does
}

// Suite holds a source to what every fetcher promises: one of a scheme, a wrapper round one, or the whole that users
// see.
func Suite(t *testing.T, s Source) {
	docs := Documents()
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		t.Run(name, func(t *testing.T) { document(t, s, name, docs[name]) })
	}
	t.Run("missing", func(t *testing.T) { missing(t, s) })
	t.Run("conditional", func(t *testing.T) { conditional(t, s, s.URL("small.json")) })
	t.Run("cancelled", func(t *testing.T) { cancelled(t, s) })
	t.Run("at once", func(t *testing.T) { atOnce(t, s, docs) })
	t.Run("given up", func(t *testing.T) { givenUp(t, s) })
	t.Run("in pieces", func(t *testing.T) { inPieces(t, s, docs["just-over.bin"]) })
	if s.Checks {
		t.Run("checks", func(t *testing.T) { checks(t, s, docs) })
	}
}

// document fetches one document whole.
func document(t *testing.T, s Source, name string, want []byte) {
	told := 0
	r := &fetchers.Request{URL: s.URL(name), Redirects: 3, Trace: &fetchers.Trace{Bytes: func(n int) { told += n }}}
	before := *r
	resp, err := s.Fetch(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Status != 200 || resp.Meaning != fetchers.Wanted || resp.URL != r.URL || resp.Received == nil || resp.Header == nil {
		t.Errorf("status %d of %s", resp.Status, resp.URL)
	}
	if s.Checks && (resp.Body == nil) != (len(want) <= 1<<20) {
		t.Errorf("%d bytes come as a stream: %v", len(want), resp.Body != nil)
	}
	received := resp.Received
	got, err := ReadAll(resp)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
	if n := received(); n != int64(len(want)) || told != len(want) {
		t.Errorf("%d bytes received, and %d told of", n, told)
	}
	if !reflect.DeepEqual(*r, before) {
		t.Error("the request was changed")
	}
	if err := resp.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

// missing asks for what is not there: an error, unless the request has a use for that.
func missing(t *testing.T, s Source) {
	for _, r := range []*fetchers.Request{
		{URL: s.URL("missing"), Absent: []int{404}},
		{URL: s.URL("missing"), End: []int{404}},
	} {
		resp, err := s.Fetch(t.Context(), r)
		if err != nil || resp.Status != 404 {
			t.Fatalf("%v", err)
		}
		if want := map[bool]fetchers.Meaning{true: fetchers.Gone, false: fetchers.End}[len(r.Absent) > 0]; s.Checks && resp.Meaning != want {
			t.Errorf("meaning %d, want %d", resp.Meaning, want)
		}
		resp.Close()
	}
	url := s.URL("missing")
	resp, err := s.Fetch(t.Context(), &fetchers.Request{URL: url})
	if err == nil {
		if resp.Close(); s.Checks || resp.Status != 404 {
			t.Errorf("status %d", resp.Status)
		}
		return
	}
	e := Failure(t, err)
	if e.URL != url || e.Class != fetchers.ClassStatus && e.Class != fetchers.ClassFile {
		t.Errorf("class %s of %s: %v", e.Class, e.URL, err)
	}
}

// Failure is an error as every fetcher gives it.
func Failure(t testing.TB, err error) *fetchers.Error {
	t.Helper()
	var e *fetchers.Error
	if !errors.As(err, &e) || e.Error() == "" || e.URL == "" || e.Class == "" {
		t.Fatalf("not an error that says of what it is: %#v", err)
	}
	return e
}

func conditional(t *testing.T, s Source, url string) {
	resp, err := s.Fetch(t.Context(), &fetchers.Request{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	etag, modified := resp.Header.Get("Etag"), resp.Header.Get("Last-Modified")
	resp.Close()
	if etag == "" || modified == "" {
		t.Fatal("no validators")
	}
	for i, r := range []fetchers.Request{{URL: url, ETag: etag}, {URL: url, LastModified: modified}, {URL: url, ETag: etag, LastModified: modified}} {
		resp, err := s.Fetch(t.Context(), &r)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := ReadAll(resp); resp.Status != 304 || err != nil || len(body) > 0 || s.Checks && resp.Meaning != fetchers.NotModified {
			t.Errorf("%d: status %d, %d bytes, %v", i, resp.Status, len(body), err)
		}
	}
	resp, err = s.Fetch(t.Context(), &fetchers.Request{URL: url, ETag: `"another"`, LastModified: modified})
	if err != nil || resp.Status != 200 {
		t.Fatalf("another version: %v", err)
	}
	resp.Close()
}

// atOnce is many requests from many goroutines.
func atOnce(t *testing.T, s Source, docs map[string][]byte) {
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			name := "small.json"
			if i%8 == 0 {
				name = "just-over.bin"
			}
			resp, err := s.Fetch(t.Context(), &fetchers.Request{URL: s.URL(name)})
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
}

// givenUp closes answers before their end, more than there are places for, and reads on after that.
func givenUp(t *testing.T, s Source) {
	for range 20 {
		resp, err := s.Fetch(t.Context(), &fetchers.Request{URL: s.URL("large.bin")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := resp.Body.Read(make([]byte, 10)); err != nil {
			t.Error(err)
		}
		body := resp.Body
		if err := resp.Close(); err != nil {
			t.Error(err)
		}
		if n, err := body.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
			t.Errorf("after Close: %d bytes, %v", n, err)
		}
	}
}

// inPieces reads a stream in pieces of odd sizes, and at its end again.
func inPieces(t *testing.T, s Source, want []byte) {
	resp, err := s.Fetch(t.Context(), &fetchers.Request{URL: s.URL("just-over.bin")})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Close()
	var got []byte
	p := make([]byte, 3001)
	for size := 1; ; size = size%len(p) + 1 {
		n, err := resp.Body.Read(p[:size])
		if got = append(got, p[:n]...); err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d", len(got), len(want))
	}
	if n, err := resp.Body.Read(p); n != 0 || err != io.EOF {
		t.Errorf("after the end: %d bytes, %v", n, err)
	}
}
