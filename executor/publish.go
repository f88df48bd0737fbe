package executor

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"sync"

	"github.com/asflow/asflow/fetchers/codec"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// PublishOptions configures a Publisher.
type PublishOptions struct {
	NoSync bool // faster, and not safe against power loss
}

// Publisher is the one place that puts files under their final names: whole, synced in batches, then linked or
// renamed, then the folder synced, then recorded in the journal, and only then told to be done.
//
// Few writers compress and write; one committer takes all that has gathered. While it waits for the disk the next
// batch gathers, so that the cost of a sync is shared by more files the slower the disk is.
type Publisher struct {
	s       *Store
	journal *Writer
	noSync  bool
	folders folders
	hidden  hiddenFolders

	writers chan struct{} // places for those that compress and write
	files   chan struct{} // places for files that are open until they are published
	done    sync.WaitGroup

	mu     sync.Mutex
	more   sync.Cond
	queue  []*pending
	closed bool
	err    error // of the journal: nothing more is published
}

// pending is an output that is whole and waits to be published, or a record alone.
type pending struct {
	path   string
	folder *folder
	file   *tempFile // nil: temp, or nothing
	temp   string    // what a command wrote
	dir    bool
	record journal.Record
	done   func(journal.Record, error)
	err    error
}

// spareFiles is how many files are left for everything but outputs on their way.
const spareFiles = 32

// NewPublisher makes a Publisher. Close ends it.
func (s *Store) NewPublisher(w *Writer, o PublishOptions) *Publisher {
	p := &Publisher{
		s: s, journal: w, noSync: o.NoSync,
		writers: make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
		files:   make(chan struct{}, min(4096, max(4, (filesMost()-spareFiles)/4))),
	}
	p.folders = folders{s: s, dev: deviceOf(s.abs(stateDir))}
	p.more.L = &p.mu
	p.done.Go(p.commit)
	return p
}

// buffers holds compressed bodies until they are written.
var bodyBuffers = sync.Pool{New: func() any { return new([]byte) }}

// Bytes compresses (by the path's extension and the level) a body that is in memory, and publishes it. It returns when
// the body has been taken over (it may be reused); done is called from another goroutine once the file is durable, or
// with what went wrong. record is completed with size, mtime and hash and written to the journal in the same batch.
func (p *Publisher) Bytes(at, level string, body []byte, record journal.Record, done func(journal.Record, error)) {
	it := &pending{path: at, record: record, done: done}
	p.files <- struct{}{}
	p.writers <- struct{}{}
	it.err = p.write(it, at, level, body)
	<-p.writers
	p.hand(it)
}

// write compresses a body and writes it to a temporary file.
func (p *Publisher) write(it *pending, at, level string, body []byte) error {
	buf := bodyBuffers.Get().(*[]byte)
	defer bodyBuffers.Put(buf)
	stored, err := store((*buf)[:0], at, level, body)
	if err != nil {
		return err
	}
	if cap(stored) > cap(*buf) && cap(stored) <= 1<<20 && codec.Of(at) != codec.None {
		*buf = stored[:0]
	}
	sum := sha256.Sum256(stored)
	it.record.Hash = hex.EncodeToString(sum[:])
	if it.folder, err = p.folders.take(at); err != nil {
		return err
	}
	if it.file, err = p.newTemp(it.folder); err != nil {
		return err
	}
	_, err = it.file.Write(stored)
	return explain(err)
}

// store gives a body as it is stored under a path: compressed once. dst is used where that takes room.
func store(dst []byte, at, level string, body []byte) ([]byte, error) {
	kind := codec.Of(at)
	if kind == codec.None {
		return body, nil
	}
	switch sniffed := codec.Sniff(body); sniffed {
	case codec.None:
		return codec.AppendEncode(dst, kind, level, body)
	default:
		plain, err := decodeAll(body, sniffed)
		if err != nil {
			return nil, fmt.Errorf("the body begins as %v and is not whole: %w", sniffed, err)
		}
		if sniffed == kind {
			return body, nil
		}
		return codec.AppendEncode(dst, kind, level, plain)
	}
}

func decodeAll(body []byte, kind codec.Kind) ([]byte, error) {
	r, err := codec.NewReader(bytes.NewReader(body), kind)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// Path publishes a file or directory that a command has written at temp (a path that WorkDir gave).
func (p *Publisher) Path(temp, at string, record journal.Record, done func(journal.Record, error)) {
	it := &pending{path: at, temp: p.s.abs(temp), record: record, done: done}
	p.files <- struct{}{}
	it.err = p.takeOver(it, temp)
	p.hand(it)
}

// takeOver hashes what a command has written and opens it.
func (p *Publisher) takeOver(it *pending, temp string) error {
	info, err := os.Stat(it.temp)
	if err != nil {
		return explain(err)
	}
	if it.folder, err = p.folders.take(it.path); err != nil {
		return err
	}
	if it.dir = info.IsDir(); it.dir {
		it.record.Hash, err = planner.HashDir(p.s, temp)
		return err
	}
	f, err := os.Open(it.temp)
	if err != nil {
		return explain(err)
	}
	it.file = &tempFile{File: f, name: it.temp}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return explain(err)
	}
	it.record.Hash = hex.EncodeToString(h.Sum(nil))
	return nil
}

// Record writes a record that publishes nothing (absent, failed) and calls done once it is durable.
func (p *Publisher) Record(r journal.Record, done func(journal.Record, error)) {
	p.files <- struct{}{}
	p.hand(&pending{record: r, done: done})
}

// hand gives a pending to the committer.
func (p *Publisher) hand(it *pending) {
	p.mu.Lock()
	p.queue = append(p.queue, it)
	p.mu.Unlock()
	p.more.Signal()
}

// Close waits for all that was handed in.
func (p *Publisher) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.more.Signal()
	p.done.Wait()
	p.folders.close()
	return p.err
}

// commit publishes batch after batch until the Publisher is closed.
func (p *Publisher) commit() {
	for {
		p.mu.Lock()
		for len(p.queue) == 0 && !p.closed {
			p.more.Wait()
		}
		batch := p.queue
		p.queue = nil
		p.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		p.publish(batch)
	}
}

// publish brings a batch under its final names, in the order that a power cut at any moment forgives: content, names,
// folders, journal.
func (p *Publisher) publish(batch []*pending) {
	p.syncContent(batch)
	for _, it := range batch {
		if it.err == nil && it.folder != nil {
			it.err = explain(p.name(it))
		}
	}
	p.syncFolders(batch)
	var records []journal.Record
	for _, it := range batch {
		if it.err == nil {
			records = append(records, it.record)
		}
	}
	if p.err == nil && len(records) > 0 {
		if err := p.journal.Append(records, p.noSync); err != nil {
			p.err = fmt.Errorf("write the journal: %w", explain(err))
		}
	}
	for _, it := range batch {
		if it.err == nil {
			it.err = p.err
		}
		p.settle(it)
	}
}

// settle gives back what a pending holds and tells that it is done.
func (p *Publisher) settle(it *pending) {
	if it.file != nil {
		it.file.drop()
	}
	if it.folder != nil {
		p.folders.give(it.folder)
	}
	<-p.files
	it.done(it.record, it.err)
}

// alone is up to how many files are synced one by one: a sync of the file system waits for everybody's data.
const alone = 4

// syncContent makes the content of a batch durable.
func (p *Publisher) syncContent(batch []*pending) {
	if p.noSync {
		return
	}
	var files []*pending
	devices := map[uint64]*folder{}
	for _, it := range batch {
		if it.err != nil || it.folder == nil {
			continue
		}
		files = append(files, it)
		if dev := deviceOf(it.folder.abs); len(files) > alone || it.dir {
			devices[dev] = it.folder
		}
	}
	if len(files) > alone || len(devices) > 0 {
		for _, it := range files[:min(len(files), alone)] {
			devices[deviceOf(it.folder.abs)] = it.folder
		}
		ok := true
		for _, d := range devices {
			ok = ok && syncAll(d.file) == nil
		}
		if ok {
			return
		}
	}
	for _, it := range files {
		if it.file != nil {
			it.err = explain(syncData(it.file.File))
		}
	}
}

// name gives an output its final name, and completes its record.
func (p *Publisher) name(it *pending) error {
	name := path.Base(it.path)
	final := it.folder.abs + "/" + name
	switch {
	case it.dir:
		if err := replaceDir(it.temp, final); err != nil {
			return err
		}
	case it.file.name == "":
		err := linkUnnamed(it.file.File, it.folder.file, name)
		if errors.Is(err, os.ErrExist) {
			err = p.linkOver(it, name, final)
		}
		if err != nil {
			return err
		}
	default:
		if err := rename(it.file.name, final); err != nil {
			return err
		}
	}
	info, err := os.Lstat(final)
	if err != nil {
		return err
	}
	it.record.Size, it.record.Mtime = info.Size(), info.ModTime().UnixNano()
	return nil
}

// linkOver puts an unnamed file in the place of a name that is taken: a link can't do that, a rename can.
func (p *Publisher) linkOver(it *pending, name, final string) error {
	dir, remove, err := p.workDir(it.folder)
	if err != nil {
		return err
	}
	defer remove()
	work, err := os.Open(p.s.abs(dir))
	if err != nil {
		return err
	}
	defer work.Close()
	if err := linkUnnamed(it.file.File, work, name); err != nil {
		return err
	}
	return rename(p.s.abs(dir)+"/"+name, final)
}

// rename replaces what is there; a folder in the way is an error that says so.
func rename(from, to string) error {
	if info, err := os.Lstat(to); err == nil && info.IsDir() {
		return &os.PathError{Op: "publish", Path: to, Err: errIsFolder}
	}
	return os.Rename(from, to)
}

// replaceDir puts a directory in its place, the whole in one step where the system can.
func replaceDir(from, to string) error {
	info, err := os.Lstat(to)
	if errors.Is(err, os.ErrNotExist) {
		return os.Rename(from, to)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		if err := os.Remove(to); err != nil {
			return err
		}
		return os.Rename(from, to)
	}
	if exchange(from, to) == nil {
		return nil // the old one is now at from, and goes with the job's folder
	}
	old := from + ".old"
	if err := os.Rename(to, old); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// syncFolders makes the names of a batch durable.
func (p *Publisher) syncFolders(batch []*pending) {
	if p.noSync {
		return
	}
	synced := map[*folder]error{}
	for _, it := range batch {
		if it.err != nil || it.folder == nil {
			continue
		}
		err, done := synced[it.folder]
		if !done {
			if err = it.folder.file.Sync(); err != nil {
				err = explain(err)
			}
			synced[it.folder] = err
		}
		it.err = err
	}
}
