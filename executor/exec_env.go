package executor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// errNoCommand is wrapped where a command can't be started at all: trying again would not help.
var errNoCommand = errors.New("the command can't be started")

// program finds the file that a command's first word names. A relative one with a slash is the project's; one without
// is looked for in PATH as the command will see it, but never in the working directory.
func (r *run) program(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		at := r.abs(name)
		if err := runnable(at); err != nil {
			return "", fmt.Errorf("%w: %s %w", errNoCommand, name, err)
		}
		return at, nil
	}
	search := pathOf(env)
	key := search + "\x00" + name
	if at, ok := r.programs.Load(key); ok {
		return at.(string), nil
	}
	var found error
	for _, dir := range filepath.SplitList(search) {
		if !filepath.IsAbs(dir) {
			continue
		}
		at := filepath.Join(dir, name)
		err := runnable(at)
		if err == nil {
			r.programs.Store(key, at)
			return at, nil
		}
		if !errors.Is(err, errMissing) && found == nil {
			found = fmt.Errorf("%w: %s %w", errNoCommand, at, err)
		}
	}
	if found != nil {
		return "", found
	}
	return "", fmt.Errorf("%w: there is no program %q in PATH; one of the project's own is written with a slash, as in \"./%s\"", errNoCommand, name, name)
}

var errMissing = errors.New("does not exist")

func runnable(at string) error {
	info, err := os.Stat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errMissing
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("is a directory")
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("may not be executed; chmod +x %s lets it", filepath.Base(at))
	}
	return nil
}

// pathOf is the last PATH of an environment.
func pathOf(env []string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], "PATH="); ok {
			return v
		}
	}
	return ""
}

// environ is the environment of the job's command. The files that it names are there.
func (w *execWorker) environ() ([]string, error) {
	j, dir := w.job, w.job.task.Exec.Dir
	inputs, missing := j.task.Inputs, j.task.Missing
	first := ""
	if len(inputs) > 0 {
		first = w.from(dir, w.Store.onDisk(inputs[0]))
	}
	all, err := w.pathList(".inputs", inputs)
	if err != nil {
		return nil, err
	}
	without, err := w.pathList(".missing", missing)
	if err != nil {
		return nil, err
	}
	env := make([]string, 0, len(w.Environ)+len(j.task.Exec.Env)+6)
	env = append(env, w.Environ...)
	env = append(env, w.asOnDisk(j.task.Exec.Env)...)
	return append(env,
		"ASFLOW_OUTPUT="+w.from(dir, w.output),
		"ASFLOW_KEY="+j.key,
		"ASFLOW_INPUT="+first,
		"ASFLOW_INPUTS_FILE="+all,
		"ASFLOW_MISSING_FILE="+without,
		"ASFLOW_PROGRESS="+w.from(dir, w.progressFile()),
	), nil
}

// pathList writes a file that lists paths, one per line, and gives its path for the command; where there are none the
// system's empty file serves.
func (w *execWorker) pathList(ext string, paths []string) (string, error) {
	if len(paths) == 0 {
		return os.DevNull, nil
	}
	dir := w.job.task.Exec.Dir
	var b strings.Builder
	for _, p := range paths {
		b.WriteString(w.from(dir, w.Store.onDisk(p)))
		b.WriteByte('\n')
	}
	at := w.work + "/" + ext
	if err := os.WriteFile(w.abs(at), []byte(b.String()), 0o666); err != nil {
		return "", fmt.Errorf("list the job's inputs: %w", err)
	}
	return w.from(dir, at), nil
}

// asOnDisk writes the names that inputs have on disk in the place of what the language has for them. Its texts are in NFC, so that
// no recipe can name a file whose name is not.
func (w *execWorker) asOnDisk(texts []string) []string {
	var names [][2]string
	differ := false
	for _, p := range w.job.task.Inputs {
		if !isASCII(p) {
			other := w.Store.onDisk(p)
			differ = differ || other != p
			names = append(names, [2]string{w.from(w.job.task.Exec.Dir, p), w.from(w.job.task.Exec.Dir, other)})
		}
	}
	if !differ {
		return texts
	}
	slices.SortFunc(names, func(a, b [2]string) int { return len(b[0]) - len(a[0]) }) // one may begin as another does
	var pairs []string
	for _, n := range names {
		pairs = append(pairs, n[0], n[1])
	}
	r := strings.NewReplacer(pairs...)
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = r.Replace(text)
	}
	return out
}

func (w *execWorker) progressFile() string { return w.work + "/.progress" }

// from is a path of the project as it is seen from a folder of the project; it never begins with a dash.
func (r *run) from(dir, p string) string {
	if dir != "" && !filepath.IsAbs(p) {
		if rel, err := filepath.Rel(r.abs(dir), r.abs(p)); err == nil {
			p = filepath.ToSlash(rel)
		} else {
			p = r.abs(p)
		}
	}
	if strings.HasPrefix(p, "-") {
		p = "./" + p
	}
	return p
}
