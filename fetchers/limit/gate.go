package limit

import (
	"slices"
	"strings"
	"time"
)

// gate is one limit at work. A class that it blocks is parked at it, in the lane of begun or of new requests.
type gate struct {
	name     string
	places   int           // 0: no bound
	interval time.Duration // 0: no rate
	slack    time.Duration // how far ahead of its time a request may go: the burst

	active int
	due    time.Time // when the next request would go at an even pace
	held   time.Time // until when nothing goes
	cause  string
	since  time.Time // when it began to hold back without letting anything through; zero: it lets through

	// Of a host, which adapts: what it was found to bear, and what it has let through since it last refused.
	adapts      bool
	pace        *pace     // nil: all that the rule allows
	ended       int       // since then, less those refused
	cycle, last time.Time // when that began, and when the last request went
	idled       time.Duration
	refusals    int

	lanes [2][]*class // begun, new
	timer *time.Timer
	armed time.Time
}

func newGate(name string, r Rule) *gate {
	g := &gate{name: name, places: r.Concurrency}
	if r.Rate > 0 {
		g.interval = time.Duration(float64(time.Second) / r.Rate)
		g.slack = time.Duration(max(r.Burst, 1)-1) * g.interval
	}
	return g
}

// open says whether one more request may go now, and if not, when time alone will let it (zero: a release must).
func (g *gate) open(now time.Time) (bool, time.Time) {
	if g.places > 0 && g.active >= g.places {
		return false, time.Time{}
	}
	if g.pace != nil && g.active >= int(g.pace.window) {
		return false, time.Time{}
	}
	if g.held.After(now) {
		return false, g.held
	}
	if interval, slack := g.every(now); interval > 0 {
		if at := g.due.Add(-slack); at.After(now) {
			return false, at
		}
	}
	return true, time.Time{}
}

// take lets one request go. One that has waited for its turn counts from when that was, not from when the timer ran,
// so that the rate is kept.
func (g *gate) take(now time.Time, waited bool) {
	if g.adapts {
		g.count(now, waited)
	}
	g.active++
	interval, _ := g.every(now)
	if interval == 0 {
		return
	}
	if late := now.Sub(g.due); late > 0 && (!waited || late > interval) {
		g.due = now
	}
	g.due = g.due.Add(interval)
}

// heldTooLong gives an error where the host will have let nothing through for longer than a request would wait.
func (g *gate) heldTooLong(now time.Time, maxPause time.Duration) error {
	if g == nil || !g.held.After(now) {
		return nil
	}
	since := g.since
	if since.IsZero() {
		since = now
	}
	if g.held.Sub(since) <= maxPause {
		return nil
	}
	return &HeldError{Host: g.name, Until: g.held, Cause: g.cause}
}

func (g *gate) crowded() bool { return len(g.lanes[0]) > 0 || len(g.lanes[1]) > 0 }

// unpark takes the class whose turn it is. The gate must be crowded.
func (g *gate) unpark() *class {
	for i, lane := range g.lanes {
		if len(lane) > 0 {
			c := lane[0]
			g.lanes[i] = slices.Delete(lane, 0, 1)
			c.parked = nil
			return c
		}
	}
	return nil
}

// class is requests that need the same places: they wait in one queue.
type class struct {
	gates   []*gate
	host    *gate // nil: none
	lane    int
	waiting []*waiter
	parked  *gate // the one that blocks the first of waiting; nil where nobody waits
	release func()
}

type classKey struct {
	host, names string
	begun       bool
}

type waiter struct {
	ready    chan error
	maxPause time.Duration
	gone     bool
}

// class finds or makes what requests to a host with some names share.
func (s *Set) class(host string, names []string, begun bool) *class {
	k := classKey{host: host, begun: begun}
	switch len(names) {
	case 0:
	case 1:
		k.names = names[0]
	default:
		k.names = strings.Join(names, "\x00")
	}
	if c := s.classes[k]; c != nil {
		return c
	}
	c := &class{lane: 1}
	if begun {
		c.lane = 0
	}
	c.release = func() { s.release(c) }
	if host != "" {
		c.host = s.hostGate(host)
		c.gates = append(c.gates, c.host)
	}
	for _, name := range names {
		if g := s.nameGate(name); g != nil && !slices.Contains(c.gates, g) {
			c.gates = append(c.gates, g)
		}
	}
	if s.all != nil {
		c.gates = append(c.gates, s.all)
	}
	s.classes[k] = c
	return c
}

// keepHosts is how many hosts are kept without asking whether they are idle.
const keepHosts = 1024

// sweep forgets hosts that nothing is under way to, so that a run over a million hosts does not remember them all.
func (s *Set) sweep(now time.Time) {
	for k, c := range s.classes {
		if c.parked == nil && (c.host == nil || c.host.idle(now)) {
			delete(s.classes, k)
		}
	}
	for name, g := range s.hosts {
		if g.idle(now) {
			delete(s.hosts, name)
		}
	}
	s.sweepAt = max(keepHosts, 2*len(s.hosts))
}

// idle says that a new gate would do as well.
func (g *gate) idle(now time.Time) bool {
	return g.active == 0 && !g.crowded() && !g.held.After(now) && g.since.IsZero() && !g.due.After(now) && !g.pace.keeps(now)
}

// nameGate gives the gate of a named limit; nil where there is no such rule. A host's name is its host's gate.
func (s *Set) nameGate(name string) *gate {
	r, ok := s.rules[name]
	if !ok {
		return nil
	}
	if g := s.hosts[name]; g != nil {
		return g
	}
	g := s.names[name]
	if g == nil {
		g = newGate(name, r)
		s.names[name] = g
	}
	return g
}

// blocked gives the first gate that does not let the class go now.
func (c *class) blocked(now time.Time) *gate {
	for _, g := range c.gates {
		if ok, _ := g.open(now); !ok {
			return g
		}
	}
	return nil
}

func (c *class) take(now time.Time, waited bool) {
	for _, g := range c.gates {
		g.take(now, waited)
	}
}

func (c *class) park(g *gate) {
	c.parked = g
	g.lanes[c.lane] = append(g.lanes[c.lane], c)
}

// skipGone drops those that have given up from the front, and says whether anybody waits.
func (c *class) skipGone() bool {
	for len(c.waiting) > 0 && c.waiting[0].gone {
		c.waiting = c.waiting[1:]
	}
	return len(c.waiting) > 0
}
