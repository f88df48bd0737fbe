package planner

import (
	"fmt"
	"slices"
	"time"

	"github.com/asflow/asflow/planner/journal"
)

// Targets gives the targets in the order of the configuration.
func (p *Plan) Targets() []Target {
	out := make([]Target, len(p.nodes))
	for i, n := range p.nodes {
		t := n.t
		out[i] = Target{
			Label: t.Label.Text, Description: t.Description, Fetch: t.IsFetch, Dir: t.Label.Dir, Concurrency: t.Concurrency,
			Retry: t.Retry, Absent: t.Absent, Level: t.Level, Paged: t.Paged,
		}
	}
	return out
}

// Tally counts a target's jobs as they are now.
func (p *Plan) Tally(target int) Tally {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nodes[target].tally
}

// Wanted tells whether the goals need a target, or something of it.
func (p *Plan) Wanted(target int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.nodes[target]
	return n.wanted()
}

func (n *node) wanted() bool {
	return n.wantAll || len(n.filters) > 0 || n.tally.Known && n.tally.ByState[Unwanted] < n.tally.Total
}

// LeftOut is how many files globs of inputs have left out, since a label could make them.
func (p *Plan) LeftOut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, left := range p.leftOut {
		n += left
	}
	return n
}

// Work tells whether there is anything to do, or may be once a list is built, or mended.
func (p *Plan) Work() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.nodes {
		t := &n.tally
		if t.ByState[Ready]+t.ByState[Waiting]+t.ByState[Running] > 0 || n.wanted() && n.expansion == held {
			return true
		}
	}
	return p.faults.HasErrors()
}

// Failures tells whether more failed, or were held back by what did, than allow_failed lets, or something could not be run.
func (p *Plan) Failures() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.nodes {
		t := &n.tally
		if t.ByState[Failed]+t.ByState[NotTried]+t.ByState[Blocked] > n.allowed() || n.wanted() && (n.expansion == broken || n.expansion == held) {
			return true
		}
	}
	return p.diags.HasErrors() || p.faults.HasErrors()
}

// Allowed is how many of a target's jobs may fail.
func (p *Plan) Allowed(target int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nodes[target].allowed()
}

// Jobs calls each with every job of a target that is known, in order, until it gives false.
func (p *Plan) Jobs(target int, each func(ID) bool) {
	p.mu.Lock()
	n := p.nodes[target]
	base, count := n.base, n.count
	if n.expansion != known {
		count = 0
	}
	p.mu.Unlock()
	for i := range count {
		if !each(base + ID(i)) {
			return
		}
	}
}

// WaitsFor gives the paths and labels that hold a target's list back.
func (p *Plan) WaitsFor(target int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.nodes[target].waitsFor)
}

// Path gives a job's output.
func (p *Plan) Path(id ID) string { n, i := p.locked(id); return n.path(i) }

// Key gives a job's key.
func (p *Plan) Key(id ID) string { n, i := p.locked(id); return n.key(i) }

// State gives a job's state.
func (p *Plan) State(id ID) State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.states[id]
}

// TargetOf gives the index of a job's target.
func (p *Plan) TargetOf(id ID) int { n, _ := p.locked(id); return n.t.Index }

// TooOld tells whether max_age is over for a job's output that exists.
func (p *Plan) TooOld(id ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, i := p.node(id)
	return n.t.HasMaxAge && p.tooOld(n, i)
}

// Element is a job's each.value as compact JSON; null for a target without a list.
func (p *Plan) Element(id ID) []byte {
	n, i := p.locked(id)
	if n.els == nil {
		return []byte("null")
	}
	return n.els.JSON(n.element(i))
}

// Host gives scheme and host of a fetch's first request, as far as it can be told without evaluating its recipe.
func (p *Plan) Host(id ID) string {
	n, i := p.locked(id)
	return n.t.HostOf(&world{plan: p, node: n, running: true}, n.els, n.element(i))
}

// locked finds a job's target; a known target's list does not change any more.
func (p *Plan) locked(id ID) (*node, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.node(id)
}

// Reason says in a line why a job is to be run, or why not.
func (p *Plan) Reason(id ID) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, i := p.node(id)
	switch s := p.states[id]; s {
	case Waiting:
		return p.waitReason(n, i)
	case Ready, Running:
		if n.t.IsFetch {
			return p.fetchReason(n, i)
		}
		in := p.inputsOf(n, i)
		if lacks := p.lackingOf(n, i, in); len(lacks) > 0 {
			_, err := p.stat(lacks[0])
			return noInputReason(lacks[0], err)
		}
		_, why := p.check(n, i, in, p.missing(in), &journal.Record{})
		return why
	case Blocked:
		return "something that it needs failed"
	case Absent:
		return "absent"
	default:
		return s.String()
	}
}

func (p *Plan) fetchReason(n *node, i int) string {
	switch {
	case n.isForced(i):
		return "forced"
	case !n.exists.has(i):
		return "missing"
	default:
		ns, _, _ := n.t.MaxAge(n.els, n.element(i))
		return "older than " + time.Duration(ns).String()
	}
}

// waitReason names the first thing that a waiting job needs.
func (p *Plan) waitReason(n *node, i int) string {
	in := &resolved{}
	if !n.t.IsFetch {
		in = p.inputsOf(n, i)
	}
	var first string
	more := 0
	for k := range in.inputs {
		if x := &in.inputs[k]; x.made && !p.states[x.job].settled() {
			if more++; more == 1 {
				first = x.path
			}
		}
	}
	for _, m := range in.held {
		if more++; more == 1 {
			first = m.t.Label.Text
		}
	}
	switch more {
	case 0:
		return "what its recipe reads is to be made"
	case 1:
		return "input " + first + " is to be made"
	}
	return fmt.Sprintf("input %s and %d more are to be made", first, more-1)
}
