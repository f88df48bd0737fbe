package planner

import (
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/asflow/asflow/planner/journal"
)

// orphanError says that what is at a path is an orphan, or lies in one. To who reads it, it is not there.
type orphanError struct{ path, label string }

func (e *orphanError) Error() string {
	return fmt.Sprintf("%s is an orphan: %s made it for an element that has left its list", e.path, e.label)
}

func (e *orphanError) Is(target error) bool { return target == fs.ErrNotExist }

// stat asks for what a job may read at a path that no job makes. It may be called with the plan's lock or without.
func (p *Plan) stat(at string) (Info, error) {
	info, err := p.disk.Stat(at)
	if err == nil {
		err = p.orphanAt(at)
	}
	return info, err
}

// open opens what a function may read.
func (p *Plan) open(at string) (io.ReadCloser, error) {
	if err := p.orphanAt(path.Clean(at)); err != nil {
		return nil, err
	}
	return p.disk.Open(at)
}

// orphanAt gives an error where an orphan is at a path, or a directory that is one holds it.
func (p *Plan) orphanAt(at string) error {
	for m := range p.makers(at) {
		if !m.lookable.Load() {
			continue
		}
		out := p.made(m, at)
		if _, planned := m.find(out); planned {
			return nil
		}
		r, ok := p.jour.Lookup(out)
		if !ok || r.Target != m.t.Label.Text {
			continue
		}
		if info, ok := p.orphaned(&r); ok && p.asWritten(&r, out, info) {
			return &orphanError{out, r.Target}
		}
	}
	return nil
}

// orphaned tells whether a record is of an orphan, and what is there. It changes nothing in the plan.
func (p *Plan) orphaned(r *journal.Record) (Info, bool) {
	n := p.byLabel[r.Target]
	if n == nil || !n.lookable.Load() || r.State == journal.Removed || !n.t.Label.CouldMake(r.Path) {
		return Info{}, false
	}
	for m := range p.makers(r.Path) {
		if m.lookable.Load() {
			if _, planned := m.find(r.Path); planned {
				return Info{}, false
			}
		}
	}
	info, err := p.disk.Stat(r.Path)
	return info, err == nil
}

// asWritten tells whether an output is still as asflow wrote it.
func (p *Plan) asWritten(r *journal.Record, at string, info Info) bool {
	if info.Dir {
		hash, err := HashDir(p.disk, at)
		return err == nil && hash == r.Hash
	}
	return info.Size == r.Size && info.Mtime == r.Mtime || p.same(at, info, r.Size, r.Hash)
}
