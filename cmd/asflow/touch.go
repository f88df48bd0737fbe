package main

import (
	"errors"
	"fmt"
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
	t := toucher{plan: plan, store: store, run: runID(p.now), began: p.now.UnixNano()}
	if err := t.all(); err != nil {
		return err
	}
	if err := writer.Append(t.records, c.NoFsync); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if c.Quiet {
		return nil
	}
	parts := []string{plural(len(t.records), "output is", "outputs are") + " taken as up to date"}
	if n := countJobs(plan).UpToDate; n > 0 {
		parts = append(parts, count(n)+" were so before")
	}
	if t.missing > 0 {
		parts = append(parts, plural(t.missing, "output is", "outputs are")+" not there, and left to be made")
	}
	fmt.Fprintf(a.stderr, "%s %s\n", a.stderr.paint(green, a.stderr.signs().ok), strings.Join(parts, "; "))
	return nil
}

// toucher goes through a plan's jobs and makes records of those whose outputs exist.
type toucher struct {
	plan    *planner.Plan
	store   *executor.Store
	run     string
	began   int64
	records []journal.Record
	missing int
}

func (t *toucher) all() error {
	for {
		job, ok := t.plan.Next()
		if !ok {
			return nil
		}
		at := t.plan.Path(job.ID)
		info, err := t.store.Stat(at)
		if err != nil || job.Fetch {
			t.missing++
			t.plan.Done(job.ID, planner.Outcome{State: planner.NotTried})
			continue
		}
		task, err := t.plan.Recipe(job.ID, at)
		if errors.Is(err, planner.ErrUpToDate) || errors.Is(err, planner.ErrWaiting) {
			continue
		}
		if err != nil {
			return err
		}
		rec := task.Record
		if rec.Hash, err = planner.Hash(t.store, at, info); err != nil {
			return err
		}
		rec.State, rec.Size, rec.Mtime, rec.Run, rec.Began = journal.Adopted, info.Size, info.Mtime, t.run, t.began
		t.records = append(t.records, rec)
		t.plan.Done(job.ID, planner.Outcome{State: planner.Unchanged, Record: rec})
	}
}
