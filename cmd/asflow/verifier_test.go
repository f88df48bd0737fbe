package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
)

// streams are files that nobody holds in memory.
type streams map[string]func() io.Reader

func (s streams) Open(at string) (io.ReadCloser, error) { return io.NopCloser(s[at]()), nil }

func (s streams) Real(at string) (string, error)          { return at, nil }
func (s streams) Links(string) (map[string]string, error) { return map[string]string{}, nil }
func (s streams) Stat(string) (planner.Info, error)       { return planner.Info{}, fs.ErrNotExist }
func (s streams) List(string, func([]string) error) error { return nil }

// repeated is a text over and over, n bytes of it.
type repeated struct {
	text []byte
	n    int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.n)], r.text)
	r.n -= n
	return n, nil
}

// What is looked at takes no memory of its size, however long its lines are. Not parallel: memory is counted.
func TestWholeTakesLittleMemory(t *testing.T) {
	const large = 32 << 20
	files := streams{
		"one.jsonl": func() io.Reader {
			return io.MultiReader(strings.NewReader(`{"a":"`), &repeated{bytes.Repeat([]byte("x"), 1<<16), large}, strings.NewReader("\"}\n"))
		},
		"many.ndjson": func() io.Reader { return &repeated{bytes.Repeat([]byte("[123456]\n"), 1<<10), large / 9 * 9} },
		"text.txt":    func() io.Reader { return &repeated{bytes.Repeat([]byte("x"), 1<<16), large} },
	}
	for at := range files {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		wrong, err := whole(files, at)
		runtime.ReadMemStats(&after)
		if wrong != "" || err != nil {
			t.Errorf("%s: %s, %v", at, wrong, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 2<<20 {
			t.Errorf("%s took %d bytes of memory", at, took)
		}
	}
}

func TestWholeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is broken")
	for _, c := range []struct{ at, text, want string }{
		{"a.jsonl", "1\n\n{}\n", ""},
		{"a.jsonl", byteOrderMark + "1\n", ""},
		{"a.jsonl", "1\n{\n", "line 2 is not JSON"},
		{"a.ndjson", "1\n[1", "line 2 is not JSON"},
		{"a.json", "[", ""}, // only lines are looked at
		{"a.txt.gz", "this is not gzip", "gzip: invalid header"},
		{"a.jsonl.zst", "", "unexpected EOF"},
	} {
		got, err := whole(streams{c.at: func() io.Reader { return strings.NewReader(c.text) }}, c.at)
		if got != c.want || err != nil {
			t.Errorf("%s with %q: %q, %v", c.at, c.text, got, err)
		}
	}
	for _, at := range []string{"a.txt", "a.jsonl", "a.jsonl.gz"} {
		got, err := whole(streams{at: func() io.Reader { return io.MultiReader(strings.NewReader("1\n"), &failing{broken}) }}, at)
		if got == "" || err != nil {
			t.Errorf("%s on a broken disk: %q, %v", at, got, err)
		}
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// The live block says how many of how many, and which file takes long, with how much of it is read.
func TestVerifyFrame(t *testing.T) {
	t.Parallel()
	v := &verifier{jobs: make([]planner.ID, 1200), began: noon}
	v.done.Store(300)
	v.bytes.Store(45e6)
	v.found = make([]finding, 2)
	slow := &readingFile{path: "raw/large.jsonl.zst", since: noon.Add(28 * time.Second), size: 12e9}
	slow.read.Store(4e9)
	v.begin(&readingFile{path: "raw/x.json", since: noon.Add(20 * time.Second)})
	v.begin(slow)
	v.begin(&readingFile{path: "raw/new.json", since: noon.Add(30 * time.Second)})
	v.end(v.reading[0])
	l := layout{t: fakeTerminal(false, true, 80, 24)}
	golden(t, "verify-80.txt", strings.Join(l.lines(v.frame(noon.Add(30*time.Second)), 80, 24), "\n")+"\n")
}

// Nothing is shown before a moment has passed, and nothing is left.
func TestProgressComesLateAndGoes(t *testing.T) {
	t.Parallel()
	screen80 := newVT(80)
	term := fakeTerminal(false, true, 80, 24)
	term.Writer = screen80
	now := noon
	p := &progress{t: term, now: func() time.Time { return now }, began: noon, layout: layout{t: term}, screen: screen{w: term}}
	p.look = func(time.Time) frame { return frame{rows: []row{{label: "outputs", done: 1, all: 2, eta: -1}}} }
	p.paint()
	if got := screen80.String(); got != "" {
		t.Errorf("at once it shows %q", got)
	}
	now = now.Add(progressAfter)
	p.paint()
	if got := screen80.String(); !strings.Contains(got, "outputs") || !strings.Contains(got, "1/2") {
		t.Errorf("later it shows %q", got)
	}
	p.clear()
	if got := screen80.String(); got != "" {
		t.Errorf("in the end it shows %q", got)
	}
}
