package journal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/asflow/asflow/planner/journal"
)

// TestALongTail holds that what runs have appended, and no compaction has moved, is read like the rest, however much it is: the last
// record of a path counts, a torn line is left out wherever it is cut, a damaged one is counted, and runs are found.
func TestALongTail(t *testing.T) {
	const n = 30_000
	source := strings.Repeat("s", 600)
	text := journal.Header()
	for i := range n {
		r := exec(fmt.Sprint("out/", i%(n/2)), int64(i))
		r.Source = source
		text = r.AppendLine(text)
		if i == n/2 {
			begun := journal.Run{ID: "r", Began: 1}
			run, err := begun.AppendLine(nil)
			if err != nil {
				t.Fatal(err)
			}
			text = append(append(text, run...), "garbage\n\n\x00\x00\n{\"path\":\"b\n"...)
		}
	}
	whole := len(text)
	text = full.AppendLine(text)
	files := map[string][]byte{journal.Needed: lines(exec("out/3", -1), exec("old", -2)), journal.Tail: text}
	for _, cut := range []int{whole, whole + 1, whole + 20, len(text) - 2, len(text) - 1, len(text)} {
		files[journal.Tail] = text[:cut]
		s := load(t, files)
		if s.Dropped() != 3 {
			t.Errorf("cut at %d: %d lines were dropped", cut, s.Dropped())
		}
		if _, ok := s.Needed(full.Path); ok != (cut == len(text)) {
			t.Errorf("cut at %d: the last line is found: %v", cut, ok)
		}
		if runs, _ := s.Runs(); len(runs) != 1 || runs[0].ID != "r" {
			t.Errorf("runs %v", runs)
		}
		for i := range n / 2 {
			if r, ok := s.Needed(fmt.Sprint("out/", i)); !ok || r.Size != int64(n/2+i) {
				t.Fatalf("out/%d: %v %d", i, ok, r.Size)
			}
		}
		if r, ok := s.Needed("old"); !ok || r.Size != -2 {
			t.Errorf("old: %v %d", ok, r.Size)
		}
	}
}

// TestAJournalIsNotHeldInMemory loads one of many megabytes, all of it behind the last compaction, as a run that was killed leaves it: what
// is taken of memory is that of the index, far less than the text. Not parallel: memory is counted.
func TestAJournalIsNotHeldInMemory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no file is replaced there that is open, so that it is read at once")
	}
	text := journal.Header()
	source := strings.Repeat("s", 1000)
	for i := range 40_000 {
		r := exec(fmt.Sprint("out/", i), int64(i))
		r.Source = source
		text = r.AppendLine(text)
	}
	dir := write(t, map[string][]byte{journal.Tail: text, journal.Needed: text})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := journal.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := int(after.TotalAlloc - before.TotalAlloc); took > len(text)/4 {
		t.Errorf("%d bytes of memory for a journal of %d", took, 2*len(text))
	}
	if r, ok := s.Needed("out/39999"); !ok || r.Size != 39_999 {
		t.Errorf("%v %d", ok, r.Size)
	}
}

// BenchmarkLoad reads a million records of commands: compacted, as a killed run leaves them, and as a second such run does.
func BenchmarkLoad(b *testing.B) {
	for name, files := range map[string][]string{"needed": {journal.Needed}, "tail": {journal.Tail}, "both": {journal.Needed, journal.Tail}} {
		b.Run(name, func(b *testing.B) {
			var text []byte
			for i := range 1_000_000 {
				r := full
				r.Path = fmt.Sprintf("out/%024x.csv", i)
				text = r.AppendLine(text)
			}
			dir := b.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "journal"), 0o777); err != nil {
				b.Fatal(err)
			}
			for _, file := range files {
				if err := os.WriteFile(filepath.Join(dir, file), text, 0o666); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := journal.Load(dir); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
