package fetchers_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

const doc = `{"id": 1, "text": "whole"}`

func packed(t testing.TB, k codec.Kind, text string) string {
	t.Helper()
	b, err := codec.AppendEncode(nil, k, "", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestFaults has each fault of a server once, before an answer that is whole, and for ever: by connections of ours, which
// are for plain GETs, and by those of net/http.
func TestFaults(t *testing.T) {
	gz, zst := packed(t, codec.Gzip, doc), packed(t, codec.Zstd, doc)
	length := fmt.Sprintf("Content-Length: %d", len(doc))
	long := fmt.Sprintf("Content-Length: %d", len(doc)+10)
	for name, c := range map[string]struct {
		fault ft.Answer
		class fetchers.Class
		set   func(*fetchers.Request)
		final bool // not tried again
	}{
		"closed before an answer":      {ft.Raw("", ft.Close), fetchers.ClassReset, nil, false},
		"reset before an answer":       {ft.Raw("", ft.Reset), fetchers.ClassReset, nil, false},
		"reset in the headers":         {ft.Raw("HTTP/1.1 200 OK\r\nContent-Le", ft.Reset), fetchers.ClassReset, nil, false},
		"closed in the headers":        {ft.Raw("HTTP/1.1 200 OK\r\nContent-Le", ft.Close), fetchers.ClassReset, nil, false},
		"no HTTP":                      {ft.Raw("220 smtp.example.com ESMTP\r\n", ft.Close), fetchers.ClassReset, nil, false},
		"stall before an answer":       {ft.Raw("", ft.Stall), fetchers.ClassTimeout, short, false},
		"stall in the headers":         {ft.Raw("HTTP/1.1 200 OK\r\nContent-Le", ft.Stall), fetchers.ClassTimeout, short, false},
		"stall in the body":            {ft.Raw(ft.Head(200, length)+doc[:5], ft.Stall), fetchers.ClassTimeout, short, false},
		"stall in a large body":        {ft.Raw(ft.Head(200, "Content-Length: 5000000")+doc[:5], ft.Stall), fetchers.ClassTimeout, short, false},
		"reset in the body":            {ft.Raw(ft.Head(200, length)+doc[:5], ft.Reset), fetchers.ClassReset, nil, false},
		"less than Content-Length":     {ft.Raw(ft.Head(200, long)+doc, ft.Close), fetchers.ClassCut, nil, false},
		"no last chunk":                {ft.Raw(ft.Head(200, "Transfer-Encoding: chunked")+ft.Chunks(doc), ft.Close), fetchers.ClassCut, nil, false},
		"cut chunk":                    {ft.Raw(ft.Head(200, "Transfer-Encoding: chunked")+"1a\r\n"+doc[:5], ft.Close), fetchers.ClassCut, nil, false},
		"bad chunk":                    {ft.Raw(ft.Head(200, "Transfer-Encoding: chunked")+"zz\r\n"+doc, ft.Close), fetchers.ClassCut, nil, false},
		"ends with the connection":     {ft.Raw(ft.Head(200)+doc, ft.Close), fetchers.ClassCut, nil, true},
		"cut JSON that ends so":        {ft.Raw(ft.Head(200)+doc[:9], ft.Close), fetchers.ClassExpect, json, true},
		"gzip said and not sent":       {ft.Reply(200, doc, "Content-Encoding: gzip"), fetchers.ClassCut, nil, false},
		"gzip truncated":               {ft.Reply(200, gz[:len(gz)-9], "Content-Encoding: gzip"), fetchers.ClassCut, nil, false},
		"gzip and junk":                {ft.Reply(200, gz+"junk, and more of it", "Content-Encoding: gzip"), fetchers.ClassCut, nil, false},
		"gzip of nothing":              {ft.Reply(200, "", "Content-Encoding: gzip"), fetchers.ClassCut, nil, false},
		"zstd said and not sent":       {ft.Reply(200, doc, "Content-Encoding: zstd"), fetchers.ClassCut, nil, false},
		"zstd truncated":               {ft.Reply(200, zst[:len(zst)-3], "Content-Encoding: zstd"), fetchers.ClassCut, nil, false},
		"zstd and junk":                {ft.Reply(200, zst+"junk, and more of it", "Content-Encoding: zstd"), fetchers.ClassCut, nil, false},
		"zstd of nothing":              {ft.Reply(200, "", "Content-Encoding: zstd"), fetchers.ClassCut, nil, false},
		"deflate truncated":            {ft.Reply(200, deflated(doc, true)[:9], "Content-Encoding: deflate"), fetchers.ClassCut, nil, false},
		"deflate and junk":             {ft.Reply(200, deflated(doc, true)+"junk", "Content-Encoding: deflate"), fetchers.ClassCut, nil, false},
		"gzip sent and not said":       {ft.Reply(200, gz), fetchers.ClassExpect, json, true},
		"an encoding nobody asked for": {ft.Reply(200, doc, "Content-Encoding: br"), fetchers.ClassExpect, nil, true},
		"empty":                        {ft.Reply(200, ""), fetchers.ClassExpect, func(r *fetchers.Request) { r.Expect.MinSize = 1 }, true},
		"NaN":                          {ft.Reply(200, `{"x": NaN}`), fetchers.ClassExpect, json, true},
		"invalid UTF-8":                {ft.Reply(200, "{\"x\": \"\xff\"}"), fetchers.ClassExpect, json, true},
		"HTML with status 200":         {ft.Reply(200, "<html>sorry</html>", "Content-Type: text/html"), fetchers.ClassExpect, json, true},
		"HTML by its type":             {ft.Reply(200, doc, "Content-Type: text/html"), fetchers.ClassExpect, func(r *fetchers.Request) { r.Expect.ContentType = "application/json" }, true},
		"headers without end":          {endless, fetchers.ClassSize, nil, true},
		"401":                          {ft.Reply(401, "no"), fetchers.ClassStatus, nil, true},
		"404":                          {ft.Reply(404, "no"), fetchers.ClassStatus, nil, true},
		"204":                          {ft.Raw(ft.Head(204), ft.Keep), fetchers.ClassStatus, nil, true},
		"206 that nobody asked for":    {ft.Reply(206, doc), fetchers.ClassStatus, nil, true},
		"304 that nobody asked for":    {ft.Raw(ft.Head(304), ft.Keep), fetchers.ClassStatus, nil, true},
		"408":                          {ft.Reply(408, "slow"), fetchers.ClassStatus, nil, false},
		"425":                          {ft.Reply(425, "early"), fetchers.ClassStatus, nil, false},
		"500":                          {ft.Reply(500, "oh"), fetchers.ClassStatus, nil, false},
		"503":                          {ft.Reply(503, "later"), fetchers.ClassStatus, nil, false},
		"599":                          {ft.Reply(599, "?"), fetchers.ClassStatus, nil, false},
	} {
		for _, way := range []string{"direct", "net/http"} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				request := func(url string) *fetchers.Request {
					r := quick(url)
					if way != "direct" {
						r.Method, r.Body = http.MethodPost, []byte("{}")
					}
					if c.set != nil {
						c.set(r)
					}
					return r
				}
				srv := ft.NewServer(t, ft.Reply(200, doc, "Content-Type: application/json"))
				srv.Handle("/once", c.fault, ft.Reply(200, doc, "Content-Type: application/json"))
				srv.Handle("/always", c.fault)
				f := fetchers.New(fetchers.Options{})

				body, resp, err := get(t, f, request(srv.URL+"/once"))
				switch {
				case c.final:
					if e := failure(t, err); e.Attempts != 1 || e.Class != c.class {
						t.Errorf("once: class %s after %d attempts: %v", e.Class, e.Attempts, err)
					}
				case err != nil || body != doc || resp.Attempts != 2:
					t.Errorf("once: %q, %v", body, err)
				}

				_, _, err = get(t, f, request(srv.URL+"/always"))
				want := 3
				if c.final {
					want = 1
				}
				if e := failure(t, err); e.Class != c.class || e.Attempts != want || e.URL != srv.URL+"/always" || e.NotTried {
					t.Errorf("always: class %s after %d attempts (want %s, %d): %v", e.Class, e.Attempts, c.class, want, err)
				}
				if body, _, err := get(t, f, request(srv.URL+"/another")); err != nil || body != doc {
					t.Errorf("another: %q, %v", body, err)
				}
			})
		}
	}
}

func short(r *fetchers.Request) {
	r.Timeouts.Response, r.Timeouts.Idle = 100*time.Millisecond, 100*time.Millisecond
}

func json(r *fetchers.Request) { r.Expect.JSON = true }

// endless sends headers until the client has had enough.
func endless(e *ft.Exchange) ft.End {
	e.Write("HTTP/1.1 200 OK\r\n")
	line := "X-Padding: " + strings.Repeat("x", 8000) + "\r\n"
	for range 1200 {
		e.Write(line)
	}
	return ft.Close
}

func TestConnectFaults(t *testing.T) {
	untrusted := httptest.NewUnstartedServer(nil)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	plain := httptest.NewServer(nil)
	t.Cleanup(plain.Close)
	old := &tls.Config{Certificates: untrusted.TLS.Certificates, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	for name, c := range map[string]struct {
		url      string
		class    fetchers.Class
		attempts int
	}{
		"refused":           {ft.Refused(t), fetchers.ClassConnect, 3},
		"reset at connect":  {ft.Listener(t, ft.Reset), fetchers.ClassReset, 3},
		"closed at connect": {ft.Listener(t, ft.Close), fetchers.ClassReset, 3},
		"TLS that stalls":   {"https" + strings.TrimPrefix(ft.Listener(t, ft.Stall), "http"), fetchers.ClassConnect, 3},
		"unknown CA":        {untrusted.URL, fetchers.ClassTLS, 1},
		"no TLS there":      {"https" + strings.TrimPrefix(plain.URL, "http"), fetchers.ClassTLS, 1},
		"only old TLS":      {ft.NewTLSServer(t, old).URL, fetchers.ClassTLS, 1},
		"no such host":      {"http://no-such-host.invalid/", fetchers.ClassDNS, 1},
		"no scheme":         {"example.com/x", fetchers.ClassURL, 1},
		"unknown scheme":    {"gopher://example.com/x", fetchers.ClassURL, 1},
		"no host":           {"http:///x", fetchers.ClassURL, 1},
		"bad port":          {"http://127.0.0.1:port/", fetchers.ClassURL, 1},
		"control character": {"http://127.0.0.1/\x00", fetchers.ClassURL, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := quick(c.url)
			r.Timeouts.Connect = 300 * time.Millisecond
			_, _, err := get(t, fetchers.New(fetchers.Options{}), r)
			e := failure(t, err)
			if name == "no such host" && e.Class == fetchers.ClassDNS {
				return // whether it may yet come to be depends on the resolver
			}
			if name == "reset at connect" && e.Class == fetchers.ClassConnect {
				e.Class = c.class // as the reset came before or after the connection was there
			}
			if e.Class != c.class || e.Attempts != c.attempts {
				t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
			}
		})
	}
}

func TestDecoding(t *testing.T) {
	gz, zst := packed(t, codec.Gzip, doc), packed(t, codec.Zstd, doc)
	large := strings.Repeat("0123456789abcdef\n", 200_000)
	for name, c := range map[string]struct {
		answer ft.Answer
		want   string
	}{
		"plain":            {ft.Reply(200, doc), doc},
		"chunked":          {ft.Raw(ft.Head(200, "Transfer-Encoding: chunked")+ft.Chunks(doc[:3], doc[3:])+"0\r\n\r\n", ft.Keep), doc},
		"identity":         {ft.Reply(200, doc, "Content-Encoding: identity"), doc},
		"gzip":             {ft.Reply(200, gz, "Content-Encoding: GZip"), doc},
		"x-gzip":           {ft.Reply(200, gz, "Content-Encoding: x-gzip"), doc},
		"two members":      {ft.Reply(200, gz+gz, "Content-Encoding: gzip"), doc + doc},
		"zstd":             {ft.Reply(200, zst, "Content-Encoding: zstd"), doc},
		"deflate":          {ft.Reply(200, deflated(doc, true), "Content-Encoding: deflate"), doc},
		"raw deflate":      {ft.Reply(200, deflated(doc, false), "Content-Encoding: deflate"), doc},
		"gzip twice":       {ft.Reply(200, packed(t, codec.Gzip, gz), "Content-Encoding: gzip, gzip"), doc},
		"gzip, then zstd":  {ft.Reply(200, packed(t, codec.Zstd, gz), "Content-Encoding: gzip", "Content-Encoding: zstd"), doc},
		"gzip not said":    {ft.Reply(200, gz), gz},
		"large gzip":       {ft.Reply(200, packed(t, codec.Gzip, large), "Content-Encoding: gzip"), large},
		"large deflate":    {ft.Reply(200, deflated(large, true), "Content-Encoding: deflate"), large},
		"closed, and gzip": {ft.Raw(ft.Head(200, "Content-Encoding: gzip")+gz, ft.Close), doc},
	} {
		t.Run(name, func(t *testing.T) {
			srv := ft.NewServer(t, c.answer)
			f := fetchers.New(fetchers.Options{})
			for range 3 { // pooled decoders, and connections where they are kept
				if got, _, err := get(t, f, quick(srv.URL)); err != nil || got != c.want {
					t.Fatalf("%d bytes of %d, %v", len(got), len(c.want), err)
				}
			}
			if h := srv.Requests()[0].Header; h.Get("Accept-Encoding") != "gzip, deflate, zstd" || h.Get("User-Agent") != "asflow" {
				t.Errorf("asked with %v", h)
			}
		})
	}
}

// TestBodiesThatEndWithTheirConnection has them prove that they are whole, or not.
func TestBodiesThatEndWithTheirConnection(t *testing.T) {
	large := noise(3 << 20)
	text := "[" + strings.Repeat("1234567890,", 300_000) + "0]"
	for name, c := range map[string]struct {
		body     string
		expect   fetchers.Expect
		ok       bool
		attempts int
	}{
		"text":                 {doc, fetchers.Expect{}, false, 1},
		"large text":           {large, fetchers.Expect{}, false, 1},
		"lines":                {doc + "\n", fetchers.Expect{Lines: true}, false, 1},
		"by sha256":            {doc, fetchers.Expect{SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(doc)))}, true, 1},
		"JSON":                 {doc, fetchers.Expect{JSON: true}, true, 1},
		"large JSON":           {text, fetchers.Expect{JSON: true}, true, 1},
		"for who notices":      {doc, fetchers.Expect{Whole: true}, true, 1},
		"much, for who does":   {text, fetchers.Expect{Whole: true}, true, 1},
		"cut, for who does":    {doc[:9], fetchers.Expect{Whole: true}, false, 3},
		"values, for who does": {doc + doc, fetchers.Expect{Whole: true}, false, 1},
		"checked":              {doc, fetchers.Expect{Check: holds("whole")}, true, 1},
		"cut, and checked":     {doc[:9], fetchers.Expect{Check: holds("id")}, false, 3},
		"cut JSON":             {text[:len(text)-1], fetchers.Expect{JSON: true}, false, 1},
		"a number":             {"12", fetchers.Expect{JSON: true}, false, 1},
		"and its end":          {"12\n", fetchers.Expect{JSON: true}, true, 1},
		"a number, noticed":    {"1.2", fetchers.Expect{Whole: true}, false, 1},
		"a number, checked":    {"12", fetchers.Expect{Check: holds("12")}, false, 1},
		"a number, by sha256":  {"12", fetchers.Expect{JSON: true, SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte("12")))}, true, 1},
		"a packed number":      {endsInDigit(t), fetchers.Expect{JSON: true, Packed: true}, true, 1},
		"a long number":        {strings.Repeat("1", 2<<20), fetchers.Expect{JSON: true}, false, 1},
		"and noticed":          {strings.Repeat("1", 2<<20), fetchers.Expect{Whole: true}, false, 1},
		"gzip":                 {packed(t, codec.Gzip, doc), fetchers.Expect{}, true, 1},
		"zstd":                 {packed(t, codec.Zstd, doc), fetchers.Expect{}, true, 1},
		"cut gzip":             {packed(t, codec.Gzip, doc)[:30], fetchers.Expect{}, false, 3},
		"cut zstd":             {packed(t, codec.Zstd, doc)[:20], fetchers.Expect{}, false, 3},
		"gzip, too much":       {packed(t, codec.Gzip, doc) + "junk", fetchers.Expect{}, false, 3},
		"large gzip":           {packed(t, codec.Gzip, large), fetchers.Expect{}, true, 1},
		"large zstd":           {packed(t, codec.Zstd, large), fetchers.Expect{}, true, 1},
		"large gzip, cut":      {packed(t, codec.Gzip, large)[:3<<19], fetchers.Expect{}, false, 3},
		"large zstd, cut":      {packed(t, codec.Zstd, large)[:3<<19], fetchers.Expect{}, false, 3},
		"large gzip, too much": {packed(t, codec.Gzip, large) + large, fetchers.Expect{}, false, 3},
	} {
		t.Run(name, func(t *testing.T) {
			r := quick(ft.NewServer(t, ft.Raw(ft.Head(200)+c.body, ft.Close)).URL)
			r.Expect = c.expect
			body, resp, err := get(t, fetchers.New(fetchers.Options{}), r)
			if c.ok {
				if err != nil || body != c.body || resp.Attempts != c.attempts {
					t.Errorf("%d bytes of %d, %v", len(body), len(c.body), err)
				}
				return
			}
			if e := failure(t, err); e.Attempts != c.attempts || e.Status != 200 || len(e.Head) == 0 {
				t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
			}
		})
	}
	// One that is given up leaves nobody waiting.
	resp, err := fetchers.New(fetchers.Options{}).Fetch(t.Context(), quick(ft.NewServer(t, ft.Raw(ft.Head(200)+packed(t, codec.Gzip, large), ft.Close)).URL))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := resp.Body.Read(make([]byte, 1000)); err != nil {
		t.Error(err)
	}
	resp.Close()
}

// endsInDigit is a compressed number whose last byte is that of a digit by chance.
func endsInDigit(t *testing.T) string {
	for i := range 10_000 {
		if z := packed(t, codec.Zstd, fmt.Sprint(i)); z[len(z)-1] >= '0' && z[len(z)-1] <= '9' {
			return z
		}
	}
	t.Fatal("there is none")
	return ""
}

func TestBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes a gigabyte")
	}
	var z bytes.Buffer
	w, err := codec.NewWriter(&z, codec.Zstd, "fastest")
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 1100 {
		_, _ = w.Write(zeros)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	srv := ft.NewServer(t, ft.Reply(200, z.String(), "Content-Encoding: zstd"))
	f := fetchers.New(fetchers.Options{})
	read := func(max int64) (int64, error) {
		r := quick(srv.URL)
		r.Expect.MaxSize = max
		resp, err := f.Fetch(t.Context(), r)
		if err != nil {
			return 0, err
		}
		defer resp.Close()
		var n int64
		for p := make([]byte, 1<<20); err == nil; {
			var k int
			k, err = resp.Body.Read(p)
			n += int64(k)
		}
		return n, err
	}
	n, err := read(0)
	if e := failure(t, err); e.Class != fetchers.ClassSize || e.Attempts != 1 || !strings.Contains(err.Error(), "max_size") || n > 1<<30+1<<20 {
		t.Errorf("%d bytes, then %v", n, err)
	}
	if n, err := read(2 << 30); n != 1100<<20 || err.Error() != "EOF" {
		t.Errorf("allowed: %d bytes, then %v", n, err)
	}
	n, err = read(100 << 20)
	if e := failure(t, err); e.Class != fetchers.ClassSize || n > 101<<20 {
		t.Errorf("with a lower max_size: %d bytes, then %v", n, err)
	}
}

// TestAnswersOfNoUseThatTrickle has bodies that nobody needs come drop by drop: they are not waited for to the end.
func TestAnswersOfNoUseThatTrickle(t *testing.T) {
	for _, status := range []int{403, 404, 302} {
		synctest.Test(t, func(t *testing.T) {
			f := fetchers.Over(fetchers.Options{}, fetcherFunc(func(_ context.Context, r *fetchers.Request) (*fetchers.Response, error) {
				if r.URL == "http://a.example/next" {
					return fetchers.Answered(r, 200, http.Header{}, doc), nil
				}
				resp := fetchers.Answered(r, status, http.Header{"Location": {"/next"}}, strings.Repeat("x", 50_000))
				resp.Body = trickle{resp.Body}
				return resp, nil
			}))
			r := quick("http://a.example/")
			r.Absent = []int{404}
			began := time.Now()
			_, resp, err := get(t, f, r)
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("%d took %v", status, took)
			}
			if status == 403 {
				if e := failure(t, err); e.Status != 403 || len(e.Head) < 5 {
					t.Errorf("status %d, %d bytes of its head: %v", e.Status, len(e.Head), err)
				}
			} else if err != nil || resp.Status == 403 {
				t.Errorf("%d: %v", status, err)
			}
		})
	}
}

// trickle gives a byte a second.
type trickle struct{ io.ReadCloser }

func (b trickle) Read(p []byte) (int, error) {
	<-time.After(time.Second)
	return b.ReadCloser.Read(p[:min(len(p), 1)])
}
