package fetchers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

// certificate writes NAME.pem and NAME.key, signed by itself, good for some names from now on.
func certificate(t *testing.T, dir, name string, life time.Duration, hosts ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	bits, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for suffix, block := range map[string]*pem.Block{".pem": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "EC PRIVATE KEY", Bytes: bits}} {
		if err := os.WriteFile(filepath.Join(dir, name+suffix), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	good := certificate(t, dir, "good", time.Hour, "127.0.0.1")
	expired := certificate(t, dir, "expired", -time.Minute, "127.0.0.1")
	wrong := certificate(t, dir, "wrong", time.Hour, "example.com")
	client := certificate(t, dir, "client", time.Hour)
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

// TestTLSEndsProperly: over TLS the end of a connection proves that a body is whole, and a cut one shows.
func TestTLSEndsProperly(t *testing.T) {
	dir := t.TempDir()
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t, dir, "c", time.Hour, "127.0.0.1")}}
	f := fetchers.New(fetchers.Options{Dir: dir})
	for end, ok := range map[ft.End]bool{ft.Close: true, ft.Reset: false} {
		r := quick(ft.NewTLSServer(t, config, ft.Raw(ft.Head(200)+doc, end)).URL)
		r.TLS.CA = "c.pem"
		if body, _, err := get(t, f, r); ok != (err == nil && body == doc) {
			t.Errorf("end %d: %q, %v", end, body, err)
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
		"socks":           {socks(t), nil, "direct"},
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

// socks is a SOCKS5 proxy for one kind of request: to connect, without a password, to an IPv4 address.
func socks(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, 10)
		_, _ = io.ReadFull(c, b[:3])
		_, _ = c.Write([]byte{5, 0})
		_, _ = io.ReadFull(c, b)
		to, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: b[4:8], Port: int(b[8])<<8 | int(b[9])})
		if err != nil {
			return
		}
		defer to.Close()
		_, _ = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		go func() { _, _ = io.Copy(to, c) }()
		go func() { _, _ = io.Copy(c, to) }()
		<-stop
	}()
	t.Cleanup(func() { close(stop); l.Close(); <-done })
	return "socks5://" + l.Addr().String()
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
