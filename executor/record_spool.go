package executor

import (
	"github.com/asflow/asflow/planner/journal"
)

// spillAt is how much of an output is gathered in memory before it becomes a stream, and how much goes to the stream
// at once.
const spillAt = 1 << 20

// spool is an output that is written in small pieces: in memory while it is small, then as a stream. Its error is of
// the output's own making, the disk's for instance, and is kept in err too.
type spool struct {
	pub         *Publisher
	path, level string

	buf []byte
	out *Output // nil: all is in buf
	sum sum     // of what the stream has
	err error
}

func (s *spool) Write(p []byte) (int, error) {
	s.buf = append(s.buf, p...)
	if len(s.buf) >= spillAt {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// spill moves what is in memory to the stream.
func (s *spool) spill() error {
	if s.out == nil && s.err == nil {
		s.out, s.err = s.pub.Create(s.path, s.level)
	}
	if s.err == nil {
		s.sum.add(s.buf)
		_, s.err = s.out.Write(s.buf)
	}
	s.buf = s.buf[:0]
	return s.err
}

// publish hands the output to the Publisher. done as in Publisher.Bytes.
func (s *spool) publish(rec journal.Record, done func(journal.Record, error)) {
	if s.out == nil {
		s.pub.Bytes(s.path, s.level, s.buf, rec, done)
		return
	}
	if s.spill() != nil {
		s.abort()
		s.pub.refuse(s.path, rec, s.err, done)
		return
	}
	s.out.Commit(rec, done)
	s.out = nil
}

// abort throws the output away.
func (s *spool) abort() {
	if s.out != nil {
		s.out.Abort()
		s.out = nil
	}
}
