package fetchers

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// hosts is how each host fares: whether it lets anything through, how often it was held back, and what is left of its
// retry budget.
type hosts struct {
	concurrency func(host string) int

	mu      sync.Mutex
	byName  map[string]*host
	sweepAt int
}

// keepHosts is how many hosts are kept without asking whether there is anything to know of them.
const keepHosts = 1024

func newHosts(concurrency func(string) int) *hosts {
	return &hosts{concurrency: concurrency, byName: map[string]*host{}, sweepAt: keepHosts}
}

func (hs *hosts) get(name string) *host {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h := hs.byName[name]
	if h == nil {
		if len(hs.byName) >= hs.sweepAt {
			for n, h := range hs.byName {
				if h.uneventful() {
					delete(hs.byName, n)
				}
			}
			hs.sweepAt = max(keepHosts, 2*len(hs.byName))
		}
		// Enough for each of the first requests to fail in all of five attempts.
		h = &host{name: name, budget: max(32, 5*hs.concurrency(name))}
		hs.byName[name] = h
	}
	return h
}

// host is one host's record.
type host struct {
	name   string
	budget int // for failures in a row, of answers or of bodies, after which the host counts as dead

	mu     sync.Mutex
	passes uint64    // answers that were let through
	spent  int       // of the budget, by
	fails  int       // failures in a row, and
	cause  error     // that of the last one
	cut    int       // the budget's part that bodies have taken which broke off, since one was seen to go well
	cuts   int       // how many those are
	cutBy  error     // what the last of them failed of
	holds  int       // in a row, without anything let through
	heldAt time.Time // when the last hold began
	until  time.Time // when it ends
}

func (h *host) uneventful() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.spent == 0 && h.cut == 0 && h.holds == 0
}

// count is how many answers were let through so far.
func (h *host) count() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.passes
}

// passed notes an answer that was let through, and says whether the host was held back or failing before.
func (h *host) passed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.passes++
	troubled := h.holds > 0
	h.spent, h.fails, h.holds, h.cause = 0, 0, 0, nil
	return troubled
}

// failed takes from the budget.
func (h *host) failed(e *Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cause = e
	h.fails++
	h.spent += cost(e)
}

// cost is what a failure takes from a budget.
func cost(e *Error) int {
	if e.Class == ClassTimeout || e.Class == ClassConnect && isTimeout(e) {
		return 2 // it costs time, too
	}
	return 1
}

// broke takes a body that broke off from a budget of its own: an answer whose head is good says nothing of that.
func (h *host) broke(e *Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cutBy = e
	h.cut += cost(e)
	h.cuts++
}

// delivered notes a body that shows that others may come to their end.
func (h *host) delivered() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cut, h.cuts, h.cutBy = 0, 0, nil
}

// dead says why nothing more is asked of the host, once its budget is spent.
func (h *host) dead() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.spent >= h.budget:
		return fmt.Errorf("%s failed %d times in a row: %w", h.name, h.fails, h.cause)
	case h.cut >= h.budget:
		return fmt.Errorf("%s broke off %d bodies in a row: %w", h.name, h.cuts, h.cutBy)
	}
	return nil
}

// hold says until when the host is held back that gave no time itself: longer each time, unless the request was under
// way when the last hold began.
func (h *host) hold(began, now time.Time, retry Retry) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.holds > 0 && began.Before(h.heldAt) && now.Before(h.until) {
		return h.until
	}
	delay := min(retry.delay()<<min(h.holds, 20), retry.maxDelay())
	h.holds++
	h.heldAt = now
	h.until = now.Add(delay/2 + rand.N(delay/2+1))
	return h.until
}

// heldUntil notes a hold whose end the host has given.
func (h *host) heldUntil(now, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.holds++
	h.heldAt, h.until = now, until
}
