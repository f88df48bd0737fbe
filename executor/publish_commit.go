package executor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"
)

const (
	restFor  = 4                     // times as long as a batch took
	restMost = 25 * time.Millisecond // and no longer
	enough   = 512                   // outputs are not kept waiting
)

// commit publishes batch after batch until the Publisher is closed.
func (p *Publisher) commit() {
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		batch, closed := p.gathered(rest.C)
		if len(batch) == 0 && closed {
			return
		}
		began := time.Now()
		p.publish(batch)
		rest.Reset(min(restMost, restFor*time.Since(began)))
	}
}

// gathered waits until there is something to publish, and the committer has rested, or there is much of it, or others
// wait for it.
func (p *Publisher) gathered(rested <-chan time.Time) (batch []*pending, closed bool) {
	for {
		select {
		case <-rested:
			rested = nil
		case <-p.more:
		}
		p.mu.Lock()
		n := len(p.queue)
		if closed = p.closed; closed || n >= enough || n > 0 && (p.haste || rested == nil) {
			batch, p.queue, p.haste = p.queue, nil, false
		}
		p.mu.Unlock()
		if batch != nil || closed {
			return batch, closed
		}
	}
}

// publish brings a batch under its final names, in an order that a power cut at any moment forgives: content before
// names. The journal comes with the names: a record without its output says nothing, since outputs are looked for, and
// an output without its record is one of an unknown past. Where one journal of the file system holds both, syncing one
// makes the other durable too, and costs nothing more.
func (p *Publisher) publish(batch []*pending) {
	p.syncContent(batch)
	for _, it := range batch {
		if it.err == nil && it.folder != nil {
			it.err = explain(p.s.step("name", p.s.abs(it.path), func() error { return p.name(it) }))
		}
	}
	records := p.records[:0]
	for _, it := range batch {
		if it.err == nil || p.noteFailure(it) {
			records = append(records, it.record)
		}
	}
	p.records = records
	if p.err == nil && len(records) > 0 {
		if err := p.journal.Append(records, p.noSync); err != nil {
			p.err = fmt.Errorf("write the journal: %w", explain(err))
		}
	}
	p.syncFolders(batch)
	for _, it := range batch {
		if it.err == nil {
			it.err = p.err
		}
		if p.broken != nil && (p.err != nil || cantStore(it.err)) {
			p.broken(it.err)
		}
		p.settle(it)
	}
}

// noteFailure makes the record of an output that can't be published, where there is room for it.
func (p *Publisher) noteFailure(it *pending) bool {
	if p.failed == nil || cantStore(it.err) || errors.Is(it.err, syscall.EDQUOT) {
		return false
	}
	it.record.Size, it.record.Mtime, it.record.Hash = it.was.Size, it.was.Mtime, it.was.Hash
	it.record = p.failed(it.record, it.err)
	return true
}

// settle gives back what a pending holds and tells that it is done.
func (p *Publisher) settle(it *pending) {
	if it.file != nil {
		it.file.drop()
	}
	if it.bare != 0 {
		it.bare.drop()
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
		if len(files) > alone || it.dir {
			devices[it.folder.dev] = it.folder
		}
	}
	if len(files) > alone || len(devices) > 0 {
		for _, it := range files[:min(len(files), alone)] {
			devices[it.folder.dev] = it.folder
		}
		ok := true
		for _, d := range devices {
			ok = ok && p.s.step("sync all", d.abs, func() error { return syncAll(d.file) }) == nil
		}
		if ok {
			return
		}
	}
	for _, it := range files {
		switch {
		case it.bare != 0:
			it.err = explain(p.s.step("sync", p.s.abs(it.path), it.bare.sync))
		case it.dir:
			it.err = explain(p.s.syncTree(it.temp))
		case it.file != nil:
			it.err = explain(p.s.step("sync", p.s.abs(it.path), func() error { return syncData(it.file.File) }))
		}
	}
}

// syncTree makes all that is in a directory durable, for where the file system can't be synced as a whole.
func (s *Store) syncTree(abs string) error {
	return filepath.WalkDir(abs, func(at string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return s.syncFolder(at)
		case !e.Type().IsRegular():
			return nil
		}
		f, err := os.Open(at)
		if err != nil {
			return err
		}
		defer f.Close()
		return s.step("sync", at, func() error { return syncData(f) })
	})
}

// name gives an output its final name, and completes its record.
func (p *Publisher) name(it *pending) error {
	name := path.Base(it.path)
	final := it.folder.abs + "/" + name
	switch {
	case it.bare != 0:
		return p.link(it.bare, it.folder, name) // the record is complete
	case it.dir:
		if err := replaceDir(it.temp, final); err != nil {
			return err
		}
	case it.file.name == "":
		if err := p.link(bare(it.file.Fd()), it.folder, name); err != nil {
			return err
		}
	default:
		if err := rename(it.file.name, final); err != nil {
			return err
		}
	}
	var info os.FileInfo
	var err error
	if it.dir {
		info, err = os.Lstat(final)
	} else {
		info, err = it.file.Stat()
	}
	if err != nil {
		return err
	}
	it.record.Size, it.record.Mtime = info.Size(), info.ModTime().UnixNano()
	return nil
}

// link gives an unnamed file its name. Where that is taken a link can't take its place: another one is renamed there.
func (p *Publisher) link(f bare, d *folder, name string) error {
	err := f.link(d.file, name)
	if !errors.Is(err, os.ErrExist) {
		return err
	}
	dir, remove, err := p.workDir(d)
	if err != nil {
		return err
	}
	defer remove()
	work, err := os.Open(p.s.abs(dir))
	if err != nil {
		return err
	}
	defer work.Close()
	if err := f.link(work, name); err != nil {
		return err
	}
	return rename(p.s.abs(dir)+"/"+name, d.abs+"/"+name)
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
			if err = p.s.step("sync names", it.folder.abs, it.folder.file.Sync); err != nil {
				err = explain(err)
			}
			synced[it.folder] = err
		}
		it.err = err
	}
}
