//go:build unix

package executor

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// makeTokens is a make's jobserver with n tokens, by fifo.
func makeTokens(t *testing.T, n int) (auth string, count func() int) {
	t.Helper()
	at := t.TempDir() + "/fifo"
	if err := syscall.Mkfifo(at, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	f, err := os.OpenFile(at, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	for range n {
		if _, err := f.Write([]byte("+")); err != nil {
			t.Fatal(err)
		}
	}
	return at, func() int {
		b := make([]byte, 100)
		if err := f.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		got, _ := f.Read(b)
		for _, c := range b[:got] {
			if c != '+' {
				t.Errorf("a token came back as %q", c)
			}
		}
		return got
	}
}

func TestJobserver(t *testing.T) {
	at, left := makeTokens(t, 2)
	s := joinJobserver([]string{"A=b", "MAKEFLAGS= -j3 --jobserver-auth=fifo:" + at})
	if s == nil {
		t.Fatal("not joined")
	}
	var now, most atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 20 {
				tok, err := s.take(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				n := now.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				now.Add(-1)
				s.give(tok)
			}
		})
	}
	wg.Wait()
	s.close()
	if most.Load() > 3 {
		t.Errorf("%d at once", most.Load())
	}
	if n := left(); n != 2 {
		t.Errorf("%d tokens are left of 2", n)
	}
}

func TestJobserverCancel(t *testing.T) {
	at, left := makeTokens(t, 0)
	s := joinJobserver([]string{"MAKEFLAGS=--jobserver-auth=fifo:" + at})
	own, err := s.take(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := s.take(ctx); err == nil {
		t.Error("there was a token")
	}
	s.give(own)
	if again, err := s.take(context.Background()); err != nil || !again.own {
		t.Errorf("its own place: %v %v", again, err)
	}
	s.close()
	if n := left(); n != 0 {
		t.Errorf("%d tokens came from nowhere", n)
	}
}

func TestJobserverOfDescriptors(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("descriptors can't be opened anew here:", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	s := joinJobserver([]string{fmt.Sprintf("MAKEFLAGS=k --jobserver-auth=%d,%d", r.Fd(), w.Fd())})
	if s == nil {
		t.Fatal("not joined")
	}
	one, _ := s.take(context.Background())
	two, _ := s.take(context.Background())
	if !one.own || two.byte != 'x' {
		t.Errorf("%v %v", one, two)
	}
	s.give(two)
	s.give(one)
	s.close()
}

func TestNoJobserver(t *testing.T) {
	for _, flags := range []string{"", "-j4", "--jobserver-auth=3", "--jobserver-auth=0,1", "--jobserver-auth=-2,-2", "--jobserver-auth=98765,98766", "--jobserver-auth=fifo:/no/such", "--jobserver-auth=fifo:/dev/null"} {
		if s := joinJobserver([]string{"MAKEFLAGS=" + flags}); s != nil {
			t.Errorf("%q was joined", flags)
		}
	}
	var none *jobserver
	if _, err := none.take(context.Background()); err != nil {
		t.Error(err)
	}
	none.give(token{})
	none.close()
}

func TestWithoutJobserver(t *testing.T) {
	for in, want := range map[string]string{
		"MAKEFLAGS=k -j --jobserver-auth=3,4 -- A=b": "MAKEFLAGS=k -- A=b",
		"MAKEFLAGS=--jobserver-auth=fifo:/x":         "MAKEFLAGS=--jobserver-auth=fifo:/x",
		"MAKEFLAGS=k":                                "MAKEFLAGS=k",
	} {
		if got := withoutJobserver([]string{"A=1", in}); !reflect.DeepEqual(got, []string{"A=1", want}) {
			t.Errorf("%q became %q", in, got)
		}
	}
}
