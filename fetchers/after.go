package fetchers

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter gives until when an answer asks to be left alone: by Retry-After, as seconds or as a date, else by the
// reset of a rate limit, in any of its spellings. Zero: it does not say, or says a time that has passed.
func retryAfter(h http.Header, now time.Time) time.Time {
	for _, read := range [...]func(http.Header, time.Time) (time.Time, bool){byRetryAfter, byReset, byPolicy} {
		if at, ok := read(h, now); ok && at.After(now) {
			return at
		}
	}
	return time.Time{}
}

func byRetryAfter(h http.Header, now time.Time) (time.Time, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return time.Time{}, false
	}
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		return after(now, s), !math.IsNaN(s)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return time.Time{}, false
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		return now.Add(at.Sub(sent)), true // by the host's own clock
	}
	return at, true
}

// byReset reads the headers that say when a rate limit is full again: seconds from now, or since 1970, or
// milliseconds since then.
func byReset(h http.Header, now time.Time) (time.Time, bool) {
	for _, name := range resetNames {
		s, err := strconv.ParseFloat(strings.TrimSpace(h.Get(name)), 64)
		switch {
		case err != nil || math.IsNaN(s):
			continue
		case s > 1e11:
			return time.UnixMilli(int64(min(s, 1e15))), true
		case s > 3e8: // nobody means ten years
			return time.Unix(int64(s), 0), true
		}
		return after(now, s), true
	}
	return time.Time{}, false
}

// after adds seconds, of which there may be absurdly many.
func after(now time.Time, seconds float64) time.Time {
	const century = 100 * 365 * 24 * 3600
	return now.Add(time.Duration(max(0, min(seconds, century)) * float64(time.Second)))
}
