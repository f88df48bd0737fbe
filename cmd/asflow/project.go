package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/hclspec"
)

// projectFlags belong to every command that reads a project.
type projectFlags struct {
	File    string   `short:"f" placeholder:"FILE" group:"project" help:"Read just this file, instead of asflow.hcl and its siblings."`
	Var     []string `placeholder:"NAME=VALUE" sep:"none" group:"project" help:"Set a variable. May be given several times."`
	VarFile []string `placeholder:"FILE" sep:"none" group:"project" help:"Set variables from a file: HCL attributes or JSON."`
}

// project is a configuration that was read, and where it lives.
type project struct {
	dir  string // as the user named it; "." for the working directory
	spec *hclspec.Spec
	now  time.Time // when the run began

	diags hcl.Diagnostics // of reading it
}

// load reads and checks the project's configuration. Warnings are shown; mistakes are the error.
func (f *projectFlags) load(a *app) (*project, error) {
	dir := a.dir
	if dir == "" {
		dir = "."
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, &usageError{fmt.Sprintf("there is no folder %s", dir)}
	}
	files, err := f.files(dir)
	if err != nil {
		return nil, err
	}
	vars, err := f.assignments()
	if err != nil {
		return nil, err
	}
	varFiles, err := readFiles(dir, f.VarFile)
	if err != nil {
		return nil, err
	}
	store, err := executor.OpenStore(dir)
	if err != nil {
		return nil, err
	}
	p := &project{dir: dir, now: a.now()}
	spec, diags := hclspec.Load(hclspec.Options{
		Files: files, VarFiles: varFiles, Vars: vars,
		LookupEnv: a.lookupEnv,
		Open:      store.Open,
		List:      func(path string) ([]string, error) { return listDir(at(dir, path)) },
		Now:       p.now,
		Version:   version,
	})
	p.spec, p.diags = spec, diags
	if diags.HasErrors() {
		return p, &configError{diags: diags, files: filesOf(spec)}
	}
	a.showDiagnostics(diags, filesOf(spec))
	return p, nil
}

// at is where a path of the project is.
func at(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(cmp.Or(dir, "."), filepath.FromSlash(path))
}

func listDir(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// files reads the configuration: one file, or a folder's.
func (f *projectFlags) files(dir string) ([]hclspec.File, error) {
	if f.File != "" {
		return readFiles(dir, []string{f.File})
	}
	names, err := configNames(dir)
	if err != nil {
		return nil, err
	}
	return readFiles(dir, names)
}

// configNames finds the configuration of a folder.
func configNames(dir string) ([]string, error) {
	all, err := listDir(dir)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(all, func(name string) bool { return !hclspec.IsConfig(name) })
	if !slices.ContainsFunc(names, hclspec.IsMain) {
		return nil, missing(dir, len(names) > 0)
	}
	slices.Sort(names)
	return names, nil
}

// missing says that a folder is no project, and where the nearest one is.
func missing(dir string, siblings bool) error {
	here := "this folder"
	if dir != "." {
		here = dir
	}
	text := fmt.Sprintf("there is no asflow.hcl in %s", here)
	if siblings {
		text += " (*.asflow.hcl files are read beside one)"
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return &usageError{text}
	}
	for up := filepath.Dir(full); ; up = filepath.Dir(up) {
		for _, name := range []string{"asflow.hcl", "asflow.hcl.json"} {
			if info, err := os.Stat(filepath.Join(up, name)); err == nil && !info.IsDir() {
				return &usageError{fmt.Sprintf("%s\nThe nearest one is %s: run asflow there, or with -C %s.", text, filepath.Join(up, name), relative(up))}
			}
		}
		if up == filepath.Dir(up) {
			return &usageError{text + "\nasflow init writes a first one."}
		}
	}
}

// relative is a folder as one would type it.
func relative(dir string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, dir); err == nil && len(rel) < len(dir) {
			return rel
		}
	}
	return dir
}

func readFiles(dir string, names []string) ([]hclspec.File, error) {
	var out []hclspec.File
	for _, name := range names {
		b, err := readFile(at(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &usageError{fmt.Sprintf("there is no file %s", name)}
		}
		if info, statErr := os.Stat(at(dir, name)); err != nil && statErr == nil && info.IsDir() {
			return nil, &usageError{fmt.Sprintf("%s is a folder, and must be a file", name)}
		}
		if err != nil {
			return nil, &usageError{err.Error()}
		}
		out = append(out, hclspec.File{Name: relativeName(name), Bytes: b})
	}
	return out, nil
}

// readFile reads a file, but no pipe that nobody may ever write to.
func readFile(name string) ([]byte, error) {
	f, err := executor.OpenFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// relativeName shortens a path that was made absolute.
func relativeName(name string) string {
	if filepath.IsAbs(name) {
		return filepath.ToSlash(relative(name))
	}
	return filepath.ToSlash(name)
}

func (f *projectFlags) assignments() ([]hclspec.Assignment, error) {
	var out []hclspec.Assignment
	for _, v := range f.Var {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, &usageError{fmt.Sprintf("--var %s: write --var NAME=VALUE", v)}
		}
		out = append(out, hclspec.Assignment{Name: name, Value: value})
	}
	return out, nil
}
