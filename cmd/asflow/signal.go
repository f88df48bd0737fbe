package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// onSignal calls f with each signal that is to end a run, one after the other, until stopped. The end of the terminal is
// one, unless whoever started us has it ignored, as nohup does. Until then nobody is ended by a reader that has gone: the
// commands of the run would go on alone.
func onSignal(f func(os.Signal)) (stop func()) {
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	gone := make(chan os.Signal, 1) // nobody listens: writing fails, and that is all
	signal.Notify(gone, syscall.SIGPIPE)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(c, syscall.SIGHUP)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for s := range c {
			f(s)
		}
	})
	return func() {
		signal.Stop(gone)
		signal.Stop(c)
		close(c)
		wg.Wait()
	}
}

// interruption is what signals do to a run: the first ends it in order, the second at once.
type interruption struct {
	ctx   context.Context //nolint:containedctx // it is what the signal ends
	kill  chan struct{}
	stop  func()
	mu    sync.Mutex
	first os.Signal
}

// interruptible begins to listen. first is called at the first signal, from another goroutine.
func (a *app) interruptible(first func(os.Signal)) *interruption {
	ctx, cancel := context.WithCancel(context.Background())
	i := &interruption{ctx: ctx, kill: make(chan struct{})}
	n := 0
	stop := a.signals(func(s os.Signal) {
		switch n++; n {
		case 1:
			i.mu.Lock()
			i.first = s
			i.mu.Unlock()
			first(s)
			cancel()
		case 2:
			close(i.kill)
		}
	})
	i.stop = func() { stop(); cancel() }
	return i
}

// err gives the signal that ended the run, if one did.
func (i *interruption) err() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.first == nil {
		return nil
	}
	return &signalError{i.first}
}
