package fetchers_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/fetchertest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), // pooled connections
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("net/http/internal/http2.(*ClientConn).readLoop"))
}

func TestSuite(t *testing.T) {
	docs, dir := fetchertest.Documents(), t.TempDir()
	for name, body := range docs {
		name, _ = url.PathUnescape(name)
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := docs[r.URL.EscapedPath()[1:]]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Etag", `"v1"`)
		http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(body))
	})
	plain := httptest.NewServer(handler)
	defer plain.Close()
	two := httptest.NewUnstartedServer(handler)
	two.EnableHTTP2 = true
	two.StartTLS()
	defer two.Close()

	o := fetchers.Options{Dir: dir}
	at := func(base string) func(string) string { return func(name string) string { return base + "/" + name } }
	for name, f := range map[string]fetchers.Fetcher{"whole": fetchers.New(o), "scheme": fetchers.Web(o)} {
		t.Run("http "+name, func(t *testing.T) { fetchertest.Suite(t, f, at(plain.URL)) })
		t.Run("http2 "+name, func(t *testing.T) {
			fetchertest.Suite(t, with{f, func(r *fetchers.Request) { r.TLS.Insecure, r.HTTP = true, "2" }}, at(two.URL))
		})
	}
	for name, f := range map[string]fetchers.Fetcher{"whole": fetchers.New(o), "scheme": fetchers.Files(o)} {
		t.Run("file "+name, func(t *testing.T) { fetchertest.Suite(t, f, at("file://"+filepath.ToSlash(dir))) })
		t.Run("relative file "+name, func(t *testing.T) {
			fetchertest.Suite(t, f, func(name string) string { return "file://" + name })
		})
	}
}
