package executor

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
)

// folder is an output folder that is being published into.
type folder struct {
	path    string // as outputs name it
	abs     string
	file    *os.File
	dev     uint64
	same    bool // on the file system of .asflow
	unnamed bool // takes unnamed files
	used    int  // outputs on their way into it
}

// folders keeps output folders open while they are used.
type folders struct {
	s    *Store
	most int // kept open, unless more are used
	mu   sync.Mutex
	open map[string]*folder
	dev  uint64 // of .asflow
}

// foldersMost is how many folders are kept open at most that nothing is on its way into.
const foldersMost = 16

// take opens the folder of an output, and makes it where it is not there.
func (f *folders) take(at string) (*folder, error) {
	dir := path.Dir(at)
	f.mu.Lock()
	defer f.mu.Unlock()
	if d := f.open[dir]; d != nil {
		d.used++
		return d, nil
	}
	for name, d := range f.open {
		if len(f.open) >= f.most && d.used == 0 {
			d.file.Close()
			delete(f.open, name)
		}
	}
	abs := f.s.abs(dir)
	if err := makeFolder(abs); err != nil {
		return nil, explain(err)
	}
	file, err := os.Open(abs)
	if err != nil {
		return nil, explain(err)
	}
	d := &folder{path: dir, abs: abs, file: file, used: 1, dev: deviceOf(abs), unnamed: true}
	d.same = d.dev == f.dev
	if f.open == nil {
		f.open = map[string]*folder{}
	}
	f.open[dir] = d
	return d, nil
}

// give says that an output is no longer on its way into a folder.
func (f *folders) give(d *folder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d.used--
}

func (f *folders) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.open {
		d.file.Close()
	}
	f.open = nil
}

// makeFolder makes a folder and those that it is in, and syncs what it was made in, so that it is there after a power
// cut as well.
func makeFolder(abs string) error {
	if there, err := isFolder(abs); there || err != nil {
		return err
	}
	parent := filepath.Dir(abs)
	if parent != abs {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(abs, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

// couldBeFolder says what is in the way of making a folder. It makes nothing.
func couldBeFolder(abs string) error {
	there, err := isFolder(abs)
	if parent := filepath.Dir(abs); !there && err == nil && parent != abs {
		return couldBeFolder(parent)
	}
	return explain(err)
}

// isFolder tells whether there is a folder at a path; what is there instead, if it is none, is an error.
func isFolder(abs string) (bool, error) {
	info, err := os.Stat(abs)
	switch {
	case err == nil && info.IsDir():
		return true, nil
	case err == nil:
		return false, &fs.PathError{Op: "mkdir", Path: abs, Err: errNotFolder}
	case errors.Is(err, fs.ErrNotExist):
		return false, dangling(abs)
	}
	return false, err
}

// dangling says of a symbolic link, of something that is not there, what to do about it; nil: it is none.
func dangling(abs string) error {
	to, err := os.Readlink(abs)
	if err != nil {
		return nil
	}
	return fmt.Errorf("%s is a symbolic link to %s, which is not there: make that folder, or remove the link", abs, to)
}

func syncFolder(abs string) error {
	f, err := os.Open(abs)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// random is a name for something temporary.
func random() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}
