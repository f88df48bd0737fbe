package executor

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/limit"
	"github.com/asflow/asflow/planner"
)

// A fetch that waits to try again doesn't keep the next one of its host from its turn; one whose host is held back does.
func TestWaitingToTryAgain(t *testing.T) {
	for _, status := range []int{500, 429} {
		synctest.Test(t, func(t *testing.T) {
			p := newProject(t)
			p.options.Limits = limit.New(limit.Options{Rules: map[string]limit.Rule{"*": {Concurrency: 1}}})
			var mu sync.Mutex
			var order []string
			p.options.Fetcher = fetcherFunc(func(_ context.Context, r *fetchers.Request) (*fetchers.Response, error) {
				r.Trace.Attempt(1)
				if strings.HasSuffix(r.URL, "/first") {
					r.Trace.Retry(1, time.Hour, &fetchers.Error{Status: status, Err: errors.New("no")})
					time.Sleep(time.Hour)
					r.Trace.Attempt(2)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, r.URL[len("http://h/"):])
				return &fetchers.Response{Status: 200, Bytes: []byte("x"), Attempts: 1}, nil
			})
			plan := newPlan([]planner.Target{{Fetch: true}},
				fakeJob{path: "a", host: "http://h", recipe: get("http://h/first")},
				fakeJob{path: "b", host: "http://h", recipe: get("http://h/second")})
			if r := p.run(context.Background(), plan); r.Made != 2 {
				t.Fatalf("%+v", r)
			}
			want := "second first"
			if status == 429 {
				want = "first second"
			}
			if got := strings.Join(order, " "); got != want {
				t.Errorf("after %d: %s", status, got)
			}
		})
	}
}

// Many requests are told of one hold; the observer is told once.
func TestHeldIsToldOnce(t *testing.T) {
	p := newProject(t)
	until := time.Now().Add(time.Hour)
	p.options.Fetcher = fetcherFunc(func(_ context.Context, r *fetchers.Request) (*fetchers.Response, error) {
		r.Trace.Held("h", until, "429 Too Many Requests")
		return &fetchers.Response{Status: 200, Bytes: []byte("x"), Attempts: 1}, nil
	})
	plan := newPlan([]planner.Target{{Fetch: true}},
		fakeJob{path: "a", host: "http://h", recipe: get("http://h/1")},
		fakeJob{path: "b", host: "http://h", recipe: get("http://h/2")})
	p.run(within(t, 20*time.Second), plan)
	if e := p.one(Held); e.Host != "h" || !e.Until.Equal(until) || e.Text != "429 Too Many Requests" {
		t.Errorf("%+v", e)
	}
}
