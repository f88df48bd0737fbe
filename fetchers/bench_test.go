package fetchers_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/limit"
)

const benchPlaces = 64

func benchServer(b *testing.B, size int) *httptest.Server {
	body := bytes.Repeat([]byte("x"), size)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h["Date"] = nil
		h["Content-Type"] = []string{"application/json"}
		_, _ = w.Write(body)
	}))
	b.Cleanup(srv.Close)
	return srv
}

// BenchmarkSmall compares whole fetches of 2 KB with bare round trips to the same server.
func BenchmarkSmall(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		srv := benchServer(b, 2048)
		t := &http.Transport{MaxIdleConnsPerHost: benchPlaces, DisableCompression: true, ReadBufferSize: 32 << 10}
		defer t.CloseIdleConnections()
		b.ReportAllocs()
		b.SetParallelism(benchPlaces / 2)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				req, _ := http.NewRequest(http.MethodGet, srv.URL+"/doc", nil)
				resp, err := t.RoundTrip(req)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	})
	b.Run("fetch", func(b *testing.B) {
		srv := benchServer(b, 2048)
		f := fetchers.New(fetchers.Options{
			PerHost: benchPlaces,
			Limits:  limit.New(limit.Options{InFlight: benchPlaces, Rules: map[string]limit.Rule{"*": {Concurrency: benchPlaces}}}),
		})
		b.ReportAllocs()
		b.SetParallelism(benchPlaces / 2)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				resp, err := f.Fetch(b.Context(), &fetchers.Request{
					URL: srv.URL + "/doc", Redirects: 10,
					Timeouts: fetchers.Timeouts{Connect: 10 * time.Second, Response: 30 * time.Second, Idle: 30 * time.Second},
				})
				if err != nil {
					b.Error(err)
					return
				}
				if len(resp.Bytes) != 2048 {
					b.Errorf("%d bytes", len(resp.Bytes))
				}
				resp.Close()
			}
		})
	})
}

// BenchmarkLarge compares a stream of 256 MB with the same of a bare round trip.
func BenchmarkLarge(b *testing.B) {
	const size = 256 << 20
	block := bytes.Repeat([]byte("x"), 1<<20)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		for range size / len(block) {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	drain := func(b *testing.B, r io.Reader) {
		p := make([]byte, 256<<10)
		for n := 0; ; {
			k, err := r.Read(p)
			n += k
			if err == io.EOF && n == size {
				return
			}
			if err != nil {
				b.Fatal(n, err)
			}
		}
	}
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			resp, err := http.Get(srv.URL)
			if err != nil {
				b.Fatal(err)
			}
			drain(b, resp.Body)
			resp.Body.Close()
		}
	})
	b.Run("fetch", func(b *testing.B) {
		b.SetBytes(size)
		f := fetchers.New(fetchers.Options{})
		for b.Loop() {
			resp, err := f.Fetch(b.Context(), &fetchers.Request{URL: srv.URL, Timeouts: fetchers.Timeouts{Idle: time.Minute}})
			if err != nil {
				b.Fatal(err)
			}
			drain(b, resp.Body)
			resp.Close()
		}
	})
}
