package journal

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// index finds the last line of each path in some texts of lines, in 8 bytes a slot. What comes of a large file stays
// there, and is read line by line when it is asked for.
type index struct {
	parts []part // one behind the other
	seeds [2]maphash.Seed
	slots []uint64 // 24 bits of the path's hash, 40 of the line's place + 1
	mask  uint64
	count int
}

const placeBits = 40

// place is where a line is, and the hashes of its path.
type place struct {
	hash uint64
	at   uint64 // below 24 bits of another hash
}

func (p place) line() int { return int(p.at & (1<<placeBits - 1)) }

// note gives the place of a line of a path.
func (x *index) note(path []byte, at int) place {
	return place{maphash.Bytes(x.seeds[0], path), maphash.Bytes(x.seeds[1], path)>>placeBits<<placeBits | uint64(at)}
}

// fill indexes lines, in their order: of a path the last one counts. Paths of which 88 bits of hashes are equal are taken as one,
// so that lines that may be in a file need not be read again.
func (x *index) fill(lines []place) {
	size := uint64(16)
	for size < uint64(len(lines))*3/2 {
		size *= 2
	}
	x.slots, x.mask = make([]uint64, size), size-1
	for _, l := range lines {
		x.put(l, lines)
	}
}

// pathOf gives the raw JSON string of a line's path, without its quotes.
func pathOf(line []byte) []byte {
	rest := line[len(recordStart):]
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return rest[:i]
		}
	}
	return nil
}

// put notes that a line is the last of its path so far.
func (x *index) put(l place, lines []place) {
	tag := l.hash >> placeBits << placeBits
	for at := l.hash & x.mask; ; at = (at + 1) & x.mask {
		s := x.slots[at]
		if s == 0 {
			x.count++
		} else if s>>placeBits<<placeBits != tag || !x.isOf(s, l, lines) {
			continue
		}
		x.slots[at] = tag | uint64(l.line()+1)
		return
	}
}

// isOf tells whether a slot stands for a line of the same path. The lines are in the order of their places.
func (x *index) isOf(slot uint64, l place, lines []place) bool {
	i, ok := slices.BinarySearchFunc(lines, lineOf(slot), func(p place, at int) int { return p.line() - at })
	return ok && lines[i].hash == l.hash && lines[i].at>>placeBits == l.at>>placeBits
}

// lineOf gives the place of the line that a slot stands for.
func lineOf(slot uint64) int { return int(slot&(1<<placeBits-1)) - 1 }

// line gives the line that a slot stands for. It is the caller's, or never changes.
func (x *index) line(slot uint64) []byte {
	at := lineOf(slot)
	for i := range x.parts {
		if n := x.parts[i].len(); at >= n {
			at -= n
			continue
		}
		return x.parts[i].line(at)
	}
	return nil
}

// find gives the last line of a path.
func (x *index) find(path []byte) []byte {
	if x == nil || x.count == 0 {
		return nil
	}
	h := maphash.Bytes(x.seeds[0], path)
	tag := h >> placeBits << placeBits
	for at := h & x.mask; x.slots[at] != 0; at = (at + 1) & x.mask {
		if s := x.slots[at]; s>>placeBits<<placeBits == tag {
			if line := x.line(s); bytes.Equal(recordPath(line), path) { // of a file that has lost its end it may be another one
				return line
			}
		}
	}
	return nil
}

// raw gives a path as it stands in a line.
func raw(path string) []byte {
	q := quote(nil, path)
	return q[1 : len(q)-1]
}
