package journal

import (
	"io"
)

// Split sorts the lines of a compacted file of what planning needs, and of those that runs have appended since, which are whole
// lines too: to fetched go the records of successful fetches, to kept what planning needs, each path once, with the runs.
// It reads both twice and keeps an index of them, not their text.
func Split(needed, tail *io.SectionReader, fetched, kept io.Writer) error {
	s := &State{}
	both := part{file: &joined{needed, tail}, size: needed.Size() + tail.Size()}
	x, err := s.indexOf(both)
	if err != nil {
		return err
	}
	if _, err := kept.Write(Header()); err != nil {
		return err
	}
	var buf []byte
	write := func(w io.Writer, line []byte) {
		if err == nil {
			buf = append(append(buf[:0], line...), '\n')
			_, err = w.Write(buf)
		}
	}
	for _, line := range s.runs {
		write(kept, line)
	}
	at := 0
	readErr := eachLine(io.NewSectionReader(both.file, 0, both.size), func(line []byte) {
		path := recordPath(line)
		switch {
		case path == nil || !x.last(path, at):
		case IsFetchMade(line):
			write(fetched, line)
		default:
			write(kept, line)
		}
		at += len(line) + 1
	})
	if err == nil {
		err = readErr
	}
	return err
}

// joined is two texts, one behind the other.
type joined struct{ first, second *io.SectionReader }

// ReadAt reads from one or both.
func (j *joined) ReadAt(p []byte, at int64) (n int, err error) {
	if at < j.first.Size() {
		n, err = j.first.ReadAt(p[:min(int64(len(p)), j.first.Size()-at)], at)
		if n == len(p) || err != nil && err != io.EOF {
			return n, err
		}
	}
	m, err := j.second.ReadAt(p[n:], at+int64(n)-j.first.Size())
	return n + m, err
}
