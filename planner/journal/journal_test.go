package journal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/asflow/asflow/planner/journal"
)

// full is a record with something in each field.
var full = journal.Record{
	Path: "a/b \"c\"\n.json", Target: "a/*.json", Key: "k\u00e9y\u2028", Kind: journal.Exec, State: journal.Made, Recipe: "r",
	Parts: []journal.Part{{Name: "command", Hash: "h"}}, Source: "sort <in>", Inputs: 1,
	Reads:  []journal.Read{{Path: "in", Size: 1, Mtime: 2, Hash: "x"}, {Path: "gone", Missing: true}},
	Asked:  []journal.Asked{{Kind: "env", Name: "HOME", Value: "v"}},
	Status: 3, Size: 4, Mtime: 5, Hash: "hash", Received: 6, Began: 7, Took: 8, Attempts: 9, Pages: 10, Records: 11,
	ETag: `W/"e"`, Modified: "Mon", Error: "no\ttab", Log: "log", Run: "run",
}

// write puts lines into a journal's files.
func write(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "journal"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func lines(records ...journal.Record) []byte {
	text := journal.Header()
	for i := range records {
		text = records[i].AppendLine(text)
	}
	return text
}

func load(t *testing.T, files map[string][]byte) *journal.State {
	t.Helper()
	s, err := journal.Load(write(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func exec(path string, size int64) journal.Record {
	return journal.Record{Path: path, Target: "t", Kind: journal.Exec, State: journal.Made, Size: size}
}

func fetched(path string, size int64) journal.Record {
	return journal.Record{Path: path, Target: "f", Kind: journal.Fetch, State: journal.Made, Size: size}
}

// TestRecord holds that a record comes back as it was written, and in one line.
func TestRecord(t *testing.T) {
	text := full.AppendLine(nil)
	if n := bytes.Count(text, []byte("\n")); n != 1 || text[len(text)-1] != '\n' {
		t.Fatalf("%q has %d lines", text, n)
	}
	got, ok := load(t, map[string][]byte{journal.Tail: lines(full)}).Needed(full.Path)
	if !ok {
		t.Fatal("it is not found")
	}
	if diff := cmp.Diff(full, got); diff != "" {
		t.Error(diff)
	}
}

// TestTheLastRecordOfAPathWins holds which record counts, wherever the records are.
func TestTheLastRecordOfAPathWins(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string][]byte
		want  int64
	}{
		"in the tail":               {map[string][]byte{journal.Tail: lines(exec("a", 1), exec("b", 9), exec("a", 2))}, 2},
		"the tail over the needed":  {map[string][]byte{journal.Needed: lines(exec("a", 1)), journal.Tail: lines(exec("a", 2))}, 2},
		"the tail over the fetched": {map[string][]byte{journal.Fetched: lines(fetched("a", 1)), journal.Tail: lines(fetched("a", 2))}, 2},
		"twice among the fetched":   {map[string][]byte{journal.Fetched: lines(fetched("a", 1), fetched("a", 2))}, 2},
		"needed only":               {map[string][]byte{journal.Needed: lines(exec("a", 2))}, 2},
		"after a cut compaction":    {map[string][]byte{journal.Fetched: lines(fetched("a", 2)), journal.Needed: lines(), journal.Tail: lines(fetched("a", 2))}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := load(t, c.files)
			got, ok := s.Lookup("a")
			if !ok || got.Size != c.want {
				t.Errorf("got %v %d, want %d", ok, got.Size, c.want)
			}
			seen := map[string]int{}
			if err := s.All(func(r journal.Record) bool { seen[r.Path]++; return true }); err != nil || seen["a"] != 1 {
				t.Errorf("All gives a %d times, %v", seen["a"], err)
			}
		})
	}
}

// TestWhatPlanningNeeds holds that successful fetches are none of it, and that absences and failures are.
func TestWhatPlanningNeeds(t *testing.T) {
	gone := journal.Record{Path: "gone", Target: "f", Kind: journal.Fetch, State: journal.Absent, Status: 404}
	s := load(t, map[string][]byte{journal.Tail: lines(fetched("there", 1), gone, exec("made", 1))})
	for path, want := range map[string]bool{"there": false, "gone": true, "made": true, "other": false} {
		if _, ok := s.Needed(path); ok != want {
			t.Errorf("%s: %v", path, ok)
		}
	}
	if !s.HasNeeded("t") || !s.HasNeeded("f") || s.HasNeeded("other") {
		t.Error("the labels are not those of what is needed")
	}
}

// TestTornTail holds that a line that was cut at any byte is dropped, and costs nothing else.
func TestTornTail(t *testing.T) {
	whole := lines(exec("a", 1))
	text := append(bytes.Clone(whole), full.AppendLine(nil)...)
	dir := write(t, nil)
	for n := range text {
		if err := os.WriteFile(filepath.Join(dir, journal.Tail), text[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		s, err := journal.Load(dir)
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if _, ok := s.Needed("a"); ok != (n >= len(whole)) {
			t.Fatalf("cut at %d: the line before is found: %v", n, ok)
		}
		if _, ok := s.Needed(full.Path); ok {
			t.Fatalf("cut at %d: the torn line is taken as whole", n)
		}
	}
}

// TestDamage holds that a damaged line is passed over and counted, and costs no other.
func TestDamage(t *testing.T) {
	text := lines(exec("a", 1))
	text = append(text, "garbage\n\x00\x00\x00\n{\"path\":\"b\n{\"path\":\"c\",\"target\":\"t\",\"kind\":\"exec\",\"state\":\"made\",\"size\":\"much\"}\n"...)
	text = append(text, bytes.TrimPrefix(lines(exec("d", 4)), journal.Header())...)
	s := load(t, map[string][]byte{journal.Tail: text})
	if s.Dropped() != 3 { // the fourth looks like a record until it is read
		t.Errorf("%d lines were dropped", s.Dropped())
	}
	for range 2 {
		for path, want := range map[string]bool{"a": true, "b": false, "c": false, "d": true} {
			if _, ok := s.Needed(path); ok != want {
				t.Errorf("%s: %v", path, ok)
			}
		}
		if s.Dropped() != 4 {
			t.Errorf("%d lines were dropped", s.Dropped())
		}
	}
	for name, all := range map[string]func(*journal.State) error{
		"All": func(s *journal.State) error { return s.All(func(journal.Record) bool { return true }) },
		"Each": func(s *journal.State) error {
			return s.Each(func() func(*journal.Record) { return func(*journal.Record) {} })
		},
	} {
		s := load(t, map[string][]byte{journal.Tail: text})
		if err := all(s); err != nil || s.Dropped() != 4 {
			t.Errorf("%s: %v, and %d lines were dropped", name, err, s.Dropped())
		}
	}
}

// TestNewerJournal holds that the journal of a newer asflow is not read wrongly.
func TestNewerJournal(t *testing.T) {
	for _, name := range []string{journal.Tail, journal.Needed} {
		_, err := journal.Load(write(t, map[string][]byte{name: []byte(`{"asflow":99}` + "\n")}))
		if err == nil || !strings.Contains(err.Error(), "newer asflow") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLinesOfALaterVersion holds that records with names, kinds and states that this version knows nothing of are kept, through a
// compaction too, that lines of another sort are passed over and counted, and that neither costs anything else.
func TestLinesOfALaterVersion(t *testing.T) {
	const later = `{"path":"later","target":"t","kind":"query","state":"frozen","size":3,"mood":{"deep":[1,2,{"x":null}]},"hash":"h"}` + "\n" +
		`{"path":"mine","target":"f","kind":"fetch","state":"made","size":4,"mood":"}"}` + "\n" +
		`{"lease":{"until":7}}` + "\n"
	text := append(lines(exec("a", 1), fetched("b", 2)), later...)
	last := exec("z", 9)
	text = last.AppendLine(text)
	check := func(s *journal.State) {
		t.Helper()
		for path, size := range map[string]int64{"a": 1, "b": 2, "later": 3, "mine": 4, "z": 9} {
			if r, ok := s.Lookup(path); !ok || r.Size != size || r.Path != path {
				t.Errorf("%s: %v %+v", path, ok, r)
			}
		}
		if r, ok := s.Needed("later"); !ok || r.Kind != "query" || r.State != "frozen" || r.Hash != "h" {
			t.Errorf("later: %v %+v", ok, r)
		}
	}
	s := load(t, map[string][]byte{journal.Tail: text})
	check(s)
	if s.Dropped() != 1 {
		t.Errorf("%d lines were passed over", s.Dropped())
	}
	made, kept := split(nil, text)
	if !bytes.Contains(kept, []byte(`"mood":{"deep":[1,2,{"x":null}]}`)) {
		t.Error("a compaction leaves out what it does not know")
	}
	check(load(t, map[string][]byte{journal.Fetched: made, journal.Needed: kept}))
}

// TestNoJournal holds that none is an empty one.
func TestNoJournal(t *testing.T) {
	s, err := journal.Load(filepath.Join(t.TempDir(), "nothing"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Lookup("a"); ok {
		t.Error("something was found")
	}
}

// TestLargeJournal holds that one whose lines stay in their file gives the same as one that is read at once.
func TestLargeJournal(t *testing.T) {
	const n = 20_000
	var text []byte
	text = append(text, journal.Header()...)
	for round := range 2 { // each path twice: the second counts
		for i := range n {
			r := exec(fmt.Sprintf("out/%d", i), int64(round*n+i))
			r.Source = strings.Repeat("x", i%700)
			text = r.AppendLine(text)
		}
	}
	long := exec("long", 1)
	long.Source = strings.Repeat("y", 3<<20)
	text = long.AppendLine(text)
	torn := append(bytes.Clone(text), `{"path":"torn`...)
	s := load(t, map[string][]byte{journal.Needed: torn, journal.Tail: lines(exec("out/7", -7)), journal.Fetched: torn})
	for i := range n {
		want := int64(n + i)
		if i == 7 {
			want = -7
		}
		path := fmt.Sprintf("out/%d", i)
		if r, ok := s.Needed(path); !ok || r.Size != want || r.Path != path {
			t.Fatalf("%s: %v %d, want %d", path, ok, r.Size, want)
		}
	}
	if r, ok := s.Needed("long"); !ok || len(r.Source) != 3<<20 {
		t.Error("the long line is not found")
	}
	if _, ok := s.Lookup("torn"); ok || s.Dropped() != 0 {
		t.Errorf("the torn line is taken as whole, and %d are damaged", s.Dropped())
	}
	tail := load(t, map[string][]byte{journal.Tail: torn})
	if r, ok := tail.Needed("out/9"); !ok || r.Size != n+9 {
		t.Errorf("of a large tail: %v %d", ok, r.Size)
	}
	count := 0
	if err := s.All(func(journal.Record) bool { count++; return true }); err != nil || count != n+1 {
		t.Errorf("All gives %d, %v", count, err)
	}
}

// split sorts lines that are at hand.
func split(needed, tail []byte) (fetched, kept []byte) {
	section := func(b []byte) *io.SectionReader { return io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))) }
	var f, k bytes.Buffer
	if err := journal.Split(section(needed), section(tail), &f, &k); err != nil {
		panic(err)
	}
	return f.Bytes(), k.Bytes()
}

// TestSplit holds what a compaction moves where: each record that counts once, and no other.
func TestSplit(t *testing.T) {
	begun := journal.Run{ID: "r", Began: 1}
	run, err := begun.AppendLine(nil)
	if err != nil {
		t.Fatal(err)
	}
	failed := journal.Record{Path: "b", Target: "f", Kind: journal.Fetch, State: journal.Failed}
	tail := append(lines(fetched("a", 2), exec("c", 1), failed, fetched("d", 1), exec("c", 2)), run...)
	made, kept := split(lines(exec("e", 1), exec("c", 0)), tail)
	want := fetched("a", 2)
	other := fetched("d", 1)
	if diff := cmp.Diff(string(other.AppendLine(want.AppendLine(nil))), string(made)); diff != "" {
		t.Error(diff)
	}
	s := load(t, map[string][]byte{journal.Needed: kept})
	for path, size := range map[string]int64{"b": 0, "c": 2, "e": 1} {
		if r, ok := s.Needed(path); !ok || r.Size != size {
			t.Errorf("%s: %v %d", path, ok, r.Size)
		}
	}
	if runs, _ := s.Runs(); len(runs) != 1 || runs[0].ID != "r" {
		t.Errorf("runs %v", runs)
	}
	if n := bytes.Count(kept, []byte(`"path":"c"`)); n != 1 {
		t.Errorf("c is kept %d times", n)
	}
}

// FuzzRecord holds that a line is read as the JSON library reads it, whatever is in it.
func FuzzRecord(f *testing.F) {
	f.Add(full.AppendLine(nil))
	plain := full
	plain.Path, plain.Key, plain.Source, plain.ETag, plain.Error = "a", "k", "s", "e", ""
	f.Add(plain.AppendLine(nil))
	f.Add([]byte(`{"path":"a","target":"t","kind":"exec","state":"made","size":01}`))
	f.Add([]byte(`{"path":"a","target":"t","kind":"exec","state":"made","size":1e3,"parts":[],"reads":null}`))
	f.Add([]byte(`{"path":"a","size":-5,"reads":[{"path":"x","missing":true}]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		line = append([]byte(`{"path":"p",`), bytes.TrimPrefix(bytes.TrimSpace(bytes.ReplaceAll(line, []byte("\n"), nil)), []byte("{"))...)
		var want journal.Record
		valid := json.Unmarshal(line, &want) == nil && line[len(line)-1] == '}'
		got, ok := load(t, map[string][]byte{journal.Tail: append(line, '\n')}).Lookup("p")
		if want.Path != "p" {
			return // the path is given once more
		}
		if want.Kind == journal.Fetch && want.State == journal.Made {
			valid = valid || ok
		}
		if ok != valid {
			t.Fatalf("%s: found %v, valid %v", line, ok, valid)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); ok && diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	})
}

// FuzzLoad holds that no text makes reading fail or panic, and that what is appended to it is found.
func FuzzLoad(f *testing.F) {
	f.Add(lines(full), "a")
	f.Add([]byte("{\"path\":\"\n{\"run\":{}}\n{\"path\":\"\\u0061\"}"), "\x00\xff")
	f.Fuzz(func(t *testing.T, text []byte, path string) {
		if n := len(text); n > 0 && text[n-1] != '\n' {
			text = append(text, '\n')
		}
		r := exec(strings.ToValidUTF8(path, "?"), 7)
		s := load(t, map[string][]byte{journal.Tail: r.AppendLine(text), journal.Fetched: text})
		if got, ok := s.Lookup(r.Path); !ok || got.Size != 7 {
			t.Errorf("%q is not found: %v", path, ok)
		}
		_ = s.All(func(journal.Record) bool { return true })
		_, _ = s.Runs()
		made, kept := split(nil, text)
		_, _ = split(kept, made)
	})
}
