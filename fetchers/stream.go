package fetchers

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/asflow/asflow/fetchers/codec"
)

const (
	bombSize  = 1 << 30 // decoded bytes up to which no ratio is too high
	bombRatio = 200
)

// stream is a decoded body that is judged as it is read: at its end Read gives io.EOF, or what is wrong with it.
type stream struct {
	r        *Request
	resp     *Response
	raw      io.ReadCloser // as it came
	body     io.ReadCloser // decoded; raw, where nothing is to be undone
	encoded  bool
	encoding string // what is undone, for people
	proves   bool   // Expect, or what undoes the encoding, would notice a cut body
	verifier *verifier
	last     byte // of what was read

	ahead    []byte  // what was read before it was known to be large
	aheadBuf *buffer // holds ahead
	proof    proof   // of a body that is suspect; nil: there is none
	proofOf  string
	head     *buffer // the first headLimit bytes, to be shown where the answer is rejected
	err      error
}

func (s *stream) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.read(p)
	if n > 0 {
		s.keepHead(p[:n])
		s.last = p[n-1]
		if s.proof != nil {
			s.proof.add(p[:n])
		}
		if e := s.verifier.add(p[:n]); e != nil {
			return s.end(0, e)
		}
		if e := s.bomb(); e != nil {
			return s.end(0, e)
		}
	}
	switch {
	case err == nil:
		return n, nil
	case err != io.EOF:
		return s.end(n, s.failure(err))
	}
	e := s.whole()
	if e == nil {
		e = s.verifier.end()
	}
	if e == nil {
		e = s.ended(s.firstBytes(), s.last)
	}
	if e != nil {
		return s.end(n, e)
	}
	s.err = io.EOF
	s.free()
	return n, io.EOF
}

func (s *stream) read(p []byte) (int, error) {
	if len(s.ahead) == 0 {
		return s.body.Read(p)
	}
	n := copy(p, s.ahead)
	if s.ahead = s.ahead[n:]; len(s.ahead) == 0 {
		s.aheadBuf.put()
		s.aheadBuf = nil
	}
	return n, nil
}

func (s *stream) keepHead(p []byte) {
	if s.head == nil {
		s.head = takeBuffer(headLimit)
	}
	if room := headLimit - len(s.head.b); room > 0 {
		s.head.b = append(s.head.b, p[:min(len(p), room)]...)
	}
}

// firstBytes gives what came first of the body, until Close.
func (s *stream) firstBytes() []byte {
	if s.head == nil {
		return nil
	}
	return s.head.b
}

func (s *stream) end(n int, e *Error) (int, error) {
	if e.Head == nil && e.Class != ClassCancel {
		e.Head = bytes.Clone(s.firstBytes())
	}
	s.err = s.describe(e)
	s.free()
	return n, s.err
}

// failure says what an error of reading was: of the connection, or of undoing the encoding.
func (s *stream) failure(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return fail(s.r, ClassCut, again, fmt.Errorf("the body can't be decoded as %s to its end: %w", s.encoding, err))
}

// suspect says that nothing shows that a body is all there, unless it shows that itself.
func (s *stream) suspect() bool { return s.resp.unframed && !s.proves }

// whole refuses a body of which nothing shows that it is all there.
func (s *stream) whole() *Error {
	if !s.suspect() {
		return nil
	}
	if p := s.proof; p != nil {
		s.proof = nil
		err := p.end()
		if err == nil {
			return nil
		}
		return unproven(s.r, s.proofOf, err)
	}
	return unproven(s.r, "", nil)
}

// ended refuses a number that ends with its connection: where a body has shown itself to be JSON, that is the one value
// whose beginning looks as whole.
func (s *stream) ended(head []byte, last byte) *Error {
	if !s.resp.unframed || s.encoded || s.r.Expect.SHA256 != "" || last < '0' || last > '9' || codec.Sniff(head) != codec.None {
		return nil
	}
	return fail(s.r, ClassCut, final, errors.New("the body is a number that ends with its connection and has no length, so that a cut one would look the same: give expect a sha256"))
}

// bomb refuses a body that grows out of all proportion.
func (s *stream) bomb() *Error {
	if !s.encoded || s.r.Expect.MaxSize > 0 || s.verifier.n <= bombSize || s.verifier.n <= bombRatio*s.resp.Received() {
		return nil
	}
	return fail(s.r, ClassSize, final, fmt.Errorf("the body decodes to more than %d bytes at over %d to 1: if that is right, allow it by max_size", bombSize, bombRatio))
}

// free gives back connection, places and decoders; the answer's headers stay.
func (s *stream) free() {
	if s.raw == nil {
		return
	}
	if s.proof != nil {
		s.proof.stop()
		s.proof = nil
	}
	if s.verifier != nil {
		s.verifier.stop()
	}
	if s.encoded {
		s.body.Close()
	}
	s.raw.Close()
	s.raw = nil
	if s.aheadBuf != nil {
		s.aheadBuf.put()
		s.aheadBuf, s.ahead = nil, nil
	}
	if s.resp.release != nil {
		s.resp.release()
		s.resp.release = nil
	}
}

func (s *stream) Close() error {
	if s.err == nil {
		s.err = io.ErrClosedPipe
	}
	s.free()
	if s.head != nil {
		s.head.put()
		s.head = nil
	}
	return nil
}
