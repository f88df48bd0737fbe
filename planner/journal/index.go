package journal

import (
	"bytes"
	"hash/maphash"
)

// index finds the last line of each path in some texts of lines, in 8 bytes a slot.
type index struct {
	text  []byte
	seed  maphash.Seed
	slots []uint64 // 24 bits of the path's hash, 40 of the line's place + 1
	mask  uint64
	count int
}

const placeBits = 40

func newIndex(text []byte, lines int) *index {
	x := &index{text: text, seed: maphash.MakeSeed()}
	size := uint64(16)
	for size < uint64(lines)*3/2 {
		size *= 2
	}
	x.slots, x.mask = make([]uint64, size), size-1
	return x
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

// put notes that a line at a place is the last of its path so far.
func (x *index) put(path []byte, place int) {
	h := maphash.Bytes(x.seed, path)
	tag := h >> placeBits << placeBits
	for at := h & x.mask; ; at = (at + 1) & x.mask {
		s := x.slots[at]
		if s == 0 {
			x.count++
		} else if s>>placeBits<<placeBits != tag || !bytes.Equal(pathOf(x.line(s)), path) {
			continue
		}
		x.slots[at] = tag | uint64(place+1)
		return
	}
}

// line gives the line that a slot stands for.
func (x *index) line(slot uint64) []byte {
	place := slot&(1<<placeBits-1) - 1
	rest := x.text[place:]
	if n := bytes.IndexByte(rest, '\n'); n >= 0 {
		return rest[:n]
	}
	return rest
}

// find gives the last line of a path.
func (x *index) find(path []byte) []byte {
	if x == nil || x.count == 0 {
		return nil
	}
	h := maphash.Bytes(x.seed, path)
	tag := h >> placeBits << placeBits
	for at := h & x.mask; x.slots[at] != 0; at = (at + 1) & x.mask {
		if s := x.slots[at]; s>>placeBits<<placeBits == tag {
			if line := x.line(s); bytes.Equal(pathOf(line), path) {
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
