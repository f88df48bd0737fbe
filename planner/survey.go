package planner

import "github.com/asflow/asflow/planner/journal"

// Survey is what the journal adds to a target's tally.
type Survey struct {
	Failed   int // to do, and failed when last tried
	Orphaned int // outputs on disk whose element has left the list
	Changed  int // fetched outputs that another recipe would fetch now
}

// Survey reads the whole journal, on all processors, and gives what it says of each target.
func (p *Plan) Survey() ([]Survey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var parts [][]Survey
	err := p.jour.Each(func() func(*journal.Record) {
		part := make([]Survey, len(p.nodes))
		parts = append(parts, part)
		return func(r *journal.Record) { p.survey(part, r) }
	})
	out := make([]Survey, len(p.nodes))
	for _, part := range parts {
		for i, s := range part {
			out[i].Failed += s.Failed
			out[i].Orphaned += s.Orphaned
			out[i].Changed += s.Changed
		}
	}
	return out, err
}

// survey adds what a record says. It changes nothing in the plan.
func (p *Plan) survey(out []Survey, r *journal.Record) {
	n := p.byLabel[r.Target]
	if n == nil || n.expansion != known {
		return
	}
	s := &out[n.t.Index]
	i, planned := n.find(r.Path)
	switch {
	case !planned:
		if _, ok := p.orphaned(r); ok {
			s.Orphaned++
		}
	case p.fetchedOtherwise(n, i, r):
		s.Changed++
	case !p.states[n.id(i)].settled() && r.State == journal.Failed:
		s.Failed++
	}
}

// fetchedOtherwise tells whether an output is kept that another recipe would fetch now. It changes nothing in the plan.
func (p *Plan) fetchedOtherwise(n *node, i int, r *journal.Record) bool {
	if p.states[n.id(i)] != UpToDate || !n.t.IsFetch || r.State != journal.Made {
		return false
	}
	print, reads, diags := n.t.Fingerprint(&world{plan: p, node: n, frozen: true}, n.els, n.element(i), nil)
	return !diags.HasErrors() && len(reads.Unbuilt) == 0 && print != r.Recipe
}

// FetchedOtherwise tells, by the record of a job's output, whether it is kept though another recipe would fetch it now, and from
// which URL, where that can be told without a secret.
func (p *Plan) FetchedOtherwise(id ID, r *journal.Record) (changed bool, url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, i := p.node(id)
	if !p.fetchedOtherwise(n, i, r) {
		return false, ""
	}
	return true, p.spec.Redact(n.t.URL(&world{plan: p, node: n, frozen: true}, n.els, n.element(i)))
}
