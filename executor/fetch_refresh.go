package executor

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"time"

	"github.com/asflow/asflow/fetchers/codec"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// conditional makes w.req ask only for what has changed, where the output is what an answer to this recipe made.
func (w *fetchWorker) conditional() {
	old := w.job.task.Refresh
	if old == nil || old.State == journal.Adopted || old.State == journal.Removed || old.ETag == "" && old.Modified == "" || old.Recipe != w.job.record.Recipe {
		return
	}
	info, err := w.Store.Stat(w.job.path)
	if err != nil || info.Size != old.Size || info.Mtime != old.Mtime {
		return
	}
	w.req.ETag, w.req.LastModified = old.ETag, old.Modified
}

// keepValidators leaves in a record what the file that stays can be asked for by, and nothing of an answer that was of no use.
func (j *job) keepValidators() {
	j.record.ETag, j.record.Modified = "", ""
	if j.task == nil || j.task.Refresh == nil {
		return
	}
	if old := j.task.Refresh; old.Recipe == j.record.Recipe {
		j.record.ETag, j.record.Modified = old.ETag, old.Modified
	}
}

// unchanged ends a job whose output is what was asked for already: its age begins anew, and nothing else changes.
func (w *fetchWorker) unchanged() {
	j := w.job
	now := w.Now()
	at := w.abs(j.path)
	err := os.Chtimes(at, time.Time{}, now)
	var info planner.Info
	if err == nil {
		info, err = w.Store.Stat(j.path)
	}
	if err != nil {
		j.fail(fmt.Errorf("set the time of %s: %w", j.path, err))
		return
	}
	rec, old := &j.record, j.task.Refresh
	rec.State, rec.Size, rec.Mtime = journal.Made, info.Size, info.Mtime
	rec.Hash = ""
	if old.Size == info.Size {
		rec.Hash = old.Hash
	}
	rec.Records, rec.Pages = old.Records, old.Pages
	if rec.ETag == "" {
		rec.ETag = old.ETag
	}
	if rec.Modified == "" {
		rec.Modified = old.Modified
	}
	j.keep(planner.Unchanged)
}

// sameAs tells whether the decoded output that exists has these bytes.
func (w *fetchWorker) sameAs(body []byte) bool {
	if w.job.task.Refresh == nil {
		return false
	}
	same := false
	_ = w.old(func(r io.Reader) error {
		buf := w.borrow()
		defer w.buffers.Put(buf)
		rest := body
		for {
			n, err := r.Read(*buf)
			if n > len(rest) || !bytes.Equal((*buf)[:n], rest[:n]) {
				return nil
			}
			rest = rest[n:]
			if err != nil {
				same = errors.Is(err, io.EOF) && len(rest) == 0
				return nil
			}
		}
	})
	return same
}

// copyAtOnce is how much of an older output is read at once.
const copyAtOnce = 256 << 10

// borrow gives a buffer of copyAtOnce bytes, to be put back into run.buffers.
func (r *run) borrow() *[]byte {
	if b, ok := r.buffers.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, copyAtOnce)
	return &b
}

// sameRecords tells whether the decoded output that exists is what the sink has.
func (w *fetchWorker) sameRecords() bool {
	if w.sink.out == nil {
		return w.sameAs(w.sink.buf)
	}
	return w.sink.spill() == nil && w.sameSum(&w.sink.sum)
}

// sameSum tells whether the decoded output that exists has this hash and size.
func (w *fetchWorker) sameSum(s *sum) bool {
	same := false
	_ = w.old(func(r io.Reader) error {
		var h maphash.Hash
		h.SetSeed(s.hash.Seed())
		n, err := io.Copy(&h, r)
		same = err == nil && n == s.size && h.Sum64() == s.hash.Sum64()
		return nil
	})
	return same
}

// old reads the job's output as it is, decoded. An error, damage for instance, means that it can't be compared.
func (w *fetchWorker) old(read func(io.Reader) error) error {
	f, err := w.Store.Open(w.job.path)
	if err != nil {
		return err
	}
	defer f.Close()
	dec, err := codec.NewReader(f, codec.Of(w.job.path))
	if err != nil {
		return err
	}
	defer dec.Close()
	return read(dec)
}

// sum is a hash of what an output is made of, kept only where there is an older output to compare it with.
type sum struct {
	on   bool
	size int64
	hash maphash.Hash
}

func (s *sum) begin(on bool) { s.on, s.size = on, 0; s.hash.Reset() }

func (s *sum) add(b []byte) {
	if s.on {
		s.size += int64(len(b))
		s.hash.Write(b)
	}
}

// summed is a stream that is hashed as it is read.
type summed struct {
	io.Reader
	sum *sum
}

func (r summed) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.sum.add(b[:n])
	return n, err
}
