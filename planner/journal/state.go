package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// The files of a journal, in the project's .asflow.
const (
	Tail    = "journal.jsonl"         // appended to by runs
	Needed  = "journal/needed.jsonl"  // compacted: what planning needs
	Fetched = "journal/fetched.jsonl" // compacted: successful fetches
)

// State is a project's journal, read. What a plan needs of every output (absences, failures, what execs wrote and
// read) is loaded at once; records of fetched files only when All or Lookup of one asks for them. Safe for concurrent
// use. The zero State is an empty journal.
type State struct {
	dir     string
	needed  *index
	labels  map[string]bool // of targets that needed has something of
	runs    [][]byte
	dropped int

	once       sync.Once
	fetched    *index
	fetchedErr error
}

// Load reads the journal in a folder (.asflow). None gives an empty State. Damage costs the damaged lines, and is
// counted in Dropped.
func Load(dir string) (*State, error) {
	// The tail is read first: what a compaction moves out of it meanwhile is then read twice, and not missed.
	tail, err := readFile(dir, Tail, 0)
	if err != nil {
		return nil, err
	}
	needed, err := readFile(dir, Needed, len(tail))
	if err != nil {
		return nil, err
	}
	s := &State{dir: dir}
	if len(needed) == 0 {
		s.take(tail)
	} else {
		s.take(append(needed, tail...))
	}
	return s, nil
}

// New is a journal of these records, in memory.
func New(records []Record) *State {
	var text []byte
	for i := range records {
		text = records[i].AppendLine(text)
	}
	s := &State{}
	s.take(text)
	return s
}

// readFile gives a file's whole lines, with room for some more bytes; a torn last line is left out.
func readFile(dir, name string, room int) ([]byte, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	defer f.Close()
	var size int64
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	text := make([]byte, size, size+int64(room))
	n, err := io.ReadFull(f, text)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	text = text[:n] // what is appended meanwhile belongs to who asks later
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	if first, _, ok := bytes.Cut(text, []byte("\n")); ok {
		var head struct{ Asflow int }
		if json.Unmarshal(first, &head) == nil && head.Asflow > Version {
			return nil, fmt.Errorf("the journal %s is of a newer asflow (format %d, this one reads %d): use that asflow, or move %s away, which costs history but no data", filepath.Join(dir, name), head.Asflow, Version, dir)
		}
	}
	return text, nil
}

// take indexes the lines that planning needs.
func (s *State) take(text []byte) {
	s.labels = map[string]bool{}
	s.needed = newIndex(text, bytes.Count(text, []byte("\n")))
	s.each(text, func(line []byte, place int) {
		s.needed.put(pathOf(line), place)
		if IsFetchMade(line) {
			return
		}
		if i := bytes.Index(line, targetStart); i >= 0 {
			rest := line[i+len(targetStart):]
			if n := bytes.IndexByte(rest, '"'); n >= 0 && !s.labels[string(rest[:n])] {
				s.labels[string(rest[:n])] = true
			}
		}
	})
}

// each calls f with every line that is a record; runs are noted, and damage is counted.
func (s *State) each(text []byte, f func(line []byte, place int)) {
	for place := 0; place < len(text); {
		n := bytes.IndexByte(text[place:], '\n')
		if n < 0 {
			return
		}
		line := text[place : place+n]
		switch {
		case bytes.HasPrefix(line, recordStart) && line[n-1] == '}' && pathOf(line) != nil:
			f(line, place)
		case bytes.HasPrefix(line, runStart) && line[n-1] == '}':
			s.runs = append(s.runs, line)
		case n > 0 && !bytes.HasPrefix(line, []byte(`{"asflow":`)):
			s.dropped++
		}
		place += n + 1
	}
}

// Needed gives the last record of a path from what a plan needs: any state of an exec's output, and Absent or Failed
// of a fetch. It never reads the rest.
func (s *State) Needed(path string) (Record, bool) {
	r, ok := decode(s.needed.find(raw(path)))
	if !ok || r.Kind == Fetch && r.State == Made {
		return Record{}, false
	}
	return r, true
}

// HasNeeded tells cheaply whether there is any record that Needed could give for targets with this label.
func (s *State) HasNeeded(label string) bool { return s.labels[string(raw(label))] }

// Lookup gives the last record of a path, whatever it is of.
func (s *State) Lookup(path string) (Record, bool) {
	if r, ok := decode(s.needed.find(raw(path))); ok {
		return r, true
	}
	if s.loadFetched() != nil {
		return Record{}, false
	}
	return decode(s.fetched.find(raw(path)))
}

// loadFetched reads the records of successful fetches, once.
func (s *State) loadFetched() error {
	s.once.Do(func() {
		if s.dir == "" {
			return
		}
		text, err := readFile(s.dir, Fetched, 0)
		if err != nil {
			s.fetchedErr = err
			return
		}
		x := newIndex(text, bytes.Count(text, []byte("\n")))
		s.each(text, func(line []byte, place int) { x.put(pathOf(line), place) })
		s.fetched = x
	})
	return s.fetchedErr
}

// All calls each with the last record of every path, in no order, until it gives false.
func (s *State) All(each func(Record) bool) error {
	if err := s.loadFetched(); err != nil {
		return err
	}
	for _, x := range []*index{s.needed, s.fetched} {
		if x == nil {
			continue
		}
		for _, slot := range x.slots {
			if slot == 0 {
				continue
			}
			line := x.line(slot)
			if x == s.fetched && s.needed.find(pathOf(line)) != nil {
				continue
			}
			if r, ok := decode(line); ok && !each(r) {
				return nil
			}
		}
	}
	return nil
}

// Runs gives the builds, oldest first.
func (s *State) Runs() ([]Run, error) {
	var out []Run
	for _, line := range s.runs {
		var l struct{ Run Run }
		if err := json.Unmarshal(line, &l); err == nil {
			out = append(out, l.Run)
		}
	}
	return out, nil
}

// Dropped is how many damaged lines were passed over.
func (s *State) Dropped() int { return s.dropped }
