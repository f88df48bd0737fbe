package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
	"github.com/asflow/asflow/planner"
)

// TestFaultsThatPass has answers go wrong before one that is whole, and holds that this is what is published.
func TestFaultsThatPass(t *testing.T) {
	whole := ft.Reply(200, faultDoc)
	gz := zip(t, faultDoc)
	length := fmt.Sprintf("Content-Length: %d", len(faultDoc))
	past := time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat)
	for name, c := range map[string]struct {
		answers  []ft.Answer
		task     func(*planner.Task)
		attempts int
	}{
		"reset":                  {[]ft.Answer{ft.Raw("", ft.Reset), whole}, nil, 2},
		"reset in the body":      {[]ft.Answer{ft.Raw(ft.Head(200, length)+faultDoc[:5], ft.Reset), whole}, nil, 2},
		"stall":                  {[]ft.Answer{ft.Raw("", ft.Stall), whole}, tooSlow, 2},
		"stall in the body":      {[]ft.Answer{ft.Raw(ft.Head(200, length)+faultDoc[:5], ft.Stall), whole}, tooSlow, 2},
		"500 twice":              {[]ft.Answer{ft.Reply(500, "oh"), ft.Reply(500, "oh"), whole}, nil, 3},
		"503":                    {[]ft.Answer{ft.Reply(503, "oh"), whole}, nil, 2},
		"429 without a time":     {[]ft.Answer{ft.Reply(429, "slow"), whole}, nil, 2},
		"429 five times":         {[]ft.Answer{ft.Reply(429, ""), ft.Reply(429, ""), ft.Reply(429, ""), ft.Reply(429, ""), ft.Reply(429, ""), whole}, nil, 6},
		"429 for no time":        {[]ft.Answer{ft.Reply(429, "slow", "Retry-After: 0"), whole}, nil, 2},
		"429 until just now":     {[]ft.Answer{ft.Reply(429, "slow", "Retry-After: "+past), whole}, nil, 2},
		"429 for nonsense":       {[]ft.Answer{ft.Reply(429, "slow", "Retry-After: soon"), whole}, nil, 2},
		"429 for less than none": {[]ft.Answer{ft.Reply(429, "slow", "Retry-After: -7"), whole}, nil, 2},
		"403 for a rate":         {[]ft.Answer{ft.Reply(403, "slow", "X-RateLimit-Remaining: 0"), whole}, nil, 2},
		"gzip said and not sent": {[]ft.Answer{ft.Reply(200, faultDoc, "Content-Encoding: gzip"), whole}, nil, 2},
		"gzip truncated":         {[]ft.Answer{ft.Reply(200, gz[:20], "Content-Encoding: gzip"), whole}, nil, 2},
		"401 for an old token": {[]ft.Answer{ft.Reply(401, "who?"), whole}, func(task *planner.Task) {
			task.Fetch.Auth.Command = []string{"sh", "-c", "echo token"}
		}, 1},
		"HTML, where that may pass": {[]ft.Answer{ft.Reply(200, "<html>"), whole}, wantsJSON, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := ft.NewServer(t, c.answers...)
			p := newProject(t)
			var jobs []fakeJob
			for _, path := range []string{"a.json", "b.json.zst"} {
				change := func(*planner.Task) {}
				if c.task != nil {
					change = c.task
				}
				url := srv.URL + "/" + path
				srv.Handle("/"+path, c.answers...)
				jobs = append(jobs, fakeJob{path: path, host: srv.URL, recipe: get(url, change)})
			}
			retry := fast
			retry.Expect = true
			for i := range jobs { // one after the other, so that connections and the host's pauses are each's own
				p.options.Fetcher = fetchers.New(fetchers.Options{Dir: p.dir, Environ: p.options.Environ})
				plan := newPlan([]planner.Target{{Fetch: true, Retry: retry}}, jobs[i])
				if r := p.run(within(t, time.Minute), plan); r.Made != 1 {
					t.Fatalf("%+v: %s", r, plan.outcome[0].Record.Error)
				}
				if rec := plan.outcome[0].Record; rec.Attempts != c.attempts || rec.Status != 200 || rec.Error != "" || rec.Log != "" {
					t.Errorf("record %+v, want %d attempts", rec, c.attempts)
				}
			}
			if got := p.read("a.json"); got != faultDoc {
				t.Errorf("published %q", got)
			}
			if got := decoded(t, []byte(p.read("b.json.zst")), codec.Zstd); string(got) != faultDoc {
				t.Errorf("published %q", got)
			}
			p.clean()
		})
	}
}

// TestCutBodies has a large body break off, and go on or start over, into every kind of output.
func TestCutBodies(t *testing.T) {
	one := strings.Repeat(`{"version": "one", "text": "0123456789abcdef"}`+"\n", 100_000)
	two := strings.Repeat(`{"version": "two", "text": "0123456789"}`+"\n", 90_000)
	cut := ft.Raw(ft.Head(200, `ETag: "1"`, fmt.Sprintf("Content-Length: %d", len(one)))+one[:3<<20], ft.Close)
	rest := func(e *ft.Exchange) ft.End {
		var from int
		if _, err := fmt.Sscanf(e.Header.Get("Range"), "bytes=%d-", &from); err != nil || e.Header.Get("If-Range") != `"1"` {
			return ft.Reply(200, one, `ETag: "1"`)(e)
		}
		return ft.Reply(206, one[from:], `ETag: "1"`, fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, len(one)-1, len(one)))(e)
	}
	wrong := ft.Reply(206, two[:1000], `ETag: "1"`, fmt.Sprintf("Content-Range: bytes 5-%d/%d", 1004, len(one)))
	for name, c := range map[string]struct {
		answers  []ft.Answer
		want     string
		attempts int
	}{
		"goes on":          {[]ft.Answer{cut, rest}, one, 2},
		"a new version":    {[]ft.Answer{cut, ft.Reply(200, two, `ETag: "2"`)}, two, 2},
		"a wrong range":    {[]ft.Answer{cut, wrong, ft.Reply(200, two, `ETag: "2"`)}, two, 3},
		"416":              {[]ft.Answer{cut, ft.Reply(416, ""), ft.Reply(200, two, `ETag: "2"`)}, two, 3},
		"cut, cut, and on": {[]ft.Answer{cut, ft.Raw("", ft.Reset), rest}, one, 3},
	} {
		for _, path := range []string{"a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "records.jsonl.zst", "records.jsonl"} {
			t.Run(name+" "+path, func(t *testing.T) {
				t.Parallel()
				srv := ft.NewServer(t, c.answers...)
				p := newProject(t)
				p.options.Fetcher = fetchers.New(fetchers.Options{})
				task := func(*planner.Task) {}
				if strings.HasPrefix(path, "records") {
					task = recordsOf(t, ".")
				}
				plan := newPlan([]planner.Target{{Fetch: true, Retry: fast}}, fakeJob{path: path, host: srv.URL, recipe: get(srv.URL, task)})
				if r := p.run(within(t, time.Minute), plan); r.Made != 1 || plan.outcome[0].Record.Attempts != c.attempts {
					t.Fatalf("%+v after %d attempts: %s", r, plan.outcome[0].Record.Attempts, plan.outcome[0].Record.Error)
				}
				if got := decoded(t, []byte(p.read(path)), codec.Of(path)); string(got) != c.want {
					t.Errorf("%d bytes, not the %d that there should be", len(got), len(c.want))
				}
				p.clean()
			})
		}
	}
}

// TestPackedFiles has bodies that are compressed files themselves: they are stored untouched, or recoded, and what is in
// them is judged.
func TestPackedFiles(t *testing.T) {
	text := `{"id": 1}` + "\n" + `{"id": 2}` + "\n"
	gz := zip(t, text)
	srv := ft.NewServer(t, ft.Reply(200, gz))
	srv.Handle("/bad", ft.Reply(200, zip(t, "<html>")))
	p := newProject(t)
	p.options.Fetcher = fetchers.New(fetchers.Options{})
	plan := newPlan([]planner.Target{{Fetch: true, Retry: fast}},
		fakeJob{path: "a.jsonl.gz", host: srv.URL, recipe: get(srv.URL)},
		fakeJob{path: "b.jsonl.zst", host: srv.URL, recipe: get(srv.URL)},
		fakeJob{path: "c.jsonl", host: srv.URL, recipe: get(srv.URL)},
		fakeJob{path: "d.jsonl.gz", host: srv.URL, recipe: get(srv.URL + "/bad")},
		fakeJob{path: "e.json.gz", host: srv.URL, recipe: get(srv.URL+"/bad", wantsJSON)})
	if r := p.run(within(t, time.Minute), plan); r.Made != 2 || r.Failed != 3 {
		t.Errorf("%+v %+v", r, p.of(Ended))
	}
	if p.read("a.jsonl.gz") != gz || string(decoded(t, []byte(p.read("b.jsonl.zst")), codec.Zstd)) != text {
		t.Error("what is stored is not what came")
	}
	for i, want := range map[int]string{2: "line 1", 3: "line 1", 4: "not JSON"} {
		if got := plan.outcome[i].Record.Error; !strings.Contains(got, want) {
			t.Errorf("%d: %s", i, got)
		}
	}
}
