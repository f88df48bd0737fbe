package executor

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
	"github.com/asflow/asflow/fetchers/limit"
	"github.com/asflow/asflow/planner"
)

// serve starts a server and gives a project whose fetches go to it.
func serve(t *testing.T, h http.HandlerFunc) (*project, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	p := newProject(t)
	p.real()
	return p, s.URL
}

// real gives the project the fetcher that users have.
func (p *project) real() {
	p.options.Limits = limit.New(limit.Options{InFlight: 64})
	p.options.Fetcher = fetchers.New(fetchers.Options{Limits: p.options.Limits, PerHost: 8, UserAgent: "test", Dir: p.dir})
	if c, ok := p.options.Fetcher.(interface{ CloseIdleConnections() }); ok {
		p.t.Cleanup(c.CloseIdleConnections)
	}
}

var fast = planner.Retry{Attempts: 3, Delay: time.Millisecond, MaxDelay: 2 * time.Millisecond}

func TestFetchSmallAndLarge(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcde\n"), 200<<10) // 3.2 MB
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"v1"`)
		switch r.URL.Path {
		case "/small":
			io.WriteString(w, "small")
		case "/large":
			w.Write(large)
		}
	})
	plan := newPlan([]planner.Target{{Label: "l", Fetch: true, Retry: fast}},
		fakeJob{path: "o/small", host: url, recipe: get(url + "/small")},
		fakeJob{path: "o/large.gz", host: url, recipe: get(url + "/large")},
	)
	r := p.run(within(t, 20*time.Second), plan)
	if r.Made != 2 || r.Bytes != int64(5+len(large)) {
		t.Fatalf("%+v %+v", r, p.of(Ended))
	}
	if got := p.read("o/small"); got != "small" {
		t.Errorf("small: %q", got)
	}
	z, err := gzip.NewReader(strings.NewReader(p.read("o/large.gz")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, large) {
		t.Errorf("large: %d bytes, %v", len(got), err)
	}
	rec := plan.outcome[0].Record
	if rec.Status != 200 || rec.Attempts != 1 || rec.ETag != `"v1"` || rec.Received != 5 || rec.Source != url+"/small" || rec.State != "made" {
		t.Errorf("record %+v", rec)
	}
	if rec := plan.outcome[1].Record; rec.Status != 200 || rec.Received != int64(len(large)) {
		t.Errorf("record %+v", rec)
	}
}

func TestFetchFailure(t *testing.T) {
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Why", "key hunter2 is wrong")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "no entry for hunter2")
	})
	p.options.Redact = func(s string) string { return strings.ReplaceAll(s, "hunter2", "<secret>") }
	plan := newPlan([]planner.Target{{Label: "l", Fetch: true, Retry: fast}},
		fakeJob{path: "o/a", host: url, recipe: get(url + "/?key=hunter2")})
	r := p.run(within(t, 20*time.Second), plan)
	o, e := plan.outcome[0], p.one(Ended)
	if r.Failed != 1 || o.State != planner.Failed || o.Record.Status != 403 || o.Record.Attempts != 1 || o.Record.Error == "" {
		t.Errorf("%+v %+v", r, o)
	}
	if e.Log != ".asflow/log/o/a.answer" || !strings.Contains(e.Err.Error(), e.Log) {
		t.Fatalf("log %q, error %v", e.Log, e.Err)
	}
	kept := p.read(e.Log)
	for _, want := range []string{"status 403", "X-Why: key <secret> is wrong", "no entry for <secret>", "key=<secret>"} {
		if !strings.Contains(kept, want) {
			t.Errorf("kept %q, without %q", kept, want)
		}
	}
	for _, text := range []string{o.Record.Error, o.Record.Source, e.Err.Error()} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("a secret is shown: %s", text)
		}
	}
}

// What a fetch tells on its way shows no secret, nor does what is recorded and kept of it, also where it ends in one.
func TestFetchTellsNoSecrets(t *testing.T) {
	p := newProject(t)
	p.options.Meters = NewMeters(1)
	p.options.Redact = func(s string) string { return strings.ReplaceAll(s, "hunter2", "<secret>") }
	p.options.RedactCut = func(s string) string { return strings.TrimSuffix(p.options.Redact(s), "hunt") }
	p.options.Fetcher = fetcherFunc(func(_ context.Context, r *fetchers.Request) (*fetchers.Response, error) {
		r.Trace.Note("hunter2")
		r.Trace.Held("hunter2.example.com", time.Now().Add(time.Hour), "hunter2")
		for _, held := range p.options.Meters.HeldHosts(time.Now()) {
			if held.Host != "<secret>.example.com" || held.Cause != "<secret>" {
				t.Errorf("held is %+v", held)
			}
		}
		r.Trace.Retry(1, 0, errors.New("hunter2"))
		return nil, &fetchers.Error{
			URL: r.URL, Status: 403, Class: fetchers.ClassStatus, Attempts: 2,
			Header: http.Header{"X-Key": {"hunter2"}}, Head: []byte("hunter2 and hunt"), Err: errors.New("no: hunter2"),
		}
	})
	plan := newPlan([]planner.Target{{Fetch: true, Retry: fast}}, fakeJob{path: "a", host: "http://h", recipe: get("http://h/?key=hunter2")})
	if r := p.run(within(t, 20*time.Second), plan); r.Failed != 1 {
		t.Fatalf("%+v", r)
	}
	told := ""
	for _, e := range p.all {
		told += fmt.Sprintln(e.Host, e.Text, e.Err)
	}
	for what, text := range map[string]string{"told": told, "recorded": p.read(".asflow/journal.jsonl"), "kept": p.read(".asflow/log/a.answer")} {
		if strings.Contains(text, "hunt") || strings.Count(text, "secret") < 2 {
			t.Errorf("%s is %s", what, text)
		}
	}
	if n := strings.Count(told, "<secret>"); n != 5 {
		t.Errorf("%d secrets are taken out of %s", n, told)
	}
}

// What is kept of a rejected answer goes when the job is tried again.
func TestFetchDropsTheAnswerThatWasRejected(t *testing.T) {
	status := http.StatusForbidden
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, "hello")
	})
	for _, status = range []int{http.StatusForbidden, http.StatusOK} {
		plan := newPlan([]planner.Target{{Label: "l", Fetch: true, Retry: fast}}, fakeJob{path: "o/a", host: url, recipe: get(url)})
		p.run(within(t, 20*time.Second), plan)
		_, err := os.Stat(p.dir + "/.asflow/log/o/a.answer")
		if failed := status != http.StatusOK; failed != (err == nil) {
			t.Errorf("after status %d: %v", status, err)
		}
	}
}

// expect.jq must give true, and nothing else, for the answer to be taken; the element is there for it.
func TestFetchChecksByJQ(t *testing.T) {
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"ok": true, "no": false, "id": "a"}`)
	})
	var jobs []fakeJob
	programs := map[string]bool{
		".ok": true, ".id == $key": true, ".ok, .ok": true, ".no": false, ".ok, .no": false, ".no, .ok": false,
		".none": false, ".id": false, "empty": false, `error("it is bad")`: false, ".ok | .deeper": false,
	}
	for source := range programs {
		jobs = append(jobs, fakeJob{path: fmt.Sprintf("o%d", len(jobs)), key: source, host: url, recipe: get(url, func(task *planner.Task) {
			task.Fetch.Expect.JQ, task.Fetch.Key = program(t, source), "a"
			task.Fetch.Value = func() any { return nil }
		})})
	}
	p.run(within(t, 20*time.Second), newPlan([]planner.Target{{Fetch: true, Retry: fast}}, jobs...))
	for _, e := range p.of(Ended) {
		if made := e.State == planner.Made; made != programs[e.Key] || made != p.exists(e.Path) || made != (e.Log == "") {
			t.Errorf("%s: %v %v", e.Key, e.State, e.Err)
		}
	}
}

// What records can't read is tried again where retry.expect says so, in memory and as it streams.
func TestRetryExpectIsForRecordsToo(t *testing.T) {
	long := `{"a": ["` + strings.Repeat("x", 3<<20) + `"`
	for name, c := range map[string]struct {
		bad     string
		records string
		expect  bool
		made    bool
	}{
		"html":              {"<html>", ".a[]", true, true},
		"html, to jq":       {"<html>", ".a[] | .", true, true},
		"cut":               {`{"a": [1, `, ".a[]", true, true},
		"long and cut":      {long, ".a[]", true, true},
		"long and no JSON":  {long + ", <]}", ".a[]", true, true},
		"long, to jq":       {long, ".a[] | .", true, true},
		"not asked for":     {"<html>", ".a[]", false, false},
		"of another shape":  {`{"a": 1}`, ".a[]", true, false},
		"values and a junk": {"{\"a\": []}\n{\"a\": []}\nx", ".a[]", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if n++; n < 3 {
					io.WriteString(w, c.bad)
					return
				}
				io.WriteString(w, "{\"a\": [1]}\n{\"a\": [2]}")
			})
			retry := fast
			retry.Expect = c.expect
			plan := newPlan([]planner.Target{{Fetch: true, Retry: retry}}, fakeJob{path: "a.jsonl", host: url, recipe: get(url, recordsOf(t, c.records))})
			p.run(within(t, 20*time.Second), plan)
			o := plan.outcome[0]
			if !c.made {
				if n != 1 || o.State != planner.Failed {
					t.Errorf("%d requests, %+v", n, o)
				}
				return
			}
			if n != 3 || o.State != planner.Made || o.Record.Attempts != 3 || p.read("a.jsonl") != "1\n2\n" {
				t.Errorf("%d requests, %+v", n, o)
			}
		})
	}
}

// A byte-order mark before JSON is nothing to a program.
func TestFetchSkipsAMark(t *testing.T) {
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "\ufeff"+`{"a": [{"b": 1}], "next": null}`)
	})
	records := map[string]func(*planner.Task){
		"path":  recordsOf(t, ".a[]"),
		"jq":    recordsOf(t, ".a[] | .b += 1"),
		"pages": paged(t, ".a[]", planner.Paginate{Next: program(t, ".next")}),
		"check": func(task *planner.Task) {
			recordsOf(t, ".a[]")(task)
			task.Fetch.Expect.JQ = program(t, ".a[0].b == 1")
		},
	}
	var jobs []fakeJob
	for name, change := range records {
		jobs = append(jobs, fakeJob{path: name + ".jsonl", host: url, recipe: get(url, change)})
	}
	if r := p.run(within(t, 20*time.Second), newPlan([]planner.Target{{Fetch: true, Retry: fast}}, jobs...)); r.Made != len(jobs) {
		t.Errorf("%+v", p.of(Ended))
	}
}

func TestFetchAbsent(t *testing.T) {
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	plan := newPlan([]planner.Target{{Fetch: true, Absent: []int{404}}}, fakeJob{path: "a", host: url, recipe: get(url)})
	r := p.run(within(t, 20*time.Second), plan)
	if o := plan.outcome[0]; r.Absent != 1 || o.State != planner.Absent || o.Record.State != "absent" || o.Record.Status != 404 || p.exists("a") {
		t.Errorf("%+v %+v", r, o)
	}
}

func TestFetchRetries(t *testing.T) {
	var n atomic.Int32
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) < 3 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		io.WriteString(w, "x")
	})
	p.options.Meters = NewMeters(1)
	plan := newPlan([]planner.Target{{Fetch: true, Retry: fast}}, fakeJob{path: "a", host: url, recipe: get(url)})
	if r := p.run(within(t, 20*time.Second), plan); r.Made != 1 || plan.outcome[0].Record.Attempts != 3 {
		t.Errorf("%+v %+v", r, plan.outcome[0])
	}
	if p.options.Meters.Retries(0) != 2 || p.options.Meters.Bytes(0) != 1 || len(p.of(Retrying)) != 2 {
		t.Errorf("%d retries, %d bytes", p.options.Meters.Retries(0), p.options.Meters.Bytes(0))
	}
}

// A large body that breaks off and starts over is in the output once.
func TestFetchStartsOver(t *testing.T) {
	var n atomic.Int32
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		half := bytes.Repeat([]byte("x"), 2<<20)
		w.Header().Set("Content-Length", fmt.Sprint(2*len(half)))
		w.Write(half)
		if n.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		w.Write(bytes.Repeat([]byte("y"), len(half)))
	})
	plan := newPlan([]planner.Target{{Fetch: true, Retry: fast}}, fakeJob{path: "a", host: url, recipe: get(url)})
	if r := p.run(within(t, 20*time.Second), plan); r.Made != 1 || plan.outcome[0].Record.Attempts != 2 {
		t.Fatalf("%+v %+v", r, p.one(Ended).Err)
	}
	if got := p.read("a"); len(got) != 4<<20 || strings.Count(got, "x") != 2<<20 {
		t.Errorf("%d bytes", len(got))
	}
}

// Where the first jobs of a target fail alike the rest are not tried; where they don't, all are.
func TestNotTried(t *testing.T) {
	for _, c := range []struct {
		name     string
		answer   func(i int) int
		notTried bool
	}{
		{"alike", func(int) int { return 401 }, true},
		{"redirects", func(int) int { return 302 }, true},
		{"one differs", func(i int) int { return 401 + 2*min(1, i%7/6) }, false},
		{"one succeeds", func(i int) int { return 401 - 201*min(1, i%7/6) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked atomic.Int32
			p := newProject(t)
			p.options.Fetcher = fetcherFunc(func(_ context.Context, r *fetchers.Request) (*fetchers.Response, error) {
				status := c.answer(int(asked.Add(1)))
				if status == 200 {
					return &fetchers.Response{Status: 200, Bytes: []byte("x"), Attempts: 1}, nil
				}
				return nil, &fetchers.Error{Status: status, Class: map[bool]fetchers.Class{false: fetchers.ClassStatus, true: fetchers.ClassRedirect}[status == 302], Attempts: 1, Err: fmt.Errorf("status %d", status)}
			})
			var jobs []fakeJob
			for i := range 200 {
				jobs = append(jobs, fakeJob{path: fmt.Sprint("o", i), host: "http://h", recipe: get("http://h/")})
			}
			r := p.run(within(t, 20*time.Second), newPlan([]planner.Target{{Fetch: true}}, jobs...))
			if got := r.NotTried > 0; got != c.notTried || r.NotTried+r.Failed+r.Made != 200 || int(asked.Load()) != r.Failed+r.Made || got && r.Failed > doubtAfter+limit.DefaultConcurrency {
				t.Errorf("%+v, %d asked", r, asked.Load())
			}
			for _, e := range p.of(Ended) {
				if e.State == planner.NotTried && (e.Record != nil || e.Err == nil) {
					t.Errorf("%+v", e)
				}
			}
		})
	}
}

// Where a command prints no token it is soon asked no more, and the rest says why; and a host that is dead costs a few
// attempts, and not some for each job.
func TestNotTriedByTheRealFetcher(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*planner.Task)
		url    func(testing.TB) string
		failed int // at most
		say    string
	}{
		"no token":  {func(task *planner.Task) { task.Fetch.Auth.Command = []string{"false"} }, func(testing.TB) string { return "http://127.0.0.1:1" }, doubtAfter + 8, "not tried: the first 20 of its target all had no credentials to ask with, the last since: the command that prints a token, false: exit status 1"},
		"dead host": {func(*planner.Task) {}, ft.Refused, 40, "times in a row"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t)
			p.real()
			url := c.url(t)
			var jobs []fakeJob
			for i := range 300 {
				jobs = append(jobs, fakeJob{path: fmt.Sprint("o", i), host: url, recipe: get(url, c.change)})
			}
			r := p.run(within(t, time.Minute), newPlan([]planner.Target{{Fetch: true, Retry: fast}}, jobs...))
			if r.Failed == 0 || r.Failed > c.failed || r.Failed+r.NotTried != 300 {
				t.Errorf("%+v", r)
			}
			for _, e := range p.of(Ended) {
				if e.State == planner.NotTried && !strings.Contains(e.Err.Error(), c.say) {
					t.Fatal(e.Err)
				}
			}
		})
	}
}

func TestFetchTimeoutLeavesOutWaits(t *testing.T) {
	for _, c := range []struct {
		waits, works time.Duration
		ok           bool
	}{{time.Hour, time.Second, true}, {0, 3 * time.Second, false}, {time.Hour, 3 * time.Second, false}} {
		synctest.Test(t, func(t *testing.T) {
			p := newProject(t)
			p.options.Fetcher = fetcherFunc(func(ctx context.Context, r *fetchers.Request) (*fetchers.Response, error) {
				r.Trace.Waits(true)
				time.Sleep(c.waits)
				r.Trace.Waits(false)
				if err := sleep(ctx, c.works); err != nil {
					return nil, err
				}
				return &fetchers.Response{Status: 200, Bytes: []byte("x")}, nil
			})
			plan := newPlan([]planner.Target{{Fetch: true}}, fakeJob{path: "a", recipe: get("http://h/", func(t *planner.Task) { t.Timeout = 2 * time.Second })})
			p.run(context.Background(), plan)
			if e := p.one(Ended); (e.State == planner.Made) != c.ok || !c.ok && !strings.Contains(e.Err.Error(), "timed out: it was not complete within 2s") {
				t.Errorf("%+v: %v %v", c, e.State, e.Err)
			}
		})
	}
}

// Of a host no more fetches are begun than it lets, and another host is not held up.
func TestFetchHosts(t *testing.T) {
	p := newProject(t)
	var mu sync.Mutex
	now, most := map[string]int{}, map[string]int{}
	release := make(chan struct{})
	p.options.Limits = limit.New(limit.Options{Rules: map[string]limit.Rule{"slow": {Concurrency: 3}}})
	quick := 0
	p.options.Fetcher = fetcherFunc(func(_ context.Context, r *fetchers.Request) (*fetchers.Response, error) {
		mu.Lock()
		now[r.URL]++
		most[r.URL] = max(most[r.URL], now[r.URL])
		if r.URL == "http://quick" {
			if quick++; quick == 50 {
				close(release)
			}
		}
		mu.Unlock()
		if r.URL == "http://slow" {
			<-release
		}
		mu.Lock()
		now[r.URL]--
		mu.Unlock()
		return &fetchers.Response{Status: 200, Bytes: []byte("x")}, nil
	})
	var jobs []fakeJob
	for i := range 100 {
		url := "http://slow"
		if i >= 50 {
			url = "http://quick"
		}
		jobs = append(jobs, fakeJob{path: fmt.Sprint("o", i), host: url, recipe: get(url)})
	}
	if r := p.run(within(t, 20*time.Second), newPlan([]planner.Target{{Fetch: true}}, jobs...)); r.Made != 100 {
		t.Errorf("%+v", r)
	}
	if most["http://slow"] > 3 || most["http://quick"] > 8 {
		t.Errorf("at once: %v", most)
	}
}

// The limit of a host, and one by name, are of all targets together.
func TestLimitsAreOfAllTargets(t *testing.T) {
	for _, by := range []string{"host", "name"} {
		p, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") })
		rule := map[string]limit.Rule{"name": {Rate: 20}, fetchers.HostOf(url): {Rate: 20}}
		if by == "host" {
			delete(rule, "name")
		} else {
			delete(rule, fetchers.HostOf(url))
		}
		p.options.Limits = limit.New(limit.Options{Rules: rule})
		p.options.Fetcher = fetchers.New(fetchers.Options{Limits: p.options.Limits})
		var jobs []fakeJob
		for i := range 6 {
			jobs = append(jobs, fakeJob{target: i % 2, path: fmt.Sprint("o", i), host: url, recipe: get(url, func(task *planner.Task) { task.Limits = []string{"name"} })})
		}
		began := time.Now()
		r := p.run(within(t, 20*time.Second), newPlan([]planner.Target{{Fetch: true}, {Fetch: true}}, jobs...))
		if took := time.Since(began); r.Made != 6 || took < 250*time.Millisecond {
			t.Errorf("by %s: %+v in %v, though at 20 a second it takes a quarter of one", by, r, took)
		}
	}
}

// A fetch that waits for a limit by name keeps none of its host's places from other targets.
func TestFetchThatWaitsForANameStandsApart(t *testing.T) {
	release := func() {}
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/free" {
			release()
		}
		io.WriteString(w, "x")
	})
	p.options.Limits = limit.New(limit.Options{Rules: map[string]limit.Rule{"*": {Concurrency: 1}, "named": {Concurrency: 1}}})
	p.options.Fetcher = fetchers.New(fetchers.Options{Limits: p.options.Limits})
	var err error
	if release, err = p.options.Limits.Acquire(t.Context(), "", []string{"named"}, false, time.Hour); err != nil {
		t.Fatal(err)
	}
	plan := newPlan([]planner.Target{{Fetch: true}, {Fetch: true}},
		fakeJob{path: "waits", host: url, recipe: get(url+"/waits", func(task *planner.Task) { task.Limits = []string{"named"} })},
		fakeJob{target: 1, path: "free", host: url, recipe: get(url + "/free")})
	if r := p.run(within(t, 20*time.Second), plan); r.Made != 2 {
		t.Errorf("%+v", r)
	}
}

func TestFailFast(t *testing.T) {
	p := newProject(t)
	p.options.FailFast = true
	p.options.Fetcher = fetcherFunc(func(ctx context.Context, r *fetchers.Request) (*fetchers.Response, error) {
		if strings.HasSuffix(r.URL, "/0") {
			return nil, errors.New("broken")
		}
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	var jobs []fakeJob
	for i := range 30 {
		jobs = append(jobs, fakeJob{path: fmt.Sprint("o", i), recipe: get(fmt.Sprint("http://h/", i)), host: "http://h"})
	}
	plan := newPlan([]planner.Target{{Fetch: true}}, jobs...)
	if r := p.run(within(t, 20*time.Second), plan); r.Failed != 1 || r.Made != 0 || r.Cancelled == 0 {
		t.Errorf("%+v", r)
	}
	for i, s := range plan.states() {
		if want := planner.Cancelled; i > 0 && s != want {
			t.Errorf("job %d: %v", i, s)
		}
	}
}

// Jobs that end at once as up to date, or go back to waiting, are not told of, and don't end the run early.
func TestRecipesThatDontRun(t *testing.T) {
	p := newProject(t)
	no := func(err error) func(string) (*planner.Task, error) {
		return func(string) (*planner.Task, error) { return nil, err }
	}
	plan := newPlan([]planner.Target{{Fetch: true, Label: "f"}, {Label: "e"}},
		fakeJob{path: "a", recipe: no(planner.ErrUpToDate)}, fakeJob{path: "b", recipe: no(planner.ErrWaiting)},
		fakeJob{path: "c", target: 1, recipe: no(planner.ErrUpToDate)}, fakeJob{path: "d", target: 1, recipe: no(errors.New("a mistake"))})
	if r := p.run(within(t, 20*time.Second), plan); r.UpToDate != 2 || r.Failed != 1 {
		t.Errorf("%+v", r)
	}
	if done := fmt.Sprint(plan.done); done != "[false false false true]" {
		t.Errorf("done %s", done)
	}
	rec := plan.outcome[3].Record
	if rec.Path != "d" || rec.Target != "e" || rec.Kind != "exec" || rec.State != "failed" || rec.Error != "a mistake" {
		t.Errorf("record %+v", rec)
	}
	p.clean()
}
