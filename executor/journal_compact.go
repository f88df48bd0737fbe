package executor

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/asflow/asflow/planner/journal"
)

// compact moves what runs have appended to where it belongs: records of successful fetches, which planning does not
// need, behind those that there are; the others into a file of their own that holds each path once. Then the journal
// begins anew. A kill between two of these steps leaves records twice, which is harmless. Of texts nothing is held in memory.
func (w *Writer) compact() error {
	dir := w.s.abs(stateDir)
	if err := os.MkdirAll(dir+"/journal", 0o777); err != nil {
		return err
	}
	fetched, err := openFetched(dir + "/" + journal.Fetched)
	if err != nil {
		return err
	}
	defer fetched.Close()
	err = w.s.replaceFile(dir+"/"+journal.Needed, func(kept io.Writer) error {
		return w.s.split(fetched, kept)
	})
	if err != nil {
		return err
	}
	// The records have their new names on the disk before they lose the old one.
	if err := errors.Join(w.s.syncFolder(dir), w.s.syncFolder(dir+"/journal")); err != nil {
		return err
	}
	return w.s.replaceFile(dir+"/"+journal.Tail, written(journal.Header()))
}

// split writes what there is of records to where it belongs; the fetched ones are then on the disk.
func (s *Store) split(fetched *os.File, kept io.Writer) error {
	dir := s.abs(stateDir)
	needed, closeNeeded, err := openLines(dir + "/" + journal.Needed)
	if err != nil {
		return err
	}
	defer closeNeeded()
	tail, closeTail, err := openLines(dir + "/" + journal.Tail)
	if err != nil {
		return err
	}
	defer closeTail()
	b := bufio.NewWriterSize(fetched, 64<<10)
	if err := journal.Split(needed, tail, b, kept); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	return s.step("sync", fetched.Name(), fetched.Sync)
}

// openLines opens a file's whole lines; one that is not there has none.
func openLines(name string) (*io.SectionReader, func(), error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return io.NewSectionReader(nil, 0, 0), func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	size, err := wholeLines(f)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return io.NewSectionReader(f, 0, size), func() { f.Close() }, nil
}

// openFetched opens the records of fetches for adding to them: of a path that is there twice the later one counts. A torn last
// line is cut off.
func openFetched(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	size, err := wholeLines(f)
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	if err == nil && size == 0 {
		_, err = f.Write(journal.Header())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// written writes a text that is at hand.
func written(text []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}
}

// replaceFile puts what is written in the place of a file, whole.
func (s *Store) replaceFile(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(s.abs(tempDir)+"/journal-"+random(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	b := bufio.NewWriterSize(f, 64<<10)
	err = write(b)
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = s.step("sync", name, f.Sync)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return s.step("name", name, func() error { return os.Rename(f.Name(), name) })
}
