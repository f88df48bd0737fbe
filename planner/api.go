package planner

import (
	"io"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner/journal"
)

// The evaluated recipes, which executors see under the planner's name.
type (
	Recipe   = hclspec.Recipe
	Fetch    = hclspec.Fetch
	Exec     = hclspec.Exec
	Request  = hclspec.Request
	Header   = hclspec.Header
	Paginate = hclspec.Paginate
	Expect   = hclspec.Expect
	Auth     = hclspec.Auth
	TLS      = hclspec.TLS
	Program  = hclspec.Program
	Retry    = hclspec.Retry
)

// ID names a job of a plan.
type ID uint32

// Job is a job that is ready.
type Job struct {
	ID     ID
	Target int // index in Plan.Targets
	Fetch  bool
	Depth  int // how many targets stand before it; deeper jobs go first
}

// Disk is the folder of the project, as planning sees it. Paths are relative to it, with slashes, or absolute. What is there is
// found by the text that its name reads as, too.
type Disk interface {
	// List gives the names in a folder, in chunks, in any order; a folder that is not there, or has a file in its place, is an
	// empty one.
	List(dir string, each func(names []string) error) error
	Stat(path string) (Info, error) // follows symbolic links; fs.ErrNotExist where there is nothing
	Open(path string) (io.ReadCloser, error)
	Real(path string) (string, error) // the same place without symbolic links on the way
	// Links gives the symbolic links in a folder, those that lead nowhere too, by name with the path that each holds.
	Links(dir string) (map[string]string, error)
}

// Info is what planning wants to know of a file.
type Info struct {
	Size  int64
	Mtime int64 // nanoseconds since 1970
	Dir   bool
	Link  bool // the path itself is a symbolic link
}

// Options is what a plan is made of.
type Options struct {
	Spec    *hclspec.Spec
	Disk    Disk
	Journal *journal.State   // nil: none
	Goals   []string         // none: everything
	Now     time.Time        // when the run began: what ages are counted to
	Clock   func() time.Time // nil: time.Now

	FoldsCase   bool // the file system takes names as one that differ only in the case of their letters
	Force       bool // the goals are out of date
	RetryAbsent bool
	DryRun      bool // nothing will be run: what only waits for depends_on is judged as if that were done
}

// Outcome is what became of a job.
type Outcome struct {
	State  State          // Made, Unchanged, Absent, Failed, NotTried or Cancelled
	Record journal.Record // as written to the journal; Size, Mtime and Hash of what was published
}

// Ended is what followed from a job's end.
type Ended struct {
	Expanded    []int // targets that became known
	Diagnostics hcl.Diagnostics
}

// Task is a job's recipe with what belongs to it.
type Task struct {
	*Recipe
	Path    string
	Key     string
	Label   string
	Inputs  []string        // resolved, of an exec
	Missing []string        // inputs that are absent or failed, and allowed to be
	Record  journal.Record  // filled in as far as planning knows it: path, target, key, recipe, source of an exec, reads
	Refresh *journal.Record // set where an existing output is asked for again: what the journal has of it
}

// Target is what a run and its display need to know of a target.
type Target struct {
	Label       string
	Description string
	Fetch       bool
	Dir         bool
	Concurrency int
	Retry       Retry
	Absent      []int
	Level       string
	Paged       bool
}

// Tally counts a target's jobs by state; read while the run goes on.
type Tally struct {
	Known      bool // expanded; else nothing below is known
	Total      int
	Duplicates int // elements dropped, equal in key and value
	ByState    [stateCount]int
}
