package journal

// State is a project's journal, read. What a plan needs of every output (absences, failures, what execs wrote and
// read) is loaded at once; records of fetched files only when All or Lookup of one asks for them. Safe for concurrent
// use.
type State struct { /* contract */
}

// Load reads the journal in a folder (.asflow). None gives an empty State. Damage costs the damaged lines, and is
// counted in Dropped.
func Load(dir string) (*State, error) { panic("contract") }

// Needed gives the last record of a path from what a plan needs: any state of an exec's output, and Absent or Failed
// of a fetch. It never reads the rest.
func (s *State) Needed(path string) (Record, bool) { panic("contract") }

// HasNeeded tells cheaply whether there is any record that Needed could give for targets with this label.
func (s *State) HasNeeded(label string) bool { panic("contract") }

// Lookup gives the last record of a path, whatever it is of.
func (s *State) Lookup(path string) (Record, bool) { panic("contract") }

// All calls each with the last record of every path, in no order, until it gives false.
func (s *State) All(each func(Record) bool) error { panic("contract") }

// Runs gives the builds, oldest first.
func (s *State) Runs() ([]Run, error) { panic("contract") }

// Dropped is how many damaged lines were passed over.
func (s *State) Dropped() int { panic("contract") }
