package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed templates/demo
var demoFiles embed.FS

type demoCmd struct {
	Folder   string `arg:"" optional:"" default:"asflow-demo" help:"Where to build it. None: ./asflow-demo."`
	Progress string `enum:"auto,bar,plain,none" default:"auto" placeholder:"HOW" group:"shown" help:"As in build: auto, bar, plain or none."`
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
	api, err := startDemoAPI(demoPort(dir))
	if err != nil {
		return err
	}
	defer api.stop()
	if err := os.WriteFile(filepath.Join(dir, demoAddress), fmt.Appendf(nil, demoAddressText, api.url), 0o666); err != nil {
		return err
	}

	t, word := a.stdout, shellWord(dir)
	say := func(format string, args ...any) { fmt.Fprintf(t, format, args...) }
	prompt := t.paint(dim, "$") + " "
	say("%s\n\n", t.paint(dim, "A small API is at "+api.url+": paged, throttled, failing at times.\n"+
		"What is made of it says "+filepath.Join(dir, "asflow.hcl")+"."))

	build := buildCmd{FetchJobs: 64, Progress: c.Progress}
	inside := *a
	inside.dir = dir
	say("%s%s\n", prompt, t.paint(bold, "asflow -C "+word+" build"))
	if err := build.Run(&inside); err != nil {
		return err
	}
	say("\n%s%s\n", prompt, t.paint(bold, "asflow -C "+word+" cat --head 6 warmest.csv"))
	if err := (&catCmd{Paths: []string{"warmest.csv"}, Head: new(6)}).Run(&inside); err != nil {
		return err
	}
	say("\n%s%s\n", prompt, t.paint(bold, "asflow -C "+word+" build"))
	if err := build.Run(&inside); err != nil {
		return err
	}
	say("\nNothing was left to do. %s\n\n", t.paint(bold, "Try next:"))
	try := [][]string{
		{"  less " + shellWord(filepath.Join(dir, "asflow.hcl")), t.paint(dim, "how it is said")},
		{"  asflow -C " + word + " status", t.paint(dim, "a row per target")},
		{"  asflow -C " + word + " ls", t.paint(dim, "every file, and its source")},
		{"  rm -r " + shellWord(filepath.Join(dir, "days")), t.paint(dim, "then build again: no request is needed")},
		{"  asflow init", t.paint(dim, "a first project of your own")},
	}
	writeTable(t, try, nil)
	return nil
}

// demoAddress is the file that says where the API is. It is the demo's own, and is written anew each time.
const (
	demoAddress     = "api.asflow.hcl"
	demoAddressText = `# Where the API of asflow demo listened. It is there only while asflow demo runs.
variable "api" {
  default     = %q
  description = "Where the API is."
}
`
)

// demoPort is the port of an earlier run in the folder, so that what was built there is up to date; 0 for none.
func demoPort(dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, demoAddress))
	if err != nil {
		return "0"
	}
	_, rest, _ := strings.Cut(string(b), "http://127.0.0.1:")
	port, _, ok := strings.Cut(rest, `"`)
	if _, err := strconv.ParseUint(port, 10, 16); !ok || err != nil {
		return "0"
	}
	return port
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
