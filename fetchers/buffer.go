package fetchers

import (
	"io"
	"sync"
)

// smallBody is the size up to which a body is taken whole before its request is over.
const smallBody = 1 << 20

// bufferSizes are the sizes of pooled buffers; each has room for a byte more than a round body, to see its end.
var bufferSizes = [...]int{4<<10 + 1, 16<<10 + 1, 64<<10 + 1, 256<<10 + 1, smallBody + 1}

// bufferPools hold idle buffers by size.
var bufferPools [len(bufferSizes)]sync.Pool

// buffer is bytes that are lent.
type buffer struct {
	b    []byte
	size int // index of its pool; out of range: none
}

// takeBuffer gives an empty buffer with room for n bytes.
func takeBuffer(n int) *buffer {
	for i, size := range bufferSizes {
		if n <= size {
			if b, ok := bufferPools[i].Get().(*buffer); ok {
				return b
			}
			return &buffer{b: make([]byte, 0, size), size: i}
		}
	}
	return &buffer{b: make([]byte, 0, n), size: len(bufferSizes)}
}

func (b *buffer) put() {
	if b.size < len(bufferSizes) {
		b.b = b.b[:0]
		bufferPools[b.size].Put(b)
	}
}

// grown gives a buffer of about four times the room with the same bytes, and takes back the old one.
func (b *buffer) grown(most int) *buffer {
	next := takeBuffer(max(cap(b.b)+1, min(4*cap(b.b), most)))
	next.b = append(next.b, b.b...)
	b.put()
	return next
}

// fill reads until r ends (whole is true) or the buffer holds more than most bytes. The buffer may be another one
// afterwards.
func (b *buffer) fill(r io.Reader, most int) (_ *buffer, whole bool, err error) {
	for {
		if len(b.b) > most {
			return b, false, nil
		}
		if len(b.b) == cap(b.b) {
			b = b.grown(most + 1)
		}
		n, err := r.Read(b.b[len(b.b):min(cap(b.b), most+1)])
		b.b = b.b[:len(b.b)+n]
		if err == io.EOF {
			return b, true, nil
		}
		if err != nil {
			return b, false, err
		}
	}
}
