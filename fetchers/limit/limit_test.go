package limit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const hour = time.Hour

func acquire(t *testing.T, s *Set, host string, names ...string) func() {
	t.Helper()
	release, err := s.Acquire(context.Background(), host, names, false, hour)
	if err != nil {
		t.Error(err)
		return func() {}
	}
	return release
}

// times runs n requests at once, each held for a while, and gives when each went.
func times(t *testing.T, s *Set, n int, hold time.Duration, host string, names ...string) []time.Duration {
	start := time.Now()
	var mu sync.Mutex
	var went []time.Duration
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			release := acquire(t, s, host, names...)
			mu.Lock()
			went = append(went, time.Since(start))
			mu.Unlock()
			time.Sleep(hold)
			release()
		})
	}
	wg.Wait()
	slices.Sort(went)
	return went
}

func TestRateIsEven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rules: map[string]Rule{"a": {Rate: 10}}})
		for i, at := range times(t, s, 25, time.Second, "a") {
			if want := time.Duration(i) * 100 * time.Millisecond; at != want {
				t.Errorf("request %d went at %v, want %v", i, at, want)
			}
		}
	})
}

func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rules: map[string]Rule{"a": {Rate: 10, Burst: 5}}})
		for i, at := range times(t, s, 10, 0, "a") {
			if want := time.Duration(max(0, i-4)) * 100 * time.Millisecond; at != want {
				t.Errorf("request %d went at %v, want %v", i, at, want)
			}
		}
		time.Sleep(time.Hour) // saves no more than a burst
		if went := times(t, s, 6, 0, "a"); went[4] != 0 || went[5] == 0 {
			t.Errorf("after a quiet hour: %v", went)
		}
	})
}

func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rules: map[string]Rule{"a": {Concurrency: 3}}})
		for i, at := range times(t, s, 10, time.Second, "a") {
			if want := time.Duration(i/3) * time.Second; at != want {
				t.Errorf("request %d went at %v, want %v", i, at, want)
			}
		}
		for i, at := range times(t, s, 2*DefaultConcurrency, time.Second, "unnamed") {
			if want := time.Duration(i/DefaultConcurrency) * time.Second; at != want {
				t.Errorf("default: request %d went at %v, want %v", i, at, want)
			}
		}
	})
}

func TestRules(t *testing.T) {
	s := New(Options{Rules: map[string]Rule{"*": {Concurrency: 2}, "API.example.com": {Concurrency: 5}, "free": {}}})
	for host, want := range map[string]int{"api.example.com": 5, "other": 2, "free": 0} {
		if got := s.Concurrency(host); got != want {
			t.Errorf("Concurrency(%q) = %d, want %d", host, got, want)
		}
	}
	if got := New(Options{}).Concurrency("x"); got != DefaultConcurrency {
		t.Errorf("without rules: %d", got)
	}
}

func TestNamedLimitHoldsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rules: map[string]Rule{"a": {Concurrency: 1}, "slow": {Concurrency: 1}}})
		first := acquire(t, s, "b", "slow")
		var wg sync.WaitGroup
		wg.Go(func() { acquire(t, s, "a", "slow")() }) // waits for slow, and must not hold a's one place
		synctest.Wait()
		start := time.Now()
		acquire(t, s, "a")()
		if d := time.Since(start); d != 0 {
			t.Errorf("a request that waits for a named limit held a's place for %v", d)
		}
		first()
		wg.Wait()
	})
}

func TestNamesAndHostAreTakenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rules: map[string]Rule{"a": {Concurrency: 4}, "x": {Concurrency: 2}, "y": {Rate: 1}}})
		for i, at := range times(t, s, 4, 10*time.Millisecond, "a", "x", "y", "a", "unknown") {
			if want := time.Duration(i) * time.Second; at != want {
				t.Errorf("request %d went at %v, want %v", i, at, want)
			}
		}
	})
}

func TestBegunGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rules: map[string]Rule{"a": {Concurrency: 1}}})
		release := acquire(t, s, "a")
		var order []string
		var wg sync.WaitGroup
		for _, name := range []string{"new 1", "new 2", "begun 1", "begun 2"} {
			wg.Go(func() {
				release, err := s.Acquire(t.Context(), "a", nil, name[0] == 'b', hour)
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, name)
				release()
			})
			synctest.Wait()
		}
		release()
		wg.Wait()
		if want := []string{"begun 1", "begun 2", "new 1", "new 2"}; !slices.Equal(order, want) {
			t.Errorf("order %q, want %q", order, want)
		}
	})
}

func TestHostsTakeTurnsForTheRunsPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{InFlight: 2, Rules: map[string]Rule{"*": {Concurrency: 2}}})
		var mu sync.Mutex
		var order []string
		var wg sync.WaitGroup
		for _, host := range []string{"slow", "slow", "slow", "slow", "slow", "slow", "quick", "quick"} {
			wg.Go(func() {
				release := acquire(t, s, host)
				mu.Lock()
				order = append(order, host)
				mu.Unlock()
				time.Sleep(time.Minute)
				release()
			})
			synctest.Wait()
		}
		wg.Wait()
		if i := slices.Index(order, "quick"); i > 3 {
			t.Errorf("the host that came later waited for all of the other: %q", order)
		}
	})
}

func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		s := New(Options{OnHeld: func(host string, until time.Time, cause string) { told = append(told, host+" "+cause) }})
		s.Hold("a", time.Now().Add(time.Minute), "429")
		s.Hold("a", time.Now().Add(time.Second), "503") // shorter: nothing new
		if went := times(t, s, 2, 0, "a"); went[0] != time.Minute {
			t.Errorf("went at %v", went)
		}
		if went := times(t, s, 1, 0, "b"); went[0] != 0 {
			t.Errorf("another host waited %v", went[0])
		}
		if want := []string{"a 429"}; !slices.Equal(told, want) {
			t.Errorf("told %q", told)
		}
	})
}

func TestMaxPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		until := time.Now().Add(10 * time.Minute)
		waits := make(chan error, 1)
		s.Hold("a", time.Now().Add(time.Minute), "429")
		go func() {
			_, err := s.Acquire(t.Context(), "a", nil, false, 5*time.Minute)
			waits <- err
		}()
		synctest.Wait()
		s.Hold("a", until, "503")
		held, ok := IsHeld(<-waits)
		if !ok || held.Host != "a" || !held.Until.Equal(until) || held.Cause != "503" {
			t.Fatalf("one that waits: %v", held)
		}
		if _, err := s.Acquire(t.Context(), "a", nil, false, 5*time.Minute); err == nil {
			t.Error("one that comes later waits")
		}
		start := time.Now()
		if release, err := s.Acquire(t.Context(), "a", nil, false, hour); err != nil || time.Since(start) != 10*time.Minute {
			t.Errorf("one that is patient: %v after %v", err, time.Since(start))
		} else {
			release()
		}
	})
}

func TestMaxPauseIsOfAHostThatLetsNothingThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		var err error
		for range 3 {
			s.Hold("a", time.Now().Add(2*time.Minute), "429")
			var release func()
			if release, err = s.Acquire(t.Context(), "a", nil, false, 5*time.Minute); err != nil {
				break
			}
			release()
		}
		if _, ok := IsHeld(err); !ok {
			t.Errorf("three holds of 2 minutes in a row: %v", err)
		}
		time.Sleep(2 * time.Minute)
		for range 3 {
			s.Passed("a")
			s.Hold("a", time.Now().Add(2*time.Minute), "429")
			release, err := s.Acquire(t.Context(), "a", nil, false, 5*time.Minute)
			if err != nil {
				t.Fatalf("something passed in between: %v", err)
			}
			release()
		}
	})
}

func TestHeldWhileWaitingForSomethingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rules: map[string]Rule{"name": {Concurrency: 1}}})
		release := acquire(t, s, "b", "name")
		got := make(chan error, 1)
		go func() {
			_, err := s.Acquire(t.Context(), "a", []string{"name"}, false, time.Minute)
			got <- err
		}()
		synctest.Wait()
		s.Hold("a", time.Now().Add(hour), "429")
		release()
		if _, ok := IsHeld(<-got); !ok {
			t.Error("waits for an hour")
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rules: map[string]Rule{"a": {Concurrency: 1}}})
		release := acquire(t, s, "a")
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		got := make(chan error, 1)
		go func() {
			_, err := s.Acquire(ctx, "a", nil, false, hour)
			got <- err
		}()
		synctest.Wait()
		cancel(why)
		if err := <-got; !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		release()
		acquire(t, s, "a")() // the place is not lost
	})
}

func TestIdleHostsAreForgotten(t *testing.T) {
	s := New(Options{})
	for i := range 20 * keepHosts {
		acquire(t, s, fmt.Sprint("host", i))()
	}
	if n := len(s.hosts); n > 2*keepHosts {
		t.Errorf("%d hosts are remembered", n)
	}
	if n := len(s.classes); n > 2*keepHosts {
		t.Errorf("%d classes are remembered", n)
	}
}

// TestCrowd has every place taken and given back under many orders; the race detector and the counts are the judges.
func TestCrowd(t *testing.T) {
	s := New(Options{InFlight: 7, Rules: map[string]Rule{"*": {Concurrency: 3}, "n": {Concurrency: 2}}})
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for j := range 50 {
				ctx, cancel := context.WithCancel(t.Context())
				if (i+j)%5 == 0 {
					cancel()
				}
				var names []string
				if j%3 == 0 {
					names = []string{"n"}
				}
				if release, err := s.Acquire(ctx, fmt.Sprint(i%5), names, j%2 == 0, hour); err == nil {
					release()
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for _, g := range s.hosts {
		if g.active != 0 {
			t.Errorf("%s: %d places are lost", g.name, g.active)
		}
	}
	if s.all.active != 0 || s.names["n"].active != 0 {
		t.Errorf("places are lost: %d of the run, %d of n", s.all.active, s.names["n"].active)
	}
}

func BenchmarkAcquire(b *testing.B) {
	s := New(Options{InFlight: 64, Rules: map[string]Rule{"127.0.0.1:8080": {Concurrency: 64}}})
	b.ReportAllocs()
	for b.Loop() {
		release, err := s.Acquire(b.Context(), "127.0.0.1:8080", nil, false, hour)
		if err != nil {
			b.Fatal(err)
		}
		release()
	}
}
