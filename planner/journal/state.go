package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
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

	damaged sync.Map // paths of lines that begin and end as records, and turned out to be none

	once       sync.Once
	fetched    *index
	fetchedErr error
}

// Load reads the journal in a folder (.asflow). None gives an empty State. Damage costs the damaged lines, and is
// counted in Dropped.
func Load(dir string) (*State, error) {
	// The tail is read first: what a compaction moves out of it meanwhile is then read twice, and not missed.
	tail, err := open(dir, Tail, tailInMemory)
	if err != nil {
		return nil, err
	}
	needed, err := open(dir, Needed, inMemory)
	if err != nil {
		return nil, err
	}
	s := &State{dir: dir, labels: map[string]bool{}}
	s.needed, err = s.indexOf(needed, tail)
	return s, err
}

// New is a journal of these records, in memory.
func New(records []Record) *State {
	var text []byte
	for i := range records {
		text = records[i].AppendLine(text)
	}
	s := &State{labels: map[string]bool{}}
	s.needed, _ = s.indexOf(part{text: text}) // there is nothing to be read
	return s
}

// indexOf indexes texts, one behind the other.
func (s *State) indexOf(parts ...part) (*index, error) {
	var found []place
	x := &index{parts: parts, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	from := 0
	for i := range parts {
		at := from
		err := parts[i].eachLine(func(line []byte) {
			if path, ok := s.look(line); ok {
				found = append(found, x.note(path, at))
			}
			at += len(line) + 1
		})
		if err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		from += parts[i].len()
	}
	x.fill(found)
	return x, nil
}

// look gives the path of a line that is a record; runs are noted, and damage is counted.
func (s *State) look(line []byte) (path []byte, ok bool) {
	n := len(line)
	switch {
	case recordPath(line) != nil:
		s.noteLabel(line)
		return pathOf(line), true
	case bytes.HasPrefix(line, runStart) && line[n-1] == '}':
		s.runs = append(s.runs, bytes.Clone(line))
	case n > 0 && !bytes.HasPrefix(line, []byte(`{"asflow":`)):
		s.dropped++
	}
	return nil, false
}

// noteLabel notes the target of a record that planning needs.
func (s *State) noteLabel(line []byte) {
	if s.labels == nil || IsFetchMade(line) {
		return
	}
	if i := bytes.Index(line, targetStart); i >= 0 {
		rest := line[i+len(targetStart):]
		if n := bytes.IndexByte(rest, '"'); n >= 0 && !s.labels[string(rest[:n])] {
			s.labels[string(rest[:n])] = true
		}
	}
}

// Needed gives the last record of a path from what a plan needs: any state of an exec's output, and Absent or Failed
// of a fetch. It never reads the rest.
func (s *State) Needed(path string) (Record, bool) {
	r, ok := s.decode(s.needed.find(raw(path)))
	if !ok || r.Kind == Fetch && r.State == Made {
		return Record{}, false
	}
	return r, true
}

// HasNeeded tells cheaply whether there is any record that Needed could give for targets with this label.
func (s *State) HasNeeded(label string) bool { return s.labels[string(raw(label))] }

// Lookup gives the last record of a path, whatever it is of.
func (s *State) Lookup(path string) (Record, bool) {
	if r, ok := s.decode(s.needed.find(raw(path))); ok {
		return r, true
	}
	if s.loadFetched() != nil {
		return Record{}, false
	}
	return s.decode(s.fetched.find(raw(path)))
}

// loadFetched reads the records of successful fetches, once.
func (s *State) loadFetched() error {
	s.once.Do(func() {
		if s.dir == "" {
			return
		}
		fetched, err := open(s.dir, Fetched, inMemory)
		if err == nil {
			own := State{} // its damage is not that of what planning needs
			s.fetched, err = own.indexOf(fetched)
		}
		s.fetchedErr = err
	})
	return s.fetchedErr
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

// Dropped is how many damaged lines were passed over: those that don't look like what asflow writes, and of those that do
// the ones that were asked for.
func (s *State) Dropped() int {
	n := s.dropped
	s.damaged.Range(func(any, any) bool { n++; return true })
	return n
}

// decode reads a line. What it gives is made of pieces of the line, which must not change any more.
func (s *State) decode(line []byte) (r Record, ok bool) {
	ok = line != nil && s.decodeInto(&r, line)
	return r, ok
}

// decodeInto reads a line into a record, which may have been another one. A line that can't be read is counted, once.
func (s *State) decodeInto(r *Record, line []byte) bool {
	if decode(r, line) {
		return true
	}
	s.damaged.Store(string(pathOf(line)), true)
	return false
}
