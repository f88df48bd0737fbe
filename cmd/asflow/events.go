package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/planner"
)

// event is a line of `asflow build --json`. The names of the fields and the values of Event are stable.
type event struct {
	Time  string `json:"time"`  // RFC 3339, with fractions of a second
	Event string `json:"event"` // begin, expanded, started, progress, retrying, held, note, ended, end
	Run   string `json:"run,omitempty"`

	Target string `json:"target,omitempty"` // label
	Path   string `json:"path,omitempty"`
	Key    string `json:"key,omitempty"`
	Reason string `json:"reason,omitempty"` // of started, with --explain

	State    string  `json:"state,omitempty"` // of ended: made, unchanged, absent, failed, not tried, cancelled, up to date
	Size     *int64  `json:"size,omitempty"`  // of the file that was made
	Hash     string  `json:"hash,omitempty"`  // SHA-256 of the file that was made
	Received int64   `json:"received,omitempty"`
	Status   int     `json:"status,omitempty"` // HTTP or exit status, of ended and retrying
	URL      string  `json:"url,omitempty"`    // of a fetch that failed, ended and retrying: the request's own
	Class    string  `json:"class,omitempty"`  // and what kind of failure it was
	Attempts int     `json:"attempts,omitempty"`
	Seconds  float64 `json:"seconds,omitempty"`
	Error    string  `json:"error,omitempty"`
	Log      string  `json:"log,omitempty"`

	Attempt int    `json:"attempt,omitempty"` // of retrying: the one that failed
	Until   string `json:"until,omitempty"`   // of retrying and held
	Host    string `json:"host,omitempty"`    // of held, and of a note on what a host was found to bear
	Text    string `json:"text,omitempty"`    // of held, note and progress
	Done    int64  `json:"done,omitempty"`    // of progress
	Total   int64  `json:"total,omitempty"`

	Requests    int64 `json:"requests,omitempty"`    // of end: by HTTP
	Connections int64 `json:"connections,omitempty"` // of end: opened for them

	Jobs    *jobCounts `json:"jobs,omitempty"` // of end
	Exit    *int       `json:"exit,omitempty"` // of end
	Goals   []string   `json:"goals,omitempty"`
	Outputs int        `json:"outputs,omitempty"` // of expanded: how many the target has
}

// jobCounts is how many jobs of the goals ended how.
type jobCounts struct {
	Made      int `json:"made"`
	Unchanged int `json:"unchanged"`
	UpToDate  int `json:"up_to_date"`
	Absent    int `json:"absent"`
	Failed    int `json:"failed"`
	Blocked   int `json:"blocked"`
	NotTried  int `json:"not_tried"`
	Cancelled int `json:"cancelled"`
}

// eventStream writes events, one JSON object a line.
type eventStream struct {
	plan    runPlan
	targets []planner.Target
	explain bool
	redact  func(string) string

	mu sync.Mutex
	w  *bufio.Writer
	e  *json.Encoder

	err error // the first of writing them
}

func newEventStream(w io.Writer, p runPlan, explain bool, redact func(string) string) *eventStream {
	s := &eventStream{plan: p, targets: p.Targets(), explain: explain, redact: redact, w: bufio.NewWriterSize(w, 64<<10)}
	s.e = json.NewEncoder(s.w)
	s.e.SetEscapeHTML(false)
	return s
}

// write adds an event. What a reader has lost interest in is dropped.
func (s *eventStream) write(at time.Time, e event) {
	e.Time = stamp(at)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(s.e.Encode(e))
}

// keep notes what went wrong, but for a reader that has gone.
func (s *eventStream) keep(err error) {
	if s.err == nil && err != nil && !errors.Is(err, syscall.EPIPE) {
		s.err = fmt.Errorf("write the events: %w", err)
	}
}

func (s *eventStream) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(s.w.Flush())
}

// failure gives what went wrong.
func (s *eventStream) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// event writes what a run tells.
func (s *eventStream) event(x executor.Event) {
	if x.Kind == executor.Expanded {
		for _, i := range x.Expanded {
			s.write(x.Time, event{Event: "expanded", Target: s.targets[i].Label, Outputs: s.plan.Tally(i).Total})
		}
		if x.Err != nil {
			s.write(x.Time, event{Event: "note", Error: x.Err.Error()})
		}
		return
	}
	e := event{Target: s.targets[x.Target].Label, Path: x.Path, Key: x.Key, Text: x.Text, Log: x.Log}
	if x.Err != nil {
		e.Error = x.Err.Error()
	}
	if f, ok := errors.AsType[*fetchers.Error](x.Err); ok {
		e.URL, e.Class, e.Status = s.redact(f.URL), string(f.Class), f.Status
	}
	switch x.Kind {
	case executor.Started:
		e.Event = "started"
		if s.explain {
			e.Reason = s.plan.Reason(x.Job)
		}
	case executor.Retrying:
		e.Event, e.Attempt, e.Until = "retrying", x.Attempt, stamp(x.Until)
	case executor.Held:
		e.Event, e.Host, e.Until = "held", x.Host, stamp(x.Until)
	case executor.Progress:
		e.Event, e.Done, e.Total = "progress", x.Done, x.Total
	case executor.Note:
		e.Event = "note"
	case executor.Ended:
		e.Event, e.State = "ended", x.State.String()
		if r := x.Record; r != nil {
			e.Received, e.Status, e.Attempts = r.Received, r.Status, r.Attempts
			e.Seconds = time.Duration(r.Took).Seconds()
			if x.State == planner.Made {
				e.Size, e.Hash = &r.Size, r.Hash
			}
		}
	}
	s.write(x.Time, e)
}
