package executor

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// jobserver is the tokens that a GNU make, which runs asflow, shares with it: there are as many as its -j lets jobs run,
// less the one that asflow itself counts as. So one command needs no token, and each other that runs holds one.
type jobserver struct {
	read, write *os.File

	mu      sync.Mutex
	own     bool // the place that needs no token is free
	waiting []chan token
	reading bool
	done    sync.WaitGroup
}

// token is a place to run in.
type token struct {
	own  bool
	byte byte
}

// joinJobserver opens the jobserver that an environment names; nil where there is none, or make has kept it to itself.
func joinJobserver(environ []string) *jobserver {
	auth := jobserverAuth(environ)
	var readPath, writePath string
	if fifo, ok := strings.CutPrefix(auth, "fifo:"); ok {
		readPath, writePath = fifo, fifo
	} else {
		var r, w int
		if n, _ := fmt.Sscanf(auth, "%d,%d", &r, &w); n != 2 || r < 3 || w < 3 {
			return nil
		}
		// Opened anew, so that reading it need not block and make's own use of it does not change.
		readPath, writePath = fmt.Sprintf("/proc/self/fd/%d", r), fmt.Sprintf("/proc/self/fd/%d", w)
	}
	for _, p := range []string{readPath, writePath} {
		if info, err := os.Stat(p); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
			return nil
		}
	}
	read, err := os.OpenFile(readPath, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	write, err := os.OpenFile(writePath, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		read.Close()
		return nil
	}
	return &jobserver{read: read, write: write, own: true}
}

// jobserverAuth is the last jobserver that MAKEFLAGS names; "" where there is none.
func jobserverAuth(environ []string) (auth string) {
	for _, e := range environ {
		flags, ok := strings.CutPrefix(e, "MAKEFLAGS=")
		if !ok {
			continue
		}
		auth = ""
		for _, f := range strings.Fields(flags) {
			for _, name := range []string{"--jobserver-auth=", "--jobserver-fds="} {
				if v, ok := strings.CutPrefix(f, name); ok {
					auth = v
				}
			}
		}
	}
	return auth
}

// take waits for a place. A nil jobserver has one for everybody.
func (s *jobserver) take(ctx context.Context) (token, error) {
	if s == nil {
		return token{}, nil
	}
	s.mu.Lock()
	if s.own {
		s.own = false
		s.mu.Unlock()
		return token{own: true}, nil
	}
	mine := make(chan token, 1)
	s.waiting = append(s.waiting, mine)
	if !s.reading {
		s.reading = true
		s.done.Go(s.fetch)
	}
	s.mu.Unlock()
	select {
	case t := <-mine:
		return t, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for i, w := range s.waiting {
		if w == mine {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
		}
	}
	s.mu.Unlock()
	select {
	case t := <-mine:
		s.give(t) // it came as nobody waited any more
	default:
	}
	return token{}, ctx.Err()
}

// give gives a place back.
func (s *jobserver) give(t token) {
	switch {
	case s == nil:
	case !t.own:
		s.back(t)
	default:
		s.mu.Lock()
		s.own = !s.hand(t)
		s.mu.Unlock()
	}
}

// hand gives a place to who has waited longest, and tells whether anybody did.
func (s *jobserver) hand(t token) bool {
	if len(s.waiting) == 0 {
		return false
	}
	s.waiting[0] <- t
	s.waiting = s.waiting[1:]
	return true
}

// fetch reads tokens while somebody waits for one.
func (s *jobserver) fetch() {
	var b [1]byte
	for {
		_, err := io.ReadFull(s.read, b[:])
		s.mu.Lock()
		handed := err == nil && s.hand(token{byte: b[0]})
		if !handed || len(s.waiting) == 0 {
			s.reading = false
			s.mu.Unlock()
			if err == nil && !handed {
				s.back(token{byte: b[0]})
			}
			return
		}
		s.mu.Unlock()
	}
}

// back puts a token back. The pipe holds all tokens, so that there is room; where make has gone nobody misses it.
func (s *jobserver) back(t token) { _, _ = s.write.Write([]byte{t.byte}) }

// close lets go of the jobserver. All places must have been given back.
func (s *jobserver) close() {
	if s == nil {
		return
	}
	_ = s.read.SetReadDeadline(time.Unix(1, 0)) // ends a read that nobody waits for
	s.done.Wait()
	s.read.Close()
	s.write.Close()
}

// withoutJobserver takes from MAKEFLAGS a jobserver of file descriptors, which commands don't inherit.
func withoutJobserver(environ []string) []string {
	if auth := jobserverAuth(environ); auth == "" || strings.HasPrefix(auth, "fifo:") {
		return environ
	}
	out := make([]string, 0, len(environ))
	for _, e := range environ {
		if flags, ok := strings.CutPrefix(e, "MAKEFLAGS="); ok {
			var kept []string
			for _, f := range strings.Fields(flags) {
				if !strings.HasPrefix(f, "--jobserver-") && f != "-j" {
					kept = append(kept, f)
				}
			}
			e = "MAKEFLAGS=" + strings.Join(kept, " ")
		}
		out = append(out, e)
	}
	return out
}
