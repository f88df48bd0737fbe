package executor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/asflow/asflow/planner/journal"
)

// execWorker runs commands, one at a time.
type execWorker struct {
	*run
	slot   *slot
	ticket ticket
	job    *job

	work   string // the job's folder, relative to the project or absolute
	output string // where the command is to write, in it
	remove func() // of the folder
}

func newExecWorker(r *run) *execWorker { return &execWorker{run: r, slot: r.Meters.slot()} }

// live runs jobs until there are none.
func (w *execWorker) live() {
	var last *ticket
	for {
		t, ok := w.execs.next(last)
		if !ok {
			return
		}
		w.ticket = t
		last = &w.ticket
		w.job = w.begin(last, w.slot)
		w.exec()
		w.rest(w.job, w.slot)
	}
}

// exec runs the worker's job to where the Publisher has taken it over, or it has ended.
func (w *execWorker) exec() {
	j := w.job
	var err error
	if w.work, w.remove, err = w.pub.WorkDir(j.path); err != nil {
		j.refused(fmt.Errorf("make a folder to write %s in: %w", j.path, err))
		return
	}
	w.output = path.Join(w.work, path.Base(j.path))
	task, err := w.plan.Recipe(j.id, w.output)
	if err != nil {
		w.remove()
		j.refused(err)
		return
	}
	j.adopt(task)
	log := w.newLog()
	out, err := w.attempts(log)
	var end endError
	status := 0
	if errors.As(err, &end) {
		status = end.status
	}
	j.record.Status = status
	j.tail = log.tail()
	name, logErr := log.close()
	j.record.Log = name
	if logErr != nil {
		w.tell(j, Event{Kind: Note, Text: "the log could not be written: " + logErr.Error()})
	}
	switch {
	case err == nil:
		w.publish(out)
	case end.exited && slices.Contains(w.targets[j.target].Absent, status):
		w.remove()
		j.gone()
	default:
		w.remove()
		j.fail(err)
	}
}

// publish hands over what the command has made: what it printed, or the file that it wrote.
func (w *execWorker) publish(out *spool) {
	j, remove := w.job, w.remove
	if out != nil {
		remove()
		out.publish(j.made(), j.published)
		return
	}
	if err := w.inspect(); err != nil {
		remove()
		j.fail(err)
		return
	}
	w.pub.Path(w.output, j.path, j.made(), func(rec journal.Record, err error) {
		remove()
		j.published(rec, err)
	})
}

// inspect tells whether a command that succeeded has made what it was to make.
func (w *execWorker) inspect() error {
	want := w.targets[w.job.target].Dir
	info, err := os.Stat(w.abs(w.output))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the command succeeded, but did not write its output: it is to write %s to the path that output and $ASFLOW_OUTPUT give", path.Base(w.job.path))
	case err != nil:
		return fmt.Errorf("look at what the command wrote: %w", err)
	case info.IsDir() && !want:
		return fmt.Errorf("the command wrote a directory; the label of an output that is one ends with a slash: %q", w.targets[w.job.target].Label+"/")
	case !info.IsDir() && want:
		return errors.New("the command wrote a file, but the label ends with a slash and so asks for a directory")
	case !info.IsDir() && !info.Mode().IsRegular():
		return errors.New("the command wrote something that is neither a file nor a directory, such as a pipe or a device")
	}
	return nil
}

// attempts runs the command until it succeeds or may not be tried again. Only the last attempt's output remains.
func (w *execWorker) attempts(log *jobLog) (out *spool, err error) {
	j := w.job
	retry := w.targets[j.target].Retry
	for n := 1; ; n++ {
		j.record.Attempts = n
		out, err = w.attempt(log)
		if err == nil || n >= retry.Attempts || w.ctx.Err() != nil || w.isAbsent(err) || errors.Is(err, errNoCommand) {
			return out, err
		}
		after := backoff(retry.Delay, retry.MaxDelay, n)
		w.Meters.targets[j.target].retries.Add(1)
		w.tell(j, Event{Kind: Retrying, Attempt: n, Until: w.Now().Add(after), Err: w.redacted(err)})
		log.note(fmt.Sprintf("attempt %d: %v", n, err))
		if err := sleep(w.ctx, after); err != nil {
			return nil, err
		}
	}
}

func (w *execWorker) isAbsent(err error) bool {
	var end endError
	return errors.As(err, &end) && end.exited && slices.Contains(w.targets[w.job.target].Absent, end.status)
}

// attempt runs the command once, when its limits and make's jobserver let it.
func (w *execWorker) attempt(log *jobLog) (*spool, error) {
	j := w.job
	if err := w.clear(); err != nil {
		return nil, err
	}
	if len(j.task.Limits) > 0 && w.Limits != nil {
		release, err := w.Limits.Acquire(w.ctx, "", j.task.Limits, false, 0)
		if err != nil {
			return nil, err
		}
		defer release()
	}
	place, err := w.tokens.take(w.ctx)
	if err != nil {
		return nil, err
	}
	defer w.tokens.give(place)
	ctx := w.ctx
	if j.task.Timeout > 0 {
		c, stop := context.WithTimeoutCause(ctx, j.task.Timeout, errTimedOut)
		defer stop()
		ctx = c
	}
	var out *spool
	if j.task.Exec.Stdout {
		out = &spool{pub: w.pub, path: j.path, level: j.level}
	}
	err = w.command(ctx, out, log)
	switch {
	case err == nil:
		return out, nil
	case context.Cause(ctx) == errTimedOut:
		err = fmt.Errorf("timed out after %s", j.task.Timeout)
	case w.ctx.Err() != nil:
		err = context.Canceled
	}
	if out != nil {
		out.abort()
	}
	return nil, err
}

// clear leaves no more of the output's place than the command is to find: nothing, or an empty directory.
func (w *execWorker) clear() error {
	at := w.abs(w.output)
	if w.job.record.Attempts > 1 {
		if err := errors.Join(os.RemoveAll(at), os.RemoveAll(w.abs(w.progressFile()))); err != nil {
			return fmt.Errorf("remove what an earlier attempt wrote: %w", err)
		}
	}
	if !w.targets[w.job.target].Dir {
		return nil
	}
	if err := os.Mkdir(at, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the output's directory: %w", err)
	}
	return nil
}

// backoff is how long to wait after attempt n: full jitter below a delay that doubles.
func backoff(delay, most time.Duration, n int) time.Duration {
	if most <= 0 {
		most = time.Minute
	}
	d := min(delay, most)
	for ; n > 1 && d < most; n-- {
		d = min(2*d, most)
	}
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

// sleep waits for a while, or until the context is done.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// abs is a path of the project as the system's.
func (r *run) abs(p string) string {
	if strings.HasPrefix(p, "/") {
		return p
	}
	return r.dir + "/" + p
}
