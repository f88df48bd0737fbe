package main

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/planner"
)

// How a run is shown while it goes on.
const (
	showBar   = "bar"   // a live block
	showPlain = "plain" // lines
	showNone  = "none"
)

const (
	frameEvery   = 80 * time.Millisecond
	plainEvery   = 200 * time.Millisecond // lines are written so often,
	summaryEvery = 5 * time.Second        // and how far all is so often
	manyLines    = 200                    // of failures, a line each behind the first few
	fewLines     = 10                     // of a kind, before they are only counted
)

// reporter shows a run to people, on stderr: what happens as it happens, and how far all is. It is the run's observer.
type reporter struct {
	t       *terminal
	mode    string
	verbose bool
	explain bool
	now     func() time.Time
	files   map[string]*hcl.File
	plan    runPlan
	targets []planner.Target
	events  *eventStream // nil: none

	painting sync.Mutex // held while the block is painted; before mu
	board    *board
	layout   layout
	screen   screen
	last     time.Time // when plain lines last said how far all is
	lastSaid []string

	mu       sync.Mutex
	stay     []string // lines that are to be written
	message  string
	failures []failure // the first of them
	failed   int
	retries  int            // since the last summary
	notes    map[string]int // by text
	held     map[string]time.Time

	quit chan struct{}
	done sync.WaitGroup
}

// failure is a job that failed.
type failure struct {
	path, key, label string
	cause            string
	source           string // URL or command
	attempts         int
	log              string
	tail             []byte
	notTried         bool
}

var _ executor.Observer = (*reporter)(nil)

func newReporter(a *app, mode string, p runPlan, m runMeters) *reporter {
	return &reporter{
		t: a.stderr, mode: mode, now: a.now, plan: p, targets: p.Targets(),
		board: newBoard(p, m), layout: layout{t: a.stderr}, screen: screen{w: a.stderr},
		held: map[string]time.Time{}, quit: make(chan struct{}),
	}
}

// start begins to show.
func (r *reporter) start() {
	r.board.look()
	r.last = r.now()
	every := frameEvery
	switch r.mode {
	case showNone:
		every = summaryEvery
	case showPlain:
		every = plainEvery
	}
	r.done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.show(false)
			case <-r.quit:
				return
			}
		}
	})
}

// stop shows what is left to be shown, and takes the live block away.
func (r *reporter) stop() {
	close(r.quit)
	r.done.Wait()
	r.moreNotes()
	r.show(true)
}

// show writes what has gathered, and paints the block.
func (r *reporter) show(end bool) {
	r.painting.Lock()
	defer r.painting.Unlock()
	now := r.now()
	f, finished := r.board.frame(now)
	if r.mode != showNone {
		for _, i := range finished {
			r.say(r.finished(i, now))
		}
	}
	if r.mode == showPlain && !end && now.Sub(r.last) >= summaryEvery {
		r.last = now
		r.sayHowFar(f)
	}
	r.mu.Lock()
	stay := r.stay
	r.stay = nil
	f.message = r.message
	r.mu.Unlock()
	if r.events != nil {
		r.events.flush()
	}
	if r.mode != showBar {
		if len(stay) > 0 {
			fmt.Fprintln(r.t, strings.Join(stay, "\n"))
		}
		return
	}
	var block []string
	width, height := r.t.size()
	if width <= 0 || height <= 0 {
		width, height = 80, 24
	}
	if !end {
		block = r.layout.lines(f, width, max(1, height-1))
	}
	_ = r.screen.paint(stay, block, width)
}

// say adds a line that stays.
func (r *reporter) say(lines ...string) {
	r.mu.Lock()
	r.stay = append(r.stay, lines...)
	r.mu.Unlock()
}

// stopping tells that a signal came.
func (r *reporter) stopping() {
	r.mu.Lock()
	r.message = "stopping: what runs is ended; once more ends at once"
	r.mu.Unlock()
	if r.mode == showPlain {
		r.say("asflow: stopping: what runs is ended; once more ends at once")
	}
}

// finished is the line that stays of a target that has come to its end.
func (r *reporter) finished(i int, now time.Time) string {
	at, began := r.board.stand(i)
	s := r.t.signs()
	sign, c := s.ok, green
	switch {
	case at.failed > 0:
		sign, c = s.failed, red
	case at.blocked > 0:
		sign, c = s.note, yellow
	}
	parts := []string{}
	add := func(n int, word string) {
		if n > 0 {
			parts = append(parts, count(n)+" "+word)
		}
	}
	add(at.made, "made")
	add(at.unchanged, "unchanged")
	add(at.upToDate, "up to date")
	add(at.absent, "absent")
	add(at.failed, "failed")
	add(at.blocked, "not run")
	if n := r.board.meters.Bytes(i); n > 0 {
		parts = append(parts, size(n))
	}
	if n := r.board.meters.Retries(i); n > 0 {
		parts = append(parts, plural(n, "retry", "retries"))
	}
	if !began.IsZero() {
		parts = append(parts, took(now.Sub(began)))
	}
	return fmt.Sprintf("%s %s  %s", r.t.paint(c, sign), r.targets[i].Label, r.t.paint(dim, strings.Join(parts, ", ")))
}

// sayHowFar says in a line per moving target where it is, where that has changed.
func (r *reporter) sayHowFar(f frame) {
	var said []string
	for _, w := range f.rows {
		l := layout{t: r.t}
		texts := l.texts(w)
		parts := []string{w.label + " " + texts[colCount]}
		for _, text := range []string{texts[colRate], texts[colBytes]} {
			if text != "" {
				parts = append(parts, text)
			}
		}
		if w.retries > 0 {
			parts = append(parts, plural(w.retries, "retry", "retries"))
		}
		if w.failed > 0 {
			parts = append(parts, count(w.failed)+" failed")
		}
		if texts[colETA] != "" {
			parts = append(parts, texts[colETA])
		}
		said = append(said, strings.Join(parts, ", "))
	}
	if strings.Join(said, "\n") != strings.Join(r.lastSaid, "\n") {
		r.say(said...)
	}
	r.lastSaid = said
	r.mu.Lock()
	if r.retries > fewLines && !r.verbose {
		r.stay = append(r.stay, fmt.Sprintf("%s and %s", r.t.signs().ellipsis, plural(r.retries-fewLines, "more retry", "more retries")))
	}
	r.retries = 0
	r.mu.Unlock()
}

// Event is called by the run, from many goroutines.
func (r *reporter) Event(e executor.Event) {
	if r.events != nil {
		r.events.event(e)
	}
	s := r.t.signs()
	switch e.Kind {
	case executor.Started:
		r.board.begun(e.Target, e.Time)
		if r.explain {
			if why := r.plan.Reason(e.Job); why != "" { // none: it was looked at again, and is up to date
				r.say(r.t.paint(dim, fmt.Sprintf("%s %s: %s", s.spin, e.Path, why)))
			}
		}
	case executor.Retrying:
		r.retrying(e)
	case executor.Held:
		r.hold(e)
	case executor.Note:
		r.note(e)
	case executor.Expanded:
		r.expanded(e)
	case executor.Ended:
		r.ended(e)
	}
}

func (r *reporter) retrying(e executor.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retries++
	if r.verbose || r.mode == showPlain && r.retries <= fewLines {
		r.stay = append(r.stay, fmt.Sprintf("%s %s: attempt %d: %s; again in %s",
			r.t.paint(yellow, r.t.signs().retry), e.Path, e.Attempt, oneLine(e.Err), took(max(0, e.Until.Sub(e.Time)))))
	}
}

// hold tells of a host that is held back, once for a time; the live block shows it anyway.
func (r *reporter) hold(e executor.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mode == showBar && !r.verbose || e.Until.Sub(r.held[e.Host]) < time.Second {
		return
	}
	r.held[e.Host] = e.Until
	text := fmt.Sprintf("%s %s holds back until %s", r.t.paint(yellow, r.t.signs().held), e.Host, untilWhen(e.Until, e.Time))
	if e.Text != "" {
		text += " (" + e.Text + ")"
	}
	r.stay = append(r.stay, text)
}

// expanded notes where a target stands that has become known, and shows what is wrong with its list.
func (r *reporter) expanded(e executor.Event) {
	r.board.look()
	diags, ok := errors.AsType[hcl.Diagnostics](e.Err)
	if !ok {
		return
	}
	var b strings.Builder
	for _, d := range diags {
		r.t.diagnostic(&b, d, r.files)
	}
	r.say(strings.Split(strings.TrimRight(b.String(), "\n"), "\n")...)
}

func (r *reporter) ended(e executor.Event) {
	switch e.State {
	case planner.Failed, planner.NotTried:
		r.fail(e)
	case planner.Made, planner.Unchanged, planner.Absent:
		if r.verbose {
			r.say(r.verboseLine(e))
		}
	}
}

func (r *reporter) verboseLine(e executor.Event) string {
	s := r.t.signs()
	parts := []string{e.State.String()}
	if e.Record != nil {
		if e.State == planner.Made {
			parts = []string{size(e.Record.Size)}
		}
		if e.Record.Status != 0 && e.State == planner.Absent {
			parts = append(parts, fmt.Sprintf("status %d", e.Record.Status))
		}
		parts = append(parts, took(time.Duration(e.Record.Took)))
	}
	return fmt.Sprintf("%s %s  %s", r.t.paint(green, s.ok), e.Path, r.t.paint(dim, strings.Join(parts, ", ")))
}

// fail keeps the first failures for the summary, and shows them as they come.
func (r *reporter) fail(e executor.Event) {
	f := failure{path: e.Path, key: e.Key, label: r.targets[e.Target].Label, log: e.Log, tail: e.Tail, notTried: e.State == planner.NotTried}
	if e.Err != nil {
		f.cause = r.causeText(e.Err)
	}
	if e.Record != nil {
		f.attempts, f.source = e.Record.Attempts, e.Record.Source
	}
	if x, ok := errors.AsType[*fetchers.Error](e.Err); ok && x.Attempts > 0 {
		f.attempts = x.Attempts // of its page alone
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed++
	switch {
	case len(r.failures) < fewLines:
		r.failures = append(r.failures, f)
	case f.notTried:
		return
	case len(r.failures) < manyLines:
		f.tail = nil
		r.failures = append(r.failures, f)
	}
	if r.mode != showNone && r.failed <= fewLines {
		of := f.path
		if f.keyUnseen() {
			of += " (" + clip(visible(f.key), 60, r.t.signs().ellipsis) + ")"
		}
		r.stay = append(r.stay, fmt.Sprintf("%s %s: %s", r.t.paint(red, r.t.signs().failed), of, visible(oneLine(e.Err))))
	}
}

// causeText is an error as the summary shows it; the diagnostics of a recipe with their source.
func (r *reporter) causeText(err error) string {
	diags, ok := errors.AsType[hcl.Diagnostics](err)
	if !ok {
		lines := strings.Split(err.Error(), "\n")
		for i, line := range lines {
			lines[i] = visible(line)
		}
		return strings.Join(lines, "\n")
	}
	var b strings.Builder
	for _, d := range diags {
		r.t.diagnostic(&b, d, r.files)
	}
	return strings.TrimSpace(b.String())
}

// oneLine is an error's first line.
func oneLine(err error) string {
	if err == nil {
		return ""
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
