package executor

import (
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

var _ Plan = (*planner.Plan)(nil)

// Options is what a run needs beside its plan.
type Options struct {
	Store   *Store
	Journal *Writer
	Fetcher fetchers.Fetcher
	Limits  *limit.Set // nil: 8 fetches of a host at once

	Jobs      int // most execs at once; 0: 1
	FetchJobs int // most fetches at once, which Limits holds; 0: 64
	FailFast  bool
	NoSync    bool                // outputs and the journal are not synced to the disk
	Observer  Observer            // nil: nobody
	Meters    *Meters             // nil: nobody reads them
	Redact    func(string) string // nil: as it is
	RedactCut func(string) string // of what may end in the midst of a secret; nil: Redact
	Environ   []string            // of the commands; a make's jobserver in it is joined
	RunID     string
	Now       func() time.Time // nil: time.Now
}

// Observer is told what happens, from many goroutines; it must be quick.
type Observer interface{ Event(Event) }

// Event is something that happened in a run. All text in it has been redacted.
type Event struct {
	Kind   EventKind
	Time   time.Time
	Job    planner.ID
	Target int
	Path   string
	Key    string

	State       planner.State   // of Ended
	Record      *journal.Record // of Ended; nil where nothing was tried
	Err         error           // of Ended with Failed or NotTried, of Retrying, and of Expanded: the plan's hcl.Diagnostics
	Attempt     int             // of Retrying: the one that failed
	Until       time.Time       // of Retrying and Held
	Host        string          // of Held
	Text        string          // of Held, Note and Progress
	Tail        []byte          // of Ended with Failed: the last of what an exec printed
	Log         string          // of Ended: the job's log file, relative to the project, if it has one
	Done, Total int64           // of Progress, told by a command through ASFLOW_PROGRESS
	Expanded    []int           // of Expanded: targets
}

// EventKind says what an Event is about.
type EventKind uint8

const (
	Started  EventKind = iota // a job runs: once for each, when its recipe is evaluated, or can't be
	Retrying                  // an attempt failed and there will be another
	Held                      // a host holds requests back
	Progress                  // a command told how far it is
	Note                      // something for people
	Ended                     // a job ended
	Expanded                  // targets became known, or turned out to be mistaken (Err)
)

// Result is how a run ended: jobs by what became of them, and bytes.
type Result struct {
	Made, Unchanged, Absent, Failed, NotTried int
	Cancelled                                 int   // begun, and cut off
	UpToDate                                  int   // given out, and found to be up to date
	Bytes                                     int64 // received
	Written                                   int64 // published
}
