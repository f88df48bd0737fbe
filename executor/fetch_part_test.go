package executor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
)

// manyBytes is a body of which no two parts are alike.
func manyBytes(version string, n int) []byte {
	b := make([]byte, 0, n+8<<10)
	pad := bytes.Repeat([]byte("x"), 4<<10)
	for len(b) < n {
		b = fmt.Appendf(b, "%s %d\n", version, len(b))
		b = append(b, pad...)
	}
	return b[:n]
}

// cutServer serves one document with ranges. A first answer breaks off; what comes after can be changed.
type cutServer struct {
	mu     sync.Mutex
	body   []byte
	etag   string
	cut    int              // where the next answer breaks off; 0: nowhere
	twist  http.HandlerFunc // answers ranges in the server's place
	ranges []string         // what was asked for
}

func (s *cutServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ranges = append(s.ranges, r.Header.Get("Range"))
	if s.twist != nil && r.Header.Get("Range") != "" {
		s.twist(w, r)
		return
	}
	w.Header().Set("Etag", s.etag)
	if s.cut > 0 {
		w.Header().Set("Content-Length", fmt.Sprint(len(s.body)))
		_, _ = w.Write(s.body[:s.cut])
		s.cut = 0
		panic(http.ErrAbortHandler)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.body))
}

// TestGoOnInAnotherRun has a large body break off for good, something happen, and another run come.
func TestGoOnInAnotherRun(t *testing.T) {
	const size, cut = 70 << 20, 41 << 20
	one, two := manyBytes("one", size), manyBytes("two", size)
	sum := sha256.Sum256(one)
	for name, c := range map[string]struct {
		between func(p *project, s *cutServer)
		task    func(*planner.Task) // of the second run
		want    []byte
		ranged  bool // the second run asks for the rest
		state   planner.State
		over    bool // and yet has to start over
	}{
		"goes on":               {nil, nil, one, true, planner.Made, false},
		"with its hash":         {nil, func(task *planner.Task) { task.Fetch.Expect.SHA256 = hex.EncodeToString(sum[:]) }, one, true, planner.Made, false},
		"with a wrong hash":     {nil, func(task *planner.Task) { task.Fetch.Expect.SHA256 = strings.Repeat("0", 64) }, nil, true, planner.Failed, false},
		"a new version":         {func(_ *project, s *cutServer) { s.body, s.etag = two, `"2"` }, nil, two, true, planner.Made, true},
		"a short new version":   {func(_ *project, s *cutServer) { s.body, s.etag = two[:1000], `"2"` }, nil, two[:1000], true, planner.Made, true},
		"416":                   {twisted(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestedRangeNotSatisfiable) }), nil, one, true, planner.Made, true},
		"now absent":            {twisted(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }), nil, nil, true, planner.Absent, false},
		"now forbidden":         {twisted(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }), nil, nil, true, planner.Failed, false},
		"another recipe":        {nil, func(task *planner.Task) { task.Record.Recipe = "other" }, one, false, planner.Made, false},
		"another URL":           {nil, elsewhere, one, false, planner.Made, false},
		"its bytes are damaged": {damaged(100), nil, one, true, planner.Made, true},
		"its file is short":     {shortened, nil, one, false, planner.Made, false},
		"its note is torn":      {torn, nil, one, false, planner.Made, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := &cutServer{body: one, etag: `"1"`, cut: cut}
			p, url := serve(t, s.ServeHTTP)
			run := func(attempts int, change func(*planner.Task)) Event {
				if change == nil {
					change = func(*planner.Task) {}
				}
				retry := fast
				retry.Attempts = attempts
				plan := newPlan([]planner.Target{{Fetch: true, Retry: retry, Absent: []int{404}}}, fakeJob{path: "o/a.bin", host: url, recipe: get(url, func(task *planner.Task) { task.Record.Recipe = "r" }, change)})
				p.run(within(t, time.Minute), plan)
				ended := p.of(Ended)
				return ended[len(ended)-1]
			}
			if e := run(1, nil); e.State != planner.Failed || p.exists("o/a.bin") || len(parts(p)) != 2 {
				t.Fatalf("%v %v, %v", e.State, e.Err, parts(p))
			}
			if c.between != nil {
				c.between(p, s)
			}
			e := run(2, c.task)
			if e.State != c.state {
				t.Fatalf("%v: %v", e.State, e.Err)
			}
			if c.want != nil && p.read("o/a.bin") != string(c.want) {
				t.Error("it is not what it should be")
			}
			if got := s.ranges[1] == fmt.Sprintf("bytes=%d-", cut); got != c.ranged {
				t.Errorf("asked for %q", s.ranges)
			}
			if e.Record.State == "made" {
				sum := sha256.Sum256(c.want)
				if e.Record.Hash != hex.EncodeToString(sum[:]) || e.Record.Size != int64(len(c.want)) {
					t.Errorf("record %+v", e.Record)
				}
				if short := e.Record.Received == size-cut; short != (c.ranged && !c.over) {
					t.Errorf("received %d", e.Record.Received)
				}
			}
			if left := len(parts(p)); left != 0 && name != "now forbidden" {
				t.Errorf("left: %v", parts(p))
			}
		})
	}
}

// A run that is cancelled in the middle of a large body keeps what has come.
func TestCancelledRunKeepsWhatHasCome(t *testing.T) {
	const size, sent = 70 << 20, 66 << 20
	body := manyBytes("one", size)
	ctx, cancel := context.WithCancel(within(t, time.Minute))
	s := &cutServer{body: body, etag: `"1"`}
	first := true
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !first {
			s.ServeHTTP(w, r)
			return
		}
		first = false
		w.Header().Set("Etag", `"1"`)
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(body[:sent])
		_ = http.NewResponseController(w).Flush()
		cancel()
		<-r.Context().Done()
	})
	plan := func() *fakePlan {
		return newPlan([]planner.Target{{Fetch: true, Retry: fast}}, fakeJob{path: "o/a.bin", host: url, recipe: get(url)})
	}
	if r := p.run(ctx, plan()); r.Cancelled != 1 || p.exists("o/a.bin") {
		t.Fatalf("%+v", r)
	}
	n := p.options.Store.readPart("o/a.bin")
	if n == nil {
		t.Fatal("nothing was kept")
	}
	if note := p.one(Note); !strings.Contains(note.Text, strconv.FormatInt(n.Size, 10)) {
		t.Errorf("note %q, of %d bytes", note.Text, n.Size)
	}
	if r := p.run(within(t, time.Minute), plan()); r.Made != 1 || r.Bytes != size-n.Size || p.read("o/a.bin") != string(body) {
		t.Errorf("%+v, after %d bytes", r, n.Size)
	}
}

// Into an output that is compressed nothing is kept, and what is small is not either.
func TestWhatIsNotKept(t *testing.T) {
	for path, size := range map[string]int{"a.bin.zst": 70 << 20, "a.bin": 60 << 20} {
		s := &cutServer{body: manyBytes("one", size), etag: `"1"`, cut: 50 << 20}
		p, url := serve(t, s.ServeHTTP)
		once := planner.Retry{Attempts: 1}
		plan := newPlan([]planner.Target{{Fetch: true, Retry: once}}, fakeJob{path: path, host: url, recipe: get(url)})
		if r := p.run(within(t, time.Minute), plan); r.Failed != 1 || len(parts(p)) != 0 {
			t.Errorf("%s: %+v, %v", path, r, parts(p))
		}
		p.clean()
	}
}

// Into an output on another file system nothing is kept either, and what is there nevertheless is of no harm.
func TestNothingIsKeptAcrossFileSystems(t *testing.T) {
	elsewhere, err := os.MkdirTemp("/dev/shm", "asflow")
	if err != nil {
		t.Skip("no other file system: ", err)
	}
	defer os.RemoveAll(elsewhere)
	s := &cutServer{body: manyBytes("one", 70<<20), etag: `"1"`, cut: 41 << 20}
	p, url := serve(t, s.ServeHTTP)
	if deviceOf(elsewhere) == deviceOf(p.dir) {
		t.Skip("no other file system")
	}
	if err := os.Mkdir(filepath.Join(p.dir, "o"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := func() Result {
		plan := newPlan([]planner.Target{{Fetch: true, Retry: planner.Retry{Attempts: 1}}}, fakeJob{path: "o/a.bin", host: url, recipe: get(url)})
		return p.run(within(t, time.Minute), plan)
	}
	if r := run(); r.Failed != 1 || len(parts(p)) != 2 {
		t.Fatalf("%+v, %v", r, parts(p))
	}
	if err := os.Remove(filepath.Join(p.dir, "o")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(p.dir, "o")); err != nil {
		t.Fatal(err)
	}
	if r := run(); r.Made != 1 || p.read("o/a.bin") != string(s.body) {
		t.Errorf("%+v", r)
	}
	if len(parts(p)) != 0 {
		t.Errorf("left: %v", parts(p))
	}
}

// parts gives the files that are kept for a later run.
func parts(p *project) []string {
	names, _ := filepath.Glob(filepath.Join(p.dir, partDir, "*"))
	return names
}

func twisted(h http.HandlerFunc) func(*project, *cutServer) {
	return func(_ *project, s *cutServer) { s.twist = h }
}

func elsewhere(task *planner.Task) {
	page := task.Fetch.Page
	task.Fetch.Page = func(n, offset int64, cursor any) (planner.Request, error) {
		r, err := page(n, offset, cursor)
		r.URL += "/?v=2"
		return r, err
	}
}

func damaged(at int64) func(*project, *cutServer) {
	return func(p *project, _ *cutServer) {
		f, err := os.OpenFile(p.options.Store.partName("o/a.bin"), os.O_RDWR, 0)
		if err != nil {
			p.t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteAt([]byte("X"), at); err != nil {
			p.t.Fatal(err)
		}
	}
}

func shortened(p *project, _ *cutServer) {
	if err := os.Truncate(p.options.Store.partName("o/a.bin"), 1000); err != nil {
		p.t.Fatal(err)
	}
}

func torn(p *project, _ *cutServer) {
	if err := os.Truncate(p.options.Store.partName("o/a.bin")+".json", 20); err != nil {
		p.t.Fatal(err)
	}
}

// Parts that nobody went on with are removed in the end, and those without a note at once.
func TestPartsAreSwept(t *testing.T) {
	p := newProject(t)
	for _, name := range []string{"new", "new.json", "old", "old.json", "alone"} {
		p.write(partDir+"/"+name, "{}")
	}
	if err := p.options.Store.sweepParts(time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := parts(p); len(got) != 4 || p.exists(partDir+"/alone") {
		t.Errorf("left: %v", got)
	}
	old := time.Now().Add(-partLife - time.Minute)
	if err := os.Chtimes(filepath.Join(p.dir, partDir, "old.json"), old, old); err != nil {
		t.Fatal(err)
	}
	if err := p.options.Store.sweepParts(time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := parts(p); len(got) != 2 || !p.exists(partDir+"/new") {
		t.Errorf("left: %v", got)
	}
}
