package executor

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/asflow/asflow/planner"
)

// TestHurry holds for what a batch is gathered: until the committer has rested, unless there is much of it, or somebody
// waits for all there is.
func TestHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Publisher{more: make(chan struct{}, 1)}
		rest := make(chan time.Time)
		var batch []*pending
		var closed, done bool
		gather := func() {
			t.Helper()
			done = false
			go func() {
				batch, closed = p.gathered(rest)
				done = true
			}()
			synctest.Wait()
			if done {
				t.Fatal("it did not wait")
			}
		}
		hand := func(n int) {
			for range n {
				p.hand(&pending{})
			}
			synctest.Wait()
		}
		got := func(what string, n int) {
			t.Helper()
			synctest.Wait()
			if !done || len(batch) != n || closed {
				t.Fatalf("%s: %d in the batch, not %d", what, len(batch), n)
			}
		}

		gather()
		hand(3)
		if done {
			t.Fatal("it did not wait until the committer had rested")
		}
		p.hurry()
		got("somebody waits", 3)

		for _, empty := range []bool{false, true} {
			gather()
			if empty {
				p.hurry() // for nothing
			}
			hand(2)
			if done {
				t.Fatal("the haste outlived what it was for")
			}
			p.hurry()
			got("somebody waits again", 2)
		}

		gather()
		hand(2)
		rest <- time.Time{}
		got("it has rested", 2)

		gather()
		hand(enough)
		got("there is much", enough)

		gather()
		rest <- time.Time{}
		hand(1)
		got("it had rested before", 1)

		gather()
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		p.ring()
		synctest.Wait()
		if !done || !closed || len(batch) != 0 {
			t.Error("it does not end when it is closed")
		}
	})
}

// TestLull holds when a queue tells that nothing more comes: when the last of its workers waits, and not before.
func TestLull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := make(chan struct{})
		lulls := 0
		var q *queue
		q = newQueue(make([]planner.Target, 1), 2, func(string) int { return 9 }, func() {
			var last *ticket
			for {
				t, ok := q.next(last)
				if !ok {
					return
				}
				<-ends
				last = &t
			}
		})
		q.lull = func() { lulls++ }
		for round := range 3 {
			q.push([]ready{job1(1, 0, 0, "a"), job1(2, 0, 0, "a"), job1(3, 0, 0, "a")})
			for left := 3; left > 0; left-- {
				synctest.Wait()
				if lulls != round || q.calm.Load() {
					t.Fatalf("round %d: %d jobs are left, and it is calm; told %d times", round, left, lulls)
				}
				ends <- struct{}{}
			}
			synctest.Wait()
			if lulls != round+1 || !q.calm.Load() {
				t.Fatalf("round %d: all workers wait; told %d times", round, lulls)
			}
		}
		q.stop()
	})
}
