package executor

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/asflow/asflow/fetchers/codec"
	"github.com/asflow/asflow/planner/journal"
)

// block is how much of a stream is handed from stage to stage at once.
const block = 512 << 10

// writebackEvery is after how many bytes the kernel is asked to begin writing them to the disk.
const writebackEvery = 16 << 20

var blocks = sync.Pool{New: func() any { b := make([]byte, 0, block); return &b }}

// Output is an output being written as a stream. Compressing, hashing and writing go on beside who writes to it. Not
// for use from several goroutines.
type Output struct {
	p      *Publisher
	path   string
	level  string
	folder *folder
	file   *tempFile

	in   *[]byte // the block that is being filled
	pipe *pipeline
}

// Create begins a streamed output. The writer compresses as it goes.
func (p *Publisher) Create(at, level string) (*Output, error) {
	o := &Output{p: p, path: at, level: level}
	p.files <- struct{}{}
	var err error
	if o.folder, err = p.folders.take(at); err != nil {
		<-p.files
		return nil, err
	}
	if o.file, err = p.newTemp(o.folder); err != nil {
		p.folders.give(o.folder)
		<-p.files
		return nil, err
	}
	o.begin()
	return o, nil
}

func (o *Output) begin() {
	o.in = blocks.Get().(*[]byte)
	o.pipe = newPipeline(o.file, codec.Of(o.path), o.level, o.p.noSync)
}

// Write takes over a piece of the stream. An error is of an earlier piece.
func (o *Output) Write(b []byte) (int, error) {
	total := len(b)
	for len(b) > 0 {
		n := min(len(b), block-len(*o.in))
		*o.in = append(*o.in, b[:n]...)
		b = b[n:]
		if len(*o.in) == block {
			if err := o.flush(); err != nil {
				return total - len(b), err
			}
		}
	}
	return total, nil
}

// ReadFrom takes over a stream, without copying it once more.
func (o *Output) ReadFrom(r io.Reader) (n int64, err error) {
	for {
		at := len(*o.in)
		got, err := r.Read((*o.in)[at:block])
		*o.in = (*o.in)[:at+got]
		n += int64(got)
		if len(*o.in) == block {
			if err := o.flush(); err != nil {
				return n, err
			}
		}
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func (o *Output) flush() error {
	full := o.in
	o.in = blocks.Get().(*[]byte)
	return o.pipe.send(full)
}

// Reset throws away what was written and begins again.
func (o *Output) Reset() error {
	o.stop()
	defer o.begin() // after an error, too: Abort ends it
	return o.rewind()
}

func (o *Output) rewind() error {
	if err := o.file.Truncate(0); err != nil {
		return explain(err)
	}
	_, err := o.file.Seek(0, io.SeekStart)
	return explain(err)
}

// stop ends the stages, whatever came of them.
func (o *Output) stop() {
	o.pipe.fail(errAborted)
	_, _ = o.pipe.finish(nil)
	putBlock(o.in)
}

// Commit publishes; done as in Publisher.Bytes. One of Commit and Abort ends the Output.
func (o *Output) Commit(record journal.Record, done func(journal.Record, error)) {
	it := newPending(o.path, record, done)
	it.folder, it.file = o.folder, o.file
	it.record.Hash, it.err = o.pipe.finish(o.in)
	it.err = explain(it.err)
	o.p.hand(it)
}

// Abort throws the output away.
func (o *Output) Abort() {
	o.stop()
	o.file.drop()
	o.p.folders.give(o.folder)
	<-o.p.files
}

var errAborted = fmt.Errorf("the output was given up")

func putBlock(b *[]byte) {
	*b = (*b)[:0]
	blocks.Put(b)
}

// pipeline is the stages of a stream: recode (where it is compressed), then write and hash side by side.
type pipeline struct {
	first  chan *[]byte // to the first stage
	stages sync.WaitGroup
	sum    hash.Hash
	size   int64 // stored so far

	mu  sync.Mutex
	err error
}

func newPipeline(f *tempFile, kind codec.Kind, level string, noSync bool) *pipeline {
	p := &pipeline{sum: sha256.New()}
	last := make(chan *[]byte, 4)
	p.first = last
	if kind != codec.None {
		p.first = make(chan *[]byte, 4)
		p.stages.Go(func() {
			out := &blockWriter{to: last}
			p.fail(recode(p.first, out, kind, level))
			out.close()
			drain(p.first)
		})
	}
	p.stages.Go(func() { p.store(last, f, noSync) })
	return p
}

// send hands a block to the first stage, and gives the first error so far.
func (p *pipeline) send(b *[]byte) error {
	p.first <- b
	return p.failure()
}

// finish waits for all stages and gives the hash of what was stored.
func (p *pipeline) finish(rest *[]byte) (string, error) {
	if rest != nil {
		p.first <- rest
	}
	close(p.first)
	p.stages.Wait()
	return hex.EncodeToString(p.sum.Sum(nil)), p.failure()
}

func (p *pipeline) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = explain(err)
	}
}

func (p *pipeline) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// hashBehind is how many blocks the hash may be behind what is written.
const hashBehind = 8

// store writes blocks, and hashes behind that what has been written.
func (p *pipeline) store(in <-chan *[]byte, f *tempFile, noSync bool) {
	written := make(chan *[]byte, hashBehind)
	var hasher, unhashed sync.WaitGroup
	hasher.Go(func() {
		for b := range written {
			p.sum.Write(*b)
			putBlock(b)
			unhashed.Done()
		}
	})
	there := f.part.told() // bytes that are in the file
	started := there
	for b := range in {
		if p.failure() != nil {
			putBlock(b)
			continue
		}
		err := p.write(f, *b, there)
		unhashed.Add(1)
		written <- b
		if err == nil && f.part != nil && p.size-f.part.told() >= partStep {
			unhashed.Wait()
			err = f.part.tell(f.File, p.size, hex.EncodeToString(p.sum.Sum(nil)))
		}
		if err != nil {
			p.fail(err)
		}
		if p.size-started >= writebackEvery && !noSync {
			startWriteback(f.File, started, p.size-started)
			started = p.size
		}
	}
	close(written)
	hasher.Wait()
}

// write appends a block to the file, but for those bytes of the first that are there.
func (p *pipeline) write(f *tempFile, b []byte, there int64) error {
	skip := min(int64(len(b)), max(0, there-p.size))
	n, err := f.Write(b[skip:])
	p.size += skip + int64(n)
	return err
}

func drain(c <-chan *[]byte) {
	for b := range c {
		putBlock(b)
	}
}
