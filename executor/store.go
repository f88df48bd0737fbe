package executor

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/asflow/asflow/planner"
)

// The project's own folder, and what is in it.
const (
	stateDir  = ".asflow"
	tempDir   = ".asflow/tmp"
	lockFile  = ".asflow/lock"
	hiddenLog = ".asflow/tmp/hidden" // folders beside outputs on other file systems, one a line
)

// Store is a project's folder as a place of outputs. Paths are relative to it, with slashes, or absolute.
type Store struct {
	dir       string
	spellings sync.Map                    // names on disk that differ from the texts that they read as, by folder and text
	fail      func(step, at string) error // of tests, which look at the order of the steps and let some fail; else nil
}

var _ planner.Disk = (*Store)(nil)

// OpenStore opens a project's folder. It creates nothing.
func OpenStore(dir string) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, fmt.Errorf("open the project: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("open the project: %s is not a folder", dir)
	}
	return &Store{dir: abs}, nil
}

// abs gives a path for the operating system.
func (s *Store) abs(at string) string {
	if path.IsAbs(at) {
		return filepath.FromSlash(at)
	}
	return filepath.Join(s.dir, filepath.FromSlash(at))
}

// StateDir is where the journal and the logs are.
func (s *Store) StateDir() string { return s.abs(stateDir) }

// step does one of the things whose order decides what a power cut leaves. at is absolute.
func (s *Store) step(name, at string, do func() error) error {
	if s.fail != nil {
		if err := s.fail(name, at); err != nil {
			return err
		}
	}
	return do()
}

// syncFolder makes the names in a folder durable.
func (s *Store) syncFolder(abs string) error {
	return s.step("sync names", abs, func() error { return syncFolder(abs) })
}

// List gives the names in a folder, in chunks, in any order; a folder that is not there, or has a file in its place, is an
// empty one. Symbolic links that lead nowhere are left out: what they stand for is missing.
func (s *Store) List(dir string, each func(names []string) error) error {
	f, err := os.Open(s.abs(dir))
	if errors.Is(err, fs.ErrNotExist) {
		if other, ok := s.spelled(dir); ok {
			f, err = os.Open(s.abs(other))
		}
	}
	if err == nil {
		defer f.Close()
		err = listNames(f, each)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotFolder) {
		return nil
	}
	return err
}

// Stat asks for a file; symbolic links are followed.
func (s *Store) Stat(at string) (planner.Info, error) {
	info, err := os.Lstat(s.abs(at))
	if errors.Is(err, fs.ErrNotExist) {
		if other, ok := s.spelled(at); ok {
			at = other
			info, err = os.Lstat(s.abs(at))
		}
	}
	if err != nil {
		return planner.Info{}, err
	}
	link := info.Mode()&fs.ModeSymlink != 0
	if link {
		if info, err = os.Stat(s.abs(at)); err != nil {
			return planner.Info{}, err
		}
	}
	return planner.Info{Size: info.Size(), Mtime: info.ModTime().UnixNano(), Dir: info.IsDir(), Link: link}, nil
}

// Open opens a file, as OpenFile does.
func (s *Store) Open(at string) (io.ReadCloser, error) {
	f, err := openFile(s.abs(at), at)
	if errors.Is(err, fs.ErrNotExist) {
		if other, ok := s.spelled(at); ok {
			f, err = openFile(s.abs(other), at)
		}
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// OpenFile opens a file of bytes that lie there, or a folder. A pipe, a device or a socket might keep us waiting for ever, and
// is an error; but not what stands in /dev, which one names on purpose.
func OpenFile(name string) (*os.File, error) { return openFile(name, name) }

// openFile opens what people know by another name.
func openFile(name, at string) (*os.File, error) {
	if info, err := os.Stat(name); err == nil && !strings.HasPrefix(name, "/dev/") {
		if err := noFile(info.Mode(), at); err != nil {
			return nil, err
		}
	}
	return os.Open(name)
}

// noFile tells whether a path is neither a file nor a folder.
func noFile(m fs.FileMode, at string) error {
	what := "nothing that can be read"
	switch {
	case m.IsRegular() || m.IsDir():
		return nil
	case m&fs.ModeNamedPipe != 0:
		what = "a named pipe"
	case m&fs.ModeSocket != 0:
		what = "a socket"
	case m&fs.ModeDevice != 0:
		what = "a device"
	}
	return fmt.Errorf("%s is %s, and a file is needed", at, what)
}

// Real gives a path without symbolic links.
func (s *Store) Real(at string) (string, error) {
	at, err := filepath.EvalSymlinks(s.abs(s.onDisk(at)))
	return filepath.ToSlash(at), err
}

// Links gives the symbolic links in a folder by name, each with the path that it holds.
func (s *Store) Links(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(s.abs(dir))
	if err != nil {
		return nil, err
	}
	links := map[string]string{}
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink == 0 {
			continue
		}
		if links[e.Name()], err = os.Readlink(filepath.Join(s.abs(dir), e.Name())); err != nil {
			return nil, err
		}
	}
	return links, nil
}

// Remove removes a file, or a directory with all that is in it. What is not there is no error.
func (s *Store) Remove(at string) error { return explain(os.RemoveAll(s.abs(at))) }

// FoldsCase tells whether the file system takes names as one that differ only in the case of their letters. It is asked for
// a file of the project that is there.
func (s *Store) FoldsCase(at string) bool {
	other := strings.ToUpper(path.Base(at))
	if other == path.Base(at) {
		other = strings.ToLower(other)
	}
	a, err := os.Lstat(s.abs(at))
	if err != nil || other == path.Base(at) {
		return false
	}
	b, err := os.Lstat(s.abs(path.Join(path.Dir(at), other)))
	return err == nil && os.SameFile(a, b)
}

// explain makes of an error of the file system what a person can do something about.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("the disk is full: %w", err)
	case errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the disk quota is used up: %w", err)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("a file is where a folder must be: %w", err)
	case errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTEMPTY):
		return fmt.Errorf("a folder is where the output must be: %w", err)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("the file system is read-only: %w", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the folder can't be written to: %w", err)
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("too many open files; raise ulimit -n: %w", err)
	}
	return err
}
