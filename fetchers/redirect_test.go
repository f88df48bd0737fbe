package fetchers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

func to(status int, where string) ft.Answer { return ft.Reply(status, "moved", "Location: "+where) }

func TestRedirects(t *testing.T) {
	f := fetchers.New(fetchers.Options{})
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv := ft.NewServer(t, ft.Reply(200, doc))
		srv.Handle("/a/b?x=1", to(status, "../c?y=2#part"))
		srv.Handle("/c?y=2", to(status, srv.URL+"/d"))
		r := quick(srv.URL + "/a/b?x=1")
		r.Header = []fetchers.Field{{Name: "X-Key", Value: "mine"}}
		r.Auth.Bearer = "token"
		body, resp, err := get(t, f, r)
		if err != nil || body != doc || resp.URL != srv.URL+"/d" || resp.Attempts != 1 {
			t.Fatalf("%d: %q, %v", status, body, err)
		}
		for _, q := range srv.Requests() {
			if q.Header.Get("X-Key") != "mine" || q.Header.Get("Authorization") != "Bearer token" {
				t.Errorf("%d: within the origin %s has lost headers: %v", status, q.URL, q.Header)
			}
		}
		if n := srv.Connections(); n != 1 {
			t.Errorf("%d: %d connections", status, n)
		}
	}
}

// Credentials of the URL go along within the origin, however the redirect spells it, and never beyond.
func TestRedirectsKeepCredentialsOfTheURL(t *testing.T) {
	f := fetchers.New(fetchers.Options{})
	other := ft.NewServer(t, ft.Reply(200, doc))
	srv := ft.NewServer(t, ft.Reply(200, doc))
	srv.Handle("/a", to(302, "/b"))
	srv.Handle("/b", to(302, srv.URL+"/c"))
	srv.Handle("/c", to(302, strings.Replace(srv.URL, "//", "//you:new@", 1)+"/d"))
	srv.Handle("/d", to(302, other.URL+"/e"))
	r := quick(strings.Replace(srv.URL, "//", "//me:secret@", 1) + "/a")
	var notes []string
	r.Trace = &fetchers.Trace{Note: func(text string) { notes = append(notes, text) }}
	if body, _, err := get(t, f, r); err != nil || body != doc {
		t.Fatal(err)
	}
	for i, want := range []string{"me", "me", "me", "you"} {
		if got, _, _ := srv.Requests()[i].BasicAuth(); got != want {
			t.Errorf("%s was asked as %q, not %q", srv.Requests()[i].URL, got, want)
		}
	}
	if got := other.Requests()[0].Header.Get("Authorization"); got != "" {
		t.Errorf("another origin got %q", got)
	}
	if len(notes) != 1 || !strings.HasSuffix(notes[0], "dropped Authorization") {
		t.Errorf("notes %q", notes)
	}
}

func TestRedirectedPost(t *testing.T) {
	f := fetchers.New(fetchers.Options{})
	for status, want := range map[int]string{301: "GET ", 302: "GET ", 303: "GET ", 307: "POST query", 308: "POST query"} {
		srv := ft.NewServer(t, ft.Reply(200, doc))
		srv.Handle("/from", to(status, "/to"))
		r := quick(srv.URL + "/from")
		r.Method, r.Body, r.Header = http.MethodPost, []byte("query"), []fetchers.Field{{Name: "content-type", Value: "text/plain"}}
		if _, _, err := get(t, f, r); err != nil {
			t.Fatal(err)
		}
		last := srv.Requests()[1]
		if got := last.Method + " " + last.Text; got != want || (last.Method == http.MethodPost) != (last.Header.Get("Content-Type") != "") {
			t.Errorf("%d: got %q with %v, want %q", status, got, last.Header, want)
		}
	}
}

func TestRedirectToAnotherOrigin(t *testing.T) {
	f := fetchers.New(fetchers.Options{})
	other := ft.NewServer(t, ft.Reply(200, doc))
	srv := ft.NewServer(t, to(307, other.URL+"/there"))
	r := quick(srv.URL)
	r.Auth.Basic, r.Auth.Username, r.Auth.Password = true, "me", "secret"
	r.Header = []fetchers.Field{{"accept", "text/csv"}, {"user-agent", "mine"}, {"X-Api-Key", "secret"}, {"Cookie", "secret"}}
	var notes []string
	r.Trace = &fetchers.Trace{Note: func(text string) { notes = append(notes, text) }}
	if body, _, err := get(t, f, r); err != nil || body != doc {
		t.Fatal(err)
	}
	if got := srv.Requests()[0].Header; got.Get("Authorization") == "" || got.Get("X-Api-Key") == "" {
		t.Errorf("the origin itself got %v", got)
	}
	got := other.Requests()[0].Header
	if got.Get("Accept") != "text/csv" || got.Get("User-Agent") != "mine" {
		t.Errorf("headers that may go are gone: %v", got)
	}
	for name, values := range got {
		if strings.Contains(strings.Join(values, " "), "secret") || name == "Authorization" {
			t.Errorf("%s went to another origin", name)
		}
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "X-Api-Key") || strings.Contains(notes[0], "secret") {
		t.Errorf("notes %q", notes)
	}

	r = quick(srv.URL)
	r.Method, r.Body = http.MethodPost, []byte("secret")
	_, _, err := get(t, f, r)
	if e := failure(t, err); e.Class != fetchers.ClassRedirect || e.Attempts != 1 || len(other.Requests()) != 1 {
		t.Errorf("a body that would go there: %v", err)
	}
}

// A client's certificate is shown to its own origin only.
func TestRedirectsShowNoCertificate(t *testing.T) {
	r := &fetchers.Request{URL: "https://a/x", TLS: fetchers.TLS{CA: "ca", Cert: "cert", Key: "key"}}
	for to, want := range map[string]fetchers.TLS{"/y": r.TLS, "https://A:443/y": r.TLS, "https://b/y": {CA: "ca"}, "https://a:8443/y": {CA: "ca"}, "http://a/y": {CA: "ca"}} {
		if next, err := fetchers.Follow(r, 302, to); err != nil || next.TLS != want {
			t.Errorf("to %s: %+v, %v", to, next, err)
		}
	}
}

func TestRedirectFaults(t *testing.T) {
	f := fetchers.New(fetchers.Options{})
	for name, c := range map[string]struct {
		where    string
		limit    int
		requests int
	}{
		"to itself":     {"/x", 5, 1},
		"in a circle":   {"/y", 5, 2},
		"for ever":      {"next", 5, 6},
		"none allowed":  {"next", 0, 1},
		"to a file":     {"file:///etc/passwd", 5, 1},
		"to FTP":        {"ftp://example.com/", 5, 1},
		"to nonsense":   {"http://[bad", 5, 1},
		"to JavaScript": {"javascript:alert(1)", 5, 1},
	} {
		srv := ft.NewServer(t)
		srv.Handle("/x", to(302, c.where))
		srv.Handle("/y", to(302, "/x"))
		for next, i := "/next", 0; i < 10; i++ {
			srv.Handle(next, to(302, next+"n"))
			next += "n"
		}
		r := quick(srv.URL + "/x")
		r.Redirects = c.limit
		_, _, err := get(t, f, r)
		e := failure(t, err)
		if e.Class != fetchers.ClassRedirect || e.Status != 302 || e.Attempts != 1 || len(srv.Requests()) != c.requests {
			t.Errorf("%s: class %s after %d requests: %v", name, e.Class, len(srv.Requests()), err)
		}
	}
}

// A redirect that leads nowhere says so, and is no less of use to a request that knows what to do with its status.
func TestRedirectWithoutALocation(t *testing.T) {
	srv := ft.NewServer(t, ft.Reply(302, "moved"))
	f := fetchers.New(fetchers.Options{})
	for _, redirects := range []int{5, 0} {
		r := quick(srv.URL)
		r.Redirects = redirects
		_, _, err := get(t, f, r)
		if e := failure(t, err); e.Class != fetchers.ClassStatus || e.Status != 302 || e.Attempts != 1 || !strings.Contains(err.Error(), "302 Found, without a Location that says where to") {
			t.Errorf("class %s: %v", e.Class, err)
		}
	}
	r := quick(srv.URL)
	r.Redirects, r.Absent = 5, []int{302}
	resp, err := f.Fetch(t.Context(), r)
	if err != nil || resp.Meaning != fetchers.Gone {
		t.Fatalf("%v", err)
	}
	resp.Close()
}

func TestRedirectThatTheRequestHasAUseFor(t *testing.T) {
	srv := ft.NewServer(t, to(302, "/login"))
	r := quick(srv.URL)
	r.Absent = []int{302}
	resp, err := fetchers.New(fetchers.Options{}).Fetch(t.Context(), r)
	if err != nil || resp.Meaning != fetchers.Gone {
		t.Fatalf("%v", err)
	}
	resp.Close()
}

func TestHostOf(t *testing.T) {
	for url, want := range map[string]string{
		"http://a.example/x":              "a.example",
		"http://A.Example:80/x":           "a.example",
		"https://a.example:443?q=/":       "a.example",
		"http://a.example:443":            "a.example:443",
		"https://user:p%40ss@a.example/x": "a.example",
		"http://[::1]:8080/":              "[::1]:8080",
		"HTTPS://a.example:443#f":         "a.example",
		"file:///etc/hosts":               "",
		"nonsense":                        "",
	} {
		if got := fetchers.HostOf(url); got != want {
			t.Errorf("HostOf(%q) = %q, want %q", url, got, want)
		}
	}
	if !slices.Contains([]string{"a"}, fetchers.HostOf("http://a")) {
		t.Error("a host alone")
	}
}
