package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/fetchers/codec"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// finding is an output that is not right.
type finding struct {
	Path   string `json:"path"`
	Target string `json:"target"`
	Is     string `json:"is"` // changed, damaged or unreadable
	Error  string `json:"error,omitempty"`
}

func (f *finding) text() string {
	if f.Error != "" {
		return f.Is + ": " + f.Error
	}
	return f.Is + " since asflow wrote it"
}

// verifier reads outputs, some at once, each in pieces.
type verifier struct {
	ctx   context.Context //nolint:containedctx // it is what a signal ends
	store *executor.Store
	state *journal.State
	jobs  []planner.ID
	of    func(planner.ID) finding                   // the path and the label
	seen  func(f finding, size int64, recorded bool) // if not nil, called with each output that was read, one after the other
	gone  func(f finding)                            // if not nil, called so with each that was made and is not there
	now   func() time.Time
	began time.Time

	done  atomic.Int64 // jobs that were looked at
	bytes atomic.Int64

	mu      sync.Mutex
	found   []finding
	read    int
	unknown int
	missing int // made once, and not there
	reading []*readingFile
}

// readingFile is a file, or a folder, that is being read.
type readingFile struct {
	path  string
	since time.Time
	size  int64 // of a file
	read  atomic.Int64
}

// all verifies all outputs. Where ctx ends it ends early.
func (v *verifier) all() {
	next := make(chan planner.ID)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for id := range next {
				v.one(v.of(id))
				v.done.Add(1)
			}
		})
	}
	for _, id := range v.jobs {
		if v.ctx.Err() != nil {
			break
		}
		next <- id
	}
	close(next)
	wg.Wait()
	slices.SortFunc(v.found, func(a, b finding) int { return strings.Compare(a.Path, b.Path) })
}

// one verifies one output. One that is not there is no finding: it is to be built. Where it was made once it is counted.
func (v *verifier) one(f finding) {
	info, err := v.store.Stat(f.Path)
	r, recorded := v.state.Lookup(f.Path)
	recorded = recorded && r.Hash != ""
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		if recorded {
			v.miss(f)
		}
		return
	}
	if err == nil {
		err = v.judge(&f, info, r.Hash, recorded)
	}
	if v.ctx.Err() != nil {
		return
	}
	if err != nil {
		f.Is, f.Error = "unreadable", err.Error()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.read++
	if !recorded {
		v.unknown++
	}
	if f.Is != "" {
		v.found = append(v.found, f)
	}
	if v.seen != nil {
		v.seen(f, info.Size, recorded)
	}
}

// miss counts an output that is not there.
func (v *verifier) miss(f finding) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.missing++
	if v.gone != nil {
		v.gone(f)
	}
}

// judge reads an output and says what it is. The error is of reading it.
func (v *verifier) judge(f *finding, info planner.Info, want string, recorded bool) error {
	files := &watchedFiles{Store: v.store, v: v, as: &readingFile{path: f.Path, since: v.now(), size: info.Size}}
	v.begin(files.as)
	defer v.end(files.as)
	hash, err := planner.Hash(files, f.Path, info)
	if err != nil || recorded && hash == want {
		return err
	}
	if !info.Dir {
		files.as.read.Store(0)
		if f.Error, err = whole(files, f.Path); err != nil {
			return err
		}
	}
	switch {
	case f.Error != "":
		f.Is = "damaged"
	case recorded:
		f.Is = "changed"
	}
	return nil
}

func (v *verifier) begin(f *readingFile) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reading = append(v.reading, f)
}

func (v *verifier) end(f *readingFile) {
	v.mu.Lock()
	defer v.mu.Unlock()
	i := slices.Index(v.reading, f)
	v.reading = slices.Delete(v.reading, i, i+1) // what was begun first stays first
}

// frame says how far all is: how many of how many, and which files take long.
func (v *verifier) frame(now time.Time) frame {
	r := row{label: "outputs", done: int(v.done.Load()), all: len(v.jobs), bytes: v.bytes.Load(), eta: -1}
	if spent := now.Sub(v.began).Seconds(); r.done > 0 && spent > 0 {
		r.rate = float64(r.done) / spent
		r.eta = time.Duration(float64(r.all-r.done) / r.rate * float64(time.Second))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	r.failed = int64(len(v.found))
	f := frame{now: now, rows: []row{r}}
	for _, x := range v.reading {
		text := size(x.read.Load())
		if x.size > 0 {
			text += " of " + size(x.size)
		}
		f.jobs = append(f.jobs, jobLine{name: x.path, text: text, since: x.since})
	}
	return f
}

// watchedFiles are the project's files, with what is read of them counted.
type watchedFiles struct {
	*executor.Store
	v  *verifier
	as *readingFile
}

// Open opens a file.
func (w *watchedFiles) Open(at string) (io.ReadCloser, error) {
	f, err := w.Store.Open(at)
	if err != nil {
		return nil, err
	}
	return &watchedFile{f, w}, nil
}

type watchedFile struct {
	io.ReadCloser
	of *watchedFiles
}

// Read reads, until the verifier is to end.
func (f *watchedFile) Read(p []byte) (int, error) {
	if err := f.of.v.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.ReadCloser.Read(p)
	f.of.v.bytes.Add(int64(n))
	f.of.as.read.Add(int64(n))
	return n, err
}

// whole tells what is wrong with a file by itself: compressed data that is cut, lines that are not JSON. The error is of
// opening it.
func whole(d planner.Disk, at string) (wrong string, err error) {
	f, err := d.Open(at)
	if err != nil {
		return "", err
	}
	defer f.Close()
	r, err := codec.NewReader(f, codec.Of(at))
	if err != nil {
		return err.Error(), nil //nolint:nilerr // it is the file's fault
	}
	defer r.Close()
	plain := strings.TrimSuffix(strings.TrimSuffix(at, ".gz"), ".zst")
	if ext := path.Ext(plain); ext == ".jsonl" || ext == ".ndjson" {
		var lines jsonLines
		if _, err = bufio.NewReaderSize(r, 64<<10).WriteTo(&lines); err == nil {
			err = lines.end()
		}
	} else {
		_, err = io.Copy(io.Discard, r)
	}
	if err != nil {
		return err.Error(), nil //nolint:nilerr // so is this
	}
	return "", nil
}
