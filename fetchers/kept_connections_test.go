package fetchers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/asflow/asflow/fetchers"
)

// TestNoMoreConnectionsAreKeptThanMayBe asks more hosts than connections may be kept, twice: those that were not kept are made again.
func TestNoMoreConnectionsAreKeptThanMayBe(t *testing.T) {
	const hosts, kept = 6, 2
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		var counts fetchers.Counts
		f := fetchers.New(fetchers.Options{Idle: kept, Counts: &counts})
		var urls []string
		for range hosts {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
			t.Cleanup(s.Close)
			urls = append(urls, s.URL)
		}
		for range 2 {
			for _, url := range urls {
				r := quick(url)
				if r.Method = method; method == http.MethodPost {
					r.Body = []byte("{}")
				}
				if _, _, err := get(t, f, r); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := counts.Connections.Load(); n < 2*hosts-kept {
			t.Errorf("%s: %d connections were made for %d hosts asked twice, so that more than %d were kept", method, n, hosts, kept)
		}
	}
}
