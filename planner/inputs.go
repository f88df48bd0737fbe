package planner

import (
	"slices"

	"github.com/asflow/asflow/hclspec"
)

// inputsOf looks up a job's inputs; where they are the same for all of a target's jobs, once.
func (p *Plan) inputsOf(n *node, i int) *resolved {
	if !n.t.HasInputs {
		return &resolved{}
	}
	if !n.t.InputsMentionEach() {
		p.setUpGate(n)
		return n.gate.inputs
	}
	texts, reads, diags := n.t.Inputs(&world{plan: p, node: n}, n.els, n.element(i))
	if diags.HasErrors() {
		if p.isData(n) {
			return &resolved{faults: diags, own: true}
		}
		return &resolved{diags: diags, own: true}
	}
	r := p.resolve(n, texts)
	r.own = true
	r.diags, r.faults = parted(n.forJob(i, r.diags))
	p.holdOn(r, reads.Unbuilt)
	return r
}

// holdOn adds what an evaluation would have to read first.
func (p *Plan) holdOn(r *resolved, unbuilt []hclspec.Unbuilt) {
	for _, u := range unbuilt {
		for _, m := range p.heldBy(u) {
			if m.expansion != known {
				r.held = append(r.held, m)
			} else if i, ok := m.find(p.made(m, u.Path)); ok {
				r.first = append(r.first, m.id(i))
			}
		}
	}
}

// settleInputs settles the jobs that make inputs.
func (p *Plan) settleInputs(n *node, in *resolved) {
	if in.own {
		p.mistakes.add(in.diags)
	} else {
		p.diags = append(p.diags, in.diags...)
	}
	p.mistakes.add(asWarnings(in.faults))
	for _, m := range in.all {
		p.settleAll(m)
	}
	var of *node
	var jobs []int // of that target, to be looked at together
	settle := func() {
		if len(jobs) > 0 {
			p.settle(of, jobs...)
			p.after(n, of)
			jobs = jobs[:0]
		}
	}
	for k := range in.inputs {
		if x := &in.inputs[k]; x.made && p.states[x.job] == Unwanted {
			m, j := p.node(x.job)
			if m != of || len(jobs) == chunk {
				settle()
				of = m
			}
			jobs = append(jobs, j)
		}
	}
	settle()
	for _, id := range in.first {
		m, j := p.node(id)
		p.settle(m, j)
	}
}

// fate tells what a job's inputs mean for it: Waiting (with the jobs that it waits for), Blocked, Absent, or UpToDate
// where it may go on.
func (p *Plan) fate(in *resolved) (State, []ID) {
	if in.diags.HasErrors() {
		return Blocked, nil
	}
	var open []ID
	var absent, hardAbsent int
	failed := map[*node]int{}
	for k := range in.inputs {
		x := &in.inputs[k]
		if !x.made {
			continue
		}
		switch s := p.states[x.job]; {
		case !s.settled():
			open = append(open, x.job)
		case s.usable() || p.serves(x.job):
		case x.hard && s.failing():
			return Blocked, nil
		case s == Absent:
			absent++
			if x.hard {
				hardAbsent++
			}
		default:
			m, _ := p.node(x.job)
			failed[m]++
		}
	}
	for _, id := range in.first {
		if !p.states[id].settled() {
			open = append(open, id)
		} else if m, i := p.node(id); p.fails(m, i) {
			return Blocked, nil
		} else if p.states[id] == Absent && !p.serves(id) {
			hardAbsent++
		}
	}
	for _, m := range in.held {
		if m.expansion == broken {
			return Blocked, nil
		}
	}
	if len(open) > 0 || slices.ContainsFunc(in.held, func(m *node) bool { return m.expansion != known }) {
		return Waiting, open
	}
	for m, count := range failed {
		if count > m.allowed() {
			return Blocked, nil
		}
		absent += count
	}
	if hardAbsent > 0 || absent > 0 && absent == len(in.inputs) {
		return Absent, nil
	}
	return UpToDate, nil
}

// serves tells whether a job that did not succeed has an earlier output that goes on to be used: one that was fetched,
// and was only to be refreshed.
func (p *Plan) serves(id ID) bool {
	n, i := p.node(id)
	return n.t.IsFetch && n.exists.has(i)
}

// fails tells whether what needs a job's output can't be had.
func (p *Plan) fails(n *node, i int) bool {
	return p.states[n.id(i)].failing() && !p.serves(n.id(i))
}

// allowed is how many of a target's jobs may fail.
func (n *node) allowed() int {
	return max(n.t.AllowFailed.Count, int(n.t.AllowFailed.Share*float64(n.count)))
}
