package planner

import (
	"errors"
	"io/fs"

	"github.com/hashicorp/hcl/v2"
)

// lacking gives the files among inputs that are not there and that no job makes. Their jobs will fail, unless somebody makes
// them in the meantime; so they are run, and nothing but a warning comes before that.
func (p *Plan) lacking(in *resolved) (out []string) {
	for k := range in.inputs {
		if x := &in.inputs[k]; x.hard && !x.made {
			if _, err := p.stat(x.path); errors.Is(err, fs.ErrNotExist) {
				out = append(out, x.path)
			}
		}
	}
	return out
}

// lookAtGate looks for the files among the inputs that all of a target's jobs share.
func (p *Plan) lookAtGate(n *node) {
	if n.gate.looked || n.gate.busy { // a cycle
		return
	}
	n.gate.looked, n.gate.lacks = true, p.lacking(n.gate.inputs)
	p.warn(n, n.count, n.gate.lacks)
}

// warn says which files a job, or all jobs of a target, will look for in vain.
func (p *Plan) warn(n *node, i int, lacks []string) {
	for _, at := range lacks {
		_, err := p.stat(at)
		if err == nil {
			continue // somebody has just made it
		}
		d := noInput(n, i, at, err)
		d.Severity = hcl.DiagWarning
		p.mistakes.add(hcl.Diagnostics{d})
	}
	if i == n.count {
		return
	}
	if n.lacks == nil {
		n.lacks = newBitset(n.count)
	}
	n.lacks.add(i)
}

// lackingOf gives what a job lacks, where that was noticed.
func (p *Plan) lackingOf(n *node, i int, in *resolved) []string {
	if n.lacks.has(i) {
		return p.lacking(in)
	}
	return n.gate.lacks
}
