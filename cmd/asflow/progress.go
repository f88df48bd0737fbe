package main

import (
	"sync"
	"time"
)

// progress shows on a terminal how far a command is that may take long, in the way in which a build does: not at once,
// so that nothing flickers where it takes a moment only.
type progress struct {
	t      *terminal
	now    func() time.Time
	began  time.Time
	look   func(now time.Time) frame
	layout layout
	screen screen

	quit chan struct{}
	done sync.WaitGroup
}

// progressAfter is how long a command may take before it shows how far it is.
const progressAfter = 500 * time.Millisecond

// showProgress begins to show what look gives, until stopped, which takes it away again. Where stderr is no terminal
// nothing is shown.
func (a *app) showProgress(look func(now time.Time) frame) (stop func()) {
	p := &progress{t: a.stderr, now: a.now, began: a.now(), look: look, layout: layout{t: a.stderr}, screen: screen{w: a.stderr}, quit: make(chan struct{})}
	if !a.stderr.tty || a.plain() {
		return func() {}
	}
	p.done.Go(func() {
		tick := time.NewTicker(frameEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.paint()
			case <-p.quit:
				return
			}
		}
	})
	return sync.OnceFunc(func() {
		close(p.quit)
		p.done.Wait()
		p.clear()
	})
}

// paint shows how far all is.
func (p *progress) paint() {
	now := p.now()
	if now.Sub(p.began) < progressAfter {
		return
	}
	width, height := p.size()
	_ = p.screen.paint(nil, p.layout.lines(p.look(now), width, max(1, height-1)), width)
}

// clear takes away what was painted.
func (p *progress) clear() {
	width, _ := p.size()
	_ = p.screen.paint(nil, nil, width)
}

func (p *progress) size() (width, height int) {
	width, height = p.t.size()
	if width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}
