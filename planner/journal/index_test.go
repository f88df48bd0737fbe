package journal

import (
	"bytes"
	"fmt"
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
	add := func(path string, long int) {
		r := Record{Path: path, Source: strings.Repeat("x", long)}
		text = r.AppendLine(text)
	}
	add("long", 1<<20)
	for i := range 100 {
		add(fmt.Sprint(i), 10)
	}
	file := &counted{ReaderAt: bytes.NewReader(text)}
	x, err := new(State).indexOf(part{file: file, size: int64(len(text))})
	if err != nil {
		t.Fatal(err)
	}
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

// TestALineThatIsCutOffAgainIsNotFound holds that a part of a journal may lose its end while it is read, as it does where the disk is full, and
// get another: what stands there then is not taken for what stood there.
func TestALineThatIsCutOffAgainIsNotFound(t *testing.T) {
	lines := func(paths ...string) (text []byte) {
		for _, p := range paths {
			r := Record{Path: p}
			text = r.AppendLine(text)
		}
		return text
	}
	before := lines("a", "b", "c")
	for name, after := range map[string][]byte{
		"cut":                  lines("a"),
		"other lines":          append(lines("a"), "\n\n\n\n\n"...),
		"lines of that length": lines("a", "d", "e"),
		"longer lines":         lines("a", "another", "e"),
		"torn":                 append(lines("a"), `{"path":"b`...),
	} {
		t.Run(name, func(t *testing.T) {
			file := &replaced{bytes.NewReader(before)}
			s := &State{}
			var err error
			if s.needed, err = s.indexOf(part{file: file, size: int64(len(before))}); err != nil {
				t.Fatal(err)
			}
			file.ReaderAt = bytes.NewReader(after)
			for path, want := range map[string]bool{"a": true, "b": false, "c": false} {
				if r, ok := s.Lookup(path); ok != want || ok && r.Path != path {
					t.Errorf("%s: %v, %q", path, ok, r.Path)
				}
			}
			if err := s.All(func(r Record) bool {
				if r.Path != "a" {
					t.Errorf("All gives %q", r.Path)
				}
				return true
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

// replaced is a file whose content changes.
type replaced struct{ io.ReaderAt }
