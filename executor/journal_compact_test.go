package executor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/asflow/asflow/planner/journal"
)

// journalFiles are the files of a journal, in the order in which a compaction writes them.
var journalFiles = []string{journal.Fetched, journal.Needed, journal.Tail}

// keep gives what is in a journal's files; one that is not there is left out.
func (p *project) keep() map[string][]byte {
	p.t.Helper()
	out := map[string][]byte{}
	for _, name := range journalFiles {
		b, err := os.ReadFile(filepath.Join(p.dir, ".asflow", name))
		if err == nil {
			out[name] = b
		}
	}
	return out
}

// put writes a journal's files, and no others.
func (p *project) put(files map[string][]byte) {
	p.t.Helper()
	for _, name := range journalFiles {
		if b, ok := files[name]; ok {
			p.write(".asflow/"+name, string(b))
		} else if err := os.RemoveAll(filepath.Join(p.dir, ".asflow", name)); err != nil {
			p.t.Fatal(err)
		}
	}
}

// open opens the journal for appending.
func (p *project) open() *Writer {
	p.t.Helper()
	w, err := p.options.Store.OpenJournal()
	if err != nil {
		p.t.Fatal(err)
	}
	return w
}

// append writes records, and gives their latest sizes by path to want.
func (p *project) append(w *Writer, want map[string]int64, records ...journal.Record) {
	p.t.Helper()
	if err := w.Append(records, true); err != nil {
		p.t.Fatal(err)
	}
	for _, r := range records {
		want[r.Path] = r.Size
	}
}

// has compares what the journal has with what was written.
func (p *project) has(when string, want map[string]int64, runs int) {
	p.t.Helper()
	s, err := journal.Load(filepath.Join(p.dir, ".asflow"))
	if err != nil {
		p.t.Fatalf("%s: %v", when, err)
	}
	got := map[string]int64{}
	if err := s.All(func(r journal.Record) bool { got[r.Path] = r.Size; return true }); err != nil {
		p.t.Fatalf("%s: %v", when, err)
	}
	if !maps.Equal(got, want) {
		p.t.Fatalf("%s the journal has %v, want %v", when, got, want)
	}
	for path, size := range want {
		if r, ok := s.Lookup(path); !ok || r.Size != size {
			p.t.Fatalf("%s: looked up, %s has %v %d, want %d", when, path, ok, r.Size, size)
		}
	}
	ids := map[string]bool{}
	all, _ := s.Runs()
	for _, r := range all {
		ids[r.ID] = true
	}
	if len(ids) != runs || s.Dropped() != 0 {
		p.t.Fatalf("%s there are runs %v, and %d lines are damaged", when, ids, s.Dropped())
	}
}

func made(path string, size int64) journal.Record {
	return journal.Record{Path: path, Target: "f", Kind: journal.Fetch, State: journal.Made, Size: size}
}

func command(path string, size int64) journal.Record {
	return journal.Record{Path: path, Target: "e", Kind: journal.Exec, State: journal.Made, Size: size}
}

func failed(path string) journal.Record {
	return journal.Record{Path: path, Target: "f", Kind: journal.Fetch, State: journal.Failed, Size: -1}
}

// history is a journal that was compacted once, and appended to since: with records that are new, that follow on ones in either
// compacted file, and that change from what planning needs to what it doesn't and back.
func (p *project) history(want map[string]int64) {
	w := p.open()
	p.append(w, want, made("a", 1), made("b", 1), command("c", 1), command("d", 1), failed("e"), failed("g"))
	if err := w.Run(journal.Run{ID: "1", Began: 1}); err != nil {
		p.t.Fatal(err)
	}
	if err := w.compact(); err != nil {
		p.t.Fatal(err)
	}
	if err := w.file.Close(); err != nil {
		p.t.Fatal(err)
	}
	w = p.open()
	p.append(w, want, made("a", 2), command("c", 2), made("e", 2), failed("b"), command("new", 2), made("other", 2), made("other", 3))
	if err := w.Run(journal.Run{ID: "2", Began: 2}); err != nil {
		p.t.Fatal(err)
	}
	if err := w.file.Close(); err != nil {
		p.t.Fatal(err)
	}
}

// TestACompactionThatIsCut stops a compaction between each of its steps, and within each at some bytes, and holds that every
// record is still there, that a run can go on, and that the next compaction makes of it what this one would have.
func TestACompactionThatIsCut(t *testing.T) {
	p, want := newProject(t), map[string]int64{}
	p.history(want)
	before := p.keep()
	p.has("before it", want, 2)
	w := p.open()
	if err := w.Close(); err != nil { // too small to be worth it
		t.Fatal(err)
	}
	if !maps.EqualFunc(before, p.keep(), bytes.Equal) {
		t.Fatal("a small journal is compacted")
	}
	w = p.open()
	if err := w.compact(); err != nil {
		t.Fatal(err)
	}
	w.file.Close()
	after := p.keep()
	p.has("after it", want, 2)
	if !bytes.Equal(after[journal.Tail], journal.Header()) {
		t.Fatalf("the journal begins anew with %q", after[journal.Tail])
	}

	cut := func(when string, state map[string][]byte) {
		p.put(state)
		p.has(when, want, 2)
		now := maps.Clone(want)
		w := p.open()
		p.append(w, now, made("later", 9), command("c", 9), failed("a"))
		w.file.Close()
		p.has(when+", and a run after it", now, 2)
		w = p.open()
		if err := w.compact(); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		w.file.Close()
		p.has(when+", and a compaction after it", now, 2)
	}
	state := maps.Clone(before)
	for _, name := range journalFiles {
		if name == journal.Fetched { // it is appended to in its place; the others are replaced whole
			for n := len(before[name]); n < len(after[name]); n += 7 {
				torn := maps.Clone(state)
				torn[name] = after[name][:n]
				cut(fmt.Sprintf("with %d bytes of %s", n, name), torn)
			}
		}
		state = maps.Clone(state)
		state[name] = after[name]
		cut("after "+name, state)
	}
}

// watch notes the steps whose order decides what a power cut leaves, by paths within the project, and lets the one of a number fail.
func (p *project) watch(failing int) *[]string {
	var steps []string
	p.options.Store.fail = func(step, at string) error {
		rel, err := filepath.Rel(p.dir, at)
		if err != nil {
			p.t.Error(err)
		}
		steps = append(steps, step+" "+filepath.ToSlash(rel))
		if len(steps) == failing {
			return errStep
		}
		return nil
	}
	return &steps
}

var errStep = errors.New("the disk has failed")

// TestTheOrderOfACompaction holds that each record has its new name on the disk before it loses the old one, and lets each step fail: what
// was written before it harms nothing, and no file is named after it, so that the records stay where they were. The next run goes on,
// and the next compaction makes up for it.
func TestTheOrderOfACompaction(t *testing.T) {
	want := []string{
		"sync .asflow/journal/fetched.jsonl",
		"sync .asflow/journal/needed.jsonl",
		"name .asflow/journal/needed.jsonl",
		"sync names .asflow",
		"sync names .asflow/journal",
		"sync .asflow/journal.jsonl",
		"name .asflow/journal.jsonl",
	}
	for failing := range len(want) + 1 {
		name := "none fails"
		if failing > 0 {
			name = want[failing-1] + " fails"
		}
		t.Run(name, func(t *testing.T) {
			p, records := newProject(t), map[string]int64{}
			p.history(records)
			before := p.keep()
			w := p.open()
			steps := p.watch(failing)
			err := w.compact()
			w.file.Close()
			p.options.Store.fail = nil
			p.has("after it", records, 2)
			if failing == 0 {
				if err != nil || !slices.Equal(*steps, want) {
					t.Errorf("%v, in the order\n%s", err, strings.Join(*steps, "\n"))
				}
				return
			}
			if !errors.Is(err, errStep) || !slices.Equal((*steps)[:failing], want[:failing]) {
				t.Fatalf("%v, in the order\n%s", err, strings.Join(*steps, "\n"))
			}
			for _, s := range (*steps)[failing:] {
				if strings.HasPrefix(s, "name ") {
					t.Errorf("after that, %s", s)
				}
			}
			after := p.keep()
			for at, named := range map[string]bool{journal.Needed: failing > 3, journal.Tail: failing > 7} {
				if same := bytes.Equal(before[at], after[at]); same == named {
					t.Errorf("%s is as it was: %v", at, same)
				}
			}
			if left, _ := filepath.Glob(p.dir + "/.asflow/tmp/journal-*"); len(left) > 0 {
				t.Errorf("it leaves %q", left)
			}
			w = p.open()
			p.append(w, records, made("later", 9), command("c", 9), failed("a"))
			if err := w.compact(); err != nil {
				t.Fatal(err)
			}
			w.file.Close()
			p.has("after the next one", records, 2)
		})
	}
}

// TestACompactionThatFails holds that one that can't even begin leaves all where it was.
func TestACompactionThatFails(t *testing.T) {
	for name, inTheWay := range map[string]func(p *project) error{
		"the fetched": func(p *project) error { return os.MkdirAll(filepath.Join(p.dir, ".asflow", journal.Fetched), 0o777) },
		"the needed":  func(p *project) error { return os.RemoveAll(filepath.Join(p.dir, ".asflow/tmp")) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t)
			w := p.open()
			p.append(w, map[string]int64{}, made("a", 1), command("b", 1), failed("c"))
			before := p.keep()
			if err := inTheWay(p); err != nil {
				t.Fatal(err)
			}
			if err := w.compact(); err == nil {
				t.Fatal("it did not fail")
			}
			w.file.Close()
			if after := p.keep(); !bytes.Equal(before[journal.Tail], after[journal.Tail]) || after[journal.Needed] != nil {
				t.Error("the journal is not what it was")
			}
		})
	}
}

// TestTheJournalIsReadWhileItGrows reads the journal over and over while another one appends to it and compacts it: all that was
// written before the reading began is there, with what it was then or later.
func TestTheJournalIsReadWhileItGrows(t *testing.T) {
	const paths, rounds = 20, 60
	p := newProject(t)
	w := p.open()
	var written [paths]atomic.Int64 // by path, what surely is there
	var writing sync.WaitGroup
	done := make(chan struct{})
	writing.Go(func() {
		defer close(done)
		for round := int64(1); round <= rounds; round++ {
			var batch []journal.Record
			for i := range paths {
				r := made(fmt.Sprint(i), round)
				if (int64(i)+round)%3 == 0 {
					r = command(r.Path, round)
				}
				batch = append(batch, r)
			}
			if err := w.Append(batch, true); err != nil {
				t.Error(err)
				return
			}
			for i := range paths {
				written[i].Store(round)
			}
			if round%7 == 0 {
				err := w.compact()
				w.file.Close()
				if err == nil {
					w, err = p.options.Store.OpenJournal()
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		var least [paths]int64
		for i := range least {
			least[i] = written[i].Load()
		}
		s, err := journal.Load(filepath.Join(p.dir, ".asflow"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range least {
			if r, ok := s.Lookup(fmt.Sprint(i)); least[i] > 0 && (!ok || r.Size < least[i]) {
				t.Fatalf("%d has %v %d, and %d was written", i, ok, r.Size, least[i])
			}
		}
		if s.Dropped() > 0 {
			t.Fatalf("%d lines are taken as damaged", s.Dropped())
		}
	}
	writing.Wait()
	w.file.Close()
}

// TestATornJournalGoesOn cuts a journal at every byte of its last record, as a power cut may: opening it drops what is torn, and what
// is appended then stands on a line of its own.
func TestATornJournalGoesOn(t *testing.T) {
	p, want := newProject(t), map[string]int64{}
	w := p.open()
	p.append(w, want, made("a", 1), command("b", 1))
	whole := len(p.keep()[journal.Tail])
	p.append(w, map[string]int64{}, command("torn", 1))
	w.file.Close()
	text := p.keep()[journal.Tail]
	for n := whole; n < len(text); n++ {
		p.put(map[string][]byte{journal.Tail: text[:n]})
		p.has(fmt.Sprintf("cut at %d", n), want, 0)
		now := maps.Clone(want)
		w := p.open()
		p.append(w, now, command("next", 2))
		w.file.Close()
		p.has(fmt.Sprintf("cut at %d, and appended to", n), now, 0)
	}
	for n := range len(journal.Header()) { // not even its first line is whole
		p.put(map[string][]byte{journal.Tail: text[:n]})
		now := map[string]int64{}
		w := p.open()
		p.append(w, now, command("next", 2))
		w.file.Close()
		p.has("without a first line", now, 0)
	}
}

// TestACompactionHoldsNoText compacts a journal of many megabytes: what is taken of memory is that of the index, far less than the
// text. Not parallel: memory is counted.
func TestACompactionHoldsNoText(t *testing.T) {
	const records, batch = 40_000, 1000
	p, want := newProject(t), map[string]int64{}
	w := p.open()
	source := string(bytes.Repeat([]byte("s"), 1000))
	for i := 0; i < records; i += batch {
		var some []journal.Record
		for k := range batch {
			r := made(fmt.Sprint("raw/", i+k), int64(i))
			if k%2 == 0 {
				r = command(fmt.Sprint("out/", i+k), int64(i))
			}
			r.Source = source
			some = append(some, r)
		}
		p.append(w, want, some...)
	}
	size, err := w.file.Seek(0, io.SeekCurrent)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := w.compact(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	w.file.Close()
	if took := int64(after.TotalAlloc - before.TotalAlloc); took > size/4 {
		t.Errorf("%d bytes of memory for a journal of %d", took, size)
	}
	p.has("after it", want, 0)
}
