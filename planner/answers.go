package planner

import (
	"cmp"
	"path"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner/journal"
)

// Find gives the job that makes a path, or the directory that the path is in.
func (p *Plan) Find(at string) (ID, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at = path.Clean(at)
	for _, n := range p.nodes {
		if n.expansion != known || !n.t.Label.CouldMake(at) {
			continue
		}
		if i, ok := n.find(p.made(n, at)); ok {
			return n.id(i), true
		}
	}
	return 0, false
}

// CouldMake gives the targets whose labels could make a path, whether or not an element of theirs does.
func (p *Plan) CouldMake(at string) (targets []int) {
	for _, n := range p.nodes {
		if n.t.Label.CouldMake(path.Clean(at)) {
			targets = append(targets, n.t.Index)
		}
	}
	return targets
}

// RangeOf is where a target stands in the configuration.
func (p *Plan) RangeOf(target int) hcl.Range { return p.nodes[target].t.Range }

// Input is one path that a job reads.
type Input struct {
	Path string
	Made bool // by Job; else it is a file that no job makes
	Job  ID
}

// Inputs gives the resolved inputs of a job, as far as they are known.
func (p *Plan) Inputs(id ID) []Input {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, i := p.node(id)
	if n.t.IsFetch {
		return nil
	}
	var out []Input
	for _, in := range p.inputsOf(n, i).inputs {
		out = append(out, Input{Path: in.path, Made: in.made, Job: in.job})
	}
	return out
}

// Edge says that a target stands behind another one, or behind a file that no target makes.
type Edge struct {
	From int // index of a target; -1: File
	File string
	To   int
	How  How
}

// How says what an edge is of.
type How string

const (
	ByList   How = "list"   // the elements come from it
	ByInput  How = "input"  // jobs read it as an input
	ByRecipe How = "recipe" // functions in the recipe read it
	ByOrder  How = "order"  // depends_on: it is only built first
)

// edgesLookedAt is how many jobs of a target are asked for their inputs: what a list of a million elements reads is
// seen from some of them.
const edgesLookedAt = 10_000

// Edges gives what stands behind what, as far as it is known, each once, in the order of the targets.
func (p *Plan) Edges() []Edge {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Edge
	seen := map[Edge]bool{}
	add := func(e Edge) {
		if !seen[e] {
			seen[e] = true
			out = append(out, e)
		}
	}
	for _, n := range p.nodes {
		to := n.t.Index
		reads := func(r hclspec.Reads, how How) {
			for _, label := range r.Labels {
				if m := p.byLabel[label]; m != nil {
					add(Edge{From: m.t.Index, To: to, How: how})
				}
			}
			for _, at := range r.Paths {
				p.edgeOf(at, to, how, add)
			}
		}
		for _, label := range n.t.DependsOn {
			add(Edge{From: p.byLabel[label].t.Index, To: to, How: ByOrder})
		}
		reads(n.listReads, ByList)
		for _, what := range n.waitsFor {
			if m := p.byLabel[what]; m != nil {
				add(Edge{From: m.t.Index, To: to, How: ByList})
			} else {
				p.edgeOf(what, to, ByList, add)
			}
		}
		if r, diags := n.t.Needs(&world{plan: p, node: n, frozen: true}); !diags.HasErrors() {
			reads(r, ByRecipe)
		}
		if n.t.IsFetch || n.expansion != known {
			continue
		}
		step := max(1, n.count/edgesLookedAt)
		for i := 0; i < n.count; i += step {
			in := p.inputsOf(n, i)
			for _, x := range in.inputs {
				if x.made {
					m, _ := p.node(x.job)
					add(Edge{From: m.t.Index, To: to, How: ByInput})
				} else {
					add(Edge{From: -1, File: x.path, To: to, How: ByInput})
				}
			}
			for _, m := range in.held {
				add(Edge{From: m.t.Index, To: to, How: ByInput})
			}
			if !n.t.InputsMentionEach() {
				break
			}
		}
	}
	return out
}

// edgeOf adds the edge of a path: from each target that could make it, else from the file.
func (p *Plan) edgeOf(at string, to int, how How, add func(Edge)) {
	found := false
	for m := range p.makers(at) {
		found = true
		add(Edge{From: m.t.Index, To: to, How: how})
	}
	if !found {
		add(Edge{From: -1, File: at, To: to, How: how})
	}
}

// Depth is how many targets stand before one.
func (p *Plan) Depth(target int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nodes[target].depth
}

// Orphans gives the records of outputs that are there and whose element has left its list, sorted by path: only of targets that
// are in the configuration and expanded. Where a record has no hash, nothing is known of who wrote what is there.
func (p *Plan) Orphans() ([]journal.Record, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []journal.Record
	err := p.jour.All(func(r journal.Record) bool {
		if _, ok := p.orphaned(&r); ok {
			out = append(out, r)
		}
		return true
	})
	slices.SortFunc(out, func(a, b journal.Record) int { return cmp.Compare(a.Path, b.Path) })
	return out, err
}

// Unknown gives the targets whose lists are not known.
func (p *Plan) Unknown() (targets []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.nodes {
		if n.expansion != known {
			targets = append(targets, n.t.Index)
		}
	}
	return targets
}
