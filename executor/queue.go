package executor

import (
	"sync"
	"sync/atomic"

	"github.com/asflow/asflow/planner"
)

// queue holds ready jobs until there is a place for them, and the workers that run them.
//
// Hosts take turns. Of a host, the deepest target goes first, targets of one depth take turns, and the jobs of a target
// go in the order in which they came. A job waits as four bytes. All execs are of one host, whose limit is how many
// may run at once.
type queue struct {
	mu      sync.Mutex
	more    sync.Cond // a waiting worker may find a job
	limit   func(host string) int
	hosts   map[string]*host
	turns   turns  // hosts that have a job that may start
	targets []load // by target
	serial  uint64 // of the jobs given out
	stopped bool

	work          func()      // a worker's life; it is started in a goroutine of its own
	workers, idle int         // workers there are; those that wait and have not been called
	most          int         // workers there may be
	calm          atomic.Bool // all workers wait
	lull          func()      // told when it becomes calm; nil: nobody
	done          sync.WaitGroup
}

// load is how many of a target's jobs run, and who waits until there are fewer.
type load struct {
	begun, most int // most 0: no bound
	parked      []*lane
}

func (l *load) full() bool { return l.most > 0 && l.begun >= l.most }

// host is the jobs of one host. Those begun are at most its limit, but for some that wait elsewhere.
type host struct {
	name  string
	limit int
	begun int
	away  int // jobs that have stepped aside
	lanes []*lane
	turn  bool // is in turns
	next  *host
}

// lane is the jobs of one target on one host.
type lane struct {
	host   *host
	target int
	depth  int
	begun  int
	served uint64 // when it last gave out a job
	parked bool
	jobs   ids
}

// ready is a job to be queued.
type ready struct {
	planner.Job
	host string
}

// ticket is a job's place among those begun. It is owned by the job's worker.
type ticket struct {
	id    planner.ID
	lane  *lane
	apart bool // waits for named limits: doesn't count for the host
	aside bool // waits to try again: doesn't count for the host and the lane
}

func newQueue(targets []planner.Target, most int, limit func(host string) int, work func()) *queue {
	q := &queue{limit: limit, most: most, work: work, hosts: map[string]*host{}, targets: make([]load, len(targets))}
	q.more.L = &q.mu
	for i, t := range targets {
		q.targets[i].most = t.Concurrency
	}
	return q
}

// push queues jobs.
func (q *queue) push(jobs []ready) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range jobs {
		h := q.hosts[j.host]
		if h == nil {
			h = &host{name: j.host, limit: max(1, q.limit(j.host))}
			q.hosts[j.host] = h
		}
		l := h.lane(j.Target, j.Depth)
		l.jobs.push(j.ID)
		q.enter(h)
	}
	q.stir()
}

// next gives back the place of a worker's last job, if it had one, and gives it the next job. It waits for one; false
// means that there will be none.
func (q *queue) next(last *ticket) (ticket, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if last != nil {
		q.leave(last)
	}
	for !q.stopped {
		if t, ok := q.pick(); ok {
			q.calm.Store(false)
			q.stir()
			return t, true
		}
		q.idle++
		if q.idle == q.workers {
			q.calm.Store(true)
			if q.lull != nil {
				q.lull()
			}
		}
		q.more.Wait()
	}
	return ticket{}, false
}

// stir calls or starts a worker if there is a job for it. That one calls the next.
func (q *queue) stir() {
	switch {
	case q.turns.first == nil || q.stopped:
	case q.idle > 0:
		q.idle--
		q.more.Signal()
	case q.workers < q.most:
		q.workers++
		q.done.Go(q.work)
	}
}

// pick gives out a job of the host whose turn it is.
func (q *queue) pick() (ticket, bool) {
	for h := q.turns.pop(); h != nil; h = q.turns.pop() {
		l := q.choose(h)
		if l == nil {
			continue // it comes back when something of it ends
		}
		q.serial++
		l.served = q.serial
		l.begun++
		h.begun++
		q.targets[l.target].begun++
		t := ticket{id: l.jobs.pop(), lane: l}
		if !q.enter(h) {
			q.passOn(h)
		}
		return t, true
	}
	return ticket{}, false
}

// choose gives the lane of a host that may start a job and goes first; nil: none. A lane that waits for its target
// alone is parked there.
func (q *queue) choose(h *host) (best *lane) {
	if h.begun >= h.limit {
		return nil
	}
	for _, l := range h.lanes {
		if l.jobs.len() == 0 || l.begun >= h.limit {
			continue
		}
		if t := &q.targets[l.target]; t.full() {
			if !l.parked {
				l.parked = true
				t.parked = append(t.parked, l)
			}
			continue
		}
		if best == nil || l.depth > best.depth || l.depth == best.depth && l.served < best.served {
			best = l
		}
	}
	return best
}

// enter gives a host a turn if it has a job that may start, and tells whether it has a turn.
func (q *queue) enter(h *host) bool {
	if !h.turn && q.choose(h) != nil {
		q.turns.push(h)
	}
	return h.turn
}

// leave gives a job's place back.
func (q *queue) leave(t *ticket) {
	l := t.lane
	h := l.host
	if t.aside {
		h.away--
	} else {
		l.begun--
		if !t.apart {
			h.begun--
		}
	}
	load := &q.targets[l.target]
	load.begun--
	if l.jobs.len() == 0 && l.begun == 0 {
		h.drop(l)
		if len(h.lanes) == 0 && h.begun+h.away == 0 && !h.turn {
			delete(q.hosts, h.name)
		}
	}
	q.enter(h)
	if load.most > 0 {
		q.unpark(load)
	}
}

// unpark gives a place that a target has free to the first host that waited for it and can use it now.
func (q *queue) unpark(t *load) {
	for len(t.parked) > 0 && !t.full() {
		l := t.parked[0]
		t.parked = t.parked[1:]
		l.parked = false
		if h := l.host; l.jobs.len() > 0 && l.begun < h.limit && h.begun < h.limit && q.enter(h) {
			return
		}
	}
}

// passOn offers places of targets that a host has no more room to use to the hosts parked for them.
func (q *queue) passOn(h *host) {
	for _, l := range h.lanes {
		if t := &q.targets[l.target]; l.jobs.len() > 0 && t.most > 0 {
			q.unpark(t)
		}
	}
}

// standApart says that a begun job may have to wait for limits other than its host's, so that other targets of the
// host need not wait with it.
func (q *queue) standApart(t *ticket) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t.apart = true
	t.lane.host.begun--
	q.enter(t.lane.host)
	q.stir()
}

// stepAside gives the place of a job that waits to try again to others; comeBack takes one again, though the host
// may then have more than its limit. It never has more than twice that, so that a host where everything fails does
// not come to have all workers.
func (q *queue) stepAside(t *ticket) {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := t.lane.host
	if t.aside || h.begun+h.away >= 2*h.limit {
		return
	}
	h.away++
	t.aside = true
	t.lane.begun--
	if !t.apart {
		h.begun--
	}
	q.enter(h)
	q.stir()
}

func (q *queue) comeBack(t *ticket) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !t.aside {
		return
	}
	t.lane.host.away--
	t.aside = false
	t.lane.begun++
	if !t.apart {
		t.lane.host.begun++
	}
}

// stop ends the giving out of jobs and gives those that were still queued.
func (q *queue) stop() (left []planner.ID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	q.more.Broadcast()
	for _, h := range q.hosts {
		for _, l := range h.lanes {
			left = append(left, l.jobs.rest()...)
			l.jobs = ids{}
		}
	}
	return left
}

func (h *host) lane(target, depth int) *lane {
	for _, l := range h.lanes {
		if l.target == target {
			return l
		}
	}
	l := &lane{host: h, target: target, depth: depth}
	h.lanes = append(h.lanes, l)
	return l
}

func (h *host) drop(l *lane) {
	for i := range h.lanes {
		if h.lanes[i] == l {
			last := len(h.lanes) - 1
			h.lanes[i], h.lanes[last] = h.lanes[last], nil
			h.lanes = h.lanes[:last]
			return
		}
	}
}
