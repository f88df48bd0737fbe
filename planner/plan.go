package planner

import (
	"errors"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner/journal"
)

// ErrUpToDate and ErrWaiting say that a job given out by Next is not to be run: it turned out to be up to date, or has
// gone back to waiting for something that is not built. The plan has noted it; Done must not be called.
var (
	ErrUpToDate = errors.New("up to date")
	ErrWaiting  = errors.New("waiting for an input that is not built")
)

// AbsentError says that a job given out by Next is not to be run, since something that its recipe reads is absent, and so it is
// itself. Who takes it writes that down, and calls Done: the record has what it reads, and until that changes it need not be looked at.
type AbsentError struct{ Record journal.Record }

func (e *AbsentError) Error() string { return "something that it reads is absent" }

// Plan is the graph of a project's jobs, alive while they run. Safe for concurrent use.
type Plan struct {
	spec *hclspec.Spec
	disk Disk
	jour *journal.State
	opts Options

	mu       sync.Mutex
	nodes    []*node          // by index of target
	byLabel  map[string]*node // by label, var and local filled in
	plain    map[string]*node // targets of one file, by its path as alike gives it
	spots    map[string]*node // those of them that wind, by where the path really is
	patterns []*node          // the other targets
	winds    bool             // some target winds
	bases    []*node          // expanded, in the order of their first IDs
	states   []State          // by ID
	ready    readyQueue
	edges    edges
	later    []waiter         // who is to be told of expansions
	visit    map[ID]bool      // jobs whose inputs are being settled
	leftOut  map[string]int   // by glob: files that it left out, since a label could make them
	places   map[string]place // of folders, as they are written
	stack    []string         // what is being expanded or settled, for the path of a cycle
	diags    hcl.Diagnostics
	faults   hcl.Diagnostics // of lists that are made by jobs
	unsure   []openGoal
	noGoals  hcl.Diagnostics        // of goals that turned out to name nothing
	cycles   map[ID]hcl.Diagnostics // of jobs that wait for themselves, by what their recipes read
	mistakes mistakes               // those of elements that are still to be brought among diags

	folder folder // the last one that a glob has looked into

	freshMu sync.Mutex
	fresh   map[string]content // of large files, so that they aren't hashed twice
}

// New expands what can be known and finds what is out of date. With an error among the diagnostics the plan is only
// good for showing them.
func New(o Options) (*Plan, hcl.Diagnostics) {
	if o.Journal == nil {
		o.Journal = &journal.State{}
	}
	p := &Plan{
		spec: o.Spec, disk: o.Disk, jour: o.Journal, opts: o,
		byLabel: map[string]*node{}, plain: map[string]*node{}, spots: map[string]*node{}, fresh: map[string]content{}, visit: map[ID]bool{}, cycles: map[ID]hcl.Diagnostics{}, places: map[string]place{}, leftOut: map[string]int{},
	}
	if p.opts.Clock == nil {
		p.opts.Clock = time.Now
	}
	for _, t := range o.Spec.Targets {
		n := newNode(t)
		p.nodes = append(p.nodes, n)
		p.byLabel[t.Label.Text] = n
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sortOut()
	goals, diags := p.goals(o.Goals)
	p.diags = append(p.diags, diags...)
	if p.diags.HasErrors() {
		return p, p.diags
	}
	for _, g := range goals {
		if o.Force {
			g.node.mustMake(g)
		}
	}
	for _, g := range goals {
		p.want(g)
	}
	p.drain()
	p.tell()
	p.diags = dedupe(append(p.diags, p.noGoals...))
	return p, p.diags
}

// Warnings gives what the plan has to say beside errors of the configuration, as far as it has got: warnings, and mistakes in
// lists that jobs have made, which fail their targets alone.
func (p *Plan) Warnings() hcl.Diagnostics {
	p.mu.Lock()
	defer p.mu.Unlock()
	warnings := slices.DeleteFunc(slices.Clone(p.diags), func(d *hcl.Diagnostic) bool { return d.Severity != hcl.DiagWarning })
	return append(warnings, dedupe(p.faults)...)
}

// node finds the target of a job.
func (p *Plan) node(id ID) (*node, int) {
	i := sort.Search(len(p.bases), func(i int) bool { return p.bases[i].base > id }) - 1
	n := p.bases[i]
	return n, int(id - n.base)
}

// set is the one place where a job's state changes.
func (p *Plan) set(id ID, s State) {
	n, _ := p.node(id)
	n.tally.ByState[p.states[id]]--
	n.tally.ByState[s]++
	p.states[id] = s
}

// settled tells whether nothing more will happen to a job in this run.
func (s State) settled() bool {
	return s != Waiting && s != Ready && s != Running && s != Unwanted
}

// usable tells whether a settled job's output may be read.
func (s State) usable() bool { return s == UpToDate || s == Made || s == Unchanged }

// failing tells whether what depends on a job in this state by its own path must not run.
func (s State) failing() bool {
	return s == Failed || s == Blocked || s == NotTried || s == Cancelled
}

// dedupe drops diagnostics that say the same of the same place: many elements meet the same mistake.
func dedupe(in hcl.Diagnostics) hcl.Diagnostics {
	type place struct{ summary, detail, at string }
	seen := map[place]bool{}
	var out hcl.Diagnostics
	for _, d := range in {
		k := place{summary: d.Summary, detail: d.Detail}
		if d.Subject != nil {
			k.at = d.Subject.String()
		}
		if !seen[k] {
			seen[k] = true
			out = append(out, d)
		}
	}
	return out
}
