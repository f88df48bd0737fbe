package planner

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/hclspec"
)

// blame notes mistakes in a target's list. Where the list is made by jobs they are mistakes of its data, and not of the
// configuration: the target fails, and the rest of the project goes on.
func (p *Plan) blame(n *node, diags hcl.Diagnostics) {
	if !diags.HasErrors() || !p.isData(n) {
		p.diags = append(p.diags, diags...)
		return
	}
	p.faults = append(p.faults, diags...)
	n.waitsFor = nil
}

// isData tells whether a target's list is made of what jobs make.
func (p *Plan) isData(n *node) bool { return p.readsData(n, n.listReads) }

// readsData tells whether one of a target's expressions has read what jobs make.
func (p *Plan) readsData(n *node, reads hclspec.Reads) bool {
	return slices.ContainsFunc(reads.Paths, p.isPlanned) || slices.ContainsFunc(reads.Labels, func(label string) bool {
		m := p.byLabel[label]
		return m != nil && m != n && p.isData(m)
	})
}

// forJob makes mistakes in one job's inputs name its element.
func (n *node) forJob(i int, diags hcl.Diagnostics) hcl.Diagnostics {
	for k, d := range diags {
		named := n.mistake(i, d.Summary, d.Detail)
		named.Subject = d.Subject
		diags[k] = named
	}
	return diags
}

// parted parts mistakes of the configuration from those that fail a job alone. That a job would make what another reads as a
// source is one of the configuration, whatever its data: nothing may be made before it is mended.
func parted(diags hcl.Diagnostics) (all, alone hcl.Diagnostics) {
	for _, d := range diags {
		if d.Summary == madeSource {
			all = append(all, d)
		} else {
			alone = append(alone, d)
		}
	}
	return all, alone
}

// asWarnings gives mistakes that will fail a job as what is said before it is run.
func asWarnings(diags hcl.Diagnostics) (out hcl.Diagnostics) {
	for _, d := range diags {
		w := *d
		w.Severity = hcl.DiagWarning
		out = append(out, &w)
	}
	return out
}
