package executor

import (
	"errors"
	"io"
	"os"
)

// CreatePart is Create for an output without compression that is kept, by Leave, where it can't be completed. The
// first note.Size bytes are those that an earlier one left: they are written again, as all others, and go nowhere.
// Where the output's folder is on another file system nothing is kept.
func (p *Publisher) CreatePart(note partNote) (*Output, error) {
	o := &Output{p: p, path: note.Path}
	p.files <- struct{}{}
	var err error
	if o.folder, err = p.folders.take(note.Path); err == nil {
		if o.folder.same {
			o.file, err = p.newPart(note)
		} else {
			_ = p.s.dropPart(note.Path) // from when it was on this one; who reads it has it open
			o.file, err = p.newTemp(o.folder)
		}
		if err != nil {
			p.folders.give(o.folder)
		}
	}
	if err != nil {
		<-p.files
		return nil, err
	}
	o.begin()
	return o, nil
}

// newPart opens the file of a part, with the bytes that are to stay.
func (p *Publisher) newPart(note partNote) (*tempFile, error) {
	if note.Size == 0 {
		if err := p.s.dropPart(note.Path); err != nil {
			return nil, explain(err)
		}
	}
	if err := os.MkdirAll(p.s.abs(partDir), 0o777); err != nil {
		return nil, explain(err)
	}
	f, err := os.OpenFile(p.s.partName(note.Path), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, explain(err)
	}
	t := &tempFile{File: f, name: f.Name(), remove: func() { _ = p.s.dropPart(note.Path) }}
	t.part = &part{s: p.s, note: note, noSync: p.noSync}
	if err := f.Truncate(note.Size); err != nil {
		t.drop()
		return nil, explain(err)
	}
	if _, err := f.Seek(note.Size, io.SeekStart); err != nil {
		t.drop()
		return nil, explain(err)
	}
	return t, nil
}

// Restart is Reset for a body that is another one than before; nil: one that is not to be kept.
func (o *Output) Restart(note *partNote) error {
	o.stop()
	defer o.begin()
	if p := o.file.part; p != nil {
		// The note goes before what it tells of.
		if err := os.Remove(o.file.name + ".json"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return explain(err)
		}
		if p.off = note == nil; !p.off {
			p.note = *note
		}
		p.note.Size = 0
	}
	return o.rewind()
}

// Leave ends an output that is not whole, and keeps what there is of it for a later run if that can be done. It gives how
// many bytes are kept.
func (o *Output) Leave() int64 {
	p := o.file.part
	if p == nil || p.off {
		o.Abort()
		return 0
	}
	sum, err := o.pipe.finish(o.in)
	if err == nil {
		err = p.tell(o.file.File, o.pipe.size, sum)
	}
	kept := p.told()
	if err != nil || kept == 0 {
		kept = 0
		o.file.drop()
	} else {
		o.file.Close()
	}
	o.p.folders.give(o.folder)
	<-o.p.files
	return kept
}
