package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// touch takes the exec outputs of the goals that exist as up to date, as they are. Nothing is run.
func (c *buildCmd) touch(a *app, p *project, store *executor.Store, plan *planner.Plan) (err error) {
	writer, err := store.OpenJournal()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, writer.Close()) }()
	t := toucher{plan: plan, store: store, journal: writer, noSync: c.NoFsync, run: runID(p.now), began: p.now.UnixNano()}
	if err := t.all(); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	n := countJobs(plan)
	_ = writer.Run(journal.Run{
		ID: t.run, Began: t.began, Ended: a.now().UnixNano(), Goals: c.Goals, Command: withoutValues(a.args),
		Absent: n.Absent, Failed: len(t.errs), UpToDate: n.UpToDate + t.taken, Exit: exitStatus(errors.Join(t.errs...)),
	})
	if !c.Quiet {
		t.say(a)
	}
	return errors.Join(t.errs...)
}

// say writes what was taken and what was left.
func (t *toucher) say(a *app) {
	parts := []string{plural(t.taken, "output is", "outputs are") + " taken as up to date"}
	if n := countJobs(t.plan).UpToDate; n > 0 {
		parts = append(parts, count(n)+" were so before")
	}
	if t.older > 0 {
		parts = append(parts, plural(t.older, "output is", "outputs are")+" older than max_age lets, and still to be made")
	}
	if t.missing > 0 {
		parts = append(parts, plural(t.missing, "output is", "outputs are")+" not there, and left to be made")
	}
	if t.due > 0 {
		parts = append(parts, plural(t.due, "fetch is", "fetches are")+" due, and left to be made")
	}
	sign := a.stderr.paint(green, a.stderr.signs().ok)
	if len(t.errs) > 0 {
		sign = a.stderr.paint(red, a.stderr.signs().failed)
	}
	fmt.Fprintf(a.stderr, "%s %s\n", sign, strings.Join(parts, "; "))
}

// toucher goes through a plan's jobs and makes records of those whose outputs exist.
type toucher struct {
	plan    *planner.Plan
	store   *executor.Store
	journal *executor.Writer
	noSync  bool
	run     string
	began   int64
	records []journal.Record // that are not in the journal yet
	taken   int
	older   int     // outputs that are recorded too, and that are to be made all the same
	missing int     // outputs that are not there
	due     int     // fetches that are to be made again though their outputs are there
	errs    []error // of jobs whose outputs could not be taken
}

// touchBatch is how many records are written at once.
const touchBatch = 4096

// all goes through the jobs; its error is the journal's.
func (t *toucher) all() error {
	for {
		job, ok := t.plan.Next()
		if !ok || len(t.records) == touchBatch {
			if err := t.journal.Append(t.records, t.noSync); err != nil {
				return err
			}
			t.taken += len(t.records)
			t.records = t.records[:0]
		}
		if !ok {
			t.taken -= t.older
			return nil
		}
		rec, err := t.take(job)
		_, absent := errors.AsType[*planner.AbsentError](err)
		switch {
		case absent:
			t.plan.Done(job.ID, planner.Outcome{State: planner.Absent})
		case errors.Is(err, planner.ErrUpToDate), errors.Is(err, planner.ErrWaiting):
		case err != nil:
			t.errs = append(t.errs, err)
			t.plan.Done(job.ID, planner.Outcome{State: planner.Failed})
		case rec == nil:
			t.plan.Done(job.ID, planner.Outcome{State: planner.NotTried})
		default:
			t.records = append(t.records, *rec)
			t.plan.Done(job.ID, planner.Outcome{State: planner.Unchanged, Record: *rec})
		}
	}
}

// take makes the record of a job's output as it is; none, where the job is left to be done.
func (t *toucher) take(job planner.Job) (*journal.Record, error) {
	at := t.plan.Path(job.ID)
	info, err := t.store.Stat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.missing++
		return nil, nil
	case err != nil:
		return nil, err
	case job.Fetch:
		t.due++
		return nil, nil
	}
	task, err := t.plan.Recipe(job.ID, at)
	if err != nil {
		return nil, err
	}
	rec := task.Record
	if rec.Hash, err = planner.Hash(t.store, at, info); err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	if t.plan.TooOld(job.ID) {
		t.older++
	}
	rec.State, rec.Size, rec.Mtime, rec.Run, rec.Began = journal.Adopted, info.Size, info.Mtime, t.run, t.began
	return &rec, nil
}
