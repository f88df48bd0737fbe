package fetchers_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	good := ft.Certificate(t, dir, "good", time.Hour, "127.0.0.1")
	expired := ft.Certificate(t, dir, "expired", -time.Minute, "127.0.0.1")
	wrong := ft.Certificate(t, dir, "wrong", time.Hour, "example.com")
	client := ft.Certificate(t, dir, "client", time.Hour)
	clients := x509.NewCertPool()
	leaf, _ := x509.ParseCertificate(client.Certificate[0])
	clients.AddCert(leaf)
	server := func(c tls.Certificate) *ft.Server {
		return ft.NewTLSServer(t, &tls.Config{Certificates: []tls.Certificate{c}}, ft.Reply(200, doc))
	}
	mutual := ft.NewTLSServer(t, &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}, ft.Reply(200, doc))
	f := fetchers.New(fetchers.Options{Dir: dir})
	for name, c := range map[string]struct {
		srv *ft.Server
		tls fetchers.TLS
		ok  bool
	}{
		"private CA":     {server(good), fetchers.TLS{CA: "good.pem"}, true},
		"unknown CA":     {server(good), fetchers.TLS{}, false},
		"expired":        {server(expired), fetchers.TLS{CA: "expired.pem"}, false},
		"wrong name":     {server(wrong), fetchers.TLS{CA: "wrong.pem"}, false},
		"insecure":       {server(wrong), fetchers.TLS{Insecure: true}, true},
		"mutual":         {mutual, fetchers.TLS{CA: "good.pem", Cert: "client.pem", Key: "client.key"}, true},
		"no certificate": {mutual, fetchers.TLS{CA: "good.pem"}, false},
		"no such file":   {mutual, fetchers.TLS{CA: "none.pem"}, false},
		"no PEM":         {mutual, fetchers.TLS{CA: "good.key"}, false},
		"wrong key":      {mutual, fetchers.TLS{Cert: "client.pem", Key: "good.key"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := quick(c.srv.URL)
			r.TLS = c.tls
			body, _, err := get(t, f, r)
			if c.ok && (err != nil || body != doc) {
				t.Error(err)
			}
			if !c.ok {
				if e := failure(t, err); e.Class != fetchers.ClassTLS || e.Attempts != 1 {
					t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
				}
			}
		})
	}
}

// TestTheEndOfTLSProvesNothing: a server that is killed ends its connection as one that has said all, and Go's TLS takes
// the one for the other.
func TestTheEndOfTLSProvesNothing(t *testing.T) {
	dir := t.TempDir()
	config := &tls.Config{Certificates: []tls.Certificate{ft.Certificate(t, dir, "c", time.Hour, "127.0.0.1")}}
	f := fetchers.New(fetchers.Options{Dir: dir})
	for _, end := range []ft.End{ft.Close, ft.Vanish, ft.Reset} {
		for body, whole := range map[string]bool{doc: true, doc[:9]: false} {
			r := quick(ft.NewTLSServer(t, config, ft.Raw(ft.Head(200)+body, end)).URL)
			r.TLS.CA = "c.pem"
			if _, _, err := get(t, f, r); err == nil {
				t.Errorf("end %d: %q is taken for whole", end, body)
			}
			r.Expect.JSON = true
			if got, _, err := get(t, f, r); (err == nil) != (whole && end != ft.Reset) || err == nil && got != doc {
				t.Errorf("end %d, as JSON: %q, %v", end, got, err)
			}
		}
	}
}

func TestHTTPVersions(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
	secure := httptest.NewUnstartedServer(handler)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewUnstartedServer(handler)
	plain.Config.Protocols = new(http.Protocols)
	plain.Config.Protocols.SetHTTP1(true)
	plain.Config.Protocols.SetUnencryptedHTTP2(true)
	plain.Start()
	defer plain.Close()
	f := fetchers.New(fetchers.Options{})
	for _, c := range []struct{ url, option, want string }{
		{secure.URL, "", "HTTP/2.0"},
		{secure.URL, "auto", "HTTP/2.0"},
		{secure.URL, "1", "HTTP/1.1"},
		{secure.URL, "2", "HTTP/2.0"},
		{plain.URL, "auto", "HTTP/1.1"},
		{plain.URL, "1", "HTTP/1.1"},
		{plain.URL, "2", "HTTP/2.0"},
	} {
		r := quick(c.url)
		r.HTTP, r.TLS.Insecure = c.option, true
		if got, _, err := get(t, f, r); err != nil || got != c.want {
			t.Errorf("%s with %q: %q, %v", c.url[:5], c.option, got, err)
		}
	}
}

func TestProxies(t *testing.T) {
	target := ft.NewServer(t, ft.Reply(200, "direct"))
	proxy := ft.NewServer(t, ft.Reply(200, "by proxy"))
	dir := t.TempDir()
	socket, err := net.Listen("unix", filepath.Join(dir, "s.sock"))
	if err != nil {
		t.Skip("no unix sockets here: ", err)
	}
	unix := &httptest.Server{Listener: socket, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "by socket to "+r.Host)
	})}}
	unix.Start()
	defer unix.Close()
	env := func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	for name, c := range map[string]struct {
		option string
		env    func(*http.Request) (*url.URL, error)
		want   string
	}{
		"none":            {"", nil, "direct"},
		"environment":     {"", env, "by proxy"},
		"request":         {proxy.URL, nil, "by proxy"},
		"socket":          {"unix:s.sock", env, "by socket to " + strings.TrimPrefix(target.URL, "http://")},
		"absolute socket": {"unix:" + filepath.Join(dir, "s.sock"), nil, "by socket to " + strings.TrimPrefix(target.URL, "http://")},
		"socks":           {ft.NewSOCKS(t, nil).URL, nil, "direct"},
	} {
		r := quick(target.URL)
		r.Proxy = c.option
		got, _, err := get(t, fetchers.New(fetchers.Options{Proxy: c.env, Dir: dir}), r)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, bad := range []string{"gopher://x", "http://[bad"} {
		r := quick(target.URL)
		r.Proxy = bad
		_, _, err := get(t, fetchers.New(fetchers.Options{}), r)
		if e := failure(t, err); e.Attempts != 1 {
			t.Errorf("%s: %v", bad, err)
		}
	}
	r := quick(target.URL)
	r.Proxy = ft.Refused(t)
	_, _, err = get(t, fetchers.New(fetchers.Options{}), r)
	if e := failure(t, err); e.Class != fetchers.ClassConnect {
		t.Errorf("a dead proxy: class %s: %v", e.Class, err)
	}
}

// TestProxiesThatRefuse has ways that lead nowhere.
func TestProxiesThatRefuse(t *testing.T) {
	dir := t.TempDir()
	_, secure := documents(t, dir)
	for _, c := range []struct {
		status   int
		attempts int
	}{{403, 1}, {407, 1}, {429, 3}, {502, 3}, {503, 3}} {
		proxy := ft.NewProxy(t)
		proxy.Refuse.Store(int64(c.status))
		r := quick(secure + "/small.json")
		r.Proxy, r.TLS.CA = strings.Replace(proxy.URL, "http://", "http://me:hunter2@", 1), "server.pem"
		_, _, err := get(t, fetchers.New(fetchers.Options{Dir: dir}), r)
		e := failure(t, err)
		if e.Class != fetchers.ClassConnect || e.Status != 0 || e.Attempts != c.attempts || !strings.Contains(err.Error(), strconv.Itoa(c.status)) {
			t.Errorf("%d: class %s, status %d after %d attempts: %v", c.status, e.Class, e.Status, e.Attempts, err)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the proxy's password is shown: %v", err)
		}
	}
	r := quick(secure + "/small.json")
	r.Proxy = ft.Refused(t)
	if _, _, err := get(t, fetchers.New(fetchers.Options{}), r); failure(t, err).Class != fetchers.ClassConnect {
		t.Errorf("a dead proxy: %v", err)
	}
	r.Proxy = "socks5" + strings.TrimPrefix(ft.Refused(t), "http")
	if _, _, err := get(t, fetchers.New(fetchers.Options{}), r); failure(t, err).Class != fetchers.ClassConnect {
		t.Errorf("a dead SOCKS proxy: %v", err)
	}
	r.Proxy = "unix:none.sock"
	if _, _, err := get(t, fetchers.New(fetchers.Options{Dir: dir}), r); failure(t, err).Class != fetchers.ClassConnect {
		t.Errorf("no socket: %v", err)
	}
	socks := ft.NewSOCKS(t, nil)
	r = quick(ft.Refused(t))
	r.Proxy = socks.URL
	if _, _, err := get(t, fetchers.New(fetchers.Options{}), r); failure(t, err).Attempts != 3 {
		t.Errorf("a dead host by SOCKS: %v", err)
	}
}

// TestProxiesThatWantAPassword has SOCKS5 proxies that don't know who asks, and holds that nothing is told of passwords.
func TestProxiesThatWantAPassword(t *testing.T) {
	target := ft.NewServer(t, ft.Reply(200, doc))
	socks := ft.NewSOCKS(t, url.UserPassword("me", "right")).URL
	for name, proxy := range map[string]string{
		"another password": strings.Replace(socks, "me:right", "me:hunter2", 1),
		"nobody":           strings.Replace(socks, "me:right@", "", 1),
	} {
		r := quick(target.URL)
		r.Proxy = proxy
		_, _, err := get(t, fetchers.New(fetchers.Options{}), r)
		if e := failure(t, err); e.Class != fetchers.ClassConnect || e.Attempts != 1 || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: class %s after %d attempts: %v", name, e.Class, e.Attempts, err)
		}
	}
	if n := len(target.Requests()); n != 0 {
		t.Errorf("%d requests came through", n)
	}
}

// TestBadProxyOfTheEnvironment has the environment name proxies that can't be.
func TestBadProxyOfTheEnvironment(t *testing.T) {
	target := ft.NewServer(t, ft.Reply(200, doc))
	for value, bad := range map[string]bool{
		"http://me:hunter2@[bad": true, "me:hunter2@[bad": true, "http://me:hunter2@": true, "ftp://me:hunter2@proxy": true, "http:/me:hunter2": true, "me:hunter2": true,
		"": false, "http://me:hunter2@127.0.0.1:1": false, "me:hunter2@127.0.0.1:1": false, "127.0.0.1:1": false, "127.0.0.1": false, "SOCKS5://127.0.0.1:1": false,
	} {
		for _, name := range []string{"HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
			env := map[string]string{name: value, "NO_PROXY": "free.test"}
			lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
			o := fetchers.Options{Proxy: fetchers.Proxies(lookup)}
			at := strings.Replace(strings.TrimSuffix(strings.ToLower(name), "_proxy"), "all", "https", 1) + "://host.test/"
			r := quick(at)
			r.Retry.Attempts = 1
			_, _, err := get(t, fetchers.New(o), r)
			e := failure(t, err)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s=%s: the password is shown: %v", name, value, err)
			}
			if got := e.Class == fetchers.ClassURL && strings.Contains(err.Error(), name); got != bad {
				t.Errorf("%s=%s: class %s: %v", name, value, e.Class, err)
			}
			free := httptest.NewRequest(http.MethodGet, strings.Replace(at, "host", "free", 1), http.NoBody)
			if proxy, err := o.Proxy(free); err != nil || proxy != nil {
				t.Errorf("%s=%s, of a host without a proxy: %v, %v", name, value, proxy, err)
			}
			if _, _, err := get(t, fetchers.New(o), quick(target.URL)); err != nil {
				t.Errorf("%s=%s, of a loopback address: %v", name, value, err)
			}
		}
	}
}

// TestFaultsByHTTP2 has streams go wrong while their connection lives.
func TestFaultsByHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/headers", "/more":
			for range map[string]int{"/headers": 150, "/more": 2000}[r.URL.Path] {
				w.Header().Add("X-Padding", strings.Repeat("x", 8000))
			}
		case "/body", "/large":
			w.Header().Set("Content-Length", "5000000")
			_, _ = io.WriteString(w, strings.Repeat("x", map[string]int{"/body": 5, "/large": 2 << 20}[r.URL.Path]))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case "/none":
			panic(http.ErrAbortHandler)
		case "/short":
			_, _ = io.WriteString(w, doc[:5])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, doc)
	}))
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	f := fetchers.New(fetchers.Options{})
	for path, want := range map[string]struct {
		class    fetchers.Class
		status   int
		attempts int
	}{
		"/none": {fetchers.ClassReset, 0, 3}, "/body": {fetchers.ClassReset, 200, 3}, "/large": {fetchers.ClassReset, 200, 3},
		"/short": {fetchers.ClassReset, 200, 3}, "/headers": {fetchers.ClassSize, 0, 1},
		"/more": {fetchers.ClassReset, 0, 3}, // all that net/http tells of it, and all others of the connection break, too
	} {
		r := quick(srv.URL + path)
		r.TLS.Insecure = true
		_, _, err := get(t, f, r)
		if e := failure(t, err); e.Class != want.class || e.Status != want.status || e.Attempts != want.attempts {
			t.Errorf("%s: class %s, status %d after %d attempts: %v", path, e.Class, e.Status, e.Attempts, err)
		}
		r.URL = srv.URL + "/well"
		if body, _, err := get(t, f, r); err != nil || body != doc {
			t.Errorf("after %s: %q, %v", path, body, err)
		}
	}
}

// TestStallByHTTP2 has a stream stall while its connection lives.
func TestStallByHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/headers" {
			_, _ = io.WriteString(w, doc[:5])
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	f := fetchers.New(fetchers.Options{})
	for _, path := range []string{"/headers", "/body"} {
		r := quick(srv.URL + path)
		short(r)
		r.TLS.Insecure = true
		_, _, err := get(t, f, r)
		if e := failure(t, err); e.Class != fetchers.ClassTimeout || e.Attempts != 3 {
			t.Errorf("%s: class %s after %d attempts: %v", path, e.Class, e.Attempts, err)
		}
	}
}

// TestStallWhileSending has a host that takes the connection, and nothing of what it is sent.
func TestStallWhileSending(t *testing.T) {
	r := quick(ft.Listener(t, ft.Stall))
	short(r)
	r.Method, r.Body = http.MethodPost, make([]byte, 16<<20)
	_, _, err := get(t, fetchers.New(fetchers.Options{}), r)
	if e := failure(t, err); e.Class != fetchers.ClassTimeout || e.Attempts != 3 {
		t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
	}
}

// TestProxyOfAnyScheme has the environment name a proxy for what has none of its own.
func TestProxyOfAnyScheme(t *testing.T) {
	for _, c := range []struct{ env, http, https string }{
		{"ALL_PROXY=socks5://127.0.0.1:1", "socks5://127.0.0.1:1", "socks5://127.0.0.1:1"},
		{"all_proxy=127.0.0.1:1 ALL_PROXY=127.0.0.1:2", "http://127.0.0.1:1", "http://127.0.0.1:1"},
		{"ALL_PROXY=socks5h://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:2", "socks5h://127.0.0.1:1", "http://127.0.0.1:2"},
		{"all_proxy=socks5://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:2", "http://127.0.0.1:2", "socks5://127.0.0.1:1"},
		{"ALL_PROXY=socks5://127.0.0.1:1 NO_PROXY=.test", "", ""},
		{"ALL_PROXY=socks5://127.0.0.1:1 REQUEST_METHOD=GET", "socks5://127.0.0.1:1", "socks5://127.0.0.1:1"},
		{"ALL_PROXY=socks5://127.0.0.1:1 http_proxy=", "socks5://127.0.0.1:1", "socks5://127.0.0.1:1"},
		{"HTTP_PROXY=http://127.0.0.1:2", "http://127.0.0.1:2", ""},
	} {
		env := map[string]string{}
		for _, set := range strings.Fields(c.env) {
			name, value, _ := strings.Cut(set, "=")
			env[name] = value
		}
		find := fetchers.Proxies(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
		for scheme, want := range map[string]string{"http": c.http, "https": c.https} {
			got, err := find(httptest.NewRequest(http.MethodGet, scheme+"://host.test/", http.NoBody))
			if err != nil || (got == nil) != (want == "") || got != nil && got.String() != want {
				t.Errorf("%s: %s goes by %v, want %q: %v", c.env, scheme, got, want, err)
			}
			if got, err := find(httptest.NewRequest(http.MethodGet, scheme+"://127.0.0.1:8080/", http.NoBody)); err != nil || got != nil {
				t.Errorf("%s: loopback goes by %v, %v", c.env, got, err)
			}
		}
	}
}
