package executor

import (
	"context"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/limit"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// Plan is what a run asks of its plan; a *planner.Plan.
type Plan interface {
	Next() (planner.Job, bool)                                  // a ready job, deepest first; false: none just now
	Recipe(id planner.ID, output string) (*planner.Task, error) // planner.ErrUpToDate, planner.ErrWaiting: not to be run
	Done(id planner.ID, o planner.Outcome) planner.Ended        // also after an error of Recipe that is not one of these
	Host(id planner.ID) string                                  // scheme://host of a fetch's first request; "" unknown
	Path(id planner.ID) string
	Key(id planner.ID) string
	Targets() []planner.Target
}

// Options is what a run needs beside its plan.
type Options struct {
	Store   *Store
	Journal *Writer
	Fetcher fetchers.Fetcher
	Limits  *limit.Set

	Jobs      int // most execs at once
	FetchJobs int // most fetches at once
	FailFast  bool
	Observer  Observer            // nil: nobody
	Redact    func(string) string // nil: as it is
	Environ   []string            // of the commands
	RunID     string
	Now       func() time.Time
}

// Observer is told what happens, from many goroutines; it must be quick.
type Observer interface{ Event(Event) }

// Event is something that happened in a run.
type Event struct {
	Kind   EventKind
	Time   time.Time
	Job    planner.ID
	Target int
	Path   string
	Key    string

	State       planner.State   // of Ended
	Record      *journal.Record // of Ended; nil where nothing was tried
	Err         error           // of Ended with Failed and of Retrying; redacted
	Attempt     int
	Until       time.Time // of Retrying and Held
	Host        string    // of Held
	Text        string    // of Held, Note and Progress
	Tail        []byte    // of Ended with Failed: the last of what an exec printed
	Log         string    // of Ended: the job's log file, if it has one
	Done, Total int64     // of Progress, told by a command through ASFLOW_PROGRESS
	Expanded    []int     // of Expanded: targets
}

// EventKind says what an Event is about.
type EventKind uint8

const (
	Started  EventKind = iota // a job runs
	Retrying                  // an attempt failed and there will be another
	Held                      // a host holds requests back
	Progress                  // a command told how far it is
	Note                      // something for people
	Ended                     // a job ended
	Expanded                  // targets became known
)

// Meter counts a target's traffic while the run goes on; read it from anywhere.
type Meter struct {
	Bytes   func() int64 // received by fetches
	Retries func() int64
}

// Result is how a run ended.
type Result struct {
	Made, Unchanged, Absent, Failed, Blocked, NotTried, Cancelled, UpToDate int
	Bytes                                                                   int64 // received
	Written                                                                 int64 // published
}

// Run runs the plan to its end, to the first failure with FailFast, or until ctx is done: then nothing new starts,
// what runs is ended (SIGTERM, SIGKILL after 10 s), and Run returns when it has. kill, when closed, ends it at once.
func Run(ctx context.Context, kill <-chan struct{}, p Plan, o Options) (Result, error) {
	panic("contract")
}
