package planner

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// unstick looks, where nothing runs or can run and jobs wait all the same, for those that wait for each other: what recipes read comes
// to light only when they are evaluated. One job of each cycle becomes ready, and its recipe is then the mistake that shows the
// cycle; what waits for it is held back by that.
func (p *Plan) unstick() (found bool) {
	waiting := 0
	for _, n := range p.nodes {
		if n.tally.ByState[Running] > 0 {
			return false
		}
		waiting += n.tally.ByState[Waiting]
	}
	if waiting == 0 {
		return false
	}
	s := search{plan: p, seen: map[waiter]bool{}}
	for id := range p.states {
		w := waiter{kind: waitJob, n: uint32(id)}
		if p.states[id] == Waiting && s.visit(w) {
			s.report()
			found = true
		}
	}
	return found
}

// search goes from what is waited for to who waits, until it comes to where it was.
type search struct {
	plan *Plan
	seen map[waiter]bool // true: on the way
	way  []waiter
	back waiter // who was met again
}

func (s *search) visit(w waiter) (found bool) {
	if on, seen := s.seen[w]; seen {
		s.back = w
		return on
	}
	s.seen[w] = true
	s.way = append(s.way, w)
	p := s.plan
	switch w.kind {
	case waitJob:
		if p.states[w.n] != Waiting || int(w.n) >= len(p.edges.heads) {
			break
		}
		for at := p.edges.heads[w.n]; at != 0 && !found; at = p.edges.all[at-1].next {
			found = s.visit(p.edges.all[at-1].to)
		}
	case waitGate:
		n := p.nodes[w.n]
		for i := 0; i < n.count && !found; i++ {
			found = p.states[n.id(i)] == Waiting && s.visit(waiter{kind: waitJob, n: uint32(n.id(i))})
		}
	case waitExpansion:
		for _, to := range p.edges.onto[p.nodes[w.n]] {
			if found = s.visit(to); found {
				break
			}
		}
	}
	if !found {
		s.seen[w] = false
		s.way = s.way[:len(s.way)-1]
	}
	return found
}

// report makes the cycle that the way ends in the mistake of a job in it, and leaves the way.
func (s *search) report() {
	p := s.plan
	round := slices.Clone(s.way[slices.Index(s.way, s.back):])
	slices.Reverse(round) // who waits comes before what it waits for
	first := slices.IndexFunc(round, func(w waiter) bool { return w.kind == waitJob })
	round = append(round[first:], round[:first+1]...)
	var steps []string
	for _, w := range round {
		switch w.kind {
		case waitJob:
			n, i := p.node(ID(w.n))
			steps = append(steps, n.path(i))
		case waitExpansion:
			steps = append(steps, p.nodes[w.n].t.Label.Text)
		}
	}
	n, i := p.node(ID(round[0].n))
	d := cycleMistake(steps)
	d.Subject = n.t.Range.Ptr()
	p.cycles[n.id(i)] = hcl.Diagnostics{d}
	p.makeReady(n, i)
	for _, w := range s.way {
		s.seen[w] = false
	}
	s.way = s.way[:0]
}
