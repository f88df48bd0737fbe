package executor

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
	"github.com/asflow/asflow/planner"
)

const faultDoc = `{"id": 1, "text": "whole"}`

// fault is what a server does wrong, and what must come of it.
type fault struct {
	answer   ft.Answer // of each request; nil: url says where
	url      string
	task     func(*planner.Task)
	path     string // of the output; "": o/bad.json
	class    fetchers.Class
	status   int
	attempts int
	text     string // in the error
	kept     string // in the answer that is kept; "": it may be without a body
	alone    bool   // nobody else can be served there
}

func tooSlow(task *planner.Task) {
	task.Fetch.Response, task.Fetch.Idle = 100*time.Millisecond, 100*time.Millisecond
}

func inTotal(task *planner.Task) { task.Timeout = 150 * time.Millisecond }

func wantsJSON(task *planner.Task) { task.Fetch.Expect.JSON = true }

func zip(t *testing.T, text string) string {
	t.Helper()
	b, err := codec.AppendEncode(nil, codec.Gzip, "", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func serverFaults(t *testing.T) map[string]fault {
	gz := zip(t, faultDoc)
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d", n) }
	n := len(faultDoc)
	chunked := ft.Head(200, "Transfer-Encoding: chunked")
	noBody := func(task *planner.Task) { task.Fetch.Expect.MinSize = 1 }
	return map[string]fault{
		"reset before an answer":    {answer: ft.Raw("", ft.Reset), class: fetchers.ClassReset, attempts: 3},
		"closed before an answer":   {answer: ft.Raw("", ft.Close), class: fetchers.ClassReset, attempts: 3},
		"reset in the headers":      {answer: ft.Raw("HTTP/1.1 200 OK\r\nContent-Le", ft.Reset), class: fetchers.ClassReset, attempts: 3},
		"reset in the body":         {answer: ft.Raw(ft.Head(200, length(n))+faultDoc[:5], ft.Reset), class: fetchers.ClassReset, status: 200, attempts: 3},
		"stall before an answer":    {answer: ft.Raw("", ft.Stall), task: tooSlow, class: fetchers.ClassTimeout, attempts: 3, text: "100ms"},
		"stall in the headers":      {answer: ft.Raw("HTTP/1.1 200 OK\r\nContent-Le", ft.Stall), task: tooSlow, class: fetchers.ClassTimeout, attempts: 3, text: "100ms"},
		"stall in the body":         {answer: ft.Raw(ft.Head(200, length(n))+faultDoc[:5], ft.Stall), task: tooSlow, class: fetchers.ClassTimeout, status: 200, attempts: 3, text: "100ms"},
		"stall, and a timeout":      {answer: ft.Raw("", ft.Stall), task: inTotal, class: fetchers.ClassCancel, attempts: 1, text: "timed out: it was not complete within 150ms"},
		"stall in the body, too":    {answer: ft.Raw(ft.Head(200, length(n))+faultDoc[:5], ft.Stall), task: inTotal, class: fetchers.ClassCancel, status: 200, attempts: 1, text: "timed out"},
		"stall in a stream, too":    {answer: ft.Raw(ft.Head(200, length(5<<20))+strings.Repeat("x", 2<<20), ft.Stall), task: inTotal, class: fetchers.ClassCancel, status: 200, attempts: 1, text: "timed out"},
		"long Content-Length":       {answer: ft.Raw(ft.Head(200, length(n+10))+faultDoc, ft.Close), class: fetchers.ClassCut, status: 200, attempts: 3},
		"short Content-Length":      {answer: ft.Raw(ft.Head(200, length(n-4))+faultDoc, ft.Close), task: wantsJSON, class: fetchers.ClassExpect, status: 200, attempts: 1, kept: faultDoc[:n-4]},
		"two Content-Lengths":       {answer: ft.Raw(ft.Head(200, length(n), length(n+1))+faultDoc, ft.Close), class: fetchers.ClassReset, attempts: 3},
		"no last chunk":             {answer: ft.Raw(chunked+ft.Chunks(faultDoc), ft.Close), class: fetchers.ClassCut, status: 200, attempts: 3},
		"a cut chunk":               {answer: ft.Raw(chunked+"1a\r\n"+faultDoc[:5], ft.Close), class: fetchers.ClassCut, status: 200, attempts: 3},
		"a bad chunk":               {answer: ft.Raw(chunked+"zz\r\n"+faultDoc, ft.Close), class: fetchers.ClassCut, status: 200, attempts: 3},
		"cut where all may end":     {answer: ft.Raw(ft.Head(200)+faultDoc[:9], ft.Close), task: wantsJSON, class: fetchers.ClassExpect, status: 200, attempts: 1, kept: faultDoc[:9]},
		"ends with its connection":  {answer: ft.Raw(ft.Head(200)+faultDoc, ft.Close), path: "o/bad.csv", class: fetchers.ClassCut, status: 200, attempts: 1, text: "sha256"},
		"lines that end so":         {answer: ft.Raw(ft.Head(200)+faultDoc+"\n", ft.Close), path: "o/bad.jsonl", class: fetchers.ClassCut, status: 200, attempts: 1},
		"values that end so":        {answer: ft.Raw(ft.Head(200)+faultDoc+faultDoc, ft.Close), task: recordsOf(t, ".text"), path: "o/bad.jsonl", class: fetchers.ClassCut, status: 200, attempts: 1},
		"a cut stream of records":   {answer: ft.Raw(ft.Head(200, length(5<<20))+"["+strings.Repeat("1,", 1<<20), ft.Close), task: recordsOf(t, ".[]"), path: "o/bad.jsonl", class: fetchers.ClassCut, status: 200, attempts: 3, text: "was cut"},
		"a range nobody asked for":  {answer: ft.Reply(206, faultDoc), class: fetchers.ClassStatus, status: 206, attempts: 1, kept: faultDoc},
		"416":                       {answer: ft.Reply(416, "what?"), class: fetchers.ClassStatus, status: 416, attempts: 1, kept: "what?"},
		"301 to itself":             {answer: to(301, "/bad"), class: fetchers.ClassRedirect, status: 301, attempts: 1},
		"301 to a file":             {answer: to(301, "file:///etc/passwd"), class: fetchers.ClassRedirect, status: 301, attempts: 1, text: "file:///etc/passwd"},
		"301 to nowhere":            {answer: to(301, "http://[bad"), class: fetchers.ClassRedirect, status: 301, attempts: 1},
		"301 without a Location":    {answer: ft.Reply(301, "gone"), class: fetchers.ClassStatus, status: 301, attempts: 1},
		"301 to a host that's dead": {answer: to(301, ft.Refused(t)+"/x"), class: fetchers.ClassConnect, attempts: 3},
		"401":                       {answer: ft.Reply(401, "who?"), class: fetchers.ClassStatus, status: 401, attempts: 1, kept: "who?"},
		"429 for seconds":           {answer: ft.Reply(429, "slow", "Retry-After: 7200"), class: fetchers.ClassHeld, status: 429, attempts: 1, alone: true},
		"429 until a date":          {answer: ft.Reply(429, "slow", "Retry-After: Thu, 01 Jan 2099 00:00:00 GMT"), class: fetchers.ClassHeld, status: 429, attempts: 1, alone: true, text: "2099"},
		"429 for ever":              {answer: ft.Reply(429, "slow", "Retry-After: 1e300"), class: fetchers.ClassHeld, status: 429, attempts: 1, alone: true},
		"500 again and again":       {answer: ft.Reply(500, "oh"), class: fetchers.ClassStatus, status: 500, attempts: 3, kept: "oh"},
		"gzip said and not sent":    {answer: ft.Reply(200, faultDoc, "Content-Encoding: gzip"), class: fetchers.ClassCut, status: 200, attempts: 3, text: "gzip"},
		"gzip sent and not said":    {answer: ft.Reply(200, gz), task: wantsJSON, class: fetchers.ClassExpect, status: 200, attempts: 1},
		"gzip twice, said once":     {answer: ft.Reply(200, zip(t, gz), "Content-Encoding: gzip"), task: wantsJSON, class: fetchers.ClassExpect, status: 200, attempts: 1},
		"gzip said twice":           {answer: ft.Reply(200, gz, "Content-Encoding: gzip, gzip"), class: fetchers.ClassCut, status: 200, attempts: 3},
		"gzip truncated":            {answer: ft.Reply(200, gz[:len(gz)-9], "Content-Encoding: gzip"), class: fetchers.ClassCut, status: 200, attempts: 3},
		"gzip and junk":             {answer: ft.Reply(200, gz+"junk, and more of it", "Content-Encoding: gzip"), class: fetchers.ClassCut, status: 200, attempts: 3},
		"a truncated .gz":           {answer: ft.Reply(200, gz[:len(gz)-9]), path: "o/bad.json.gz", text: "not whole", status: 200, attempts: 1},
		"a .gz with junk":           {answer: ft.Reply(200, gz+"junk, and more of it"), path: "o/bad.json.gz", text: "not whole", status: 200, attempts: 1},
		"a bomb":                    {answer: bomb(t), class: fetchers.ClassSize, status: 200, attempts: 1, text: "max_size"},
		"over max_size, at once":    {answer: ft.Reply(200, faultDoc), task: most(4), class: fetchers.ClassSize, status: 200, attempts: 1, text: "max_size"},
		"over max_size, decoded":    {answer: ft.Reply(200, zip(t, strings.Repeat("x", 5000)), "Content-Encoding: gzip"), task: most(4999), class: fetchers.ClassSize, status: 200, attempts: 1, text: "max_size"},
		"over max_size, in chunks":  {answer: ft.Raw(chunked+ft.Chunks(strings.Repeat("x", 2<<20))+"0\r\n\r\n", ft.Keep), task: most(2<<20 - 1), class: fetchers.ClassSize, status: 200, attempts: 1, text: "max_size"},
		"an empty body":             {answer: ft.Reply(200, ""), task: noBody, class: fetchers.ClassExpect, status: 200, attempts: 1, text: "empty"},
		"invalid UTF-8":             {answer: ft.Reply(200, "{\"x\": \"\xff\"}"), task: wantsJSON, class: fetchers.ClassExpect, status: 200, attempts: 1, text: "not JSON"},
		"NaN":                       {answer: ft.Reply(200, `{"x": NaN}`), task: wantsJSON, class: fetchers.ClassExpect, status: 200, attempts: 1, text: "not JSON", kept: "NaN"},
		"NaN in records":            {answer: ft.Reply(200, `[{"x": NaN}]`), task: recordsOf(t, ".[]"), path: "o/bad.jsonl", class: fetchers.ClassExpect, status: 200, attempts: 1, text: "not JSON", kept: "NaN"},
		"NaN for jq":                {answer: ft.Reply(200, `[{"x": NaN}]`), task: recordsOf(t, ".[] | .x"), path: "o/bad.jsonl", class: fetchers.ClassExpect, status: 200, attempts: 1, kept: "NaN"},
		"HTML with status 200":      {answer: ft.Reply(200, "<html>sorry</html>", "Content-Type: text/html"), task: wantsJSON, class: fetchers.ClassExpect, status: 200, attempts: 1, kept: "<html>sorry"},
		"HTML for lines":            {answer: ft.Reply(200, "<html>\nsorry</html>"), path: "o/bad.jsonl.zst", class: fetchers.ClassExpect, status: 200, attempts: 1, kept: "sorry"},
		"HTML for records":          {answer: ft.Reply(200, "<html>sorry</html>"), task: recordsOf(t, ".[]"), path: "o/bad.jsonl", class: fetchers.ClassExpect, status: 200, attempts: 1, kept: "sorry"},
		"200 MB of headers":         {answer: headers(200 << 20), class: fetchers.ClassSize, attempts: 1, text: "headers"},
	}
}

func most(n int64) func(*planner.Task) {
	return func(task *planner.Task) { task.Fetch.Expect.MaxSize = n }
}

func recordsOf(t *testing.T, source string) func(*planner.Task) {
	return func(task *planner.Task) { task.Fetch.Records = program(t, source) }
}

func to(status int, where string) ft.Answer { return ft.Reply(status, "moved", "Location: "+where) }

// headers sends so many bytes of headers, or as many as the client takes.
func headers(size int) ft.Answer {
	line := "X-Padding: " + strings.Repeat("x", 8000) + "\r\n"
	return func(e *ft.Exchange) ft.End {
		e.Write("HTTP/1.1 200 OK\r\n")
		for sent := 0; sent < size; sent += len(line) {
			e.Write(line)
		}
		return ft.Close
	}
}

// bomb is a gigabyte and more that comes as little.
func bomb(t *testing.T) ft.Answer {
	t.Helper()
	zeros, err := codec.AppendEncode(nil, codec.Zstd, "fastest", make([]byte, 16<<20))
	if err != nil {
		t.Fatal(err)
	}
	return ft.Reply(200, strings.Repeat(string(zeros), 70), "Content-Encoding: zstd")
}

// connectFaults are those of hosts that never come to answer.
func connectFaults(t *testing.T, dir string) map[string]fault {
	secure := func(name string, life time.Duration, host string) string {
		c := ft.Certificate(t, dir, name, life, host)
		return ft.NewTLSServer(t, &tls.Config{Certificates: []tls.Certificate{c}}, ft.Reply(200, faultDoc)).URL
	}
	trusts := func(ca string) func(*planner.Task) {
		return func(task *planner.Task) { task.Fetch.TLS.CA = ca }
	}
	return map[string]fault{
		"refused":           {url: ft.Refused(t), class: fetchers.ClassConnect, attempts: 3, text: "refused", alone: true},
		"closed at connect": {url: ft.Listener(t, ft.Close), class: fetchers.ClassReset, attempts: 3, alone: true},
		"TLS expired":       {url: secure("expired", -time.Minute, "127.0.0.1"), task: trusts("expired.pem"), class: fetchers.ClassTLS, attempts: 1, text: "expired", alone: true},
		"TLS of another":    {url: secure("another", time.Hour, "example.com"), task: trusts("another.pem"), class: fetchers.ClassTLS, attempts: 1, text: "127.0.0.1", alone: true},
		"TLS of unknown CA": {url: secure("unknown", time.Hour, "127.0.0.1"), class: fetchers.ClassTLS, attempts: 1, text: "unknown authority", alone: true},
		"TLS that stalls": {
			url: "https" + strings.TrimPrefix(ft.Listener(t, ft.Stall), "http"), alone: true,
			task: func(task *planner.Task) { task.Fetch.Connect = 100 * time.Millisecond }, class: fetchers.ClassConnect, attempts: 3,
		},
		"a file that is not there": {url: "file://none/here", class: fetchers.ClassFile, attempts: 1, alone: true},
		"an unknown scheme":        {url: "gopher://127.0.0.1/", class: fetchers.ClassURL, attempts: 1, alone: true},
	}
}

// TestFaults has one element's answer go wrong in every way, among others that are well, and holds that the error says
// what it was of, that nothing is published of it, and that the others are made.
func TestFaults(t *testing.T) {
	dir := t.TempDir()
	for _, way := range []string{"GET", "POST"} { // over connections of ours, and by net/http
		for _, group := range []map[string]fault{serverFaults(t), connectFaults(t, dir)} {
			for name, f := range group {
				if way == "POST" && (name == "a bomb" || f.class == fetchers.ClassFile) {
					continue // it is the same in both, or can't be asked so
				}
				t.Run(name+" "+way, func(t *testing.T) {
					t.Parallel()
					if name == "a bomb" && testing.Short() {
						t.Skip("decodes a gigabyte")
					}
					f.run(t, dir, way)
				})
			}
		}
	}
}

// by makes the recipe's request one of a method, with a body where that has one.
func by(method string) func(*planner.Task) {
	return func(task *planner.Task) {
		page := task.Fetch.Page
		task.Fetch.Page = func(number, offset int64, cursor any) (planner.Request, error) {
			r, err := page(number, offset, cursor)
			if r.Method = method; method == "POST" {
				r.Body = []byte("{}")
			}
			return r, err
		}
	}
}

func (f fault) run(t *testing.T, certificates, method string) {
	well := ft.NewServer(t, ft.Reply(200, faultDoc))
	if f.url == "" {
		srv := ft.NewServer(t, ft.Reply(200, faultDoc))
		srv.Handle("/bad", f.answer)
		f.url = srv.URL + "/bad"
		if !f.alone {
			well = srv
		}
	}
	if f.path == "" {
		f.path = "o/bad.json"
	}
	p := newProject(t)
	p.options.Fetcher = fetchers.New(fetchers.Options{Dir: certificates})
	bad := get(f.url, by(method))
	if f.task != nil {
		bad = get(f.url, by(method), f.task)
	}
	jobs := []fakeJob{{path: f.path, key: "bad", host: f.url, recipe: bad}}
	for i := range 5 {
		jobs = append(jobs, fakeJob{path: fmt.Sprintf("o/%d.json", i), key: fmt.Sprint(i), host: well.URL, recipe: get(fmt.Sprint(well.URL, "/", i), wantsJSON)})
	}
	plan := newPlan([]planner.Target{{Label: "l", Fetch: true, Retry: fast}}, jobs...)
	r := p.run(within(t, time.Minute), plan)
	if r.Failed != 1 || r.Made != 5 {
		t.Errorf("%+v", r)
	}
	files, err := os.ReadDir(p.dir + "/o")
	if err != nil || len(files) != 5 {
		t.Errorf("in the folder are %v, %v", files, err)
	}
	p.clean()
	for _, e := range p.of(Ended) {
		if e.Key == "bad" {
			f.check(t, p, e)
		} else if p.read(e.Path) != faultDoc {
			t.Errorf("%s is not what it should be", e.Path)
		}
	}
}

// check holds what is told of the failure.
func (f fault) check(t *testing.T, p *project, e Event) {
	rec := e.Record
	if e.State != planner.Failed || rec == nil || e.Path != f.path || rec.Key != "bad" || rec.Source != f.url || rec.Error != e.Err.Error() {
		t.Fatalf("%+v, record %+v", e, rec)
	}
	if rec.Status != f.status || rec.Attempts != f.attempts {
		t.Errorf("status %d after %d attempts, want %d after %d: %v", rec.Status, rec.Attempts, f.status, f.attempts, e.Err)
	}
	if !strings.Contains(rec.Error, f.text) || len(rec.Error) > 600 {
		t.Errorf("the error is %q, want %q in it", rec.Error, f.text)
	}
	var fe *fetchers.Error
	if f.class != "" && (!errors.As(e.Err, &fe) || fe.Class != f.class || fe.URL == "") {
		t.Errorf("class %v, want %s: %v", fe, f.class, e.Err)
	}
	if (rec.Status != 0) != (e.Log != "") && f.class != "" && f.class != fetchers.ClassCancel {
		t.Errorf("status %d, and its answer is kept in %q", rec.Status, e.Log)
	}
	if e.Log == "" {
		return
	}
	if kept := p.read(e.Log); !strings.Contains(rec.Error, e.Log) || !strings.Contains(kept, fmt.Sprintf("status %d\n", f.status)) || !strings.Contains(kept, f.kept) {
		t.Errorf("the error is %q, and kept is %.300q, want %q in it", rec.Error, kept, f.kept)
	}
}
