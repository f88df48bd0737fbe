package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/asflow/asflow/hclspec"
)

type fmtCmd struct {
	Files []string `arg:"" optional:"" name:"file" help:"Files to format; - reads stdin and writes stdout. None: the configuration of the folder."`
	Check bool     `group:"shown" help:"Change nothing; exit 3 where a file is not formatted."`
	Diff  bool     `group:"shown" help:"Change nothing; show what would change."`

	loudness `kong:"embed,set='quiet=Not the names of files that changed.',set='verbose=Also the names of files that were formatted already.'"`
}

// Help is shown by asflow fmt --help.
func (fmtCmd) Help() string {
	return `Writes configuration files in their canonical form, as terraform fmt does, and prints the names of those that it changed. JSON is left as it is.`
}

// Run formats files.
func (c *fmtCmd) Run(a *app) error {
	if len(c.Files) == 1 && c.Files[0] == "-" {
		return c.stdin(a)
	}
	names := c.Files
	if len(names) == 0 {
		found, err := configNames(at(a.dir, "."))
		if err != nil {
			return err
		}
		names = found
	}
	changed := false
	bad := &configError{files: map[string]*hcl.File{}}
	for _, name := range names {
		if strings.HasSuffix(name, ".json") {
			continue
		}
		did, err := c.file(a, name, bad)
		if err != nil {
			return err
		}
		changed = changed || did
	}
	if len(bad.diags) > 0 {
		return bad
	}
	if changed && c.Check {
		return errWork
	}
	return nil
}

// file formats one file, and tells whether it was not formatted yet.
func (c *fmtCmd) file(a *app, name string, bad *configError) (bool, error) {
	path := at(a.dir, name)
	info, err := os.Stat(path)
	if err != nil {
		return false, &usageError{fmt.Sprintf("there is no file %s", name)}
	}
	src, err := readFile(path)
	if err != nil {
		return false, err
	}
	out, ok := format(name, src, bad)
	if !ok {
		return false, nil
	}
	if bytes.Equal(src, out) {
		if c.Verbose {
			_, err = fmt.Fprintln(a.stderr, name+" is formatted already")
		}
		return false, err
	}
	switch {
	case c.Diff:
		_, err = a.stdout.Write(a.stdout.paintDiff(diff.Diff(name, src, name+" (formatted)", out)))
	case !c.Quiet:
		_, err = fmt.Fprintln(a.stdout, name)
	}
	if err != nil || c.Check || c.Diff {
		return true, err
	}
	return true, replace(path, out, info.Mode().Perm())
}

func (c *fmtCmd) stdin(a *app) error {
	src, err := io.ReadAll(a.stdin)
	if err != nil {
		return err
	}
	bad := &configError{files: map[string]*hcl.File{}}
	out, ok := format("stdin", src, bad)
	switch {
	case !ok:
		return bad
	case c.Diff:
		_, err = a.stdout.Write(a.stdout.paintDiff(diff.Diff("stdin", src, "stdin (formatted)", out)))
	case !c.Check:
		_, err = a.stdout.Write(out)
	}
	if err == nil && c.Check && !bytes.Equal(src, out) {
		return errWork
	}
	return err
}

// format formats a text; mistakes in it are added to bad.
func format(name string, src []byte, bad *configError) ([]byte, bool) {
	out, diags := hclspec.Format(hclspec.File{Name: name, Bytes: src})
	if diags.HasErrors() {
		parser := hclparse.NewParser()
		_, _ = parser.ParseHCL(src, name)
		bad.files[name] = parser.Files()[name]
		bad.diags = append(bad.diags, diags...)
		return nil, false
	}
	return out, true
}

// replace writes a file whole, or not at all.
func replace(path string, b []byte, mode os.FileMode) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".asflow-fmt-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(b)
	if err == nil {
		err = temp.Chmod(mode)
	}
	if err == nil {
		err = temp.Sync()
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// paintDiff colours a unified diff.
func (t *terminal) paintDiff(b []byte) []byte {
	if !t.color {
		return b
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(b)) {
		text, c := strings.TrimSuffix(line, "\n"), color("")
		switch {
		case strings.HasPrefix(text, "+"):
			c = green
		case strings.HasPrefix(text, "-"):
			c = red
		case strings.HasPrefix(text, "@@"):
			c = cyan
		}
		if c != "" {
			text = t.paint(c, text)
		}
		out.WriteString(text + "\n")
	}
	return out.Bytes()
}
