package fetchers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

func TestEscapeURL(t *testing.T) {
	for text, want := range map[string]string{
		"http://h/a%2fb/c%2F?x=1%20+2&y=[a]{b}|c'#f": "http://h/a%2fb/c%2F?x=1%20+2&y=[a]{b}|c'#f",
		"http://h/x?name=New York HTTP/1.1":          "http://h/x?name=New%20York%20HTTP/1.1",
		"http://h/ü/x%2Fy?q=ü%2F\"<>":                "http://h/%C3%BC/x%2Fy?q=%C3%BC%2F%22%3C%3E",
		`http://h/a b\{c}|^"<>` + "`":                "http://h/a%20b%5C%7Bc%7D%7C%5E%22%3C%3E%60",
		"http://bücher.example/ü":                    "http://bücher.example/%C3%BC",
		"http://h?a b":                               "http://h?a%20b",
		"http://me:p w@h/a b":                        "http://me:p w@h/a%20b", // a host is not ours to mend
		"//h x/t b?x=1 2":                            "//h x/t%20b?x=1%202",
		"t b?u=http://a b":                           "t%20b?u=http://a%20b",
		"/x#a b":                                     "/x#a b",
		"http://h/a\xff?\xff":                        "http://h/a%FF?%FF",
		"http://h/a\nb?c\td":                         "http://h/a\nb?c\td", // is refused by who reads it
		"":                                           "",
	} {
		got := fetchers.EscapeURL(text)
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if again := fetchers.EscapeURL(got); again != got {
			t.Errorf("%q: %q, and then %q", text, got, again)
		}
	}
}

// TestURLOnTheWire holds that what a URL says arrives, whoever sends it, and that none can be more than a URL.
func TestURLOnTheWire(t *testing.T) {
	for name, c := range map[string]struct{ path, location, want string }{
		"a query":                {"/x?name=x HTTP/1.1", "", "/x?name=x%20HTTP/1.1"},
		"a path":                 {"/ü/x%2Fy?z=%2f", "", "/%C3%BC/x%2Fy?z=%2f"},
		"a redirect":             {"/", "/t b?x=1 2", "/t%20b?x=1%202"},
		"a redirect, unescaped":  {"/", "/ü/x%2Fy", "/%C3%BC/x%2Fy"},
		"a redirect, from there": {"/ü/x%2Fy/", "z?a=%2f", "/%C3%BC/x%2Fy/z?a=%2f"},
		"a redirect of its own":  {"/?a b", "?c d", "/?c%20d"},
	} {
		for _, method := range []string{"GET", "POST"} {
			srv := ft.NewServer(t)
			srv.Handle(c.want, ft.Reply(200, doc))
			if c.location != "" {
				srv.Handle(strings.ReplaceAll(strings.ReplaceAll(c.path, "ü", "%C3%BC"), " ", "%20"), to(307, c.location))
			}
			r := quick(srv.URL + c.path)
			if r.Method = method; method == "POST" {
				r.Body = []byte("x")
			}
			if got, _, err := get(t, fetchers.New(fetchers.Options{}), r); err != nil || got != doc {
				t.Errorf("%s by %s: %q, %v", name, method, got, err)
			}
			var asked []string
			for _, q := range srv.Requests() {
				asked = append(asked, q.RequestURI)
			}
			if !slices.Contains(asked, c.want) {
				t.Errorf("%s by %s: asked for %q, want %q", name, method, asked, c.want)
			}
		}
	}
	srv := ft.NewServer(t, ft.Reply(200, doc))
	for _, path := range []string{"/?a\r\nX-Mine: 1", "/a\nb"} {
		_, _, err := get(t, fetchers.New(fetchers.Options{}), quick(srv.URL+path))
		if e := failure(t, err); e.Class != fetchers.ClassURL || e.Attempts != 1 {
			t.Errorf("%q: class %s after %d attempts: %v", path, e.Class, e.Attempts, err)
		}
	}
	if n := len(srv.Requests()); n > 0 {
		t.Errorf("%d requests with a line break", n)
	}
}
