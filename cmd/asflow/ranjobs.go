package main

import (
	"sync"
	"time"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/planner"
)

// ranJobs keeps what became of the jobs that were run, for the reports that are written in the end.
type ranJobs struct {
	mu   sync.Mutex
	open map[planner.ID]openJob
	free []int // lanes that nobody is in
	next int
	jobs []ranJob
}

// openJob is a job that runs: since when, and in which lane of a trace.
type openJob struct {
	at   time.Time
	lane int
}

// ranJob is a job that has ended.
type ranJob struct {
	target       int
	path, key    string
	state        planner.State
	began, ended time.Time
	lane         int
	text         string // why it failed
	log          string
	tail         string
}

var _ executor.Observer = (*ranJobs)(nil)

func newRanJobs() *ranJobs { return &ranJobs{open: map[planner.ID]openJob{}} }

// Event is called by the run, from many goroutines.
func (r *ranJobs) Event(e executor.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e.Kind {
	case executor.Started:
		lane := r.next
		if n := len(r.free); n > 0 {
			lane, r.free = r.free[n-1], r.free[:n-1]
		} else {
			r.next++
		}
		r.open[e.Job] = openJob{e.Time, lane}
	case executor.Ended:
		o, ran := r.open[e.Job]
		if ran {
			delete(r.open, e.Job)
			r.free = append(r.free, o.lane)
		} else {
			o.at = e.Time
		}
		if e.State == planner.UpToDate {
			return // it was looked at again, and not run
		}
		j := ranJob{target: e.Target, path: e.Path, key: e.Key, state: e.State, began: o.at, ended: e.Time, lane: o.lane, log: e.Log, tail: string(e.Tail)}
		if e.Err != nil {
			j.text = e.Err.Error()
		}
		r.jobs = append(r.jobs, j)
	}
}

// observers tells several.
type observers []executor.Observer

// Event passes an event on.
func (o observers) Event(e executor.Event) {
	for _, x := range o {
		x.Event(e)
	}
}
