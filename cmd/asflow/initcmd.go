package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed templates/init.hcl
var initTemplate string

type initCmd struct {
	Folder string `arg:"" optional:"" help:"Where to write it. None: the working directory."`
}

// Help is shown by asflow init --help.
func (initCmd) Help() string {
	return `Writes an asflow.hcl with comments that explain it, to be changed into your own. A file that exists is never overwritten.`
}

// Run writes a first project.
func (c *initCmd) Run(a *app) error {
	dir := at(a.dir, c.Folder)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	path := filepath.Join(dir, "asflow.hcl")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return &usageError{path + " exists already, and is left as it is"}
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(initTemplate)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	t := a.stdout
	in := ""
	if dir != "." {
		in = " -C " + shellWord(dir)
	}
	_, err = fmt.Fprintf(t, "%s Wrote %s. Read it, change it, then:\n\n  asflow%s plan     what would be made\n  asflow%s build    make it\n",
		t.paint(green, t.signs().ok), path, in, in)
	return err
}
