package executor

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// manyPlan is a plan of any number of fetches that costs next to nothing.
type manyPlan struct {
	n     int
	next  int
	done  int
	hosts []string
	task  *planner.Recipe
}

func newManyPlan(n, hosts int) *manyPlan {
	p := &manyPlan{n: n}
	for i := range hosts {
		p.hosts = append(p.hosts, fmt.Sprint("http://host", i))
	}
	p.task = &planner.Recipe{Fetch: &planner.Fetch{Page: func(int64, int64, any) (planner.Request, error) {
		return planner.Request{Method: "GET", URL: "http://host0/"}, nil
	}}}
	return p
}

func (p *manyPlan) Next() (planner.Job, bool) {
	if p.next == p.n {
		return planner.Job{}, false
	}
	p.next++
	return planner.Job{ID: planner.ID(p.next - 1), Fetch: true}, true
}

func (p *manyPlan) Recipe(planner.ID, string) (*planner.Task, error) {
	return &planner.Task{Recipe: p.task, Record: journal.Record{Path: "o", Target: "t", Kind: journal.Fetch}}, nil
}

func (p *manyPlan) Done(planner.ID, planner.Outcome) planner.Ended {
	p.done++
	return planner.Ended{}
}

func (p *manyPlan) Host(id planner.ID) string { return p.hosts[int(id)%len(p.hosts)] }
func (p *manyPlan) Path(planner.ID) string    { return "o" }
func (p *manyPlan) Key(planner.ID) string     { return "k" }
func (p *manyPlan) Targets() []planner.Target {
	return []planner.Target{{Label: "t", Fetch: true, Absent: []int{404}}}
}

type countObserver struct{ n atomic.Int64 }

func (c *countObserver) Event(Event) { c.n.Add(1) }

// BenchmarkSchedule is what a job costs that does nothing: from the plan, through its worker, into the journal, and
// back to the plan.
func BenchmarkSchedule(b *testing.B) {
	for _, hosts := range []int{1, 1000} {
		b.Run(fmt.Sprintf("hosts=%d", hosts), func(b *testing.B) {
			p := newProject(b)
			p.options.Observer = &countObserver{}
			p.options.NoSync = true
			p.options.Fetcher = fetcherFunc(func(context.Context, *fetchers.Request) (*fetchers.Response, error) {
				return &fetchers.Response{Status: 404, Meaning: fetchers.Gone, Attempts: 1}, nil
			})
			plan := newManyPlan(b.N, hosts)
			b.ReportAllocs()
			b.ResetTimer()
			if r := p.run(context.Background(), plan); r.Absent != b.N || plan.done != b.N {
				b.Fatalf("%+v", r)
			}
		})
	}
}
