package executor

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/asflow/asflow/fetchers/codec"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// PublishOptions configures a Publisher.
type PublishOptions struct {
	NoSync bool                                       // faster, and not safe against power loss
	Failed func(journal.Record, error) journal.Record // makes the record of an output that can't be published; nil: it leaves none
	Broken func(error)                                // called when nothing more can be stored: the disk is full, too many files are open, or the journal can't be written; nil: nobody
}

// Publisher is the one place that puts files under their final names: whole, synced in batches, then linked or
// renamed, then the folder synced, then recorded in the journal, and only then told to be done.
//
// Few writers compress and write; one committer takes all that has gathered, and then rests for some times as long as
// that took. While it waits and rests the next batch gathers, so that the cost of a sync is shared by more files the
// slower the disk is.
type Publisher struct {
	s       *Store
	journal *Writer
	noSync  bool
	failed  func(journal.Record, error) journal.Record
	broken  func(error)
	folders folders
	hidden  hiddenFolders

	writers chan struct{} // places for those that compress and write
	files   chan struct{} // places for files that are open until they are published
	done    sync.WaitGroup

	mu     sync.Mutex
	queue  []*pending
	closed bool
	haste  bool          // somebody waits for all that is in the queue
	more   chan struct{} // rung when there is more in the queue than there was, or it is closed
	err    error         // of the journal: nothing more is published

	records []journal.Record // of the batch before, whose room is used again
}

// pending is an output that is whole and waits to be published, or a record alone.
type pending struct {
	path   string
	folder *folder
	bare   bare      // an unnamed file whose size and mtime the record has; 0: none
	file   *tempFile // nil: bare, temp, or nothing
	temp   string    // what a command wrote
	dir    bool
	record journal.Record
	was    journal.Read // what the record had of an earlier output, which stays if this one can't be published
	done   func(journal.Record, error)
	err    error
}

func newPending(at string, record journal.Record, done func(journal.Record, error)) *pending {
	return &pending{path: at, record: record, was: journal.Read{Size: record.Size, Mtime: record.Mtime, Hash: record.Hash}, done: done}
}

// NewPublisher makes a Publisher. Close ends it.
func (s *Store) NewPublisher(w *Writer, o PublishOptions) *Publisher {
	p := &Publisher{
		s: s, journal: w, noSync: o.NoSync, failed: o.Failed, broken: o.Broken,
		writers: make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
		files:   make(chan struct{}, outputsMost()),
	}
	p.folders = folders{s: s, most: min(foldersMost, cap(p.files)), dev: deviceOf(s.abs(stateDir))}
	p.more = make(chan struct{}, 1)
	p.done.Go(p.commit)
	return p
}

// buffers holds compressed bodies until they are written.
var bodyBuffers = sync.Pool{New: func() any { return new([]byte) }}

// Bytes compresses (by the path's extension and the level) a body that is in memory, and publishes it. It returns when
// the body has been taken over (it may be reused); done is called from another goroutine once the file is durable, or
// with what went wrong. record is completed with size, mtime and hash and written to the journal in the same batch.
func (p *Publisher) Bytes(at, level string, body []byte, record journal.Record, done func(journal.Record, error)) {
	it := newPending(at, record, done)
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
	stored, ours, err := store((*buf)[:0], at, level, body)
	if err != nil {
		return err
	}
	if ours && cap(stored) > cap(*buf) && cap(stored) <= 1<<20 {
		*buf = stored[:0]
	}
	sum := sha256.Sum256(stored)
	it.record.Hash = hex.EncodeToString(sum[:])
	if it.folder, err = p.folders.take(at); err != nil {
		return err
	}
	return explain(p.writeTemp(it, stored))
}

// writeTemp writes what is to be stored to a file that is under no final name.
func (p *Publisher) writeTemp(it *pending, stored []byte) (err error) {
	if it.folder.unnamed {
		it.bare, it.record.Size, it.record.Mtime, err = writeBare(it.folder, stored)
		if !errors.Is(err, errNoUnnamed) {
			return err
		}
	}
	if it.file, err = p.newTemp(it.folder); err != nil {
		return err
	}
	_, err = it.file.Write(stored)
	return err
}

// store gives a body as it is stored under a path: compressed once. dst is used where that takes room, and what comes of
// it is ours; else it is the body itself.
func store(dst []byte, at, level string, body []byte) (stored []byte, ours bool, err error) {
	kind := codec.Of(at)
	if kind == codec.None {
		return body, false, nil
	}
	sniffed := codec.Sniff(body)
	if sniffed == codec.None {
		stored, err = codec.AppendEncode(dst, kind, level, body)
		return stored, true, err
	}
	// What it decodes to may be large, and is not to be held in memory.
	to := bytes.NewBuffer(dst)
	if err := recompress(to, body, sniffed, kind, level); err != nil {
		return nil, false, fmt.Errorf("the body begins as %v and is not whole: %w", sniffed, err)
	}
	if sniffed == kind {
		return body, false, nil
	}
	return to.Bytes(), true, nil
}

// recompress decodes a body, and encodes it in another way where that is wanted.
func recompress(w io.Writer, body []byte, from, to codec.Kind, level string) error {
	r, err := codec.NewReader(bytes.NewReader(body), from)
	if err != nil {
		return err
	}
	defer r.Close()
	if from == to {
		_, err = io.Copy(io.Discard, r)
		return err
	}
	return transcode(w, r, to, level)
}

// Path publishes a file or directory that a command has written at temp (a path that WorkDir gave).
func (p *Publisher) Path(temp, at string, record journal.Record, done func(journal.Record, error)) {
	it := newPending(at, record, done)
	it.temp = p.s.abs(temp)
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

// refuse ends an output that can't be published, as others end: done is called once there is a record of it.
func (p *Publisher) refuse(at string, record journal.Record, err error, done func(journal.Record, error)) {
	it := newPending(at, record, done)
	it.err = err
	p.files <- struct{}{}
	p.hand(it)
}

// hand gives a pending to the committer.
func (p *Publisher) hand(it *pending) {
	p.mu.Lock()
	p.queue = append(p.queue, it)
	n := len(p.queue)
	p.mu.Unlock()
	if n == 1 || n == enough {
		p.ring()
	}
}

// hurry says that nothing more is handed in before what was is published.
func (p *Publisher) hurry() {
	p.mu.Lock()
	p.haste = len(p.queue) > 0
	p.mu.Unlock()
	p.ring()
}

func (p *Publisher) ring() {
	select {
	case p.more <- struct{}{}:
	default:
	}
}

// Close waits for all that was handed in.
func (p *Publisher) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.ring()
	p.done.Wait()
	p.folders.close()
	return p.err
}
