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
)

// part is whole lines of a journal: in memory, or in a file that stays open for as long as somebody may ask.
type part struct {
	text []byte
	file io.ReaderAt // nil: all is in text
	size int64       // of what is in file
}

// inMemory is up to which size a file is read at once. The lines of a larger one are read when they are asked for, so that a
// journal costs the memory of its index alone.
const inMemory = 8 << 20

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

// eachLine calls with every line, without its end. The line is the callee's for the time of the call.
func eachLine(r io.Reader, f func(line []byte)) error {
	b := bufio.NewReaderSize(r, 1<<20)
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
