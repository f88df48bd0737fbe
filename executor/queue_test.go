package executor

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/asflow/asflow/planner"
)

// idle is a queue whose workers do nothing, so that a test takes the jobs itself.
func idle(targets []planner.Target, limit int) *queue {
	return newQueue(targets, 0, func(string) int { return limit }, func() {})
}

// take gives the jobs that may start, in their order.
func take(q *queue) (out []ticket) {
	for {
		t, ok := q.pick()
		if !ok {
			return out
		}
		out = append(out, t)
	}
}

func idsOf(ts []ticket) (out []planner.ID) {
	for _, t := range ts {
		out = append(out, t.id)
	}
	return out
}

func job1(id, target, depth int, host string) ready {
	return ready{planner.Job{ID: planner.ID(id), Target: target, Depth: depth, Fetch: true}, host}
}

func TestQueueOrder(t *testing.T) {
	for _, c := range []struct {
		name    string
		targets []planner.Target
		limit   int
		jobs    []ready
		want    []planner.ID
	}{
		{
			"hosts take turns", make([]planner.Target, 1), 2,
			[]ready{job1(1, 0, 0, "a"), job1(2, 0, 0, "a"), job1(3, 0, 0, "a"), job1(4, 0, 0, "b"), job1(5, 0, 0, "c")},
			[]planner.ID{1, 4, 5, 2},
		},
		{
			"deeper first", make([]planner.Target, 2), 3,
			[]ready{job1(1, 0, 0, "a"), job1(2, 0, 0, "a"), job1(3, 1, 1, "a"), job1(4, 1, 1, "a")},
			[]planner.ID{3, 4, 1},
		},
		{
			"targets of one depth take turns", make([]planner.Target, 2), 4,
			[]ready{job1(1, 0, 0, "a"), job1(2, 0, 0, "a"), job1(3, 1, 0, "a"), job1(4, 1, 0, "a")},
			[]planner.ID{1, 3, 2, 4},
		},
		{
			"a target's own limit",
			[]planner.Target{{Concurrency: 1}, {}},
			9,
			[]ready{job1(1, 0, 1, "a"), job1(2, 0, 1, "a"), job1(3, 0, 1, "b"), job1(4, 1, 0, "a")},
			[]planner.ID{1, 4},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := idle(c.targets, c.limit)
			q.push(c.jobs)
			if got := idsOf(take(q)); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestQueueGivesPlacesBack(t *testing.T) {
	q := idle([]planner.Target{{Concurrency: 1}}, 1)
	q.push([]ready{job1(1, 0, 0, "a"), job1(2, 0, 0, "b"), job1(3, 0, 0, "b")})
	var order []planner.ID
	for ts := take(q); len(ts) > 0; ts = take(q) {
		if len(ts) != 1 {
			t.Fatalf("%v at once", idsOf(ts))
		}
		order = append(order, ts[0].id)
		q.leave(&ts[0])
	}
	if len(order) != 3 {
		t.Errorf("only %v were given out", order)
	}
	if len(q.hosts) != 0 {
		t.Errorf("%d hosts are kept", len(q.hosts))
	}
}

func TestQueueStepAside(t *testing.T) {
	q := idle(make([]planner.Target, 1), 1)
	q.push([]ready{job1(1, 0, 0, "a"), job1(2, 0, 0, "a"), job1(3, 0, 0, "a")})
	first := take(q)
	q.stepAside(&first[0])
	second := take(q)
	if got := idsOf(second); !reflect.DeepEqual(got, []planner.ID{2}) {
		t.Fatalf("beside one that waits: %v", got)
	}
	q.comeBack(&first[0])
	q.leave(&second[0])
	if got := take(q); len(got) != 0 {
		t.Fatalf("given out over the limit: %v", idsOf(got))
	}
	q.leave(&first[0])
	if got := idsOf(take(q)); !reflect.DeepEqual(got, []planner.ID{3}) {
		t.Errorf("at the end: %v", got)
	}
}

// Jobs that wait to try again don't let a host take ever more.
func TestQueueStepAsideIsBounded(t *testing.T) {
	q := idle(make([]planner.Target, 1), 3)
	var jobs []ready
	for i := range 100 {
		jobs = append(jobs, job1(i, 0, 0, "a"))
	}
	q.push(jobs)
	var all []ticket
	for ts := take(q); len(ts) > 0; ts = take(q) {
		all = append(all, ts...)
		for i := range ts {
			q.stepAside(&ts[i])
		}
	}
	if len(all) != 6 {
		t.Errorf("%d jobs were begun on a host that lets 3", len(all))
	}
}

func TestQueueStandApart(t *testing.T) {
	q := idle(make([]planner.Target, 2), 1)
	q.push([]ready{job1(1, 0, 1, "a"), job1(2, 0, 1, "a"), job1(3, 1, 0, "a")})
	ts := take(q)
	q.standApart(&ts[0])
	if got := idsOf(take(q)); !reflect.DeepEqual(got, []planner.ID{3}) {
		t.Errorf("beside one that stands apart: %v", got)
	}
}

// Whatever comes and goes, limits are kept and every job is given out, with as many at once as may be.
func TestQueueRandom(t *testing.T) {
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		targets := make([]planner.Target, 1+rnd.IntN(4))
		for i := range targets {
			targets[i].Concurrency = rnd.IntN(4)
		}
		limit := 1 + rnd.IntN(3)
		q := idle(targets, limit)
		waiting := map[[2]int]int{} // by target and host
		perHost, perTarget := map[int]int{}, map[int]int{}
		where := map[planner.ID][2]int{}
		var running []ticket
		check := func() {
			for key, n := range waiting {
				full := targets[key[0]].Concurrency
				if n > 0 && perHost[key[1]] < limit && (full == 0 || perTarget[key[0]] < full) {
					t.Fatalf("seed %d: a job of target %d on host %d could run, and does not", seed, key[0], key[1])
				}
			}
			for h, n := range perHost {
				if n > limit {
					t.Fatalf("seed %d: %d on host %d", seed, n, h)
				}
			}
			for i, n := range perTarget {
				if full := targets[i].Concurrency; full > 0 && n > full {
					t.Fatalf("seed %d: %d of target %d", seed, n, i)
				}
			}
		}
		given := 0
		for id := 0; id < 300 || len(running) > 0; {
			if id < 300 && rnd.IntN(2) == 0 {
				key := [2]int{rnd.IntN(len(targets)), rnd.IntN(5)}
				where[planner.ID(id)] = key
				waiting[key]++
				q.push([]ready{job1(id, key[0], key[0], fmt.Sprint(key[1]))})
				id++
			} else if len(running) > 0 {
				i := rnd.IntN(len(running))
				key := where[running[i].id]
				perHost[key[1]]--
				perTarget[key[0]]--
				q.leave(&running[i])
				running = append(running[:i], running[i+1:]...)
			}
			for _, ticket := range take(q) {
				key := where[ticket.id]
				given++
				waiting[key]--
				perHost[key[1]]++
				perTarget[key[0]]++
				running = append(running, ticket)
			}
			check()
		}
		if given != 300 {
			t.Fatalf("seed %d: %d of 300 were given out", seed, given)
		}
	}
}

func TestQueueStop(t *testing.T) {
	q := idle(make([]planner.Target, 1), 1)
	q.push([]ready{job1(1, 0, 0, "a"), job1(2, 0, 0, "a"), job1(3, 0, 0, "b")})
	if ts := take(q); len(ts) != 2 {
		t.Fatalf("%v", idsOf(ts))
	}
	if left := q.stop(); !reflect.DeepEqual(left, []planner.ID{2}) {
		t.Errorf("left %v", left)
	}
	if _, ok := q.next(nil); ok {
		t.Error("a stopped queue gave out a job")
	}
}

func BenchmarkQueue(b *testing.B) {
	for _, hosts := range []int{1, 1000} {
		b.Run(fmt.Sprint(hosts), func(b *testing.B) {
			names := make([]string, hosts)
			for i := range names {
				names[i] = fmt.Sprint("https://host", i)
			}
			var did sync.WaitGroup
			did.Add(b.N)
			var q *queue
			q = newQueue(make([]planner.Target, 1), 64, func(string) int { return 64 }, func() {
				var last *ticket
				for {
					t, ok := q.next(last)
					if !ok {
						return
					}
					last = &t
					did.Done()
				}
			})
			batch := make([]ready, 0, feedAtOnce)
			b.ReportAllocs()
			for i := range b.N {
				batch = append(batch, job1(i, 0, 0, names[i%hosts]))
				if len(batch) == cap(batch) || i == b.N-1 {
					q.push(batch)
					batch = batch[:0]
				}
			}
			did.Wait()
			b.StopTimer()
			q.stop()
			q.done.Wait()
		})
	}
}
