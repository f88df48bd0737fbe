package planner

// waiter is who is told when a job ends or a target is expanded.
type waiter struct {
	kind waitKind
	n    uint32 // a job's ID, or a target's index
}

type waitKind uint8

const (
	waitJob       waitKind = iota // a job waits for an input
	waitGate                      // all jobs of a target wait
	waitExpansion                 // a target's list waits
)

// edges is who waits for what, kept only while somebody waits: 16 bytes an edge, 4 a job.
type edges struct {
	heads []uint32 // by ID: the first edge, +1
	all   []edge
	onto  map[*node][]waiter // for the expansion of a target
}

type edge struct {
	to   waiter
	next uint32
}

// add lets a waiter wait for a job that has not ended.
func (e *edges) add(id ID, w waiter) {
	for len(e.heads) <= int(id) {
		e.heads = append(e.heads, make([]uint32, int(id)+1-len(e.heads))...)
	}
	e.all = append(e.all, edge{to: w, next: e.heads[id]})
	e.heads[id] = uint32(len(e.all))
}

// onExpand lets a waiter wait until a target is expanded, or given up.
func (e *edges) onExpand(n *node, w waiter) {
	if e.onto == nil {
		e.onto = map[*node][]waiter{}
	}
	e.onto[n] = append(e.onto[n], w)
}

// ended tells those who wait for a job that it has ended.
func (p *Plan) ended(id ID) {
	if int(id) >= len(p.edges.heads) {
		return
	}
	at := p.edges.heads[id]
	p.edges.heads[id] = 0
	for at != 0 {
		e := p.edges.all[at-1]
		at = e.next
		p.notify(e.to)
	}
}

// expanded tells those who wait for a target that its jobs are known, or never will be; not at once, since it may be in
// the middle of something.
func (e *edges) expanded(p *Plan, n *node) {
	p.later = append(p.later, e.onto[n]...)
	delete(e.onto, n)
}

// drain tells all who wait for an expansion.
func (p *Plan) drain() {
	for len(p.later) > 0 {
		w := p.later[0]
		p.later = p.later[1:]
		p.notify(w)
	}
}

// notify counts one thing less to wait for, and looks again where that was the last. Looking again may find more to wait for.
func (p *Plan) notify(w waiter) {
	switch w.kind {
	case waitJob:
		n, i := p.node(ID(w.n))
		if n.waits[i]--; n.waits[i] == 0 && n.gate.waits == 0 {
			p.lookAgain(n, i)
		}
	case waitGate:
		n := p.nodes[w.n]
		if n.gate.waits--; n.gate.waits > 0 {
			return
		}
		n.gate.made = false
		if p.setUpGate(n); n.gate.waits > 0 {
			return
		}
		for i := range n.count {
			if n.waits == nil || n.waits[i] == 0 {
				p.lookAgain(n, i)
			}
		}
	case waitExpansion:
		n := p.nodes[w.n]
		if n.listWait--; n.listWait == 0 && n.expansion == held {
			n.expansion = unknown
			p.wantAgain(n)
		}
	}
}

// finish gives a job a state that it keeps, and tells those who wait for it.
func (p *Plan) finish(id ID, s State) {
	p.set(id, s)
	p.ended(id)
}

// makeReady puts a job in line.
func (p *Plan) makeReady(n *node, i int) {
	p.set(n.id(i), Ready)
	p.ready.push(n.depth, n.id(i))
}

// readyQueue is the jobs that may run, the deepest first, and among equals as they came.
type readyQueue struct {
	byDepth []fifo
	count   int
}

type fifo struct {
	ids  []ID
	head int
}

func (q *readyQueue) push(depth int, id ID) {
	for len(q.byDepth) <= depth {
		q.byDepth = append(q.byDepth, fifo{})
	}
	f := &q.byDepth[depth]
	f.ids = append(f.ids, id)
	q.count++
}

func (q *readyQueue) pop() (ID, bool) {
	for d := len(q.byDepth) - 1; d >= 0; d-- {
		f := &q.byDepth[d]
		if f.head == len(f.ids) {
			continue
		}
		id := f.ids[f.head]
		if f.head++; f.head == len(f.ids) {
			f.ids, f.head = f.ids[:0], 0
		}
		q.count--
		return id, true
	}
	return 0, false
}
