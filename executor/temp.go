package executor

import (
	"errors"
	"os"
	"path"
	"sync"
)

// tempFile is a file being written that is under no final name yet: unnamed in its folder, or named in .asflow/tmp, or
// in a hidden folder beside the output where that is on another file system.
type tempFile struct {
	*os.File
	name   string // empty: unnamed
	remove func() // what has to go with it
	part   *part  // nil: it is not kept if it doesn't come to be whole
}

// newTemp opens a file to write an output in.
func (p *Publisher) newTemp(d *folder) (*tempFile, error) {
	if d.unnamed {
		f, err := openUnnamed(d)
		if err == nil {
			return &tempFile{File: f}, nil
		}
		if !errors.Is(err, errNoUnnamed) {
			return nil, explain(err)
		}
		d.unnamed = false
	}
	dir, remove, err := p.workDir(d)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(p.s.abs(dir)+"/out", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		remove()
		return nil, explain(err)
	}
	return &tempFile{File: f, name: f.Name(), remove: remove}, nil
}

// drop throws the file away.
func (t *tempFile) drop() {
	t.Close()
	if t.remove != nil {
		t.remove()
	}
}

// WorkDir makes a folder for one job's output, on the file system of the output's folder: under .asflow/tmp, or a
// hidden folder beside the output. The output's own file name is to be written in it; remove deletes all of it.
func (p *Publisher) WorkDir(at string) (dir string, remove func(), err error) {
	d, err := p.folders.take(at)
	if err != nil {
		return "", nil, err
	}
	defer p.folders.give(d)
	return p.workDir(d)
}

func (p *Publisher) workDir(d *folder) (string, func(), error) {
	dir := tempDir + "/" + random()
	if !d.same {
		dir = path.Join(d.path, ".asflow-"+random())
		if err := p.hidden.note(p.s.abs(hiddenLog), dir); err != nil {
			return "", nil, explain(err)
		}
	}
	if err := os.Mkdir(p.s.abs(dir), 0o777); err != nil {
		return "", nil, explain(err)
	}
	return dir, func() { _ = os.RemoveAll(p.s.abs(dir)) }, nil
}

// hiddenFolders notes the folders that are made beside outputs, so that those of a killed run are found again.
type hiddenFolders struct{ mu sync.Mutex }

func (h *hiddenFolders) note(file, dir string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(dir + "\n"); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
