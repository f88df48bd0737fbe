package fetchers_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
)

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "120", "1.5", "-1", "NaN", "Inf", "1e300", "0x1p70", "Thu, 01 Jan 2099 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "1767225600", "1767225600000", "soon"} {
		f.Add(s, "Wed, 31 Dec 2098 23:59:00 GMT", s)
	}
	now := time.Unix(1.7e9, 0)
	f.Fuzz(func(t *testing.T, after, date, reset string) {
		at := fetchers.RetryAfter(http.Header{"Retry-After": {after}, "Date": {date}, "X-Ratelimit-Reset": {reset}}, now)
		if !at.IsZero() && at.Sub(now) <= 0 {
			t.Errorf("until %v, which has passed", at)
		}
	})
}

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 5-9/10", "bytes 5-9/*", "bytes 5-8/10", "bytes 4-9/10", "bytes 5-9/11", "bytes */10", "bytes 5-/10", "bytes 9-5/10", "items 5-9/10", "bytes 5-9", "bytes +5-9/10", "bytes 5-99999999999999999999/10", ""} {
		f.Add(s, int64(10), false)
		f.Add(s, int64(-1), true)
	}
	f.Fuzz(func(t *testing.T, text string, length int64, unframed bool) {
		length = max(-1, length)
		whole, ok := fetchers.Continues(text, 5, length, unframed)
		if !ok {
			return
		}
		parts := contentRange.FindStringSubmatch(text)
		if parts == nil {
			t.Fatalf("%q is not the rest from 5", text)
		}
		last, _ := strconv.ParseInt(parts[1], 10, 64)
		if whole >= 0 && last != whole-1 || length >= 0 && whole != length || whole < 0 && (unframed || parts[2] != "*") {
			t.Errorf("%q of a body of %d is the rest of one of %d", text, length, whole)
		}
	})
}

var contentRange = regexp.MustCompile(`^bytes 0*5-(\d+)/(\*|\d+)$`)

func FuzzContentType(f *testing.F) {
	for _, s := range [][2]string{{"application/json", "Application/JSON; charset=utf-8"}, {"image/*", "image/png"}, {"*/*", ""}, {"text/*", "text"}, {"*", ";"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, got string) {
		if ok := fetchers.MatchesType(pattern, got); ok && got == "" && strings.Contains(pattern, "/") {
			t.Errorf("no type is %q", pattern)
		}
		if strings.ContainsAny(got, ";*") || strings.TrimSpace(got) == "" {
			return
		}
		if !fetchers.MatchesType(got, got+"; charset=x") || !fetchers.MatchesType("*/*", got) {
			t.Errorf("%q is not itself", got)
		}
	})
}

func FuzzNetrc(f *testing.F) {
	for _, s := range []string{
		"machine a.example login me password secret", "default login x", "machine a.example\n\tlogin me\n# no\npassword \"p\"\n", "machine \"a.example\" login \"m\\\"e",
		"macdef init\ncd /\n\nmachine a.example login me", "machine", "login", "machine b machine a.example account x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		auth, ok, _ := fetchers.ParseNetrc(text, "a.example", "")
		if ok && !strings.Contains(strings.ToLower(text), "a.example") && !strings.Contains(text, "default") {
			t.Errorf("found in %q", text)
		}
		if !strings.Contains(text, `\`) && (!strings.Contains(text, auth.Username) || !strings.Contains(text, auth.Password)) {
			t.Errorf("%+v is not in %q", auth, text)
		}
	})
}

func FuzzRedirect(f *testing.F) {
	for _, s := range []string{"/x", "../y?z#f", "//other.example/", "https://a.example/", "HTTP://A.EXAMPLE:80/", "http://a.example:8080/", "file:///etc/passwd", "http:x", "", "http://a.example@b.example/", "\\\\b.example", "http://[::1%25x]/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, location string) {
		r := &fetchers.Request{URL: "http://a.example/p/q", Header: []fetchers.Field{{Name: "X-Key", Value: "secret"}}, Auth: fetchers.Auth{Bearer: "secret"}}
		next, err := fetchers.Follow(r, 302, location)
		if err != nil {
			return
		}
		u, err := url.Parse(next.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" {
			t.Fatalf("%q leads to %q, %v", location, next.URL, err)
		}
		home := u.Scheme == "http" && strings.EqualFold(u.Hostname(), "a.example") && (u.Port() == "" || u.Port() == "80")
		if !home && (len(next.Header) > 0 || next.Auth.Bearer != "") {
			t.Errorf("%q takes secrets to %s", location, u.Host)
		}
		if home && (len(next.Header) != 1 || next.Auth.Bearer == "") {
			t.Errorf("%q loses headers within the origin", location)
		}
	})
}

func FuzzContentEncoding(f *testing.F) {
	f.Add("gzip", []byte(packed(f, codec.Gzip, doc)))
	f.Add("gzip, zstd", []byte(packed(f, codec.Zstd, doc)))
	f.Add("deflate", []byte(deflated(doc, true)))
	f.Add("deflate", []byte(deflated(doc, false)))
	f.Add("identity,, x-GZIP", []byte(packed(f, codec.Gzip, doc)))
	f.Add("br", []byte("x"))
	f.Fuzz(func(t *testing.T, encoding string, body []byte) {
		for range 2 { // a decoder that was given back must be as good as new
			r, err := fetchers.Decoded(encoding, string(body))
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		r, err := fetchers.Decoded("deflate", deflated(doc, true))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != doc {
			t.Errorf("after it: %q, %v", got, err)
		}
		_ = r.Close()
	})
}
