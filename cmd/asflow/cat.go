package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/fetchers/codec"
)

type catCmd struct {
	Paths       []string `arg:"" optional:"" name:"path" help:"Files to print, one after the other."`
	Head        *int     `placeholder:"N" group:"shown" help:"Only the first N lines of each."`
	SkipMissing bool     `group:"shown" help:"Pass over files that don't exist: the inputs of a recipe that are absent."`
	FilesFrom   string   `placeholder:"FILE" group:"shown" help:"Print the files that FILE names, one per line; - is stdin. In a recipe: --files-from \"$$ASFLOW_INPUTS_FILE\"."`

	loudness `kong:"embed,set='quiet=No headings.',set='verbose=A heading before each file: its name, size and compression. On a terminal, several files have one anyway.'"`
}

// Help is shown by asflow cat --help.
func (catCmd) Help() string {
	return `Prints files as they are inside: .gz and .zst are decompressed. Any file will do, an output or not.`
}

// Run prints files.
func (c *catCmd) Run(a *app) error {
	paths := c.Paths
	if c.FilesFrom != "" {
		listed, err := c.listed(a)
		if err != nil {
			return err
		}
		paths = append(paths, listed...)
	} else if len(paths) == 0 {
		return &usageError{"asflow cat: name the files to print, or a list of them with --files-from"}
	}
	headed := c.Verbose || !c.Quiet && a.stdout.tty && len(paths) > 1
	w := bufio.NewWriterSize(a.stdout, 64<<10)
	for i, path := range paths {
		if headed {
			if err := w.Flush(); err != nil {
				return err
			}
			heading(a, path, i > 0)
		}
		if err := c.print(w, a, path); err != nil {
			_ = w.Flush()
			return err
		}
	}
	return w.Flush()
}

// heading says as head does which file comes next; to stderr, so that stdout has the files alone.
func heading(a *app, path string, apart bool) {
	t, about, lead := a.stderr, "not there", ""
	if info, err := os.Stat(at(a.dir, path)); err == nil {
		about = size(info.Size())
		if kind := codec.Of(path); kind != codec.None {
			about += ", " + kind.String()
		}
	}
	if apart {
		lead = "\n"
	}
	fmt.Fprintf(t, "%s%s  %s\n", lead, t.paint(bold, "==> "+visible(path)+" <=="), t.paint(dim, about))
}

// listed reads the names of files from another file.
func (c *catCmd) listed(a *app) ([]string, error) {
	if c.FilesFrom == "-" {
		b, err := io.ReadAll(a.stdin)
		return lines(b), err
	}
	b, err := readFile(at(a.dir, c.FilesFrom))
	return lines(b), err
}

func lines(b []byte) (out []string) {
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (c *catCmd) print(w io.Writer, a *app, path string) error {
	f, err := executor.OpenFile(at(a.dir, path))
	if errors.Is(err, fs.ErrNotExist) && c.SkipMissing {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist; asflow ls shows what is built", path)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder; name the files in it", path)
	}
	r, err := codec.NewReader(f, codec.Of(path))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer r.Close()
	if c.Head != nil {
		err = head(w, r, *c.Head)
	} else {
		_, err = io.Copy(w, r)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// head copies the first lines.
func head(w io.Writer, r io.Reader, lines int) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for lines > 0 {
		part, err := in.ReadSlice('\n')
		if _, werr := w.Write(part); werr != nil {
			return werr
		}
		if bytes.HasSuffix(part, []byte("\n")) {
			lines--
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
	return nil
}
