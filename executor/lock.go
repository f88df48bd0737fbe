package executor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockEvery is how often a waiting build looks whether the lock is free.
const lockEvery = 100 * time.Millisecond

// HeldError says which process has the project's lock.
type HeldError struct{ Holder string }

func (e *HeldError) Error() string { return "another build holds the project's lock: " + e.Holder }

// Lock takes the project's lock (.asflow/lock). wait is called once, with who holds it, before waiting; where it
// gives false, or ctx is done, the error is a *HeldError. The first thing a holder does is to remove what killed runs
// left behind.
func (s *Store) Lock(ctx context.Context, wait func(holder string) bool) (unlock func() error, err error) {
	if err := s.makeState(); err != nil {
		return nil, err
	}
	l := flock.New(s.abs(lockFile))
	got, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("take the project's lock: %w", explain(err))
	}
	if !got {
		held := &HeldError{s.holder()}
		if !wait(held.Holder) {
			return nil, held
		}
		if got, err = l.TryLockContext(ctx, lockEvery); !got {
			if err != nil && !errors.Is(err, ctx.Err()) {
				return nil, fmt.Errorf("wait for the project's lock: %w", err)
			}
			return nil, held
		}
	}
	host, _ := os.Hostname()
	text := fmt.Sprintf("process %d on %s since %s\n", os.Getpid(), host, time.Now().Format("2006-01-02 15:04:05"))
	_ = os.WriteFile(s.abs(lockFile), []byte(text), 0o644) // for people; the lock is the kernel's
	if err := s.sweep(); err != nil {
		_ = l.Unlock()
		return nil, fmt.Errorf("remove what a killed run left: %w", err)
	}
	return l.Unlock, nil
}

// holder tells who wrote the lock file last.
func (s *Store) holder() string {
	text, err := os.ReadFile(s.abs(lockFile))
	if who := strings.TrimSpace(string(text)); err == nil && who != "" {
		return who
	}
	return "a process that has not said its name"
}

// makeState makes asflow's folder; version control is told to leave it out.
func (s *Store) makeState() error {
	if err := os.MkdirAll(s.abs(tempDir), 0o755); err != nil {
		if bad := dangling(s.StateDir()); bad != nil && errors.Is(err, os.ErrExist) {
			return fmt.Errorf("make the folder .asflow: %w", bad)
		}
		return fmt.Errorf("make the folder .asflow: %w", explain(err))
	}
	ignore := s.abs(stateDir + "/.gitignore")
	if _, err := os.Lstat(ignore); errors.Is(err, os.ErrNotExist) {
		_ = os.WriteFile(ignore, []byte("*\n"), 0o644) // a convenience
	}
	return nil
}

// sweep removes what killed runs left: temporary files, hidden folders beside outputs, and parts of bodies that nobody went on with.
func (s *Store) sweep() error {
	text, err := os.ReadFile(s.abs(hiddenLog))
	if err == nil {
		for dir := range strings.Lines(string(text)) {
			if dir = strings.TrimSuffix(dir, "\n"); strings.Contains(dir, "/.asflow-") {
				_ = os.RemoveAll(s.abs(dir))
			}
		}
	}
	if err := s.sweepParts(time.Now()); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.abs(tempDir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(s.abs(tempDir + "/" + e.Name())); err != nil {
			return err
		}
	}
	return nil
}
