// Package limit holds requests back: by host and by name, by rate and by how many are under way. A request that waits
// holds no other request's place.
//
// A request goes when its host, all its names and the whole run have a place for it at the same moment, and takes them
// all together. It knows nothing of HTTP: what an answer means for its host is told to it by [Set.Hold] and [Set.Passed].
package limit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Rule is one limit.
type Rule struct {
	Rate        float64 // a second; 0: none
	Burst       int     // requests that may go at once after a quiet time; 0 counts as 1
	Concurrency int     // 0: none
}

// DefaultConcurrency is how many requests to a host may be under way where no rule speaks of it.
const DefaultConcurrency = 8

// Options is the limits of a run.
type Options struct {
	Rules    map[string]Rule // by name; a host (with its port, if not the scheme's) or any other name; "*" for each host
	InFlight int             // most requests at once over all; 0: no bound
	Now      func() time.Time
	OnHeld   func(host string, until time.Time, cause string)
}

// Set is the limits of a run, shared by all its requests. Safe for use from many goroutines.
type Set struct {
	now    func() time.Time
	onHeld func(host string, until time.Time, cause string)
	rules  map[string]Rule

	mu      sync.Mutex
	all     *gate // of the run; nil: no bound
	hosts   map[string]*gate
	names   map[string]*gate
	classes map[classKey]*class
	sweepAt int // how many hosts are too many to keep those that are idle
}

// New makes a Set.
func New(o Options) *Set {
	s := &Set{
		now:     o.Now,
		onHeld:  o.OnHeld,
		rules:   make(map[string]Rule, len(o.Rules)),
		hosts:   map[string]*gate{},
		names:   map[string]*gate{},
		classes: map[classKey]*class{},
		sweepAt: keepHosts,
	}
	if s.now == nil {
		s.now = time.Now
	}
	for name, rule := range o.Rules {
		s.rules[strings.ToLower(name)] = rule // hosts have no case
		s.rules[name] = rule
	}
	if o.InFlight > 0 {
		s.all = newGate("", Rule{Concurrency: o.InFlight})
	}
	return s
}

// HeldError says that a host holds everything back for longer than a request was willing to wait.
type HeldError struct {
	Host  string
	Until time.Time
	Cause string
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s holds requests back until %s (%s), which is longer than max_pause", e.Host, e.Until.Format(time.RFC3339), e.Cause)
}

// Acquire waits until the host and all names let one more request go, and the host is not held back; begun requests
// go before new ones. release must be called once, when the body has been read or given up. The error is that of ctx, or
// a *HeldError as soon as it is known that the host will have let nothing through for maxPause. An empty host has no limit of its own.
func (s *Set) Acquire(ctx context.Context, host string, names []string, begun bool, maxPause time.Duration) (release func(), err error) {
	s.mu.Lock()
	c := s.class(host, names, begun)
	now := s.now()
	for _, g := range c.gates {
		s.wake(g, now) // a timer may be late
	}
	if err := c.host.heldTooLong(now, maxPause); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	if c.parked == nil {
		g := c.blocked(now)
		if g == nil {
			c.take(now, false)
			s.mu.Unlock()
			return c.release, nil
		}
		c.park(g)
	}
	w := &waiter{ready: make(chan error, 1), maxPause: maxPause}
	c.waiting = append(c.waiting, w)
	s.arm(c.parked, now)
	s.mu.Unlock()
	return s.wait(ctx, c, w)
}

func (s *Set) wait(ctx context.Context, c *class, w *waiter) (func(), error) {
	select {
	case err := <-w.ready:
		if err != nil {
			return nil, err
		}
		return c.release, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	w.gone = true
	s.mu.Unlock()
	select {
	case err := <-w.ready:
		if err == nil {
			c.release() // its turn came as it gave up
		}
	default:
	}
	return nil, context.Cause(ctx)
}

// release gives back one place of a class.
func (s *Set) release(c *class) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range c.gates {
		g.active--
		g.grow(s.now)
	}
	var now time.Time
	for _, g := range slices.Backward(c.gates) { // the run's first: those of other hosts wait there
		if g.crowded() {
			if now.IsZero() {
				now = s.now()
			}
			s.wake(g, now)
		}
	}
}

// wake lets go all that a gate can let go, classes in turn, begun ones first.
func (s *Set) wake(g *gate, now time.Time) {
	for g.crowded() {
		if ok, _ := g.open(now); !ok {
			break
		}
		c := g.unpark()
		if !c.skipGone() {
			continue
		}
		if b := c.blocked(now); b != nil {
			c.park(b)
			s.failHeld(b, now)
			s.arm(b, now)
			continue
		}
		w := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.take(now, true)
		w.ready <- nil
		if len(c.waiting) > 0 {
			c.park(g) // behind the others: they take turns
		}
	}
	s.arm(g, now)
}

// arm sets the timer of a gate that opens with time.
func (s *Set) arm(g *gate, now time.Time) {
	if !g.crowded() {
		return
	}
	ok, at := g.open(now)
	if ok || at.IsZero() || at.Equal(g.armed) {
		return
	}
	g.armed = at
	if g.timer != nil {
		g.timer.Reset(at.Sub(now))
		return
	}
	g.timer = time.AfterFunc(at.Sub(now), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		g.armed = time.Time{}
		s.wake(g, s.now())
	})
}

// Hold holds a host back until a time, since it has refused a request that has not been released yet. A hold that ends
// sooner than the one that lasts changes nothing. From then on the host is asked less, until it bears more again.
func (s *Set) Hold(host string, until time.Time, cause string) { s.hold(host, until, cause, true) }

// Rest holds a host back that has let something through, and said that it would refuse the next.
func (s *Set) Rest(host string, until time.Time, cause string) { s.hold(host, until, cause, false) }

func (s *Set) hold(host string, until time.Time, cause string, refused bool) {
	s.mu.Lock()
	now := s.now()
	g := s.hostGate(host)
	if refused {
		g.refused(now)
		if g.since.IsZero() {
			g.since = now
		}
	}
	longer := until.After(g.held)
	if longer {
		g.held, g.cause = until, cause
		if refused {
			g.anew(now)
		}
		s.failHeld(g, now)
		s.arm(g, now)
	}
	s.mu.Unlock()
	if longer && s.onHeld != nil {
		s.onHeld(host, until, cause)
	}
}

// failHeld turns away those that wait for a host and won't wait as long as it asks. Those that wait for something else
// learn of it when their turn comes.
func (s *Set) failHeld(g *gate, now time.Time) {
	if !g.held.After(now) {
		return
	}
	for _, lane := range g.lanes {
		for _, c := range lane {
			c.waiting = slices.DeleteFunc(c.waiting, func(w *waiter) bool {
				if w.gone {
					return true
				}
				err := c.host.heldTooLong(now, w.maxPause)
				if err != nil {
					w.ready <- err
				}
				return err != nil
			})
		}
	}
}

// Passed tells that a host let something through: the time that max_pause bounds begins anew.
func (s *Set) Passed(host string) {
	s.mu.Lock()
	if g := s.hosts[host]; g != nil {
		g.bears(s.now())
		g.since = time.Time{}
	}
	s.mu.Unlock()
}

// Concurrency is how many requests to a host may be under way: what a run may have begun at once. 0: no bound.
func (s *Set) Concurrency(host string) int {
	return s.rule(host).Concurrency
}

func (s *Set) rule(host string) Rule {
	for _, name := range [...]string{host, "*"} {
		if r, ok := s.rules[name]; ok {
			return r
		}
	}
	return Rule{Concurrency: DefaultConcurrency}
}

func (s *Set) hostGate(host string) *gate {
	g := s.hosts[host]
	if g == nil {
		if len(s.hosts) >= s.sweepAt {
			s.sweep(s.now())
		}
		g = newGate(host, s.rule(host)).begin()
		s.hosts[host] = g
	}
	return g
}

// IsHeld tells a *HeldError.
func IsHeld(err error) (*HeldError, bool) {
	var held *HeldError
	ok := errors.As(err, &held)
	return held, ok
}
