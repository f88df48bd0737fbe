package executor

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/asflow/asflow/fetchers"
)

// doubtAfter is how many fetches of a target must fail alike, and none end otherwise, before the rest is given up.
const doubtAfter = 20

// doubt is whether a target's fetches are worth trying: where the first of them all get the same final status, a wrong
// token or a moved API is likelier than bad luck. Workers note and ask.
type doubt struct {
	over atomic.Bool // decided, either way
	lost atomic.Pointer[error]

	mu     sync.Mutex
	failed int
	status int
}

// note takes in how a fetch ended; nil: with an answer that could be used.
func (d *doubt) note(err error) {
	if d.over.Load() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var e *fetchers.Error
	if !errors.As(err, &e) || e.Class != fetchers.ClassStatus && e.Class != fetchers.ClassRedirect || d.failed > 0 && e.Status != d.status {
		d.over.Store(true)
		return
	}
	d.status = e.Status
	if d.failed++; d.failed < doubtAfter || d.over.Load() {
		return
	}
	lost := fmt.Errorf("not tried: the first %d of its target all failed with status %d", doubtAfter, d.status)
	if d.status == 0 {
		lost = fmt.Errorf("not tried: the first %d of its target all had no credentials to ask with, the last since: %w", doubtAfter, err)
	}
	d.lost.Store(&lost)
	d.over.Store(true)
}

// given gives why the target's jobs are not to be tried; nil: they are.
func (d *doubt) given() error {
	if err := d.lost.Load(); err != nil {
		return *err
	}
	return nil
}
