package planner

import (
	"runtime"
	"slices"
	"sync"

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
		if p.canList(n) {
			p.settleFetches(n, 0, n.count)
		}
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

// settle finds the states of some jobs.
func (p *Plan) settle(n *node, jobs ...int) {
	if !n.t.IsFetch {
		p.settleExecs(n, jobs)
		return
	}
	if !p.canList(n) {
		return
	}
	for _, i := range jobs {
		p.settleFetches(n, i, i+1)
	}
}

// canList finds which of a fetch's outputs exist, and tells whether that can be told.
func (p *Plan) canList(n *node) bool {
	p.list(n)
	if n.listErr != nil {
		p.diags = append(p.diags, n.mistake(n.count, "Can't list a folder of outputs", n.listErr.Error()+". See that the folder can be read, or give the label another one."))
	}
	return n.listErr == nil
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
		if remembered {
			if rec, ok := p.stillAbsent(n, i); ok {
				if len(rec.Reads) == 0 || !p.holdForReads(n, i, rec.Reads) {
					p.set(id, Absent) // where there is a file it is one that is gone at its source, and serves
				}
				continue
			}
		}
		p.admit(n, i, nil)
	}
}

// tooOld tells whether max_age is over for an output that exists.
func (p *Plan) tooOld(n *node, i int) bool {
	ns, ok, diags := n.t.MaxAge(n.els, n.element(i))
	p.mistakes.add(diags)
	if !ok {
		return false
	}
	info, err := p.disk.Stat(n.path(i))
	return err != nil || p.opts.Now.UnixNano()-info.Mtime >= ns
}

// stillAbsent tells whether it is remembered that there is nothing for a fetch, and nothing says to ask again.
func (p *Plan) stillAbsent(n *node, i int) (r journal.Record, still bool) {
	if n.isForced(i) {
		return r, false
	}
	r, ok := p.jour.Needed(n.path(i))
	if !ok || r.State != journal.Absent || r.Status != 0 && (p.opts.RetryAbsent || !slices.Contains(n.t.Absent, r.Status)) {
		return r, false
	}
	if ns, ok, _ := n.t.MaxAge(n.els, n.element(i)); ok && p.opts.Now.UnixNano()-r.Began >= ns {
		return r, false
	}
	w := &world{plan: p, node: n}
	print, reads, diags := n.t.Fingerprint(w, n.els, n.element(i), nil)
	if diags.HasErrors() || len(reads.Unbuilt) > 0 || print != r.Recipe {
		return r, false
	}
	return r, p.readsChanged(&r, &resolved{}, nil) == "" && p.askedChanged(&r, w) == ""
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
		lacks   []string       // of inputs of its own
		reads   []journal.Read // of functions in its recipe
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
				c := &part[k]
				var rec journal.Record
				if c.state, _ = p.check(n, c.i, c.inputs, c.missing, &rec); own && c.state == Ready && !n.gate.ordered {
					c.lacks = p.lacking(c.inputs)
				}
				if c.state.settled() {
					c.reads = rec.Reads[min(rec.Inputs, len(rec.Reads)):]
				}
			}
		})
	}
	wg.Wait()
	if len(look) > 0 && !own && !n.gate.ordered { // what is to be made first might bring a file
		p.lookAtGate(n)
	}
	for _, c := range look {
		if p.states[n.id(c.i)] != Unwanted {
			continue
		}
		if len(c.lacks) > 0 {
			p.warn(n, c.i, c.lacks)
		}
		if len(c.reads) > 0 && p.holdForReads(n, c.i, c.reads) {
			continue
		}
		if c.state.settled() {
			p.finish(n.id(c.i), c.state)
		} else {
			p.makeReady(n, c.i)
		}
	}
}

// holdForReads lets a job that is up to date as things are wait for what its recipe read, where that may be made anew in this run.
func (p *Plan) holdForReads(n *node, i int, reads []journal.Read) bool {
	id := n.id(i)
	open := p.stillOpen(reads)
	if len(open) == 0 {
		return false
	}
	in := &resolved{}
	p.holdOn(in, open)
	p.visit[id] = true
	p.stack = append(p.stack, n.path(i))
	p.settleInputs(n, in)
	p.stack = p.stack[:len(p.stack)-1]
	delete(p.visit, id)
	if p.states[id] != Unwanted {
		return true
	}
	fate, jobs := p.fate(in)
	if fate != Waiting {
		return false // what it means is seen in what it reads
	}
	p.set(id, Waiting)
	p.await(n, i, jobs, in.held)
	return true
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

// isForced tells whether a job is a goal of a forced build.
func (n *node) isForced(i int) bool {
	return n.force || len(n.forcing) > 0 && slices.ContainsFunc(n.forcing, func(f func(string) bool) bool { return f(n.path(i)) })
}

// after notes that one target stands behind another.
func (p *Plan) after(n, m *node) {
	if n != m && n.depth <= m.depth {
		n.depth = m.depth + 1
	}
}
