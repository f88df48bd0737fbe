package journal

import "io"

// Split sorts the lines of a compacted file of what planning needs, and of those that runs have appended since, which are whole
// lines too: to fetched go the records of successful fetches, to kept what planning needs, each path once, with the runs.
// It reads both twice and keeps an index of them, not their text.
func Split(needed, tail *io.SectionReader, fetched, kept io.Writer) error {
	s := &State{}
	x, err := s.indexOf(part{file: needed, size: needed.Size()}, part{file: tail, size: tail.Size()})
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
	from := 0
	for i := range x.parts {
		at := from
		readErr := x.parts[i].eachLine(func(line []byte) {
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
		from += x.parts[i].len()
	}
	return err
}
