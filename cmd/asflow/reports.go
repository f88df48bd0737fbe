package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/asflow/asflow/planner"
)

// reportFlags are the reports of a build for other programs.
type reportFlags struct {
	Junit   string `name:"junit" placeholder:"FILE" group:"reports" help:"Write what became of each job that ran as JUnit XML."`
	Github  bool   `name:"github" group:"reports" help:"Annotate failures, and write a summary, as GitHub's workflows show them."`
	Trace   string `placeholder:"FILE" group:"reports" help:"Write when each job ran as a Chrome trace, for Perfetto or chrome://tracing."`
	Depfile string `placeholder:"FILE" group:"reports" help:"Write what the goals are made from as a fragment of a Makefile."`
}

// wanted tells whether the jobs that run are to be kept for a report.
func (f *reportFlags) wanted() bool { return f.Junit != "" || f.Github || f.Trace != "" }

// write writes the reports that were asked for.
func (f *reportFlags) write(a *app, p *project, plan *planner.Plan, goals *goalFilter, ran *ranJobs, n jobCounts, took time.Duration) error {
	var errs []error
	add := func(name string, write func(io.Writer) error) {
		if name != "" {
			errs = append(errs, writeReport(name, write))
		}
	}
	add(f.Junit, func(w io.Writer) error { return junit(w, plan, ran.jobs, took) })
	add(f.Trace, func(w io.Writer) error { return trace(w, plan, ran.jobs, p.now) })
	add(f.Depfile, func(w io.Writer) error { return depfile(w, p, plan, goals) })
	if f.Github {
		errs = append(errs, githubReport(a, plan, ran.jobs, n, took))
	}
	return errors.Join(errs...)
}

// writeReport puts a report under its name when it is whole. What is no file, such as a pipe or /dev/stdout, is written to.
func writeReport(name string, write func(io.Writer) error) error {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return writeInto(name, write)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	w := bufio.NewWriter(f)
	err = errors.Join(write(w), w.Flush(), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write the report %s: %w", name, err)
	}
	return nil
}

// writeInto writes a report into what is there.
func writeInto(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	w := bufio.NewWriter(f)
	if err := errors.Join(write(w), w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write the report %s: %w", name, err)
	}
	return nil
}
