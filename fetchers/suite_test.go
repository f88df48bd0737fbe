package fetchers_test

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), // pooled connections
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("net/http/internal/http2.(*ClientConn).readLoop"))
}

// documents starts servers of the suite's documents: by http (1.1, and 2 for those who know), by https (1.1 and 2), and
// by a unix socket in dir, called s.sock.
func documents(t *testing.T, dir string) (plain, secure string) {
	t.Helper()
	docs := ft.Documents()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := docs[r.URL.EscapedPath()[1:]]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Etag", `"v1"`)
		http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(body))
	})
	one := httptest.NewUnstartedServer(handler)
	one.Config.Protocols = new(http.Protocols)
	one.Config.Protocols.SetHTTP1(true)
	one.Config.Protocols.SetUnencryptedHTTP2(true)
	one.Start()
	t.Cleanup(one.Close)
	two := httptest.NewUnstartedServer(handler)
	two.EnableHTTP2 = true
	two.TLS = &tls.Config{Certificates: []tls.Certificate{ft.Certificate(t, dir, "server", time.Hour, "127.0.0.1")}}
	two.StartTLS()
	t.Cleanup(two.Close)
	l, err := net.Listen("unix", filepath.Join(dir, "s.sock"))
	if err != nil {
		t.Fatal(err)
	}
	three := &httptest.Server{Listener: l, Config: &http.Server{Handler: handler}}
	three.Start()
	t.Cleanup(three.Close)
	return one.URL, two.URL
}

// TestSuite holds every way to the documents to the suite, as users see it and as a scheme alone.
func TestSuite(t *testing.T) {
	dir := t.TempDir()
	plain, secure := documents(t, dir)
	proxy, socks, known := ft.NewProxy(t), ft.NewSOCKS(t, nil), ft.NewSOCKS(t, url.UserPassword("me", "hunter2/@:"))
	byProxy := func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	for name, c := range map[string]struct {
		at     string
		env    func(*http.Request) (*url.URL, error)
		change func(*fetchers.Request)
		via    *ft.Proxy
	}{
		"http":            {plain, nil, func(*fetchers.Request) {}, nil},
		"http2 on http":   {plain, nil, func(r *fetchers.Request) { r.HTTP = "2" }, nil},
		"https":           {secure, nil, func(r *fetchers.Request) { r.HTTP = "1" }, nil},
		"http2":           {secure, nil, func(r *fetchers.Request) { r.HTTP = "2" }, nil},
		"proxy":           {plain, nil, func(r *fetchers.Request) { r.Proxy = proxy.URL }, proxy},
		"https by proxy":  {secure, nil, func(r *fetchers.Request) { r.Proxy = proxy.URL }, proxy},
		"as the env says": {plain, byProxy, func(*fetchers.Request) {}, proxy},
		"socks":           {plain, nil, func(r *fetchers.Request) { r.Proxy = socks.URL }, socks},
		"https by socks":  {secure, byProxy, func(r *fetchers.Request) { r.Proxy = socks.URL }, socks},
		"socks, by name":  {plain, nil, func(r *fetchers.Request) { r.Proxy = known.URL }, known},
		"https, by name":  {secure, func(*http.Request) (*url.URL, error) { return url.Parse(known.URL) }, func(*fetchers.Request) {}, known},
		"unix socket":     {"http://any", nil, func(r *fetchers.Request) { r.Proxy = "unix:s.sock" }, nil},
	} {
		o := fetchers.Options{Dir: dir, Proxy: c.env}
		parts := map[string]fetchers.Fetcher{"whole": fetchers.New(o)}
		if c.via == nil {
			parts["scheme"] = fetchers.Web(o)
		}
		for what, f := range parts {
			t.Run(name+" "+what, func(t *testing.T) {
				before := 0
				if c.via != nil {
					before = c.via.Used()
				}
				ft.Suite(t, ft.Source{
					Fetcher: with{f, func(r *fetchers.Request) { r.TLS.CA = "server.pem"; c.change(r) }},
					URL:     func(name string) string { return c.at + "/" + name }, Checks: what == "whole",
				})
				if c.via != nil && c.via.Used() == before {
					t.Error("it went another way")
				}
			})
		}
	}
}

// TestSuiteOfFiles holds files to the suite.
func TestSuiteOfFiles(t *testing.T) {
	dir := t.TempDir()
	for name, body := range ft.Documents() {
		name, _ = url.PathUnescape(name)
		if err := os.WriteFile(filepath.Join(dir, name), body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := fetchers.Options{Dir: dir}
	for _, at := range []string{"file://" + filepath.ToSlash(dir) + "/", "file://localhost" + filepath.ToSlash(dir) + "/", "FILE:"} {
		for what, f := range map[string]fetchers.Fetcher{"whole": fetchers.New(o), "scheme": fetchers.Files(o)} {
			name, _, _ := strings.Cut(at, filepath.ToSlash(dir))
			t.Run(name+" "+what, func(t *testing.T) {
				ft.Suite(t, ft.Source{Fetcher: f, URL: func(name string) string { return at + name }, Checks: what == "whole"})
			})
		}
	}
}

// TestSuiteOfWrappers holds each wrapper alone to the suite, round a fetcher of one scheme.
func TestSuiteOfWrappers(t *testing.T) {
	plain, _ := documents(t, t.TempDir())
	for name, f := range fetchers.Wrappers(fetchers.Options{}) {
		t.Run(name, func(t *testing.T) {
			ft.Suite(t, ft.Source{Fetcher: f, URL: func(name string) string { return plain + "/" + name }, Checks: name == "check"})
		})
	}
}
