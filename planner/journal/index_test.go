package journal

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
	"testing"
)

// counted counts what is read.
type counted struct {
	io.ReaderAt
	bytes int
}

func (c *counted) ReadAt(p []byte, at int64) (int, error) {
	c.bytes += len(p)
	return c.ReaderAt.ReadAt(p, at)
}

// TestALongLineCostsNoOther holds that a line is read in pieces of its own size, whatever was read before it.
func TestALongLineCostsNoOther(t *testing.T) {
	var text []byte
	var places []place
	seed := maphash.MakeSeed()
	add := func(path string, long int) {
		places = append(places, place{hash: maphash.String(seed, path), at: len(text)})
		r := Record{Path: path, Source: strings.Repeat("x", long)}
		text = r.AppendLine(text)
	}
	add("long", 1<<20)
	for i := range 100 {
		add(fmt.Sprint(i), 10)
	}
	file := &counted{ReaderAt: bytes.NewReader(text)}
	x := &index{file: file, size: len(text)}
	x.fill(seed, places)
	for range 3 {
		if r, ok := new(State).decode(x.find([]byte("long"))); !ok || len(r.Source) != 1<<20 {
			t.Fatal("the long line is not found")
		}
	}
	file.bytes = 0
	for i := range 100 {
		if x.find([]byte(fmt.Sprint(i))) == nil {
			t.Fatalf("%d is not found", i)
		}
	}
	if most := 2 * 100 * lineAtOnce; file.bytes > most {
		t.Errorf("%d bytes were read for 100 short lines, and %d are enough", file.bytes, most)
	}
}
