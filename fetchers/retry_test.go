package fetchers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/limit"
)

// fake answers with no network, so that time can be a test's own.
type fake struct {
	mu     sync.Mutex
	answer func(r *fetchers.Request, n int) (*fetchers.Response, error)
	n      int
	times  []time.Time
	took   time.Duration
}

func (f *fake) Fetch(_ context.Context, r *fetchers.Request) (*fetchers.Response, error) {
	f.mu.Lock()
	n := f.n
	f.n++
	f.times = append(f.times, time.Now())
	f.mu.Unlock()
	time.Sleep(f.took)
	return f.answer(r, n)
}

// statuses answers with each in turn, the last for ever.
func statuses(h http.Header, all ...int) *fake {
	return &fake{answer: func(r *fetchers.Request, n int) (*fetchers.Response, error) {
		return fetchers.Answered(r, all[min(n, len(all)-1)], h, "body"), nil
	}}
}

func patient(url string) *fetchers.Request {
	return &fetchers.Request{URL: url, Retry: fetchers.Retry{Attempts: 5, Delay: time.Second, MaxDelay: time.Minute, MaxPause: time.Hour}}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	limited := http.Header{"X-Ratelimit-Remaining": {"0"}}
	after := http.Header{"Retry-After": {"1"}}
	for name, c := range map[string]struct {
		status   int
		header   http.Header
		set      func(*fetchers.Request)
		meaning  fetchers.Meaning
		class    fetchers.Class // of the failure; empty: none
		attempts int
	}{
		"200":                          {200, nil, nil, fetchers.Wanted, "", 1},
		"203":                          {203, nil, nil, fetchers.Wanted, "", 1},
		"205":                          {205, nil, nil, 0, fetchers.ClassStatus, 1},
		"207":                          {207, nil, nil, fetchers.Wanted, "", 1},
		"a 500 that is wanted":         {500, nil, func(r *fetchers.Request) { r.Expect.Status = []int{500} }, fetchers.Wanted, "", 1},
		"200, and 201 is wanted":       {200, nil, func(r *fetchers.Request) { r.Expect.Status = []int{201} }, 0, fetchers.ClassStatus, 1},
		"wanted goes before absent":    {404, nil, func(r *fetchers.Request) { r.Expect.Status, r.Absent = []int{404}, []int{404} }, fetchers.Wanted, "", 1},
		"absent":                       {404, nil, func(r *fetchers.Request) { r.Absent = []int{404, 410} }, fetchers.Gone, "", 1},
		"a 500 that is absent":         {500, nil, func(r *fetchers.Request) { r.Absent = []int{500} }, fetchers.Gone, "", 1},
		"end":                          {422, nil, func(r *fetchers.Request) { r.End = []int{422} }, fetchers.End, "", 1},
		"403":                          {403, nil, nil, 0, fetchers.ClassStatus, 1},
		"403, absent":                  {403, nil, func(r *fetchers.Request) { r.Absent = []int{403} }, fetchers.Gone, "", 1},
		"403 of a rate limit, absent":  {403, limited, func(r *fetchers.Request) { r.Absent = []int{403}; r.Retry.MaxPause = -1 }, 0, fetchers.ClassHeld, 1},
		"403 with Retry-After, absent": {403, after, func(r *fetchers.Request) { r.Absent = []int{403}; r.Retry.MaxPause = -1 }, 0, fetchers.ClassHeld, 1},
		"429, absent":                  {429, nil, func(r *fetchers.Request) { r.Absent = []int{429}; r.Retry.MaxPause = -1 }, 0, fetchers.ClassHeld, 1},
		"409 in retry.statuses":        {409, nil, func(r *fetchers.Request) { r.Retry.Statuses = []int{409} }, 0, fetchers.ClassStatus, 5},
		"500":                          {500, nil, nil, 0, fetchers.ClassStatus, 5},
		"503":                          {503, nil, nil, 0, fetchers.ClassStatus, 5},
		"500, one attempt":             {500, nil, func(r *fetchers.Request) { r.Retry.Attempts = 0 }, 0, fetchers.ClassStatus, 1},
		"304 to a condition":           {304, nil, func(r *fetchers.Request) { r.ETag = `W/"1"` }, fetchers.NotModified, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := fetchers.Over(fetchers.Options{}, statuses(c.header, c.status))
				r := patient("http://a/x")
				if c.set != nil {
					c.set(r)
				}
				resp, err := f.Fetch(t.Context(), r)
				if err == nil {
					defer resp.Close()
					if c.class != "" || resp.Meaning != c.meaning || resp.Attempts != c.attempts || resp.Status != c.status {
						t.Errorf("meaning %d after %d attempts", resp.Meaning, resp.Attempts)
					}
					return
				}
				e := failure(t, err)
				if e.Class != c.class || e.Attempts != c.attempts || e.Status != c.status || string(e.Head) != "body" {
					t.Errorf("class %q after %d attempts, status %d, head %q: %v", e.Class, e.Attempts, e.Status, e.Head, err)
				}
			})
		})
	}
}

func TestBackoffIsFullJitterAndCapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := statuses(nil, 500)
		r := patient("http://a/x")
		r.Retry.Attempts, r.Retry.MaxDelay = 30, 10*time.Second
		var told []time.Duration
		r.Trace = &fetchers.Trace{Retry: func(n int, after time.Duration, cause error) { told = append(told, after) }}
		if _, err := fetchers.Over(fetchers.Options{}, s).Fetch(t.Context(), r); failure(t, err).Attempts != 30 {
			t.Error(err)
		}
		small := 0
		for i, d := range told {
			most := min(time.Second<<min(i, 10), 10*time.Second)
			if d < 0 || d > most+1 {
				t.Errorf("wait %d is %v, and must be at most %v", i, d, most)
			}
			if d < most/2 {
				small++
			}
			if got := s.times[i+1].Sub(s.times[i]); got != d {
				t.Errorf("wait %d took %v of %v", i, got, d)
			}
		}
		if small < 4 || small > 25 {
			t.Errorf("%d of %d waits are in the lower half: that is no full jitter", small, len(told))
		}
	})
}

func TestRetryAfter(t *testing.T) {
	for name, c := range map[string]struct {
		field, value string
		date         string
		want         time.Duration // 0: a growing delay of at most 1 s
	}{
		"seconds":           {"Retry-After", "7", "", 7 * time.Second},
		"date":              {"Retry-After", "Sat, 01 Jan 2000 00:00:30 GMT", "", 30 * time.Second},
		"date, other clock": {"Retry-After", "Mon, 03 Jan 2000 00:00:30 GMT", "Mon, 03 Jan 2000 00:00:00 GMT", 30 * time.Second},
		"past date":         {"Retry-After", "Sat, 01 Jan 1999 00:00:30 GMT", "", 0},
		"none":              {"X-None", "", "", 0},
		"zero":              {"Retry-After", "0", "", 0},
		"negative":          {"Retry-After", "-5", "", 0},
		"words":             {"Retry-After", "soon", "", 0},
		"reset, seconds":    {"X-Ratelimit-Reset", "12", "", 12 * time.Second},
		"reset, epoch":      {"X-Ratelimit-Reset", "946684820", "", 20 * time.Second},
		"reset, epoch, ms":  {"X-Ratelimit-Reset", "946684820000", "", 20 * time.Second},
		"reset, draft":      {"Ratelimit-Reset", "3", "", 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // time begins at 2000-01-01
				for _, status := range []int{429, 503} {
					s := statuses(http.Header{c.field: {c.value}, "Date": {c.date}}, status, 200)
					resp, err := fetchers.Over(fetchers.Options{}, s).Fetch(t.Context(), patient("http://a/x"))
					if err != nil {
						t.Fatal(err)
					}
					resp.Close()
					waited := s.times[1].Sub(s.times[0])
					want := c.want
					if c.value == "Sat, 01 Jan 2000 00:00:30 GMT" || strings.HasPrefix(name, "reset, epoch") {
						want -= s.times[0].Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
					}
					if want > 0 && waited != want || want <= 0 && (waited < time.Second/2 || waited > time.Second+time.Millisecond) {
						t.Errorf("%d: waited %v, want %v", status, waited, want)
					}
				}
			})
		})
	}
}

// A host that says that nothing is left is not asked before there is, with nothing refused.
func TestRateLimitHeaders(t *testing.T) {
	epoch := strconv.FormatInt(time.Date(2000, 1, 1, 0, 0, 9, 0, time.UTC).Unix(), 10) // synctest begins 9 s before
	for name, c := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"custom":            {http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"7"}}, 7 * time.Second},
		"epoch":             {http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {epoch}}, 9 * time.Second},
		"some left":         {http.Header{"X-Ratelimit-Remaining": {"3"}, "X-Ratelimit-Reset": {"7"}}, 0},
		"no reset":          {http.Header{"X-Ratelimit-Remaining": {"0"}}, 0},
		"fields":            {http.Header{"Ratelimit-Remaining": {"0"}, "Ratelimit-Reset": {"5"}}, 5 * time.Second},
		"old draft":         {http.Header{"Ratelimit": {"limit=10, remaining=0, reset=4"}}, 4 * time.Second},
		"draft":             {http.Header{"Ratelimit": {`"hour";r=0;t=30`}}, 30 * time.Second},
		"draft, two":        {http.Header{"Ratelimit": {`"burst";r=0;t=2, "day";r=900;t=4000`}}, 2 * time.Second},
		"draft, both":       {http.Header{"Ratelimit": {`"burst";r=0;t=2, "day";r=0;t=40`}}, 40 * time.Second},
		"draft, left":       {http.Header{"Ratelimit": {`"default";r=50;t=30`}}, 0},
		"nonsense":          {http.Header{"Ratelimit": {`;;r=0;t=x,"`}}, 0},
		"over max_pause":    {http.Header{"Ratelimit": {`"day";r=0;t=86400`}}, 0},
		"nothing is enough": {http.Header{"Ratelimit": {`"x";r=0;t=0`}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := fetchers.Over(fetchers.Options{}, statuses(c.header, 200, 200))
				start := time.Now()
				for range 2 {
					resp, err := f.Fetch(t.Context(), patient("http://a/x"))
					if err != nil {
						t.Fatal(err)
					}
					if resp.Attempts != 1 {
						t.Errorf("%d attempts", resp.Attempts)
					}
					resp.Close()
				}
				if got := time.Since(start); got != c.want {
					t.Errorf("the second waited %v, want %v", got, c.want)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) { // a refusal by the draft's field
		f := fetchers.Over(fetchers.Options{}, statuses(http.Header{"Ratelimit": {`"x";r=0;t=30`}}, 403, 429, 200))
		start := time.Now()
		resp, err := f.Fetch(t.Context(), patient("http://a/x"))
		if err != nil || time.Since(start) != time.Minute {
			t.Fatal(err, time.Since(start))
		}
		resp.Close()
	})
}

func TestHeldForTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := statuses(http.Header{"Retry-After": {"99999999999999999999"}}, 429)
		f := fetchers.Over(fetchers.Options{}, s)
		_, err := f.Fetch(t.Context(), patient("http://a/x"))
		if e := failure(t, err); e.Class != fetchers.ClassHeld || e.Until.Before(time.Now().Add(24*time.Hour)) || e.NotTried || e.Status != 429 || e.Attempts != 1 {
			t.Errorf("the first: %#v", e)
		}
		_, err = f.Fetch(t.Context(), patient("http://a/y"))
		if e := failure(t, err); e.Class != fetchers.ClassHeld || !e.NotTried || e.Attempts != 0 || e.Until.IsZero() {
			t.Errorf("the next: %#v", e)
		}
		if s.n != 1 {
			t.Errorf("%d requests", s.n)
		}
	})
}

func TestWholeHostIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := statuses(http.Header{"Retry-After": {"60"}}, 503, 200)
		f := fetchers.Over(fetchers.Options{}, s)
		var held []string
		r := patient("http://a/x")
		r.Trace = &fetchers.Trace{Held: func(host string, until time.Time, cause string) { held = append(held, host+" "+cause) }}
		var wg sync.WaitGroup
		get := func(r *fetchers.Request, want time.Duration) {
			start := time.Now()
			resp, err := f.Fetch(t.Context(), r)
			if err != nil {
				t.Error(err)
				return
			}
			resp.Close()
			if got := time.Since(start); got != want {
				t.Errorf("%s took %v, want %v", r.URL, got, want)
			}
		}
		wg.Go(func() { get(r, time.Minute) })
		synctest.Wait()
		wg.Go(func() { get(patient("http://a/y"), time.Minute) })
		wg.Go(func() { get(patient("http://b/z"), 0) })
		wg.Wait()
		if len(held) != 1 || held[0] != "a 503 Service Unavailable" {
			t.Errorf("told %q", held)
		}
	})
}

func Test429UsesAnAttemptOnlyIfSomethingElsePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := statuses(http.Header{"Retry-After": {"1"}}, 429, 429, 429, 429, 429, 429, 429, 429, 200)
		resp, err := fetchers.Over(fetchers.Options{}, s).Fetch(t.Context(), patient("http://a/x"))
		if err != nil || resp.Attempts != 9 {
			t.Fatalf("nothing else passes: %v", err)
		}
		resp.Close()

		refused := &fake{took: time.Second, answer: func(r *fetchers.Request, _ int) (*fetchers.Response, error) {
			if r.URL == "http://a/refused" {
				return fetchers.Answered(r, 429, http.Header{"Retry-After": {"1"}}, ""), nil
			}
			return fetchers.Answered(r, 200, nil, ""), nil
		}}
		f := fetchers.Over(fetchers.Options{}, refused)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			for ctx.Err() == nil {
				if resp, err := f.Fetch(ctx, patient("http://a/fine")); err == nil {
					resp.Close()
				}
				time.Sleep(100 * time.Millisecond)
			}
		})
		_, err = f.Fetch(t.Context(), patient("http://a/refused"))
		if e := failure(t, err); e.Status != 429 || e.Class != fetchers.ClassStatus || e.Attempts < 5 {
			t.Errorf("others pass: %d attempts, %v", e.Attempts, err)
		}
		cancel()
		wg.Wait()
	})
}

func TestHoldGrowsWhereNoTimeIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := statuses(nil, 429)
		r := patient("http://a/x")
		r.Retry.MaxPause = 5 * time.Minute
		_, err := fetchers.Over(fetchers.Options{}, s).Fetch(t.Context(), r)
		if e := failure(t, err); e.Class != fetchers.ClassHeld || e.Until.IsZero() {
			t.Error(err)
		}
		if s.n < 8 || s.n > 20 {
			t.Errorf("%d requests in 5 minutes", s.n)
		}
		if last := s.times[s.n-1].Sub(s.times[s.n-2]); last < 10*time.Second {
			t.Errorf("the last wait was %v", last)
		}
		for i := range s.n - 1 {
			if d := s.times[i+1].Sub(s.times[i]); d > r.Retry.MaxDelay+time.Second {
				t.Errorf("wait %d was %v, though max_delay is %v", i, d, r.Retry.MaxDelay)
			}
		}
	})
}

// TestHostThatBreaksOffEachBody: a good status doesn't show that a host is alive whose bodies never come to their end.
func TestHostThatBreaksOffEachBody(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*fetchers.Request, int) *fetchers.Response
		most   int // requests
		all    bool
	}{
		"each": {func(r *fetchers.Request, _ int) *fetchers.Response { return brokenAfter(r, 5) }, 100, false},
		"each, after a redirect": {func(r *fetchers.Request, _ int) *fetchers.Response {
			if !strings.HasSuffix(r.URL, "-there") {
				return fetchers.Answered(r, 302, http.Header{"Location": {r.URL + "-there"}}, "")
			}
			return brokenAfter(r, 5)
		}, 200, false},
		"after a megabyte": {func(r *fetchers.Request, _ int) *fetchers.Response { return brokenAfter(r, 2<<20) }, 300, true},
		"but one in ten": {func(r *fetchers.Request, n int) *fetchers.Response {
			if n%10 == 0 {
				return fetchers.Answered(r, 200, http.Header{}, "whole")
			}
			return brokenAfter(r, 5)
		}, 300, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &fake{answer: func(r *fetchers.Request, n int) (*fetchers.Response, error) { return c.answer(r, n), nil }}
				f := fetchers.Over(fetchers.Options{}, s)
				notTried := 0
				for i := range 100 {
					r := patient(fmt.Sprint("http://dead/", i))
					r.Retry.Attempts, r.Redirects = 3, 5
					_, _, err := get(t, f, r)
					if err == nil {
						continue
					}
					if e := failure(t, err); e.NotTried {
						notTried++
						if !strings.Contains(err.Error(), "dead broke off ") || !strings.HasSuffix(err.Error(), " bodies in a row: broken") {
							t.Fatal(err)
						}
					}
				}
				if s.n > c.most || (notTried == 0) != c.all {
					t.Errorf("%d requests, %d not tried", s.n, notTried)
				}
			})
		})
	}
}

// brokenAfter is an answer whose body breaks off after so many bytes.
func brokenAfter(r *fetchers.Request, n int) *fetchers.Response {
	resp := fetchers.Answered(r, 200, http.Header{}, strings.Repeat("x", n))
	resp.Body = io.NopCloser(io.MultiReader(resp.Body, iotest.ErrReader(fetchers.Broken(r, fetchers.ClassCut))))
	return resp
}

func TestDeadHostCostsSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake{answer: func(r *fetchers.Request, _ int) (*fetchers.Response, error) {
			return nil, fetchers.Broken(r, fetchers.ClassConnect)
		}}
		f := fetchers.Over(fetchers.Options{}, s)
		start := time.Now()
		var tried, notTried int
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range 2000 {
			wg.Go(func() {
				_, err := f.Fetch(t.Context(), patient(fmt.Sprint("http://dead/", i)))
				e := failure(t, err)
				mu.Lock()
				defer mu.Unlock()
				if e.NotTried {
					notTried++
				} else {
					tried++
				}
				if e.Class != fetchers.ClassConnect {
					t.Errorf("class %s", e.Class)
				}
			})
		}
		wg.Wait()
		if s.n > 100 || time.Since(start) > time.Minute || tried == 0 || tried > 100 || tried+notTried != 2000 {
			t.Errorf("%d requests, %v, %d tried, %d not", s.n, time.Since(start), tried, notTried)
		}
	})
}

func TestFlakyHostIsNotDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fake{answer: func(r *fetchers.Request, n int) (*fetchers.Response, error) {
			if n%3 != 0 {
				return fetchers.Answered(r, 500, nil, ""), nil
			}
			return fetchers.Answered(r, 200, nil, ""), nil
		}}
		f := fetchers.Over(fetchers.Options{}, s)
		for i := range 200 {
			resp, err := f.Fetch(t.Context(), patient(fmt.Sprint("http://flaky/", i)))
			if err != nil {
				t.Fatal(err)
			}
			resp.Close()
		}
	})
}

func TestCancelledBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, errors.New("time is up"))
		defer cancel()
		r := patient("http://a/x")
		r.Retry.Delay, r.Retry.MaxDelay, r.Retry.Attempts = time.Hour, time.Hour, 1000
		start := time.Now()
		_, err := fetchers.Over(fetchers.Options{}, statuses(nil, 500)).Fetch(ctx, r)
		if e := failure(t, err); e.Class != fetchers.ClassCancel || err.Error() != "time is up" || time.Since(start) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestRetriesTakeLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := statuses(nil, 500, 500, 500, 200)
		l := limit.New(limit.Options{Rules: map[string]limit.Rule{"slow": {Rate: 1.0 / 60}}})
		r := patient("http://a/x")
		r.Limits = []string{"slow"}
		waits := 0
		r.Trace = &fetchers.Trace{Waits: func(begins bool) {
			if begins {
				waits++
			}
		}}
		start := time.Now()
		resp, err := fetchers.Over(fetchers.Options{Limits: l}, s).Fetch(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Close()
		if got := time.Since(start); got != 3*time.Minute || waits != 4 {
			t.Errorf("took %v, waited %d times", got, waits)
		}
	})
}

func TestExpectIsTriedAgainOnlyIfAsked(t *testing.T) {
	for again, want := range map[bool]int{false: 1, true: 5} {
		synctest.Test(t, func(t *testing.T) {
			s := statuses(nil, 200)
			r := patient("http://a/x")
			r.Expect.JSON, r.Retry.Expect = true, again
			_, err := fetchers.Over(fetchers.Options{}, s).Fetch(t.Context(), r)
			if e := failure(t, err); e.Class != fetchers.ClassExpect || e.Attempts != want || string(e.Head) != "body" || e.Status != 200 {
				t.Errorf("%v: %d attempts, %v", again, e.Attempts, err)
			}
		})
	}
}
