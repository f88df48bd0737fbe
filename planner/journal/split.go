package journal

import "bytes"

// Split sorts the lines of a compacted file of what planning needs, and of those that runs have appended since: fetched
// are the records of successful fetches, kept is the new text of what planning needs, each path once, with the runs.
func Split(needed, tail []byte) (fetched, kept []byte) {
	text := append(append(make([]byte, 0, len(needed)+len(tail)), needed...), tail...)
	x := newIndex(text, bytes.Count(text, []byte("\n")))
	s := &State{}
	s.each(text, func(line []byte, place int) { x.put(pathOf(line), place) })
	kept = append(make([]byte, 0, len(needed)+4096), Header()...)
	fetched = make([]byte, 0, len(tail))
	for _, line := range s.runs {
		kept = append(append(kept, line...), '\n')
	}
	s.each(text, func(line []byte, place int) {
		last := x.find(pathOf(line))
		switch {
		case &last[0] != &line[0]:
		case IsFetchMade(line):
			fetched = append(append(fetched, line...), '\n')
		default:
			kept = append(append(kept, line...), '\n')
		}
	})
	return fetched, kept
}
