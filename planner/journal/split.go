package journal

import "bytes"

// Split sorts the lines of a compacted file of what planning needs, and of those that runs have appended since: fetched
// are the records of successful fetches, kept is the new text of what planning needs, each path once, with the runs.
func Split(needed, tail []byte) (fetched, kept []byte) {
	s := &State{}
	x, _ := s.indexOf(part{text: needed}, part{text: tail}) // there is nothing to be read
	kept = append(make([]byte, 0, len(needed)+4096), Header()...)
	fetched = make([]byte, 0, len(tail))
	for _, line := range s.runs {
		kept = append(append(kept, line...), '\n')
	}
	for rest := x.text; len(rest) > 0; {
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			break
		}
		line := rest[:n]
		rest = rest[n+1:]
		if !bytes.HasPrefix(line, recordStart) || line[n-1] != '}' || pathOf(line) == nil {
			continue
		}
		last := x.find(pathOf(line))
		switch {
		case &last[0] != &line[0]:
		case IsFetchMade(line):
			fetched = append(append(fetched, line...), '\n')
		default:
			kept = append(append(kept, line...), '\n')
		}
	}
	return fetched, kept
}
