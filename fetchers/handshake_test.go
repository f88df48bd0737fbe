package fetchers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

// TestProxyThatStalls has proxies that take the connection, and say nothing before it is one to the host.
func TestProxyThatStalls(t *testing.T) {
	dead := strings.TrimPrefix(ft.Listener(t, ft.Stall), "http://")
	for name, c := range map[string]struct{ url, proxy, http string }{
		"socks":               {"http://host.test/", "socks5://me:hunter2@" + dead, ""},
		"https by socks":      {"https://host.test/", "socks5h://" + dead, ""},
		"http2 by socks":      {"http://host.test/", "socks5://" + dead, "2"},
		"connect":             {"https://host.test/", "http://me:hunter2@" + dead, ""},
		"connect, for http2":  {"https://host.test/", "http://" + dead, "2"},
		"TLS, before connect": {"https://host.test/", "https://" + dead, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := quick(c.url)
			r.Proxy, r.HTTP, r.Timeouts.Connect = c.proxy, c.http, 100*time.Millisecond
			_, _, err := get(t, fetchers.New(fetchers.Options{}), r)
			e := failure(t, err)
			if e.Class != fetchers.ClassConnect || e.Attempts != 3 || e.NotTried {
				t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
			}
			if text := err.Error(); !strings.Contains(text, dead) || !strings.Contains(text, "100ms") || strings.Contains(text, "hunter2") {
				t.Errorf("it says %v", err)
			}
		})
	}
}

// TestSlowAnswerByProxy has answers that take longer than a connection may: what bounds the one is not for the other.
func TestSlowAnswerByProxy(t *testing.T) {
	const connect = time.Second
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(connect * 3 / 2)
		_, _ = io.WriteString(w, doc)
	})
	plain := httptest.NewServer(handler)
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(handler)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	proxy, socks := ft.NewProxy(t), ft.NewSOCKS(t, nil)
	for name, c := range map[string]struct{ url, proxy, http string }{
		"proxy":            {plain.URL, proxy.URL, ""},
		"socks":            {plain.URL, socks.URL, ""},
		"https by connect": {secure.URL, proxy.URL, "1"},
		"http2 by connect": {secure.URL, proxy.URL, "2"},
		"https by socks":   {secure.URL, socks.URL, "1"},
		"http2 by socks":   {secure.URL, socks.URL, "auto"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := quick(c.url)
			r.Proxy, r.HTTP, r.TLS.Insecure, r.Timeouts.Connect = c.proxy, c.http, true, connect
			if got, _, err := get(t, fetchers.New(fetchers.Options{}), r); err != nil || got != doc {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
