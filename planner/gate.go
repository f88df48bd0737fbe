package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// setUpGate finds what all jobs of a target wait for: what functions in its recipe read by paths without each,
// depends_on, and inputs that don't mention each.
func (p *Plan) setUpGate(n *node) {
	if n.gate.made {
		if n.gate.busy {
			p.cycle(n.t.Label.Text)
		}
		return
	}
	n.gate = gate{made: true, busy: true, fate: UpToDate}
	p.stack = append(p.stack, n.t.Label.Text)
	defer func() {
		p.stack = p.stack[:len(p.stack)-1]
		n.gate.busy = false
	}()
	before, read := &resolved{order: true}, &resolved{}
	for _, label := range n.t.DependsOn {
		p.resolveLabel(before, n, p.byLabel[label])
	}
	p.settleInputs(n, before)
	reads, diags := n.t.Needs(&world{plan: p, node: n})
	if read.diags = diags; p.readsData(n, reads) {
		read.diags, read.faults = nil, diags // each job will meet them
	}
	p.holdOn(read, reads.Unbuilt)
	p.settleInputs(n, read)
	n.gate.inputs = &resolved{}
	if n.t.HasInputs && !n.t.InputsMentionEach() {
		texts, reads, diags := n.t.Inputs(&world{plan: p, node: n}, nil, 0)
		in := p.resolve(n, texts)
		if in.diags = append(in.diags, diags...); p.readsData(n, reads) {
			in.diags, in.faults = parted(in.diags)
		}
		p.holdOn(in, reads.Unbuilt)
		p.settleInputs(n, in)
		n.gate.inputs = in
	}
	for _, part := range []*resolved{before, read, n.gate.inputs} {
		p.passGate(n, part)
	}
	n.gate.missing = p.missing(n.gate.inputs)
}

// passGate lets a target's gate wait for what is open, and notes what has ended badly.
func (p *Plan) passGate(n *node, in *resolved) {
	fate, open := p.fate(in)
	switch {
	case fate == Waiting && in.order && p.opts.DryRun:
		n.gate.ordered = true
	case fate == Waiting:
		w := waiter{kind: waitGate, n: uint32(n.t.Index)}
		for _, id := range open {
			p.edges.add(id, w)
			n.gate.waits++
		}
		for _, m := range in.held {
			if m.expansion != known {
				p.edges.onExpand(m, w)
				n.gate.waits++
			}
		}
	case fate == Absent && n.gate.fate == UpToDate && !in.order:
		n.gate.fate = Absent
	case fate == Blocked:
		n.gate.fate = Blocked
	}
}

// cycle reports that something needs itself.
func (p *Plan) cycle(again string) {
	from := slices.Index(p.stack, again)
	if from < 0 {
		from = 0
	}
	d := cycleMistake(append(slices.Clone(p.stack[from:]), again))
	d.Subject = p.rangeOf(again)
	p.diags = append(p.diags, d)
}

// cycleMistake says that the last of some steps needs itself, by way of those before it.
func cycleMistake(steps []string) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "A cycle",
		Detail: fmt.Sprintf("%s needs itself: %s. Take one of these steps out of inputs, for_each, depends_on or the recipe.", steps[len(steps)-1], strings.Join(steps, " → ")),
	}
}

func (p *Plan) rangeOf(what string) *hcl.Range {
	for _, n := range p.nodes {
		if n.t.Label.Text == what || n.t.Label.CouldMake(what) {
			return n.t.Range.Ptr()
		}
	}
	return nil
}
