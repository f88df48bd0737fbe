package main

import (
	"strings"
	"sync"
	"time"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/planner"
)

// board is what a run's display knows of the targets: where each stood when it was first seen, and how fast it moves.
// Safe for use from several goroutines.
type board struct {
	plan    runPlan
	meters  runMeters
	targets []planner.Target

	mu   sync.Mutex
	seen []sighting
}

// runPlan is what a display asks of a plan; a *planner.Plan.
type runPlan interface {
	Targets() []planner.Target
	Tally(target int) planner.Tally
	Wanted(target int) bool
	WaitsFor(target int) []string
	Path(id planner.ID) string
	Reason(id planner.ID) string
}

// runMeters is what a display asks of a run; an *executor.Meters.
type runMeters interface {
	Bytes(target int) int64
	Retries(target int) int64
	Longest(n int) []executor.RunningJob
	HeldHosts(now time.Time) []executor.HeldHost
}

// sighting is one target's past.
type sighting struct {
	known    bool
	first    planner.Tally // when it was first seen: for what was settled then there was nothing to do
	began    time.Time     // when its first job was begun
	moved    sample        // when it was first seen to move
	samples  []sample
	finished bool
}

type sample struct {
	at   time.Time
	done int
}

// standing is one target now.
type standing struct {
	done, all, made, unchanged, upToDate, absent, failed, blocked int
	known, moving, finished                                       bool
}

func newBoard(p runPlan, m runMeters) *board {
	targets := p.Targets()
	return &board{plan: p, meters: m, targets: targets, seen: make([]sighting, len(targets))}
}

// look notes how targets stand that have become known.
func (b *board) look() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lookLocked()
}

func (b *board) lookLocked() {
	for i := range b.targets {
		if s := &b.seen[i]; !s.known {
			if t := b.plan.Tally(i); t.Known {
				s.known, s.first = true, t
			}
		}
	}
}

// settled is how many of a target's jobs have come to an end, or had nothing to do.
func settled(t planner.Tally) int {
	s := &t.ByState
	return t.Total - s[planner.Waiting] - s[planner.Ready] - s[planner.Running] - s[planner.Unwanted]
}

// begun notes when a target's first job was begun.
func (b *board) begun(i int, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := &b.seen[i]; s.began.IsZero() {
		s.began = at
	}
}

// stand says how a target stands, and when its first job was begun.
func (b *board) stand(i int) (standing, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.standLocked(i), b.seen[i].began
}

func (b *board) standLocked(i int) standing {
	s := &b.seen[i]
	t := b.plan.Tally(i)
	if !t.Known || !s.known {
		return standing{}
	}
	before := settled(s.first)
	out := standing{
		known: true,
		done:  settled(t) - before,
		all:   t.Total - t.ByState[planner.Unwanted] - before,
		made:  t.ByState[planner.Made],

		unchanged: t.ByState[planner.Unchanged],
		upToDate:  t.ByState[planner.UpToDate] - s.first.ByState[planner.UpToDate],

		failed:  t.ByState[planner.Failed] + t.ByState[planner.NotTried],
		absent:  t.ByState[planner.Absent] - s.first.ByState[planner.Absent],
		blocked: t.ByState[planner.Blocked] + t.ByState[planner.Cancelled],
	}
	out.moving = out.all > 0 && (out.done > 0 || t.ByState[planner.Running] > 0)
	out.finished = out.all > 0 && out.done >= out.all
	return out
}

// frame puts together what the live block shows, and gives the targets that have finished since the last one.
func (b *board) frame(now time.Time) (f frame, finished []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lookLocked()
	f.now = now
	for i, t := range b.targets {
		s := &b.seen[i]
		if s.finished || !b.plan.Wanted(i) {
			continue
		}
		at := b.standLocked(i)
		switch {
		case at.finished:
			s.finished = true
			finished = append(finished, i)
		case at.moving:
			f.rows = append(f.rows, b.row(i, t, at, now))
		case !at.known || at.all > 0:
			f.waiting = append(f.waiting, row{label: t.Label, waits: strings.Join(b.plan.WaitsFor(i), ", ")})
		}
	}
	for _, j := range b.meters.Longest(maxJobs) {
		f.jobs = append(f.jobs, jobLine{name: b.plan.Path(j.ID), text: jobText(j), since: j.Since})
	}
	for _, h := range b.meters.HeldHosts(now) {
		f.held = append(f.held, heldLine{host: h.Host, cause: h.Cause, until: h.Until})
	}
	return f, finished
}

func (b *board) row(i int, t planner.Target, at standing, now time.Time) row {
	s := &b.seen[i]
	if s.moved.at.IsZero() {
		s.moved = sample{now, at.done}
	}
	r := row{
		label: t.Label, done: at.done, all: at.all, failed: int64(at.failed),
		bytes: b.meters.Bytes(i), retries: b.meters.Retries(i), eta: -1,
	}
	r.rate = s.pace(at.done, now)
	if r.rate > 0 && now.Sub(s.moved.at) > time.Second {
		r.eta = time.Duration(float64(at.all-at.done) / r.rate * float64(time.Second))
	}
	return r
}

// The pace of a target is that of the last ten seconds, or of all its time where little happened in them.
const (
	paceSpan = 10 * time.Second
	paceStep = 500 * time.Millisecond
)

func (s *sighting) pace(done int, now time.Time) float64 {
	if n := len(s.samples); n == 0 || now.Sub(s.samples[n-1].at) >= paceStep {
		s.samples = append(s.samples, sample{now, done})
	}
	for len(s.samples) > 2 && now.Sub(s.samples[1].at) >= paceSpan {
		s.samples = s.samples[1:]
	}
	since := s.samples[0]
	if done-since.done < 5 {
		since = s.moved
	}
	seconds := now.Sub(since.at).Seconds()
	if seconds < 0.25 {
		return 0
	}
	return float64(done-since.done) / seconds
}

// jobText is what a job that runs says of itself.
func jobText(j executor.RunningJob) string {
	switch {
	case j.Host != "" && j.Done > 0:
		return size(j.Done)
	case j.Total > 0:
		return strings.TrimSpace(count(j.Done) + "/" + count(j.Total) + " " + j.Text)
	default:
		return j.Text
	}
}
