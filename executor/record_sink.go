package executor

import (
	"errors"
	"hash/maphash"
)

// sink gathers the lines of a fetch, page by page, and publishes them as one output.
type sink struct {
	spool
	lines int64

	// Of the current page, so that it can be taken again.
	first    bool
	mark     int   // where it begins in buf, while out is nil
	before   int64 // lines before it
	size     int64 // bytes of it so far
	hash     maphash.Hash
	replayed int64  // bytes to come that were written already; 0: none
	again    uint64 // their hash
}

// keepMost is how large a buffer a worker keeps from one output to the next.
const keepMost = 256 << 10

// open begins an output. compare says that there is an older one to compare it with.
func (s *sink) open(pub *Publisher, path, level string, compare bool) {
	s.spool = spool{pub: pub, path: path, level: level, buf: s.buf[:0]}
	s.sum.begin(compare)
	s.lines = 0
	s.page()
	s.first = true
}

// page begins a page.
func (s *sink) page() {
	s.first = false
	s.mark, s.before, s.size, s.replayed = len(s.buf), s.lines, 0, 0
	s.hash.Reset()
}

// line adds a record.
func (s *sink) line(v []byte) error {
	s.lines++
	from := len(s.buf)
	s.buf = append(s.buf, v...)
	s.buf = append(s.buf, '\n')
	if !s.first {
		s.hash.Write(s.buf[from:])
	}
	s.size += int64(len(v)) + 1
	if s.replayed > 0 {
		s.buf = s.buf[:from]
		return s.replay()
	}
	if len(s.buf) < spillAt {
		return nil
	}
	return s.spill()
}

// restart takes the current page from its beginning again. What a stream has of a later page can't be taken back; the
// page must then give the same bytes again.
func (s *sink) restart() error {
	s.lines = s.before
	switch {
	case s.out == nil:
		s.buf = s.buf[:s.mark]
	case s.first:
		s.buf = s.buf[:0]
		s.sum.begin(s.sum.on)
		if err := s.out.Reset(); err != nil {
			return err
		}
	default:
		if s.replayed > 0 {
			break // broken off again before it came as far as the first time
		}
		s.replayed, s.again = s.size, s.hash.Sum64()
	}
	s.size = 0
	s.hash.Reset()
	return nil
}

var errChanged = errors.New("a page broke off, and its beginning was another one when it was asked for again")

func (s *sink) replay() error {
	if s.size < s.replayed {
		return nil
	}
	if s.size > s.replayed || s.hash.Sum64() != s.again {
		return errChanged
	}
	s.replayed = 0
	return nil
}

// pageDone ends a page.
func (s *sink) pageDone() error {
	if s.replayed > 0 {
		return errChanged
	}
	return nil
}

// rest frees what an output of usual size doesn't need.
func (s *sink) rest() {
	if cap(s.buf) > keepMost {
		s.buf = nil
	}
}
