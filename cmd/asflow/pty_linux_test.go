package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// session is asflow on a terminal of its own.
type session struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	read   sync.WaitGroup

	mu    sync.Mutex
	shown strings.Builder
	more  chan struct{} // has one when something has come
}

// onTerminal starts asflow on a terminal of so many columns.
func onTerminal(t *testing.T, dir string, columns uint16, args ...string) *session {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	var n int
	control, err := master.SyscallConn()
	if err == nil {
		err = control.Control(func(fd uintptr) {
			if n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN); err == nil {
				err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
			}
			if err == nil {
				err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns})
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	s := &session{t: t, master: master, more: make(chan struct{}, 1)}
	s.cmd = exec.Command("asflow", args...)
	s.cmd.Dir = dir
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = slave, slave, slave
	s.cmd.Env = append(os.Environ(), "TERM=xterm", "CI=", "NO_COLOR=1", "LC_ALL=C.UTF-8")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.read.Go(s.collect)
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = master.Close()
		s.read.Wait()
	})
	return s
}

// collect reads what is shown until the terminal has no process any more.
func (s *session) collect() {
	buf := make([]byte, 4096)
	for {
		n, err := s.master.Read(buf)
		s.mu.Lock()
		s.shown.Write(buf[:n])
		s.mu.Unlock()
		select {
		case s.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (s *session) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

// expect waits until something is shown.
func (s *session) expect(what string) {
	s.t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for !strings.Contains(s.text(), what) {
		select {
		case <-s.more:
		case <-late.C:
			s.t.Fatalf("%q is not shown:\n%q", what, s.text())
		}
	}
}

// keys presses keys.
func (s *session) keys(text string) {
	s.t.Helper()
	if _, err := s.master.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// exit waits for the end, and gives the exit status.
func (s *session) exit() int {
	_ = s.cmd.Wait()
	s.read.Wait()
	return s.cmd.ProcessState.ExitCode()
}

// asflow runs a command to its end, which must be good.
func asflow(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("asflow", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func exists(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}

// On a terminal prune asks, and only a yes removes anything.
func TestPruneAsks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keys    string
		removes bool
		exit    int
	}{
		{"y\r", true, 0},
		{"YES\r", true, 0},
		{"\r", false, 0},
		{"n\r", false, 0},
		{"yess\r", false, 0},
		{"\x04", false, 0},
		{"\x03", false, 130},
	} {
		t.Run(strconv.Quote(c.keys), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeFile(t, dir, "asflow.hcl", "target \"{each.key}.txt\" {\n  for_each = lines(\"list\")\n  exec { shell = \"echo > $ASFLOW_OUTPUT\" }\n}\n")
			writeFile(t, dir, "list", "a\nb\n")
			asflow(t, dir, "build")
			writeFile(t, dir, "list", "a\n")
			s := onTerminal(t, dir, 80, "prune")
			s.expect("Remove 1 file? [y/N] ")
			if !exists(dir, "b.txt") {
				t.Error("it is removed before anybody has said so")
			}
			s.keys(c.keys)
			if got := s.exit(); got != c.exit {
				t.Errorf("exit status %d, not %d:\n%s", got, c.exit, s.text())
			}
			if exists(dir, "b.txt") == c.removes {
				t.Errorf("b.txt is there: %v:\n%s", !c.removes, s.text())
			}
			if !exists(dir, "a.txt") {
				t.Error("a.txt is gone")
			}
		})
	}
}

// A verify that takes longer than a moment shows how far it is, and a Ctrl-C ends it and leaves nothing on the screen.
func TestVerifyShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "asflow.hcl", "target \"{each.key}.txt\" {\n  for_each = [\"a\", \"b\"]\n  exec { shell = \"echo > $ASFLOW_OUTPUT\" }\n}\n")
	asflow(t, dir, "build")
	if err := os.Truncate(filepath.Join(dir, "b.txt"), 1<<40); err != nil { // nobody waits for the end of this
		t.Skip(err)
	}
	s := onTerminal(t, dir, 80, "verify")
	s.expect("/2")
	s.expect("b.txt")
	s.expect(" of 1.1 TB")
	s.keys("\x03")
	if got := s.exit(); got != 130 {
		t.Errorf("exit status %d", got)
	}
	v := newVT(80)
	if _, err := v.Write([]byte(s.text())); err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(v.String(), "^C", ""); strings.TrimSpace(got) != "" {
		t.Errorf("the screen shows\n%s", got)
	}
}
