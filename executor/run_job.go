package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// job is a job that has been begun, and what becomes of it.
type job struct {
	run    *run
	id     planner.ID
	target int
	path   string
	key    string
	level  string // of compression
	began  time.Time
	task   *planner.Task

	state  planner.State // Waiting: it has gone back, and has not ended
	record journal.Record
	tried  bool // record holds something to tell
	err    error
	tail   []byte
}

// begin makes the job of a ticket and shows it in the worker's slot.
func (r *run) begin(t *ticket, s *slot) *job {
	j := &job{run: r, id: t.id, target: t.lane.target, path: r.plan.Path(t.id), key: r.plan.Key(t.id), began: r.Now()}
	j.level = r.targets[j.target].Level
	s.begin(RunningJob{ID: j.id, Target: j.target, Since: j.began, Host: t.lane.host.name})
	r.Meters.targets[j.target].running.Add(1)
	return j
}

// rest takes the job from the worker's slot: it is published by others, or has ended.
func (r *run) rest(j *job, s *slot) {
	s.end()
	r.Meters.targets[j.target].running.Add(-1)
}

// tell tells the observer of something that happened to a job.
func (r *run) tell(j *job, e Event) {
	if r.Observer == nil {
		return
	}
	e.Time, e.Job, e.Target, e.Path, e.Key = r.Now(), j.id, j.target, j.path, j.key
	r.Observer.Event(e)
}

// adopt takes the job's task, with which it runs.
func (j *job) adopt(t *planner.Task) {
	j.run.tell(j, Event{Kind: Started})
	j.task = t
	j.record = t.Record
	j.record.Began, j.record.Run = j.began.UnixNano(), j.run.RunID
}

// refused ends a job whose recipe could not be had.
func (j *job) refused(err error) {
	absent, isAbsent := errors.AsType[*planner.AbsentError](err)
	switch {
	case isAbsent:
		j.record = absent.Record
		j.record.Began, j.record.Run = j.began.UnixNano(), j.run.RunID
		j.gone()
	case errors.Is(err, planner.ErrUpToDate):
		j.finish(planner.UpToDate, nil)
	case errors.Is(err, planner.ErrWaiting):
		j.finish(planner.Waiting, nil)
	default:
		j.run.tell(j, Event{Kind: Started})
		j.record = journal.Record{Path: j.path, Target: j.run.targets[j.target].Label, Key: j.key, Kind: journal.Exec}
		if j.run.targets[j.target].Fetch {
			j.record.Kind = journal.Fetch
		}
		j.record.Began, j.record.Run = j.began.UnixNano(), j.run.RunID
		j.fail(err)
	}
}

// fail ends a job with an error, and records it. One that failed since the run ends is cancelled, and leaves nothing.
func (j *job) fail(err error) {
	r := j.run
	if r.ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(r.ctx))) {
		j.finish(planner.Cancelled, nil)
		return
	}
	j.err = r.redacted(err)
	if cantStore(err) {
		r.giveIn(j.err)
	}
	j.record.State, j.record.Error = journal.Failed, j.err.Error()
	j.keepValidators()
	j.keep(planner.Failed)
}

// gone ends a job for which there is nothing.
func (j *job) gone() {
	j.record.State = journal.Absent
	j.keepValidators()
	j.keep(planner.Absent)
}

// keep records a job that publishes nothing, and ends it.
func (j *job) keep(s planner.State) {
	j.state, j.tried = s, true
	if s == planner.Failed && j.run.FailFast {
		j.run.end(errFailFast)
	}
	j.record.Took = int64(j.run.Now().Sub(j.began))
	j.run.pub.Record(j.record, func(rec journal.Record, err error) {
		j.record = rec
		if err != nil {
			j.state, j.err = planner.Failed, j.run.redacted(fmt.Errorf("%s: record it in the journal: %w", j.path, err))
		}
		j.run.finished(j)
	})
}

// made completes the record of a job that is about to be published.
func (j *job) made() journal.Record {
	j.record.State = journal.Made
	j.record.Took = int64(j.run.Now().Sub(j.began))
	return j.record
}

// published ends a job whose output the Publisher has taken care of.
func (j *job) published(rec journal.Record, err error) {
	j.state, j.tried, j.record = planner.Made, true, rec
	if err != nil {
		j.err = j.run.publishError(j.path, err)
		j.state, j.record = planner.Failed, j.run.unpublished(rec, err)
	}
	j.run.finished(j)
}

// unpublished is the record of a job whose output can't be published.
func (r *run) unpublished(rec journal.Record, err error) journal.Record {
	rec.State, rec.Error = journal.Failed, r.publishError(rec.Path, err).Error()
	return rec
}

func (r *run) publishError(at string, err error) error {
	return r.redacted(fmt.Errorf("publish %s: %w", at, err))
}

// finish ends a job of which nothing is recorded.
func (j *job) finish(s planner.State, err error) {
	j.state = s
	if err != nil {
		j.err = j.run.redacted(err)
	}
	j.run.finished(j)
}

// settle tells the plan and the observer of a job that has ended.
func (r *run) settle(j *job) {
	switch j.state {
	case planner.Waiting:
		return
	case planner.UpToDate:
		r.result.UpToDate++
	case planner.Made:
		r.result.Made++
		r.result.Written += j.record.Size
	case planner.Unchanged:
		r.result.Unchanged++
	case planner.Absent:
		r.result.Absent++
		if j.task != nil && j.task.Refresh != nil {
			r.tell(j, Event{Kind: Note, Text: fmt.Sprintf("gone: status %d; the earlier file stays, and is still used", j.record.Status)})
		}
	case planner.NotTried:
		r.result.NotTried++
	case planner.Cancelled:
		r.result.Cancelled++
	default:
		r.result.Failed++
	}
	r.result.Bytes += j.record.Received
	var ended planner.Ended
	if j.state != planner.UpToDate {
		ended = r.plan.Done(j.id, planner.Outcome{State: j.state, Record: j.record})
	}
	e := Event{Kind: Ended, State: j.state, Err: j.err, Tail: j.tail, Log: j.record.Log}
	if j.tried {
		e.Record = &j.record
	}
	r.tell(j, e)
	if len(ended.Expanded) > 0 || len(ended.Diagnostics) > 0 {
		e := Event{Kind: Expanded, Expanded: ended.Expanded}
		if len(ended.Diagnostics) > 0 {
			e.Err = ended.Diagnostics
		}
		r.tell(j, e)
	}
	if j.state == planner.Failed && r.FailFast {
		r.end(errFailFast)
	}
}

var errFailFast = errors.New("a job failed")

// redacted is an error as it may be shown. What it wraps can still be asked for, but not be shown.
func (r *run) redacted(err error) error {
	text := err.Error()
	if shown := r.Redact(text); shown != text {
		return &redactedError{shown, err}
	}
	return err
}

type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.err }
