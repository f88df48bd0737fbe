package executor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/planner"
)

// feedAtOnce is how many jobs are taken from the plan before those that have ended are looked at: what they make
// ready is deeper and goes first.
const feedAtOnce = 1024

// manyJobs is how many jobs at once are expected to open many files.
const manyJobs = 64

// hostDefault is how many fetches of a host may be begun where nothing says so.
const hostDefault = 8

// Run runs the plan to its end, to the first failure with FailFast, or until ctx is done: then nothing new starts,
// what runs is ended (SIGTERM, SIGKILL after 10 s), and Run returns when it has. kill, when closed, ends it at once;
// nil never does. What was handed to the Publisher before is published whatever happens.
//
// The error is of the run itself: the journal or the disk. Jobs that fail are in the Result.
func Run(ctx context.Context, kill <-chan struct{}, p Plan, o Options) (Result, error) {
	batch := asBatch()
	if batch {
		defer asUsual()
	}
	r := newRun(ctx, kill, p, o)
	r.batch = batch
	r.loop()
	r.fetches.stop()
	r.execs.stop()
	r.fetches.done.Wait()
	r.execs.done.Wait()
	r.end(context.Canceled)
	r.progress.done.Wait()
	r.tokens.close()
	err := r.pub.Close()
	if cause := r.broken.Load(); err == nil && cause != nil {
		err = *cause
	}
	return r.result, err
}

// giveIn ends the run when nothing more can be stored: to go on would ask for what would have to be thrown away.
func (r *run) giveIn(err error) {
	if r.broken.CompareAndSwap(nil, &err) {
		r.end(err)
	}
}

// run is one run.
type run struct {
	Options
	plan    Plan
	targets []planner.Target
	doubts  []doubt // by target
	pub     *Publisher
	fetches *queue
	execs   *queue
	result  Result // of the loop's goroutine

	dir      string    // the project's folder, absolute
	programs sync.Map  // commands found in PATH
	buffers  sync.Pool // of *[]byte, for large bodies
	decoders sync.Pool // of *jsontext.Decoder with a large buffer
	progress progress
	batch    bool       // this process is scheduled as batch work
	roomy    bool       // many open files have been made room for
	tokens   *jobserver // nil: no make runs asflow
	logsOnce sync.Once
	logs     bool

	ctx    context.Context // of everything that is begun
	end    context.CancelCauseFunc
	broken atomic.Pointer[error] // why nothing more can be stored
	kill   <-chan struct{}

	mu    sync.Mutex
	ended []*job
	bell  chan struct{} // rung when there is something in ended
}

func newRun(ctx context.Context, kill <-chan struct{}, p Plan, o Options) *run {
	r := &run{Options: o, plan: p, targets: p.Targets(), kill: kill, bell: make(chan struct{}, 1)}
	if r.Now == nil {
		r.Now = time.Now
	}
	if r.Redact == nil {
		r.Redact = func(text string) string { return text }
	}
	if r.RedactCut == nil {
		r.RedactCut = r.Redact
	}
	if r.Meters == nil {
		r.Meters = NewMeters(len(r.targets))
	}
	if r.FetchJobs <= 0 {
		r.FetchJobs = 64
	}
	r.Jobs = max(1, r.Jobs)
	r.dir = o.Store.dir
	r.doubts = make([]doubt, len(r.targets))
	r.tokens = joinJobserver(o.Environ)
	r.Environ = withoutJobserver(o.Environ)
	r.pub = o.Store.NewPublisher(o.Journal, PublishOptions{NoSync: o.NoSync, Failed: r.unpublished, Broken: r.giveIn})
	r.ctx, r.end = context.WithCancelCause(ctx)
	// More fetches may be begun than are in flight: some wait for their host or to try again.
	r.fetches = newQueue(r.targets, r.FetchJobs+4096, r.hostLimit, func() { newFetchWorker(r).live() })
	r.execs = newQueue(r.targets, r.Jobs, func(string) int { return r.Jobs }, func() { newExecWorker(r).live() })
	r.fetches.calm.Store(true)
	r.execs.calm.Store(true)
	r.fetches.lull, r.execs.lull = r.lull, r.lull
	return r
}

// lull has published what there is to publish, since nothing more comes of jobs before that is done.
func (r *run) lull() {
	if r.fetches.calm.Load() && r.execs.calm.Load() {
		r.pub.hurry()
	}
}

// hostLimit is how many fetches of a host (as Plan.Host gives it) may be begun.
func (r *run) hostLimit(host string) int {
	switch {
	case host == "":
		return r.FetchJobs // of any host; the limits hold them
	case r.Limits == nil:
		return hostDefault
	}
	if n := r.Limits.Concurrency(fetchers.HostOf(host)); n > 0 {
		return n
	}
	return r.FetchJobs
}

// loop gives jobs to the queues and takes what became of them to the plan, until there is nothing left to run. The
// jobs that are out of the plan's hands are counted in open.
func (r *run) loop() {
	open, stopping := 0, false
	buf := make([]ready, 0, feedAtOnce)
	for {
		fed := 0
		if !stopping {
			fed = r.feed(buf[:0])
			open += fed
		}
		batch := r.takeEnded()
		for _, j := range batch {
			r.settle(j)
		}
		open -= len(batch)
		if fed == 0 && len(batch) == 0 {
			if open == 0 {
				return
			}
			select {
			case <-r.bell:
			case <-r.done(stopping):
			}
		}
		if !stopping && r.ctx.Err() != nil {
			stopping = true
			open -= r.giveUp()
		}
	}
}

// done is closed when the run is to end; nil once that is known.
func (r *run) done(known bool) <-chan struct{} {
	if known {
		return nil
	}
	return r.ctx.Done()
}

// feed takes ready jobs from the plan and queues them.
func (r *run) feed(buf []ready) int {
	var fetches, execs []ready
	fetches = buf
	for len(fetches)+len(execs) < feedAtOnce {
		j, ok := r.plan.Next()
		if !ok {
			break
		}
		if j.Fetch {
			fetches = append(fetches, ready{j, r.plan.Host(j.ID)})
		} else {
			execs = append(execs, ready{j, ""})
		}
	}
	if n := len(fetches) + len(execs); n >= manyJobs && !r.roomy {
		r.roomy = true
		go makeRoom(cap(r.pub.files))
	}
	if len(fetches) > 0 {
		r.fetches.push(fetches)
	}
	if len(execs) > 0 {
		r.execs.push(execs)
	}
	return len(fetches) + len(execs)
}

// giveUp cancels the jobs that are queued, and gives their number.
func (r *run) giveUp() int {
	left := append(r.fetches.stop(), r.execs.stop()...)
	for _, id := range left {
		r.plan.Done(id, planner.Outcome{State: planner.Cancelled})
	}
	return len(left)
}

// finished hands over a job that has ended.
func (r *run) finished(j *job) {
	r.mu.Lock()
	r.ended = append(r.ended, j)
	r.mu.Unlock()
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

func (r *run) takeEnded() []*job {
	r.mu.Lock()
	defer r.mu.Unlock()
	batch := r.ended
	r.ended = nil
	return batch
}
