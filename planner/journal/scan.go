package journal

import (
	"bytes"
	"errors"
	"hash/maphash"
	"runtime"
	"sync"
)

// blocks calls with all lines that are indexed, in their order, some at once. The texts are the callee's, or never change.
func (x *index) blocks(each func(block) error) error {
	at := 0
	for i := range x.parts {
		if err := x.parts[i].blocks(func(b block) error { b.at += at; return each(b) }); err != nil {
			return err
		}
		at += x.parts[i].len()
	}
	return nil
}

// last tells whether the line at a place is the last of its path.
func (x *index) last(path []byte, place int) bool {
	h := maphash.Bytes(x.seeds[0], path)
	own := h>>placeBits<<placeBits | uint64(place+1)
	for at := h & x.mask; x.slots[at] != 0; at = (at + 1) & x.mask {
		if x.slots[at] == own {
			return true
		}
	}
	return false
}

// lines calls with each line of a block that is the last record of its path.
func (s *State) lines(x *index, b block, each func(line []byte)) {
	for rest, at := b.text, b.at; len(rest) > 0; {
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			return
		}
		line := rest[:n]
		if path := recordPath(line); path != nil && x.last(path, at) && (x != s.fetched || s.needed.find(path) == nil) {
			each(line)
		}
		rest, at = rest[n+1:], at+n+1
	}
}

// recordPath gives the path of a line that is a record, or nil.
func recordPath(line []byte) []byte {
	if !bytes.HasPrefix(line, recordStart) || line[len(line)-1] != '}' {
		return nil
	}
	return pathOf(line)
}

// all calls with all lines, some at once.
func (s *State) all(each func(*index, block) error) error {
	if err := s.loadFetched(); err != nil {
		return err
	}
	for _, x := range []*index{s.needed, s.fetched} {
		if x == nil || x.count == 0 {
			continue
		}
		if err := x.blocks(func(b block) error { return each(x, b) }); err != nil {
			return err
		}
	}
	return nil
}

var errEnough = errors.New("no more is asked for")

// All calls each with the last record of every path, in no order, until it gives false.
func (s *State) All(each func(Record) bool) error {
	err := s.all(func(x *index, b block) error {
		enough := false
		s.lines(x, b, func(line []byte) {
			if enough {
				return
			}
			if r, ok := s.decode(bytes.Clone(line)); ok { // who keeps a record keeps no more than its line
				enough = !each(r)
			}
		})
		if enough {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// Each is All on all processors: it makes as many functions, and calls each of them from a goroutine of its own. A record is
// theirs for the time of the call, with its texts.
func (s *State) Each(each func() func(*Record)) error {
	next := make(chan func(func(*Record)))
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		f := each()
		wg.Go(func() {
			for do := range next {
				do(f)
			}
		})
	}
	err := s.all(func(x *index, b block) error {
		next <- func(f func(*Record)) {
			var r Record
			s.lines(x, b, func(line []byte) {
				if s.decodeInto(&r, line) {
					f(&r)
				}
			})
		}
		return nil
	})
	close(next)
	wg.Wait()
	return err
}
