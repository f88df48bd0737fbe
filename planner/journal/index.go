package journal

import (
	"bytes"
	"hash/maphash"
	"io"
	"sync"
)

// index finds the last line of each path in some texts of lines, in 8 bytes a slot. What comes of a large file stays
// there, and is read line by line when it is asked for.
type index struct {
	file  io.ReaderAt // nil: all is in text
	size  int         // of what is in file; places behind it are in text
	text  []byte
	seed  maphash.Seed
	slots []uint64 // 24 bits of the path's hash, 40 of the line's place + 1
	mask  uint64
	count int
}

const placeBits = 40

// place is where a line is, and the hash of its path.
type place struct {
	hash uint64
	at   int
}

// fill indexes lines, in their order: of a path the last one counts.
func (x *index) fill(seed maphash.Seed, lines []place) {
	size := uint64(16)
	for size < uint64(len(lines))*3/2 {
		size *= 2
	}
	x.seed, x.slots, x.mask = seed, make([]uint64, size), size-1
	for _, l := range lines {
		x.put(l)
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
func (x *index) put(l place) {
	tag := l.hash >> placeBits << placeBits
	own := tag | uint64(l.at+1)
	for at := l.hash & x.mask; ; at = (at + 1) & x.mask {
		s := x.slots[at]
		if s == 0 {
			x.count++
		} else if s>>placeBits<<placeBits != tag {
			continue
		} else if line := x.line(own); line == nil || !x.isOf(s, pathOf(line)) {
			continue
		}
		x.slots[at] = own
		return
	}
}

// isOf tells whether a slot stands for a line of a path.
func (x *index) isOf(slot uint64, path []byte) bool {
	line := x.line(slot)
	return line != nil && bytes.Equal(pathOf(line), path)
}

// lineAtOnce is how much is read to find a line's end: more than most lines have.
const lineAtOnce = 1 << 10

var lineBuffers = sync.Pool{New: func() any { b := make([]byte, lineAtOnce); return &b }}

// line gives the line that a slot stands for. It is the caller's, or never changes.
func (x *index) line(slot uint64) []byte {
	place := int(slot&(1<<placeBits-1)) - 1
	if place >= x.size {
		rest := x.text[place-x.size:]
		if n := bytes.IndexByte(rest, '\n'); n >= 0 {
			return rest[:n]
		}
		return rest
	}
	pooled := lineBuffers.Get().(*[]byte)
	defer lineBuffers.Put(pooled)
	buf := *pooled
	for {
		n, err := x.file.ReadAt(buf, int64(place))
		if end := bytes.IndexByte(buf[:n], '\n'); end >= 0 {
			return bytes.Clone(buf[:end])
		}
		if err != nil {
			return nil // it was there when it was indexed: the disk has failed
		}
		buf = make([]byte, 2*len(buf)) // not for the pool: each line after this one would read as much
	}
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
			if line := x.line(s); line != nil && bytes.Equal(pathOf(line), path) {
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
