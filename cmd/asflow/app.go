package main

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"
)

// app is what a command may touch of the process around it. Commands get it instead of package os.
type app struct {
	stdin   io.Reader
	stdout  *terminal
	stderr  *terminal
	answers bool // somebody sees a question, and can answer it

	lookupEnv func(string) (string, bool)
	environ   []string
	args      []string // of the command line
	now       func() time.Time
	exit      func(int)                           // ends the process at once
	signals   func(func(os.Signal)) (stop func()) // calls with each interrupt or termination until stopped
	dir       string                              // -C; empty: the working directory
}

// terminal is a stream that people or programs read, and what it can show.
type terminal struct {
	io.Writer
	tty     bool
	color   bool
	unicode bool
	size    func() (width, height int) // 0, 0 where it has none
}

// processApp is the app of this process.
func processApp() *app {
	a := &app{
		stdin:     os.Stdin,
		lookupEnv: os.LookupEnv,
		environ:   os.Environ(),
		now:       time.Now,
		exit:      os.Exit,
		signals:   onSignal,
	}
	a.stdout = a.terminal(os.Stdout)
	a.stderr = a.terminal(os.Stderr)
	a.answers = a.terminal(os.Stdin).tty && (a.stdout.tty || a.stderr.tty)
	return a
}

func (a *app) terminal(f *os.File) *terminal {
	t := &terminal{Writer: f, tty: isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd())}
	t.unicode = a.speaksUTF8()
	t.color = t.tty && !a.plain() && a.env("NO_COLOR") == ""
	t.size = func() (int, int) {
		if !t.tty {
			return 0, 0
		}
		w, h, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 0, 0
		}
		return w, h
	}
	return t
}

// plain tells whether what is shown goes to a log or a terminal that can't move its cursor.
func (a *app) plain() bool {
	return a.env("TERM") == "dumb" || a.env("CI") != "" && a.env("CI") != "false"
}

func (a *app) speaksUTF8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(a.env(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

func (a *app) env(name string) string {
	v, _ := a.lookupEnv(name)
	return v
}

// setColor takes what --color says: auto leaves what was found out.
func (a *app) setColor(when string) {
	if when != "auto" {
		a.stdout.color, a.stderr.color = when == "always", when == "always"
	}
}

// width is how many columns text may take: the terminal's, or enough for any line.
func (t *terminal) width() int {
	if w, _ := t.size(); w > 0 {
		return w
	}
	return 10_000
}
