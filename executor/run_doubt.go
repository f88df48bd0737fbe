package executor

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/planner"
)

// doubtAfter is how many jobs of a target must fail alike, and none end otherwise, before the rest is given up.
const doubtAfter = 20

// doubt is whether a target's fetches are worth trying: where the first of them all get the same final status, a wrong
// token or a moved API is likelier than bad luck. The loop notes; workers ask.
type doubt struct {
	ended  int
	status int
	over   bool // decided, either way
	lost   atomic.Pointer[error]
}

// note takes in how a job of the target ended.
func (d *doubt) note(j *job) {
	if d.over || j.state == planner.UpToDate || j.state == planner.Cancelled {
		return
	}
	var e *fetchers.Error
	if j.state != planner.Failed || !errors.As(j.err, &e) || e.Class != fetchers.ClassStatus || d.ended > 0 && e.Status != d.status {
		d.over = true
		return
	}
	d.status = e.Status
	if d.ended++; d.ended < doubtAfter {
		return
	}
	d.over = true
	err := fmt.Errorf("not tried: the first %d of its target all failed with status %d", doubtAfter, d.status)
	d.lost.Store(&err)
}

// given gives why the target's jobs are not to be tried; nil: they are.
func (d *doubt) given() error {
	if err := d.lost.Load(); err != nil {
		return *err
	}
	return nil
}
