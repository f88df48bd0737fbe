package planner

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner/journal"
)

// chunk is how many jobs are looked at together: enough to keep all processors busy, few enough to hold what their
// inputs stand for.
const chunk = 4096

// wantAgain brings what the goals want of a target into the plan, as far as it is known.
func (p *Plan) wantAgain(n *node) {
	if !p.expand(n) {
		return
	}
	if !n.ordered {
		n.ordered = true
		for _, label := range n.t.DependsOn {
			p.want(goal{node: p.byLabel[label], all: true})
		}
	}
	if n.wantAll {
		p.settleAll(n)
		return
	}
	for i := range n.count {
		if p.states[n.id(i)] != Unwanted || len(n.filters) == 0 {
			continue
		}
		at := n.path(i)
		if slices.ContainsFunc(n.filters, func(f func(string) bool) bool { return f(at) }) {
			p.settle(n, i)
		}
	}
}

// settleAll finds the state of all of a target's jobs.
func (p *Plan) settleAll(n *node) {
	n.wantAll = true
	if n.t.IsFetch {
		p.list(n)
		if n.listErr != nil {
			p.diags = append(p.diags, n.mistake(0, "Can't list a folder of outputs", n.listErr.Error()+"."))
			return
		}
		p.settleFetches(n, 0, n.count)
		return
	}
	todo := make([]int, 0, min(chunk, n.count))
	for i := range n.count {
		if p.states[n.id(i)] == Unwanted {
			todo = append(todo, i)
		}
		if len(todo) == chunk || i == n.count-1 && len(todo) > 0 {
			p.settleExecs(n, todo)
			todo = todo[:0]
		}
	}
}

// settle finds the state of one job.
func (p *Plan) settle(n *node, i int) {
	if p.states[n.id(i)] != Unwanted {
		return
	}
	if !n.t.IsFetch {
		p.settleExecs(n, []int{i})
		return
	}
	p.list(n)
	p.settleFetches(n, i, i+1)
}

// settleFetches: a fetched output that exists is up to date, unless its age says otherwise.
func (p *Plan) settleFetches(n *node, from, to int) {
	remembered := p.jour.HasNeeded(n.t.Label.Text)
	for i := from; i < to; i++ {
		id := n.id(i)
		if p.states[id] != Unwanted {
			continue
		}
		if n.exists.has(i) && !n.isForced(i) && !(n.t.HasMaxAge && p.tooOld(n, i)) {
			n.tally.ByState[Unwanted]--
			n.tally.ByState[UpToDate]++
			p.states[id] = UpToDate
			continue
		}
		if remembered && !n.exists.has(i) && p.stillAbsent(n, i) {
			p.set(id, Absent)
			continue
		}
		p.admit(n, i, nil)
	}
}

// tooOld tells whether max_age is over for an output that exists.
func (p *Plan) tooOld(n *node, i int) bool {
	ns, ok, diags := n.t.MaxAge(n.els, n.element(i))
	p.diags = append(p.diags, diags...)
	if !ok {
		return false
	}
	info, err := p.disk.Stat(n.path(i))
	return err != nil || p.opts.Now.UnixNano()-info.Mtime >= ns
}

// stillAbsent tells whether it is remembered that there is nothing for a fetch, and nothing says to ask again.
func (p *Plan) stillAbsent(n *node, i int) bool {
	if p.opts.RetryAbsent || n.isForced(i) {
		return false
	}
	r, ok := p.jour.Needed(n.path(i))
	if !ok || r.State != journal.Absent || !slices.Contains(n.t.Absent, r.Status) {
		return false
	}
	if ns, ok, _ := n.t.MaxAge(n.els, n.element(i)); ok && p.opts.Now.UnixNano()-r.Began >= ns {
		return false
	}
	print, reads, diags := n.t.Fingerprint(&world{plan: p, node: n}, n.els, n.element(i), nil)
	return !diags.HasErrors() && len(reads.Unbuilt) == 0 && print == r.Recipe
}

// settleExecs finds the states of some jobs: first, one by one, what they wait for; then, all at once, which of the
// others are out of date.
func (p *Plan) settleExecs(n *node, jobs []int) {
	p.setUpGate(n)
	type candidate struct {
		i       int
		inputs  *resolved
		missing map[string]bool
		state   State
	}
	own := n.t.HasInputs && n.t.InputsMentionEach()
	var look []candidate
	for _, i := range jobs {
		id := n.id(i)
		if p.states[id] != Unwanted {
			continue
		}
		if p.visit[id] {
			p.cycle(n.path(i))
			p.set(id, Blocked)
			continue
		}
		in, fate := n.gate.inputs, UpToDate
		if own {
			p.visit[id] = true
			p.stack = append(p.stack, n.path(i))
			in = p.inputsOf(n, i)
			p.settleInputs(n, in)
			p.stack = p.stack[:len(p.stack)-1]
			delete(p.visit, id)
			if p.states[id] != Unwanted {
				continue
			}
			fate, _ = p.fate(in)
		}
		if fate != UpToDate || n.gate.waits > 0 || n.gate.fate != UpToDate {
			p.admit(n, i, in)
			continue
		}
		missing := n.gate.missing
		if own {
			missing = p.missing(in)
		}
		look = append(look, candidate{i: i, inputs: in, missing: missing})
	}
	workers := min(runtime.GOMAXPROCS(0), (len(look)+63)/64)
	var wg sync.WaitGroup
	for w := range workers {
		part := look[len(look)*w/workers : len(look)*(w+1)/workers]
		wg.Go(func() {
			for k := range part {
				part[k].state, _ = p.check(n, part[k].i, part[k].inputs, part[k].missing)
			}
		})
	}
	wg.Wait()
	for _, c := range look {
		if p.states[n.id(c.i)] != Unwanted {
			continue
		}
		if c.state.settled() {
			p.finish(n.id(c.i), c.state)
		} else {
			p.makeReady(n, c.i)
		}
	}
}

// admit puts a job that has to run where it belongs: in line, or among those that wait, or that can't run.
func (p *Plan) admit(n *node, i int, in *resolved) {
	id := n.id(i)
	p.setUpGate(n)
	if n.gate.waits > 0 {
		p.set(id, Waiting)
		return
	}
	if n.gate.fate != UpToDate {
		p.finish(id, n.gate.fate)
		return
	}
	if in == nil || in == n.gate.inputs {
		p.makeReady(n, i)
		return
	}
	switch fate, open := p.fate(in); {
	case fate == Waiting:
		p.set(id, Waiting)
		p.await(n, i, open, in.held)
	case fate != UpToDate:
		p.finish(id, fate)
	default:
		p.makeReady(n, i)
	}
}

// await lets a job wait for others, and for targets to be expanded.
func (p *Plan) await(n *node, i int, jobs []ID, targets []*node) {
	if n.waits == nil {
		n.waits = make([]uint32, n.count)
	}
	w := waiter{kind: waitJob, n: uint32(n.id(i))}
	for _, j := range jobs {
		p.edges.add(j, w)
	}
	for _, m := range targets {
		p.edges.onExpand(m, w)
	}
	n.waits[i] += uint32(len(jobs) + len(targets))
}

// lookAgain goes on with a job when all that it waited for has ended.
func (p *Plan) lookAgain(n *node, i int) {
	if p.states[n.id(i)] != Waiting {
		return
	}
	var in *resolved
	if !n.t.IsFetch && n.t.InputsMentionEach() {
		in = p.inputsOf(n, i)
		p.settleInputs(n, in)
	}
	p.admit(n, i, in)
}

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
		return &resolved{diags: diags}
	}
	r := p.resolve(n, texts)
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
	p.diags = append(p.diags, in.diags...)
	for _, m := range in.soft {
		p.settleAll(m)
	}
	for k := range in.inputs {
		if x := &in.inputs[k]; x.made && p.states[x.job] == Unwanted {
			m, j := p.node(x.job)
			p.settle(m, j)
			p.after(n, m)
		}
	}
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

// isForced tells whether a job is a goal of a forced build.
func (n *node) isForced(i int) bool {
	return n.force || len(n.forcing) > 0 && slices.ContainsFunc(n.forcing, func(f func(string) bool) bool { return f(n.path(i)) })
}

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
	read.diags = diags
	p.holdOn(read, reads.Unbuilt)
	p.settleInputs(n, read)
	n.gate.inputs = &resolved{}
	if n.t.HasInputs && !n.t.InputsMentionEach() {
		texts, reads, diags := n.t.Inputs(&world{plan: p, node: n}, nil, 0)
		in := p.resolve(n, texts)
		in.diags = append(in.diags, diags...)
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
	p.diags = append(p.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "A cycle",
		Detail:  fmt.Sprintf("%s needs itself: %s. Take one of these steps out of inputs, for_each or depends_on.", again, strings.Join(append(slices.Clone(p.stack[from:]), again), " → ")),
		Subject: p.rangeOf(again),
	})
}

func (p *Plan) rangeOf(what string) *hcl.Range {
	for _, n := range p.nodes {
		if n.t.Label.Text == what || n.t.Label.CouldMake(what) {
			return n.t.Range.Ptr()
		}
	}
	return nil
}

// after notes that one target stands behind another.
func (p *Plan) after(n, m *node) {
	if n != m && n.depth <= m.depth {
		n.depth = m.depth + 1
	}
}
