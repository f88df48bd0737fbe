package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/asflow/asflow/fetchers/codec"
	"github.com/asflow/asflow/fetchers/group"
)

const (
	// killAfter is how long a process group has to end after SIGTERM.
	killAfter = 10 * time.Second
	// pipeDelay is how long what a command left running may go on printing once the command itself has ended.
	pipeDelay = time.Second
)

// endError is how a command ended that did not succeed.
type endError struct {
	exited bool // by itself, with status; else by a signal, and status is 128 and its number, as in a shell
	status int
	signal syscall.Signal
}

func (e endError) Error() string {
	switch {
	case e.exited:
		return fmt.Sprintf("exit status %d", e.status)
	case e.signal == syscall.SIGKILL:
		return "killed by SIGKILL; the system may have run out of memory"
	}
	return "ended by a signal: " + e.signal.String()
}

// command runs the job's command once. What it prints goes to out, where that is not nil, and else to the log.
func (w *execWorker) command(ctx context.Context, out *spool, log *jobLog) error {
	e := w.job.task.Exec
	env, err := w.environ()
	if err != nil {
		return err
	}
	command := w.asOnDisk(e.Command)
	program, err := w.program(command[0], env)
	if err != nil {
		return err
	}
	cmd := &exec.Cmd{
		Path: program, Args: command, Env: env, Dir: w.dir,
		Stdout: log, Stderr: log,
		WaitDelay: pipeDelay,
	}
	group.Own(cmd)
	if e.Dir != "" {
		cmd.Dir = w.abs(e.Dir)
	}
	if out != nil {
		cmd.Stdout = out
	}
	if e.Stdin != "" {
		stdin, err := openStdin(w.abs(w.Store.onDisk(e.Stdin)))
		if err != nil {
			return fmt.Errorf("%w: stdin: %w", errNoCommand, err)
		}
		defer stdin.Close()
		cmd.Stdin = stdin.Reader
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := cmd.Start(); err != nil {
		return cannotStart(cmd, err)
	}
	if w.batch {
		startedAsUsual(cmd.Process.Pid)
	}
	w.watch(w.progressFile())
	defer w.unwatch()
	return w.wait(ctx, cmd, out)
}

// wait waits for a command to end. Where the context or the run ends first its process group is ended; where it fails
// nothing of the group is left.
func (w *execWorker) wait(ctx context.Context, cmd *exec.Cmd, out *spool) error {
	ended := make(chan struct{})
	var ending sync.WaitGroup
	ending.Add(1)
	stop := context.AfterFunc(ctx, func() {
		defer ending.Done()
		group.Signal(cmd, syscall.SIGTERM)
		late := time.NewTimer(killAfter)
		defer late.Stop()
		select {
		case <-ended:
			return
		case <-late.C:
		case <-w.kill:
		}
		group.Signal(cmd, syscall.SIGKILL)
	})
	err := cmd.Wait()
	close(ended)
	if stop() {
		ending.Done()
	}
	ending.Wait()
	if out != nil && out.err != nil {
		err = out.err // the command's own end is what came of it
	} else {
		err = w.howEnded(cmd, err, out != nil)
	}
	if err != nil {
		group.Signal(cmd, syscall.SIGKILL)
	}
	return err
}

// howEnded makes of what Wait said what a user understands.
func (w *execWorker) howEnded(cmd *exec.Cmd, err error, output bool) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit):
		status := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if status.Signaled() {
			return endError{status: 128 + int(status.Signal()), signal: status.Signal()}
		}
		return endError{exited: true, status: status.ExitStatus()}
	case errors.Is(err, exec.ErrWaitDelay) && output:
		return errors.New("the command has ended, but something that it left running still holds its stdout, which is the output")
	case errors.Is(err, exec.ErrWaitDelay):
		return nil
	}
	return fmt.Errorf("stdin, or what the command prints: %w", err)
}

// cannotStart says why a command could not be started.
func cannotStart(cmd *exec.Cmd, err error) error {
	if _, dirErr := os.Stat(cmd.Dir); dirErr != nil {
		return fmt.Errorf("%w: dir: %w", errNoCommand, dirErr)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w; the program that its first line (#!) names may not exist", errNoCommand, err)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("%w: %w; a script begins with a line such as #!/bin/sh", errNoCommand, err)
	case errors.Is(err, syscall.E2BIG):
		return fmt.Errorf("%w: %w; $ASFLOW_INPUTS_FILE names a file that lists any number of inputs", errNoCommand, err)
	}
	return fmt.Errorf("start the command: %w", err)
}

// stdin is an open file that is fed to a command, decompressed.
type stdin struct {
	io.Reader // an *os.File where there is nothing to decompress: the process then reads it itself
	file      *os.File
	dec       io.Closer
}

func openStdin(at string) (*stdin, error) {
	f, err := OpenFile(at)
	if err != nil {
		return nil, err
	}
	kind := codec.Of(at)
	if kind == codec.None {
		return &stdin{Reader: f, file: f}, nil
	}
	dec, err := codec.NewReader(f, kind)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &stdin{Reader: dec, file: f, dec: dec}, nil
}

func (s *stdin) Close() {
	if s.dec != nil {
		s.dec.Close()
	}
	s.file.Close()
}
