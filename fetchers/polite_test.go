package fetchers_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/limit"
)

// A redirect takes its places as any request does: those of its own host, and of all names.
func TestRedirectsTakeLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake{answer: func(r *fetchers.Request, _ int) (*fetchers.Response, error) {
			n, _ := strconv.Atoi(r.URL[strings.LastIndexByte(r.URL, '/')+1:])
			if n == 4 {
				return fetchers.Answered(r, 200, http.Header{}, "body"), nil
			}
			return fetchers.Answered(r, 302, http.Header{"Location": {fmt.Sprintf("http://%c/%d", "abab"[n], n+1)}}, ""), nil
		}}
		l := limit.New(limit.Options{Rules: map[string]limit.Rule{"named": {Rate: 1}, "b": {Rate: 1.0 / 60}}})
		r := patient("http://a/0")
		r.Redirects, r.Limits = 9, []string{"named"}
		resp, err := fetchers.Over(fetchers.Options{Limits: l}, s).Fetch(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Close()
		// a/0, a/1, b/2, a/3, b/4: one a second by name, and one a minute of b.
		want := []int{0, 1, 2, 3, 62}
		for i, at := range s.times {
			if got := at.Sub(s.times[0]); got != time.Duration(want[i])*time.Second {
				t.Errorf("request %d went after %v, not %d s", i, got, want[i])
			}
		}
	})
}

// A host that lets everybody wait until their time is up costs less patience than one that refuses at once.
func TestDeadHostThatStallsCostsLess(t *testing.T) {
	for class, most := range map[fetchers.Class]int{fetchers.ClassReset: 40, fetchers.ClassTimeout: 20} {
		synctest.Test(t, func(t *testing.T) {
			s := &fake{answer: func(r *fetchers.Request, _ int) (*fetchers.Response, error) { return nil, fetchers.Broken(r, class) }}
			f := fetchers.Over(fetchers.Options{Limits: onePlace()}, s)
			for i := range 50 {
				_, err := f.Fetch(t.Context(), patient(fmt.Sprint("http://dead/", i)))
				if e := failure(t, err); e.Class != class || e.NotTried != (i >= most/5) {
					t.Errorf("%s %d: not tried %v, %v", class, i, e.NotTried, err)
				}
				if told := strings.Contains(err.Error(), fmt.Sprintf("dead failed %d times in a row", most)); told != (i >= most/5) {
					t.Errorf("%s %d: it says %v", class, i, err)
				}
			}
			if s.n != most {
				t.Errorf("%s: %d requests, not %d", class, s.n, most)
			}
		})
	}
}

// A host that answers, but never with anything of use, costs no more than one that doesn't answer.
func TestHostThatFailsForEverIsDead(t *testing.T) {
	for _, status := range []int{500, 503, 408} {
		synctest.Test(t, func(t *testing.T) {
			s := statuses(nil, status)
			f := fetchers.Over(fetchers.Options{Limits: onePlace()}, s)
			for i := range 50 {
				_, err := f.Fetch(t.Context(), patient(fmt.Sprint("http://broken/", i)))
				if e := failure(t, err); e.Class != fetchers.ClassStatus || e.NotTried != (i >= 8) {
					t.Errorf("%d %d: class %s, not tried %v, %v", status, i, e.Class, e.NotTried, err)
				}
			}
			if s.n != 40 {
				t.Errorf("%d: %d requests, not 40", status, s.n)
			}
		})
	}
}

// How long a host has held requests back is counted anew from what it lets through.
func TestMaxPauseBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fetchers.Over(fetchers.Options{}, &fake{answer: func(r *fetchers.Request, n int) (*fetchers.Response, error) {
			if n%3 < 2 {
				return fetchers.Answered(r, 429, http.Header{"Retry-After": {"120"}}, "slow"), nil
			}
			return fetchers.Answered(r, 200, http.Header{}, "body"), nil
		}})
		for i := range 4 {
			r := patient(fmt.Sprint("http://a/", i))
			r.Retry.MaxPause = 5 * time.Minute
			resp, err := f.Fetch(t.Context(), r)
			if err != nil || resp.Attempts != 3 {
				t.Fatalf("%d: %v", i, err)
			}
			resp.Close()
		}
	})
}

// A scheme that joins the table is tried again, held to its limits and checked as the others are, and they know nothing of it.
func TestAnotherSchemeJoinsTheTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s3 := statuses(http.Header{"Etag": {`"1"`}}, 500, 200)
		l := limit.New(limit.Options{Rules: map[string]limit.Rule{"bucket": {Rate: 1.0 / 60}}})
		f := fetchers.OverAll(fetchers.Options{Limits: l}, map[string]fetchers.Fetcher{"http": statuses(nil, 404), "s3": s3})
		resp, err := f.Fetch(t.Context(), patient("s3://bucket/key"))
		if err != nil || string(resp.Bytes) != "body" || resp.Attempts != 2 || s3.times[1].Sub(s3.times[0]) != time.Minute {
			t.Fatalf("after %d requests: %v", s3.n, err)
		}
		resp.Close()
		r := patient("s3://bucket/key")
		r.Expect.JSON = true
		if _, err := f.Fetch(t.Context(), r); failure(t, err).Class != fetchers.ClassExpect {
			t.Error(err)
		}
		if _, err := f.Fetch(t.Context(), patient("http://bucket/key")); failure(t, err).Status != 404 {
			t.Error(err)
		}
		if _, err := f.Fetch(t.Context(), patient("sql://bucket/key")); failure(t, err).Class != fetchers.ClassURL || !strings.Contains(err.Error(), "only http, s3") {
			t.Error(err)
		}
	})
}

// strict is a host that bears so many requests a second, and says so by a status, with nothing else.
type strict struct {
	status int
	every  time.Duration

	mu              sync.Mutex
	next            time.Time
	served, refused int
}

func (h *strict) answer(r *fetchers.Request, _ int) (*fetchers.Response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.next.Sub(now) > 5*h.every {
		h.refused++
		return fetchers.Answered(r, h.status, http.Header{}, "slow"), nil
	}
	h.next = now.Add(max(0, h.next.Sub(now)) + h.every)
	h.served++
	return fetchers.Answered(r, 200, http.Header{}, "body"), nil
}

// A limit that nobody wrote down is found by refusals alone, 429 or 503: few are refused, and all come through.
func TestHiddenLimitIsFound(t *testing.T) {
	for _, status := range []int{429, 503} {
		synctest.Test(t, func(t *testing.T) {
			host := &strict{status: status, every: 100 * time.Millisecond}
			f := fetchers.Over(fetchers.Options{}, &fake{answer: host.answer, took: 20 * time.Millisecond})
			start := time.Now()
			var wg sync.WaitGroup
			for i := range 600 {
				wg.Go(func() {
					r := patient(fmt.Sprint("http://a/", i))
					r.Retry.Attempts = 12
					resp, err := f.Fetch(t.Context(), r)
					if err != nil {
						t.Errorf("%d: %v", i, err)
						return
					}
					resp.Close()
				})
			}
			wg.Wait()
			if took := time.Since(start); host.served != 600 || host.refused > 60 || took > 3*time.Minute {
				t.Errorf("%d: %d served, %d refused, in %v", status, host.served, host.refused, took)
			}
			t.Logf("%d: %d refused, in %v", status, host.refused, time.Since(start))
		})
	}
}
