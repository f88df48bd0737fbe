package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed templates/demo
var demoFiles embed.FS

type demoCmd struct {
	Folder   string `arg:"" optional:"" default:"asflow-demo" help:"Where to build it. None: ./asflow-demo."`
	Progress string `enum:"auto,bar,plain,none" default:"auto" placeholder:"HOW" help:"As in build: auto, bar, plain or none."`
}

// Help is shown by asflow demo --help.
func (demoCmd) Help() string {
	return `Starts a small API on a loopback port of this machine, which gives its list in pages, is throttled, sometimes fails and sometimes is slow; writes a commented project into a folder; builds it; and builds it again. Needs no network and no set-up.`
}

// Run shows what asflow does.
func (c *demoCmd) Run(a *app) error {
	dir := at(a.dir, c.Folder)
	if err := writeDemo(dir); err != nil {
		return err
	}
	api, err := startDemoAPI()
	if err != nil {
		return err
	}
	defer api.stop()

	t := a.stdout
	say := func(format string, args ...any) { fmt.Fprintf(t, format, args...) }
	prompt := t.paint(dim, "$") + " "
	say("%s\n\n", t.paint(dim, "A small API listens at "+api.url+": it gives pages, is throttled, sometimes fails, sometimes is slow.\nThe project is in "+c.Folder+"; its asflow.hcl says what is made of it."))

	build := buildCmd{FetchJobs: 64, Progress: c.Progress}
	build.Var = []string{"api=" + api.url}
	inside := *a
	inside.dir = dir
	say("%s%s\n", prompt, t.paint(bold, "asflow -C "+c.Folder+" build"))
	if err := build.Run(&inside); err != nil {
		return err
	}
	say("\n%s%s\n", prompt, t.paint(bold, "asflow -C "+c.Folder+" cat --head 6 warmest.csv"))
	if err := (&catCmd{Paths: []string{"warmest.csv"}, Head: 6}).Run(&inside); err != nil {
		return err
	}
	say("\n%s%s\n", prompt, t.paint(bold, "asflow -C "+c.Folder+" build"))
	if err := build.Run(&inside); err != nil {
		return err
	}
	say("\nNothing was left to do. %s\n\n", t.paint(bold, "Try next:"))
	try := [][]string{
		{"  less " + filepath.Join(c.Folder, "asflow.hcl"), t.paint(dim, "how it is said")},
		{"  asflow -C " + c.Folder + " status", t.paint(dim, "a row per target")},
		{"  asflow -C " + c.Folder + " ls", t.paint(dim, "every file, and where it comes from")},
		{"  rm -r " + filepath.Join(c.Folder, "days"), t.paint(dim, "then build again: it is made from what is there, without a request")},
		{"  asflow init", t.paint(dim, "a first project of your own")},
	}
	writeTable(t, try, nil)
	return nil
}

// writeDemo writes the project. Files of others are not touched: a folder that has anything but the demo's own is refused.
func writeDemo(dir string) error {
	root, err := fs.Sub(demoFiles, "templates/demo")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	there, err := listDir(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "asflow.hcl")); err != nil && len(there) > 0 {
		return &usageError{dir + " is not empty: name another folder, as in asflow demo FOLDER"}
	}
	return fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, path)
		have, err := os.ReadFile(to)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return os.WriteFile(to, want, 0o666)
		case err != nil:
			return err
		case !bytes.Equal(have, want):
			return &usageError{to + " is not the demo's: it is left as it is. Name another folder, as in asflow demo FOLDER"}
		}
		return nil
	})
}
