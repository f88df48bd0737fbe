// Package limit holds requests back: by host and by name, by rate and by how many are under way. A request that waits
// holds no other request's place.
package limit

import (
	"context"
	"time"
)

// Rule is one limit.
type Rule struct {
	Rate        float64 // a second; 0: none
	Burst       int
	Concurrency int // 0: none
}

// Options is the limits of a run.
type Options struct {
	Rules    map[string]Rule // by name; a host (with its port, if not the scheme's) or any other name; "*" for each host
	InFlight int             // most requests at once over all; 0: no bound
	Now      func() time.Time
	OnHeld   func(host string, until time.Time, cause string)
}

// Set is the limits of a run, shared by all its requests. Safe for use from many goroutines.
type Set struct{}

// New makes a Set.
func New(o Options) *Set { panic("contract") }

// Acquire waits until the host and all names let one more request go, and the host is not held back; begun requests
// go before new ones. release must be called when the body has been read or given up.
func (s *Set) Acquire(ctx context.Context, host string, names []string, begun bool, maxPause time.Duration) (release func(), err error) {
	panic("contract")
}

// Hold holds a host back until a time.
func (s *Set) Hold(host string, until time.Time, cause string) { panic("contract") }

// Concurrency is how many requests to a host may be under way: what a run may have begun at once.
func (s *Set) Concurrency(host string) int { panic("contract") }
