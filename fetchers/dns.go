package fetchers

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

const (
	namesKept = time.Minute            // how long what a name stands for is known
	nextAfter = 250 * time.Millisecond // after which another address of a host is tried beside the first (RFC 8305)
)

// names looks hosts up, each once a minute, however many connections are opened.
type names struct {
	look func(ctx context.Context, host string) ([]string, error)
	now  func() time.Time

	mu     sync.Mutex
	byHost map[string]*known
}

// known is one name's addresses; its lock is held while they are asked for.
type known struct {
	lock  chan struct{}
	addrs []string
	until time.Time
}

func newNames(now func() time.Time) *names {
	return &names{look: net.DefaultResolver.LookupHost, now: now, byHost: map[string]*known{}}
}

// get gives a host's addresses, in the order in which to try them. Errors are not kept.
func (n *names) get(ctx context.Context, host string) ([]string, error) {
	if net.ParseIP(host) != nil {
		return []string{host}, nil
	}
	n.mu.Lock()
	k := n.byHost[host]
	if k == nil {
		if len(n.byHost) >= keepHosts {
			clear(n.byHost)
		}
		k = &known{lock: make(chan struct{}, 1)}
		n.byHost[host] = k
	}
	n.mu.Unlock()
	select {
	case k.lock <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-k.lock }()
	if n.now().Before(k.until) {
		return k.addrs, nil
	}
	addrs, err := n.look(ctx, host)
	if err != nil {
		return nil, err
	}
	k.addrs, k.until = addrs, n.now().Add(namesKept)
	return addrs, nil
}

// forget makes a name be looked up again: none of its addresses could be reached.
func (n *names) forget(host string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.byHost, host)
}

// dialed is how an attempt at one address ended.
type dialed struct {
	conn net.Conn
	err  error
}

// race connects to the first of several addresses that answers: each begins a moment after the one before it, or when
// that has failed. The error is that of the first.
func race(ctx context.Context, addrs []string, dial func(ctx context.Context, addr string) (net.Conn, error)) (net.Conn, error) {
	if len(addrs) == 1 {
		return dial(ctx, addrs[0])
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan dialed)
	begun, open := 0, 0
	begin := func() {
		addr := addrs[begun]
		begun++
		open++
		go func() {
			c, err := dial(ctx, addr)
			ended <- dialed{c, err}
		}()
	}
	defer func() { // nobody is left behind
		cancel()
		for ; open > 0; open-- {
			if d := <-ended; d.conn != nil {
				_ = d.conn.Close()
			}
		}
	}()
	timer := time.NewTimer(nextAfter)
	defer timer.Stop()
	first := errors.New("the name has no address")
	for failed := 0; failed < len(addrs); {
		if begun < len(addrs) && open == 0 {
			begin()
			timer.Reset(nextAfter)
		}
		select {
		case <-timer.C:
			if begun < len(addrs) {
				begin()
				timer.Reset(nextAfter)
			}
		case d := <-ended:
			open--
			if d.err == nil {
				return d.conn, nil
			}
			if failed++; failed == 1 {
				first = d.err
			}
		}
	}
	return nil, first
}
