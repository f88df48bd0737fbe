package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// part is whole lines of a journal: in memory, or in a file that stays open for as long as somebody may ask.
type part struct {
	text []byte
	file io.ReaderAt // nil: all is in text
	size int64       // of what is in file
}

// inMemory is up to which size a file is read at once. The lines of a larger one are read when they are asked for, so that a
// journal costs the memory of its index alone. What runs append to is compacted when it has tailInMemory.
const (
	inMemory     = 8 << 20
	tailInMemory = 16 << 20
)

// open gives a file's whole lines; a torn last one is left out, and so is what is appended meanwhile. A file of up to
// most bytes is read at once.
func open(dir, name string, most int64) (part, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return part{}, nil
	}
	if err != nil {
		return part{}, fmt.Errorf("read the journal: %w", err)
	}
	p, err := partOf(f, most)
	if p.file == nil {
		f.Close()
	}
	if err != nil {
		return part{}, fmt.Errorf("read the journal: %w", err)
	}
	first := p.text
	if p.file != nil {
		first = make([]byte, 4096)
		n, _ := p.file.ReadAt(first, 0)
		first = first[:n]
	}
	var head struct{ Asflow int }
	if first, _, ok := bytes.Cut(first, []byte("\n")); ok && json.Unmarshal(first, &head) == nil && head.Asflow > Version {
		return part{}, fmt.Errorf("the journal %s is of a newer asflow (format %d, this one reads %d): use that asflow, or move %s away, which costs history but no data", filepath.Join(dir, name), head.Asflow, Version, dir)
	}
	return p, nil
}

func partOf(f *os.File, most int64) (part, error) {
	info, err := f.Stat()
	if err != nil {
		return part{}, err
	}
	// Windows lets no file be replaced that is open.
	if info.Size() <= most || runtime.GOOS == "windows" {
		text := make([]byte, info.Size())
		n, err := io.ReadFull(f, text)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return part{}, err
		}
		return part{text: text[:bytes.LastIndexByte(text[:n], '\n')+1]}, nil
	}
	size := info.Size()
	end := make([]byte, 64<<10)
	for size > 0 {
		n := min(int64(len(end)), size)
		if _, err := f.ReadAt(end[:n], size-n); err != nil {
			return part{}, err
		}
		if i := bytes.LastIndexByte(end[:n], '\n'); i >= 0 {
			return part{file: f, size: size - n + int64(i) + 1}, nil
		}
		size -= n
	}
	return part{}, nil
}

// len is how many bytes there are.
func (p *part) len() int {
	if p.file != nil {
		return int(p.size)
	}
	return len(p.text)
}

// eachLine calls with every line, without its end. The line is the callee's for the time of the call.
func (p *part) eachLine(f func(line []byte)) error {
	if p.file == nil {
		for rest := p.text; len(rest) > 0; {
			line, after, _ := bytes.Cut(rest, []byte("\n"))
			f(line)
			rest = after
		}
		return nil
	}
	b := bufio.NewReaderSize(io.NewSectionReader(p.file, 0, p.size), 1<<20)
	for {
		line, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long := bytes.Clone(line)
			line, err = b.ReadBytes('\n')
			line = append(long, line...)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		f(line[:len(line)-1])
	}
}

// lineAtOnce is how much is read to find a line's end: more than most lines have.
const lineAtOnce = 1 << 10

var lineBuffers = sync.Pool{New: func() any { b := make([]byte, lineAtOnce); return &b }}

// line gives the line at a place. It is the caller's, or never changes.
func (p *part) line(at int) []byte {
	if p.file == nil {
		line, _, _ := bytes.Cut(p.text[at:], []byte("\n"))
		return line
	}
	pooled := lineBuffers.Get().(*[]byte)
	defer lineBuffers.Put(pooled)
	buf := *pooled
	for {
		n, err := p.file.ReadAt(buf, int64(at))
		if end := bytes.IndexByte(buf[:n], '\n'); end >= 0 {
			return bytes.Clone(buf[:end])
		}
		if err != nil {
			return nil // it was there when it was indexed: the disk has failed, or a line that could not be written whole is cut off again
		}
		buf = make([]byte, 2*len(buf)) // not for the pool: each line after this one would read as much
	}
}

// blockSize is how much is read at once where all is asked for.
const blockSize = 1 << 20

// block is whole lines, and where the first of them is.
type block struct {
	text []byte
	at   int
}

// blocks calls with all lines, in their order, some at once. The texts are the callee's, or never change.
func (p *part) blocks(each func(block) error) error {
	if p.file == nil {
		for at := 0; at < len(p.text); {
			end := min(at+blockSize, len(p.text))
			if n := bytes.IndexByte(p.text[end:], '\n'); n >= 0 {
				end += n + 1
			} else {
				end = len(p.text)
			}
			if err := each(block{p.text[at:end], at}); err != nil {
				return err
			}
			at = end
		}
		return nil
	}
	r, at := io.NewSectionReader(p.file, 0, p.size), 0
	var rest []byte
	for {
		text := make([]byte, len(rest)+max(blockSize, len(rest))) // a line may be longer than a block
		n, err := io.ReadFull(r, text[copy(text, rest):])
		text = text[:len(rest)+n]
		end := bytes.LastIndexByte(text, '\n') + 1
		rest = text[end:]
		if end > 0 {
			if err := each(block{text[:end], at}); err != nil {
				return err
			}
			at += end
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
