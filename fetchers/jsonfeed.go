package fetchers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// longLine is the most that a line of JSON may hold, since it is looked at as a whole.
const longLine = 64 << 20

// errHungry is what the decoder is told when it has read all that has come so far; it goes on from there later.
var errHungry = errors.New("no more has come yet")

// grammar is that of RFC 8259: names may come twice in an object, and an escape may be half a pair of surrogates. With it
// bytes pass too that are not UTF-8, which are to be looked for apart.
var grammar = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

var errNotUTF8 = errors.New("invalid UTF-8")

// isJSON says whether a text is one value of JSON.
func isJSON(b []byte) bool {
	return jsontext.Value(b).IsValid(jsontext.AllowDuplicateNames(true)) || utf8.Valid(b) && jsontext.Value(b).IsValid(grammar...)
}

// jsonFeed checks that what it is fed, in any pieces, is one JSON value, or any number of them.
type jsonFeed struct {
	many bool
	dec  *jsontext.Decoder
	src  feed
	text Characters
	done bool // what was seen is whole
	mark int  // bytes of a byte-order mark that were skipped; all, once something else has come
}

// feed is a reader of what is at hand.
type feed struct {
	b    []byte
	last bool
}

func (f *feed) Read(p []byte) (int, error) {
	if len(f.b) == 0 {
		if f.last {
			return 0, io.EOF
		}
		return 0, errHungry
	}
	n := copy(p, f.b)
	f.b = f.b[n:]
	return n, nil
}

func newJSONFeed(many bool) *jsonFeed {
	j := &jsonFeed{many: many, done: many}
	j.dec = jsontext.NewDecoder(&j.src, grammar...)
	return j
}

func (j *jsonFeed) add(p []byte) error {
	for ; j.mark < len(byteOrderMark) && len(p) > 0 && p[0] == byteOrderMark[j.mark]; j.mark++ {
		p = p[1:]
	}
	if len(p) == 0 {
		return nil
	}
	if j.mark > 0 && j.mark < len(byteOrderMark) {
		return errors.New("invalid characters at its start")
	}
	j.mark = len(byteOrderMark)
	bad := j.text.Bad(p)
	if bad >= 0 {
		p = p[:bad]
	}
	j.src.b = p
	err := j.read()
	if err == nil && bad >= 0 {
		err = errNotUTF8
	}
	return err
}

func (j *jsonFeed) end() error {
	j.src.last = true
	if err := j.read(); err != nil {
		return err
	}
	if !j.done {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// judge checks a text that is there as a whole.
func (j *jsonFeed) judge(b []byte) error {
	if err := j.add(b); err != nil {
		return err
	}
	return j.end()
}

func (j *jsonFeed) read() error {
	for {
		_, err := j.dec.ReadToken()
		switch {
		case errors.Is(err, errHungry), err == io.EOF:
			return nil
		case err != nil:
			return err
		case j.done && !j.many:
			return errors.New("something follows the value")
		}
		j.done = j.dec.StackDepth() == 0
	}
}

// lineFeed checks that each line of what it is fed is a JSON value, or blank.
type lineFeed struct {
	part  []byte // of a line whose end has not come
	lines int64
}

func (l *lineFeed) add(p []byte) error {
	if len(l.part) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			return l.keep(p)
		}
		if err := l.keep(p[:i]); err != nil {
			return err
		}
		if err := checkLine(l.part, l.lines); err != nil {
			return err
		}
		l.lines++
		l.part, p = l.part[:0], p[i+1:]
	}
	i := bytes.LastIndexByte(p, '\n')
	if i < 0 {
		return l.keep(p)
	}
	if err := eachLine(p[:i+1], l.lines); err != nil {
		return err
	}
	l.lines += int64(bytes.Count(p[:i+1], []byte{'\n'}))
	return l.keep(p[i+1:])
}

func (l *lineFeed) keep(p []byte) error {
	if len(l.part)+len(p) > longLine {
		return fmt.Errorf("line %d is longer than %d bytes", l.lines+1, longLine)
	}
	l.part = append(l.part, p...)
	return nil
}

func (l *lineFeed) end() error { return checkLine(l.part, l.lines) }

// eachLine checks lines of which before came earlier.
func eachLine(b []byte, before int64) error {
	for line := range bytes.Lines(b) {
		if err := checkLine(line, before); err != nil {
			return err
		}
		before++
	}
	return nil
}

func checkLine(line []byte, before int64) error {
	if before == 0 {
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	if isJSON(line) || len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	return fmt.Errorf("line %d: %w", before+1, whyNotJSON(line))
}

// whyNotJSON says what is wrong with a value that is not valid.
func whyNotJSON(b []byte) error {
	err := newJSONFeed(false).judge(b)
	if err == nil {
		err = errors.New("not one value")
	}
	return err
}
