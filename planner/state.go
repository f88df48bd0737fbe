package planner

// State is a job's state. See doc.go for the drawing.
type State uint8

const (
	Waiting   State = iota // for inputs, or for its target's dependencies
	Ready                  // may be run now
	Running                // given out by Next
	UpToDate               // nothing to do
	Made                   // published
	Unchanged              // asked for again, the same as before
	Absent                 // there is nothing, and that is known
	Failed                 // its recipe was run, and failed
	Blocked                // not run since something it needs failed
	NotTried               // given up with its target or host
	Cancelled              // the run ended first
	Unwanted               // not part of the goals
	stateCount
)

var stateNames = [...]string{"waiting", "to do", "running", "up to date", "made", "unchanged", "absent", "failed", "blocked", "not tried", "cancelled", "unwanted"}

func (s State) String() string { return stateNames[s] }
