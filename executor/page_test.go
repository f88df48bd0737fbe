package executor

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner"
)

func program(t *testing.T, source string) *planner.Program {
	t.Helper()
	p, err := hclspec.NewProgram(source)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// paged makes a recipe take pages.
func paged(t *testing.T, records string, pg planner.Paginate) func(*planner.Task) {
	if pg.MaxPages == 0 {
		pg.MaxPages = 10000
	}
	return func(task *planner.Task) {
		task.Fetch.Records = program(t, records)
		task.Fetch.Paginate = &pg
	}
}

// byPage makes the recipe's URL one that says which page it asks for.
func byPage(base string) func(*planner.Task) {
	return func(task *planner.Task) {
		task.Fetch.Page = func(number, offset int64, cursor any) (planner.Request, error) {
			q := url.Values{"page": {fmt.Sprint(number)}, "offset": {fmt.Sprint(offset)}}
			if cursor != nil {
				q.Set("cursor", fmt.Sprint(cursor))
			}
			return planner.Request{
				Method: "GET", URL: base + "?" + q.Encode(),
				Header: []planner.Header{{Name: "X-Api-Key", Value: "k"}, {Name: "Accept", Value: "application/json"}},
			}, nil
		}
	}
}

// asked is what a server was asked, in order.
type asked struct {
	mu  sync.Mutex
	all []string
}

func (a *asked) add(r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, r.URL.RequestURI())
}

func TestPages(t *testing.T) {
	for _, c := range []struct {
		name    string
		records string
		pg      planner.Paginate
		answer  func(w http.ResponseWriter, r *http.Request)
		want    string
		pages   int
		asked   string // the URIs, joined by spaces
		err     string
		note    string
	}{
		{
			name: "counting ends at a page without records", records: ".[]",
			answer: func(w http.ResponseWriter, r *http.Request) {
				if n := r.FormValue("page"); n < "3" {
					fmt.Fprintf(w, `[{"p":%s},{"o":%s}]`, n, r.FormValue("offset"))
				} else {
					io.WriteString(w, "[]")
				}
			},
			want: "{\"p\":1}\n{\"o\":0}\n{\"p\":2}\n{\"o\":2}\n", pages: 3,
			asked: "/?offset=0&page=1 /?offset=2&page=2 /?offset=4&page=3",
		},
		{
			name: "link", records: ".[]", pg: planner.Paginate{Link: true},
			answer: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Add("Link", `</>; rel="first"`)
				if r.FormValue("t") == "" {
					w.Header().Add("Link", `<?t=2>; rel="next"`)
				}
				io.WriteString(w, "[1]")
			},
			want: "1\n1\n", pages: 2, asked: "/?offset=0&page=1 /?t=2",
		},
		{
			name: "next is relative to where a redirect led, and gets what it lacks of the query", records: ".r[]",
			pg: planner.Paginate{Next: program(t, ".next"), AddQuery: func(u string, number, offset int64, _ any) (string, error) {
				return fmt.Sprint(u, "?n=", number, "&o=", offset), nil
			}},
			answer: func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/":
					http.Redirect(w, r, "/deep/a", http.StatusFound)
				case "/deep/a":
					io.WriteString(w, `{"r":[1,2],"next":"b"}`)
				case "/deep/b":
					io.WriteString(w, `{"r":[3],"next":null}`)
				}
			},
			want: "1\n2\n3\n", pages: 2, asked: "/?offset=0&page=1 /deep/a /deep/b?n=2&o=2",
		},
		{
			name: "next is escaped where it needs it, and nowhere else", records: ".r[]", pg: planner.Paginate{Next: program(t, ".next")},
			answer: func(w http.ResponseWriter, r *http.Request) {
				next := map[string]string{"/": `"/ü/x%2Fy/?q=1 2%2f"`, "/ü/x/y/": `"z HTTP/1.1?é"`}[r.URL.Path]
				fmt.Fprintf(w, `{"r":[1],"next":%s}`, cmp.Or(next, "null"))
			},
			want: "1\n1\n1\n", pages: 3, asked: "/?offset=0&page=1 /%C3%BC/x%2Fy/?q=1%202%2f /%C3%BC/x%2Fy/z%20HTTP/1.1?%C3%A9",
		},
		{
			name: "an empty page with a next one does not end", records: ".r[]", pg: planner.Paginate{Next: program(t, ".next")},
			answer: func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/":
					io.WriteString(w, `{"r":[],"next":"/b"}`)
				case "/b":
					io.WriteString(w, `{"r":[1],"next":null}`)
				}
			},
			want: "1\n", pages: 2, asked: "/?offset=0&page=1 /b",
		},
		{
			name: "next is an empty string", records: ".r[]", pg: planner.Paginate{Next: program(t, ".next")},
			answer: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"r":[1],"next":""}`) },
			want:   "1\n", pages: 1,
		},
		{
			name: "cursor", records: ".r[]", pg: planner.Paginate{Cursor: program(t, ".c")},
			answer: func(w http.ResponseWriter, r *http.Request) {
				switch r.FormValue("cursor") {
				case "":
					io.WriteString(w, `{"r":[1],"c":12345678901234567890}`)
				case "12345678901234567890":
					io.WriteString(w, `{"r":[2]}`)
				}
			},
			want: "1\n2\n", pages: 2,
		},
		{
			name: "cursor is an empty string", records: ".r[]", pg: planner.Paginate{Cursor: program(t, ".c")},
			answer: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"r":[1],"c":""}`) },
			want:   "1\n", pages: 1,
		},
		{
			name: "end status", records: ".[]", pg: planner.Paginate{End: []int{404}},
			answer: func(w http.ResponseWriter, r *http.Request) {
				if r.FormValue("page") == "2" {
					w.WriteHeader(http.StatusNotFound)
					return
				}
				io.WriteString(w, "[1]")
			},
			want: "1\n", pages: 2,
		},
		{
			name: "jq records", records: `.[] | {v: .}`, pg: planner.Paginate{MaxPages: 1, MaxSet: true},
			answer: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[1,2]") },
			want:   "{\"v\":1}\n{\"v\":2}\n", pages: 1, note: "stopped after 1 pages",
		},
		{
			name: "max_pages as it is by itself", records: ".[]", pg: planner.Paginate{MaxPages: 2},
			answer: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[1]") },
			err:    "page 2: there are more pages than 2",
		},
		{
			name: "repeated cursor", records: ".[]", pg: planner.Paginate{Cursor: program(t, `"same"`)},
			answer: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[1]") },
			err:    `/?cursor=same&offset=1&page=2: paginate: the cursor "same" came before`,
		},
		{
			name: "next leads back", records: ".[]", pg: planner.Paginate{Link: true},
			answer: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Add("Link", `</?offset=0&page=1>; rel=next`)
				io.WriteString(w, "[1]")
			},
			err: "came before", asked: "/?offset=0&page=1",
		},
		{
			name: "next leads back, to a fragment", records: ".r[]", pg: planner.Paginate{Next: program(t, ".n")},
			answer: func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, `{"r":[1],"n":"/b#%d"}`, time.Now().UnixNano())
			},
			err: "/b: paginate: the next URL http://127.0.0.1",
		},
		{
			name: "next is a file", records: ".[]", pg: planner.Paginate{Link: true},
			answer: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Add("Link", `<file:///etc/passwd>; rel=next`)
				io.WriteString(w, "[1]")
			},
			err: "neither http nor https",
		},
		{
			name: "next is an object", records: ".[]", pg: planner.Paginate{Next: program(t, `{}`)},
			answer: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[1]") },
			err:    "neither a URL nor null",
		},
		{
			name: "not JSON", records: ".[]",
			answer: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") },
			err:    "not JSON at byte 0",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a asked
			p, url := serve(t, func(w http.ResponseWriter, r *http.Request) { a.add(r); c.answer(w, r) })
			plan := newPlan([]planner.Target{{Fetch: true, Retry: fast}},
				fakeJob{path: "a.jsonl", host: url, recipe: get(url, paged(t, c.records, c.pg), byPage(url+"/"))})
			p.run(within(t, 20*time.Second), plan)
			e := p.one(Ended)
			if got := strings.Join(a.all, " "); c.asked != "" && got != c.asked {
				t.Errorf("asked %s", got)
			}
			if c.err != "" {
				if e.State != planner.Failed || !strings.Contains(e.Err.Error(), c.err) || p.exists("a.jsonl") {
					t.Errorf("%v %v", e.State, e.Err)
				}
				if kept := e.Log != "" && e.Record.Status == 200; kept == strings.Contains(c.err, "more pages") {
					t.Errorf("status %d, its answer is kept in %q", e.Record.Status, e.Log)
				}
				return
			}
			if e.State != planner.Made {
				t.Fatalf("%v %v", e.State, e.Err)
			}
			if got := p.read("a.jsonl"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			rec := plan.outcome[0].Record
			if rec.Pages != c.pages || rec.Records != int64(strings.Count(c.want, "\n")) {
				t.Errorf("%d pages, %d records", rec.Pages, rec.Records)
			}
			if notes := p.of(Note); (c.note != "") != (len(notes) > 0) || c.note != "" && !strings.Contains(notes[0].Text, c.note) {
				t.Errorf("notes %+v", notes)
			}
		})
	}
}

// Absence is asked of the first page only.
func TestPagesAbsent(t *testing.T) {
	for _, at := range []string{"1", "2"} {
		p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("page") == at {
				http.NotFound(w, r)
				return
			}
			io.WriteString(w, "[1]")
		})
		plan := newPlan([]planner.Target{{Fetch: true, Absent: []int{404}}},
			fakeJob{path: "a.jsonl", host: url, recipe: get(url, paged(t, ".[]", planner.Paginate{}), byPage(url))})
		p.run(within(t, 20*time.Second), plan)
		if s := plan.outcome[0].State; (s == planner.Absent) != (at == "1") || (s == planner.Failed) != (at == "2") {
			t.Errorf("at page %s: %v", at, s)
		}
	}
}

// A page that fails is tried again at that page, and large outputs come out whole.
func TestPagesRetryAtThePage(t *testing.T) {
	var a asked
	var broke atomic.Int32
	var page strings.Builder
	page.WriteString("[0")
	for i := range 300000 {
		page.WriteString("," + strconv.Itoa(i))
	}
	page.WriteString("]")
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		a.add(r)
		n := r.FormValue("page")
		switch {
		case n == "4":
			io.WriteString(w, "[]")
		case n == "2" && broke.Add(1) == 1:
			w.WriteHeader(http.StatusInternalServerError)
		case n == "3" && broke.Add(1) <= 3: // in the middle of a large page, which others stand before
			io.WriteString(w, page.String()[:1500000])
			panic(http.ErrAbortHandler)
		default:
			io.WriteString(w, page.String())
		}
	})
	plan := newPlan([]planner.Target{{Fetch: true, Retry: fast}},
		fakeJob{path: "a.jsonl", host: url, recipe: get(url, paged(t, ".[]", planner.Paginate{}), byPage(url))})
	if r := p.run(within(t, 20*time.Second), plan); r.Made != 1 {
		t.Fatalf("%v", p.one(Ended).Err)
	}
	if got, want := len(a.all), 6; got < want {
		t.Errorf("%d requests: %v", got, a.all)
	}
	one := strings.ReplaceAll(strings.Trim(page.String(), "[]"), ",", "\n") + "\n"
	if got := p.read("a.jsonl"); got != one+one+one {
		t.Errorf("%d bytes, want %d", len(got), 3*len(one))
	}
}

// A failure in page 40 is tried again at page 40; nothing is published before the last page, and each page takes its limits,
// as one of a fetch that has begun.
func TestManyPages(t *testing.T) {
	const pages, bad = 45, "40"
	var a asked
	var p *project
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		a.add(r)
		w.Header().Set("Etag", `"of a page"`)
		if p.exists("a.jsonl.gz") {
			t.Error("it is published before its last page")
		}
		n := r.FormValue("page")
		switch fails := len(a.all); {
		case n == bad && fails == 40:
			w.WriteHeader(http.StatusInternalServerError)
		case n == bad && fails == 41:
			io.WriteString(w, "[40")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case n == fmt.Sprint(pages):
			io.WriteString(w, "[]")
		default:
			fmt.Fprintf(w, "[%s]", n)
		}
	})
	real := p.options.Fetcher
	requests := 0
	p.options.Fetcher = fetcherFunc(func(ctx context.Context, r *fetchers.Request) (*fetchers.Response, error) {
		if requests++; fmt.Sprint(r.Limits) != "[slow]" || r.Begun != (requests > 1) {
			t.Errorf("request %d: limits %v, begun %v", requests, r.Limits, r.Begun)
		}
		return real.Fetch(ctx, r)
	})
	plan := newPlan([]planner.Target{{Fetch: true, Retry: fast}}, fakeJob{path: "a.jsonl.gz", host: url, recipe: get(url, paged(t, ".[]", planner.Paginate{}), byPage(url), func(task *planner.Task) { task.Limits = []string{"slow"} })})
	if r := p.run(within(t, 20*time.Second), plan); r.Made != 1 {
		t.Fatalf("%v", p.one(Ended).Err)
	}
	var want strings.Builder
	for n := range pages - 1 {
		fmt.Fprintln(&want, n+1)
	}
	if got := decoded(t, []byte(p.read("a.jsonl.gz")), codec.Gzip); string(got) != want.String() {
		t.Errorf("got %q", got)
	}
	if rec := plan.outcome[0].Record; len(a.all) != pages+2 || rec.Pages != pages || rec.Attempts != pages+2 || requests != pages || rec.ETag != "" {
		t.Errorf("%d requests for %d pages, %d attempts, tag %s", len(a.all), rec.Pages, rec.Attempts, rec.ETag)
	}
}

// Beyond the origin no header of the user's is sent but Accept and User-Agent, and nothing of the query is added.
func TestPagesBeyondTheOrigin(t *testing.T) {
	var mu sync.Mutex
	var far http.Header
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		far = r.Header.Clone()
		mu.Unlock()
		if r.URL.RawQuery != "" {
			t.Errorf("asked with %s", r.URL.RawQuery)
		}
		io.WriteString(w, "[2]")
	}))
	t.Cleanup(other.Close)
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "k" {
			t.Error("no key within the origin")
		}
		w.Header().Set("Link", "<"+other.URL+"/more/hunter2>; rel=next")
		io.WriteString(w, "[1]")
	})
	p.options.Redact = func(s string) string { return strings.ReplaceAll(s, "hunter2", "<secret>") }
	recipe := func(body []byte) func(string) (*planner.Task, error) {
		return get(url, paged(t, ".[]", planner.Paginate{Link: true, AddQuery: func(u string, _, _ int64, _ any) (string, error) { return u + "?key=k", nil }}), byPage(url), func(task *planner.Task) {
			page := task.Fetch.Page
			task.Fetch.Page = func(n, o int64, c any) (planner.Request, error) {
				r, err := page(n, o, c)
				if body != nil {
					r.Method, r.Body = "POST", body
				}
				return r, err
			}
			task.Fetch.Auth = planner.Auth{Bearer: "token"}
		})
	}
	plan := newPlan([]planner.Target{{Fetch: true}},
		fakeJob{path: "a.jsonl", host: url, recipe: recipe(nil)},
		fakeJob{path: "b.jsonl", host: url, recipe: recipe([]byte("x")), after: []int{0}})
	r := p.run(within(t, 20*time.Second), plan)
	if r.Made != 1 || r.Failed != 1 {
		t.Fatalf("%+v %+v", r, p.of(Ended))
	}
	if got := p.read("a.jsonl"); got != "1\n2\n" {
		t.Errorf("got %q", got)
	}
	if far.Get("X-Api-Key") != "" || far.Get("Authorization") != "" || far.Get("Accept") != "application/json" {
		t.Errorf("sent beyond the origin: %v", far)
	}
	if !strings.Contains(plan.outcome[1].Record.Error, "has a body, which is not sent there") {
		t.Errorf("with a body: %s", plan.outcome[1].Record.Error)
	}
	if notes := p.of(Note); len(notes) != 1 || !strings.Contains(notes[0].Text, other.URL+"/more/<secret> is of another origin: headers and auth are not sent there") {
		t.Errorf("notes %+v", notes)
	}
}

// Credentials of the URL go along to the next page within the origin, however its URL is spelled, and not beyond.
func TestPagesKeepCredentialsOfTheURL(t *testing.T) {
	var seen []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization")+r.URL.Path)
		io.WriteString(w, "[1]")
	}))
	t.Cleanup(other.Close)
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, _, _ := r.BasicAuth()
		seen = append(seen, user+r.URL.Path)
		if next, ok := map[string]string{"/1": "/2", "/2": "http://" + r.Host + "/3", "/3": other.URL + "/far"}[r.URL.Path]; ok {
			w.Header().Set("Link", "<"+next+">; rel=next")
		}
		io.WriteString(w, "[1]")
	})
	at := strings.Replace(url, "//", "//me:secret@", 1) + "/1"
	plan := newPlan([]planner.Target{{Fetch: true}}, fakeJob{path: "a.jsonl", host: url, recipe: get(at, paged(t, ".[]", planner.Paginate{Link: true}))})
	if r := p.run(within(t, 20*time.Second), plan); r.Made != 1 || fmt.Sprint(seen) != "[me/1 me/2 me/3 /far]" {
		t.Errorf("%+v, asked %s", r, seen)
	}
}

// A client's certificate is shown to its own origin only.
func TestPagesBeyondTheOriginShowNoCertificate(t *testing.T) {
	p := newProject(t)
	var seen []string
	p.options.Fetcher = fetcherFunc(func(_ context.Context, r *fetchers.Request) (*fetchers.Response, error) {
		seen = append(seen, r.URL+" "+r.TLS.CA+r.TLS.Cert+r.TLS.Key)
		next := map[string]string{"https://a/1": "/2", "https://a/2": "https://b/3"}[r.URL]
		h := http.Header{}
		if next != "" {
			h.Set("Link", "<"+next+">; rel=next")
		}
		return &fetchers.Response{URL: r.URL, Status: 200, Header: h, Bytes: []byte("[1]"), Attempts: 1}, nil
	})
	plan := newPlan([]planner.Target{{Fetch: true}}, fakeJob{path: "a.jsonl", recipe: get("https://a/1", paged(t, ".[]", planner.Paginate{Link: true}), func(task *planner.Task) {
		task.Fetch.TLS = planner.TLS{CA: "ca", Cert: "cert", Key: "key"}
	})})
	if r := p.run(within(t, 20*time.Second), plan); r.Made != 1 || strings.Join(seen, ", ") != "https://a/1 cacertkey, https://a/2 cacertkey, https://b/3 ca" {
		t.Errorf("%+v: %q", r, seen)
	}
}

func TestRecordsWithoutPages(t *testing.T) {
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"1"`)
		io.WriteString(w, "[\n {\"b\": 1.0,\n \"a\": 2}, 3\n]")
	})
	records := func(source string) func(*planner.Task) {
		return func(task *planner.Task) { task.Fetch.Records = program(t, source) }
	}
	plan := newPlan([]planner.Target{{Fetch: true}},
		fakeJob{path: "a.jsonl", host: url, recipe: get(url, records(".[]"))},
		fakeJob{path: "b.jsonl", host: url, recipe: get(url, records(".[] | numbers"))},
		fakeJob{path: "c.jsonl", host: url, recipe: get(url, records("empty"))})
	if r := p.run(within(t, 20*time.Second), plan); r.Made != 3 {
		t.Fatalf("%+v", p.of(Ended))
	}
	for name, want := range map[string]string{"a.jsonl": "{\"b\":1.0,\"a\":2}\n3\n", "b.jsonl": "3\n", "c.jsonl": ""} {
		if got := p.read(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if rec := plan.outcome[0].Record; rec.ETag != `"1"` || rec.Records != 2 || rec.Pages != 0 {
		t.Errorf("record %+v", rec)
	}
}

// TestRecordsOfCompressedBodies has records, and cursors, in bodies that are compressed themselves: in memory, as a
// stream, and for a program.
func TestRecordsOfCompressedBodies(t *testing.T) {
	many := `{"items":[` + strings.Repeat(`{"id":1},`, 300_000) + `{"id":2}]}`
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/many":
			io.WriteString(w, zip(t, many))
		case "/cut":
			body := zip(t, many)
			io.WriteString(w, body[:len(body)/2])
		default:
			next := `"n"`
			if r.FormValue("cursor") != "" {
				next = "null"
			}
			io.WriteString(w, zip(t, `{"items":[{"id":1}],"next":`+next+`}`))
		}
	})
	pg := planner.Paginate{Cursor: program(t, ".next")}
	plan := newPlan([]planner.Target{{Fetch: true, Retry: fast}},
		fakeJob{path: "small.jsonl", host: url, recipe: get(url+"/small", recordsOf(t, ".items[]"))},
		fakeJob{path: "many.jsonl.zst", host: url, recipe: get(url+"/many", recordsOf(t, ".items[]"))},
		fakeJob{path: "jq.jsonl", host: url, recipe: get(url+"/many", recordsOf(t, ".items[] | select(.id == 2)"))},
		fakeJob{path: "pages.jsonl", host: url, recipe: get(url, byPage(url+"/pages"), paged(t, ".items[]", pg))},
		fakeJob{path: "cut.jsonl", host: url, recipe: get(url+"/cut", recordsOf(t, ".items[]"))})
	if r := p.run(within(t, 20*time.Second), plan); r.Made != 4 || r.Failed != 1 {
		t.Errorf("%+v", p.of(Ended))
	}
	for name, want := range map[string]string{"small.jsonl": "{\"id\":1}\n", "jq.jsonl": "{\"id\":2}\n", "pages.jsonl": "{\"id\":1}\n{\"id\":1}\n"} {
		if got := p.read(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if rec := plan.outcome[1].Record; rec.Records != 300_001 {
		t.Errorf("record %+v", rec)
	}
	if rec := plan.outcome[4].Record; rec.Attempts != 3 || !strings.Contains(rec.Error, "decoded as gzip to its end") || p.exists("cut.jsonl") {
		t.Errorf("record %+v", rec)
	}
}
