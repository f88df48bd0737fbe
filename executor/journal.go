package executor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/asflow/asflow/planner/journal"
)

// Writer appends to the journal. Only the holder of the lock has one. Not for use from several goroutines.
type Writer struct {
	s    *Store
	file *os.File
	buf  []byte
}

// OpenJournal opens the journal for appending. A line that a killed run has left torn is cut off.
func (s *Store) OpenJournal() (*Writer, error) {
	f, err := os.OpenFile(s.abs(stateDir+"/"+journal.Tail), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", explain(err))
	}
	w := &Writer{s: s, file: f}
	size, err := wholeLines(f)
	if err == nil && size == 0 {
		_, err = f.WriteAt(journal.Header(), 0)
		size = int64(len(journal.Header()))
	}
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open the journal: %w", explain(err))
	}
	return w, nil
}

// wholeLines gives the size of a file without a torn last line.
func wholeLines(f *os.File) (int64, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 64<<10)
	for size > 0 {
		n := min(int64(len(buf)), size)
		if _, err := f.ReadAt(buf[:n], size-n); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			return size - n + int64(i) + 1, nil
		}
		size -= n
	}
	return 0, nil
}

// Append writes a batch of records, durably unless noSync. What can't be written whole is cut off again.
func (w *Writer) Append(records []journal.Record, noSync bool) error {
	w.buf = w.buf[:0]
	for i := range records {
		w.buf = records[i].AppendLine(w.buf)
	}
	return w.write(noSync)
}

func (w *Writer) write(noSync bool) error {
	at, err := w.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err = w.file.Write(w.buf); err == nil && !noSync {
		err = w.s.step("sync", w.file.Name(), func() error { return syncData(w.file) })
	}
	if err != nil {
		_ = w.file.Truncate(at)
		_, _ = w.file.Seek(at, io.SeekStart)
	}
	return err
}

// Run writes the beginning or the end of a run.
func (w *Writer) Run(r journal.Run) (err error) {
	if w.buf, err = r.AppendLine(w.buf[:0]); err != nil {
		return err
	}
	return w.write(true)
}

// compactFrom is how large the part of the journal that runs append to may grow: about 40,000 records, which a build
// that has nothing to do reads in some 10 ms.
const compactFrom = 16 << 20

// Close compacts, where that is worth it, and closes. What goes wrong while compacting costs nothing but time: the
// records are where they were.
func (w *Writer) Close() error {
	size, err := w.file.Seek(0, io.SeekCurrent)
	if err == nil && size >= compactFrom {
		err = w.compact()
	}
	return errors.Join(err, w.file.Close())
}
