package hclspec

import (
	"io"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// File is a configuration or variable file. Its name, relative to the project, is what diagnostics show; one that
// ends in .json is read as JSON.
type File struct {
	Name  string
	Bytes []byte
}

// IsMain tells whether a file of this name, in a folder, makes it a project.
func IsMain(name string) bool { return name == "asflow.hcl" || name == "asflow.hcl.json" }

// IsConfig tells whether a file of this name, in a project's folder, is read as configuration. A name that begins with a
// point is an editor's, or the system's.
func IsConfig(name string) bool {
	return IsMain(name) || !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".asflow.hcl") || strings.HasSuffix(name, ".asflow.hcl.json"))
}

// Assignment is NAME=VALUE from the command line.
type Assignment struct{ Name, Value string }

// Options is all that the language takes from outside.
type Options struct {
	Files    []File       // asflow.hcl and its siblings, in the order of their names
	VarFiles []File       // --var-file, in the order given
	Vars     []Assignment // --var, in the order given

	LookupEnv func(string) (string, bool)                  // nil: an empty environment
	Open      func(path string) (io.ReadCloser, error)     // source files, as they are on disk; for what must be known at load, and NAME_FILE
	List      func(dir string) (names []string, err error) // for glob at load
	Now       time.Time                                    // when the run began
	Version   string                                       // of asflow, for required_version
}

// Spec is a checked configuration. It is safe for use from many goroutines.
type Spec struct {
	Targets   []*Target // in the order of the files
	Limits    []Limit
	Flows     []Flow
	Variables []Variable           // by name
	Files     map[string]*hcl.File // by name, to show source lines in diagnostics
	Names     []string             // configuration files that were read, in order

	env *environment // variables, locals, functions, secrets: shared by all evaluations
}

// Variable is a variable block, and where its value comes from. The value itself may be a secret, which only a recipe
// says once it is evaluated; so it is not here.
type Variable struct {
	Name      string
	From      string // "default", "--var", the name of a --var-file, or of a variable of the environment: ASFLOW_VAR_…
	Sensitive bool
	Range     hcl.Range
}

// Limit is a limit block.
type Limit struct {
	Name        string
	Rate        float64 // requests a second; 0: none
	Burst       int     // at least 1
	Concurrency int     // 0: none given
	Range       hcl.Range
}

// Flow is a name for several targets.
type Flow struct {
	Name        string
	Targets     []string // labels, var and local filled in
	Description string
	Range       hcl.Range
}

// Retry is how often and when a job's request or command is tried again.
type Retry struct {
	Attempts int // the first one counted
	Delay    time.Duration
	MaxDelay time.Duration
	MaxPause time.Duration // longest time that a host may hold everything back
	Statuses []int
	Expect   bool
}

// Target is a target block. What does not mention each is evaluated at load; the rest through its methods.
type Target struct {
	Index       int // in Spec.Targets
	Label       *Label
	Description string
	Retry       Retry
	Absent      []int
	AllowFailed Allowance
	Concurrency int // 0: no limit of its own
	DependsOn   []string
	Level       string // compression level: "fastest", "default", "better", "best"
	HasForEach  bool
	HasInputs   bool
	IsFetch     bool // else exec
	HasMaxAge   bool
	Paged       bool // fetch with paginate
	Range       hcl.Range

	*decoded // expressions, owned by this package
}

// Allowance is how many jobs of a target may fail: a number, or a share of all.
type Allowance struct {
	Count int
	Share float64 // 0 to 1
}

// World is what functions ask of the project while an expression is evaluated. The planner is one.
type World interface {
	// Open opens a file as it is on disk. Where a target makes the path and it is not up to date yet, or not yet
	// known, the error is an *Unbuilt.
	Open(path string) (io.ReadCloser, error)
	// Outputs gives the planned outputs of the target with this label, var and local filled in; an *Unbuilt with
	// Label set while it is not expanded.
	Outputs(label string) (Outputs, error)
	// Glob gives the files on disk, sorted, that match and that no label could make, and how many were left out.
	Glob(pattern string) (paths []string, leftOut int, err error)
}

// Unbuilt says that a value waits for a path, or for the expansion of a label.
type Unbuilt struct {
	Path  string // either
	Label string // or
}

func (u *Unbuilt) Error() string {
	if u.Label != "" {
		return "the outputs of " + u.Label + " are not known yet"
	}
	return u.Path + " is not built yet"
}

// Outputs is the planned outputs of a target, in the order of its elements.
type Outputs interface {
	Len() int
	Path(i int) string
	Name(i int) string
	Key(i int) string
	Value(i int) cty.Value
}

// Elements is the list of a for_each, held as it came and turned into values only where one is asked for. A target
// without for_each has nil Elements and one job with index 0. Safe for use from many goroutines.
type Elements interface {
	Len() int
	// Key gives element i's key by the target's key attribute, else by the language's rules.
	Key(i int) (string, hcl.Diagnostics)
	// Same tells whether two elements are equal in value, types included.
	Same(i, j int) bool
	// Value is each.value.
	Value(i int) cty.Value
	// JSON is each.value as compact JSON, secrets redacted, for listings.
	JSON(i int) []byte
}

// Reads is what an evaluation read, and what it would have to wait for.
type Reads struct {
	Paths   []string  // files that functions read, each once, in order
	Labels  []string  // labels given to outputs()
	Asked   []Asked   // environment variables, dates and globs, by the value that they gave
	Unbuilt []Unbuilt // not empty: the result is not known yet
	// Warnings is what a function has to say beside its value.
	Warnings []string
}

// Asked is a question that was answered from outside the project's files, and its answer. Kind is "env", "today" or
// "glob"; Value is a SHA-256 in hex of the answer.
type Asked struct{ Kind, Name, Value string }

// Paths is what the planner tells a recipe of the paths that it works on, all relative to the project's folder.
type Paths struct {
	Inputs []string // resolved
	Output string   // where an exec is to write; empty for a fetch
}
