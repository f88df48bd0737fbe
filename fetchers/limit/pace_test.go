package limit

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// strict is a host with a limit that nobody wrote down: so many requests at once, and a bucket of requests that fills.
type strict struct {
	places       int
	bucket, rate float64
	every        int     // it refuses each nth request, whatever the pace
	share        float64 // it refuses by chance, whatever the pace
	took         time.Duration

	mu              sync.Mutex
	asked, active   int
	left            float64
	at              time.Time
	chance          *rand.Rand
	served, refused int
	goes            []time.Duration // since the beginning, of those served
	start           time.Time
}

// serve takes a request, and says whether it was let through.
func (h *strict) serve() bool {
	h.mu.Lock()
	now := time.Now()
	h.left = min(h.bucket, h.left+now.Sub(h.at).Seconds()*h.rate)
	h.at = now
	h.asked++
	ok := h.active < h.places && (h.rate == 0 || h.left >= 1) && (h.every == 0 || h.asked%h.every != 0) && (h.share == 0 || h.chance.Float64() >= h.share)
	if !ok {
		h.refused++
		h.mu.Unlock()
		return false
	}
	h.left--
	h.active++
	h.mu.Unlock()
	time.Sleep(h.took)
	h.mu.Lock()
	h.active--
	h.served++
	h.goes = append(h.goes, time.Since(h.start))
	h.mu.Unlock()
	return true
}

// ask gets n requests through, each tried again until it is served, with a second's hold for each refusal.
func (h *strict) ask(t *testing.T, s *Set, n int) time.Duration {
	h.start = time.Now()
	h.at, h.left = h.start, h.bucket
	h.chance = rand.New(rand.NewPCG(1, 2))
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for {
				release := acquire(t, s, "a")
				ok := h.serve()
				if ok {
					s.Passed("a")
				} else {
					s.Hold("a", time.Now().Add(time.Second), "429")
				}
				release()
				if ok {
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(h.start)
}

// A limit that nobody wrote down is found: few are refused, and at least 70 % of what the host would bear is asked for.
func TestHiddenLimitIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		host    *strict
		n       int
		best    time.Duration // that the limit allows
		refused int           // at most
	}{
		"10 a second":            {&strict{places: 99, bucket: 10, rate: 10, took: 20 * time.Millisecond}, 1000, 99 * time.Second, 60},
		"10 a second, no bucket": {&strict{places: 99, bucket: 1, rate: 10, took: 20 * time.Millisecond}, 1000, 100 * time.Second, 40},
		"1 in 6 s, no bucket":    {&strict{places: 99, bucket: 1, rate: 1.0 / 6, took: 20 * time.Millisecond}, 50, 300 * time.Second, 80},
		"200 a second":           {&strict{places: 99, bucket: 20, rate: 200, took: 20 * time.Millisecond}, 10000, 50 * time.Second, 150},
		"2 a second, no bucket":  {&strict{places: 99, bucket: 1, rate: 2, took: 20 * time.Millisecond}, 200, 100 * time.Second, 40},
		"3 at once":              {&strict{places: 3, took: 100 * time.Millisecond}, 3000, 100 * time.Second, 100},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(Options{Rules: map[string]Rule{"a": {Concurrency: 16}}})
				took := c.host.ask(t, s, c.n)
				t.Logf("%d served in %v, best %v; %d refused", c.host.served, took, c.best, c.host.refused)
				if c.host.refused > c.refused || took > c.best*10/7 {
					t.Error("too many are refused, or it takes too long")
				}
			})
		})
	}
}

// A host that refuses some whatever the pace is not asked ever more slowly: each is let through soon after the one
// before was refused.
func TestRefusalsThatAreNoLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &strict{places: 99, every: 2, took: 20 * time.Millisecond}
		took := h.ask(t, New(Options{}), 100)
		t.Logf("100 served in %v; %d refused", took, h.refused)
		if took > 8*time.Minute {
			t.Errorf("100 served in %v", took)
		}
	})
}

// Nor is one that refuses some by chance: what the holds alone would cost is not multiplied, and no limit is told of.
func TestRefusalsByChance(t *testing.T) {
	for _, c := range []struct {
		share float64
		n     int
		most  float64 // times what the holds and the requests would take
	}{{0.003, 10000, 2.5}, {0.01, 5000, 2.5}, {0.03, 2000, 2.5}, {0.1, 500, 4}, {0.3, 100, 4.5}} {
		synctest.Test(t, func(t *testing.T) {
			h := &strict{places: 99, share: c.share, took: 20 * time.Millisecond}
			s := New(Options{})
			took := h.ask(t, s, c.n)
			best := time.Duration(h.refused)*time.Second + time.Duration(c.n)*h.took/DefaultConcurrency
			times := float64(took) / float64(best)
			if t.Logf("%g: %d served in %v, %.2f times the best; %d refused", c.share, c.n, took, times, h.refused); times > c.most {
				t.Errorf("%g: it takes too long", c.share)
			}
			if found := s.Found(); c.share < 0.1 && len(found) > 0 {
				t.Errorf("%g: %+v", c.share, found)
			}
		})
	}
}

// A single hiccup is soon forgotten.
func TestHiccupIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rules: map[string]Rule{"a": {Concurrency: 16}}})
		h := &strict{places: 99, took: 10 * time.Millisecond}
		h.ask(t, s, 2000)
		release := acquire(t, s, "a")
		s.Hold("a", time.Now().Add(time.Second), "503")
		release()
		s.Passed("a")
		times(t, s, 1, time.Second, "a")
		time.Sleep(3 * time.Minute)
		took := h.ask(t, s, 2000)
		if took > 1500*time.Millisecond { // 16 at once would take 1.25 s
			t.Errorf("2,000 requests took %v", took)
		}
	})
}

// A host that is allowed many at once begins with few.
func TestSlowStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Rules: map[string]Rule{"a": {Concurrency: 64}}})
		went := times(t, s, 8+16+32+64, time.Second, "a")
		for i, first := range []int{0, 8, 24, 56} {
			if n, ok := slices.BinarySearch(went, time.Duration(i)*time.Second); n != first || !ok {
				t.Errorf("%d had gone before second %d, not %d", n, i, first)
			}
		}
	})
}

// Neither a quiet time nor a refusal of the first request of all makes a host look slow.
func TestQuietTimeIsNoMeasure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		for range 3 {
			times(t, s, 20, 10*time.Millisecond, "a")
			time.Sleep(time.Hour)
		}
		release := acquire(t, s, "a")
		s.Hold("a", time.Now().Add(time.Second), "503")
		release()
		time.Sleep(time.Second)
		s.Passed("a")
		if went := times(t, s, 20, 10*time.Millisecond, "a"); went[19] > time.Second {
			t.Errorf("20 requests after a refusal took until %v", went[19])
		}
	})
}

// What is at rest by its own word is not taken for a refusal.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		s.Rest("a", time.Now().Add(time.Minute), "used up")
		for _, at := range times(t, s, 8, time.Second, "a") {
			if at != time.Minute {
				t.Errorf("one went at %v", at)
			}
		}
		s.Rest("a", time.Now().Add(time.Minute), "used up")
		time.Sleep(hour)
		s.Rest("a", time.Now().Add(time.Minute), "used up")
		if release, err := s.Acquire(t.Context(), "a", nil, false, 2*time.Minute); err != nil {
			t.Error(err)
		} else {
			release()
		}
	})
}

// What a host was found to bear can be told, unless a rule speaks of it or it has turned out to be no limit.
func TestFound(t *testing.T) {
	for name, c := range map[string]struct {
		host *strict
		n    int
		want Found // at least, and at most a half more
	}{
		"10 a second": {&strict{places: 99, bucket: 10, rate: 10, took: 20 * time.Millisecond}, 1000, Found{AtOnce: 1, Rate: 7}},
		"3 at once":   {&strict{places: 3, took: 100 * time.Millisecond}, 3000, Found{AtOnce: 3, Rate: 20}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(Options{Rules: map[string]Rule{"b": {Concurrency: 2}, "*": {Concurrency: 16}}})
				c.host.ask(t, s, c.n)
				for _, host := range []string{"b", "well"} {
					release := acquire(t, s, host)
					if host == "b" {
						s.Hold(host, time.Now().Add(time.Second), "429")
					}
					release()
				}
				all := s.Found()
				if len(all) != 1 || all[0].Host != "a" || all[0].Refused != c.host.refused {
					t.Fatalf("%+v, and %d were refused", all, c.host.refused)
				}
				if f := all[0]; f.AtOnce < c.want.AtOnce || f.AtOnce > c.want.AtOnce+1 || f.Rate < c.want.Rate || f.Rate > 1.5*c.want.Rate {
					t.Errorf("%+v, want about %+v", f, c.want)
				}
				time.Sleep(time.Hour)
				if len(s.Found()) != 1 { // nothing was asked since
					t.Error("a quiet time disproves what was found")
				}
				well := &strict{places: 99, took: 10 * time.Millisecond}
				if well.ask(t, s, 100); len(s.Found()) != 0 {
					t.Errorf("%+v, though much more was let through since", s.Found())
				}
			})
		})
	}
}

// Neither one refusal nor a host that still refuses tells of a limit.
func TestNothingIsFoundByOneRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		refuse := func(hold time.Duration) {
			release := acquire(t, s, "a")
			s.Hold("a", time.Now().Add(hold), "503")
			release()
		}
		for _, want := range []int{0, 1} {
			times(t, s, 20, 10*time.Millisecond, "a")
			refuse(time.Second)
			time.Sleep(time.Second)
			s.Passed("a")
			if found := s.Found(); len(found) != want {
				t.Errorf("%+v, want %d", found, want)
			}
		}
		if refuse(time.Hour); len(s.Found()) != 0 {
			t.Errorf("%+v, of a host that lets nothing through", s.Found())
		}
	})
}
