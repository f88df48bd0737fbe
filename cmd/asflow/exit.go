package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/executor"
)

// The exit statuses. 129 to 143 are of signals.
const (
	exitFailed = 1 // more jobs failed than allow_failed lets, or the world did
	exitUsage  = 2 // the configuration or the command line is wrong
	exitWork   = 3 // --check found work
	exitHeld   = 4 // another build holds the project's lock
)

var (
	errFailed = errors.New("jobs failed") // the summary has said which
	errWork   = errors.New("there is work")
)

// usageError is a mistake on the command line, or in how the project is laid out.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// configError is a configuration with mistakes, which are shown with their source.
type configError struct {
	diags hcl.Diagnostics
	files map[string]*hcl.File
}

func (e *configError) Error() string { return e.diags.Error() }

// signalError is a run that a signal ended.
type signalError struct{ os.Signal }

func (e *signalError) Error() string { return "ended by " + e.Signal.String() }

// report shows an error, where it was not shown yet, and gives the exit status that belongs to it.
func (a *app) report(err error) int {
	config, isConfig := errors.AsType[*configError](err)
	_, isSignal := errors.AsType[*signalError](err)
	switch {
	case isConfig:
		a.showDiagnostics(config.diags, config.files)
	case err == nil, isSignal, errors.Is(err, errWork), errors.Is(err, errFailed), errors.Is(err, syscall.EPIPE):
	default:
		a.complain(err)
	}
	return exitStatus(err)
}

// exitStatus is the exit status that belongs to an error.
func exitStatus(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[*signalError](err); ok {
		if n, ok := e.Signal.(syscall.Signal); ok {
			return 128 + int(n)
		}
		return exitFailed
	}
	_, isConfig := errors.AsType[*configError](err)
	_, isUsage := errors.AsType[*usageError](err)
	_, isHeld := errors.AsType[*executor.HeldError](err)
	switch {
	case isConfig, isUsage:
		return exitUsage
	case isHeld:
		return exitHeld
	case errors.Is(err, errWork):
		return exitWork
	default:
		return exitFailed
	}
}

// complain shows an error of the world, in one line.
func (a *app) complain(err error) {
	t := a.stderr
	text := err.Error()
	if p, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrPermission) {
		text += fmt.Sprintf("\nasflow needs to write in the folder of %s.", p.Path)
	}
	first, rest, more := strings.Cut(text, "\n")
	fmt.Fprintf(t, "%s %s\n", t.paint(red, "asflow:"), first)
	if more {
		fmt.Fprintln(t, rest)
	}
}
