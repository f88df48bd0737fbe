package fetchers

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers by which hosts tell how much of a rate limit is left, and when it is full again, by custom.
var (
	resetNames     = [...]string{"X-Ratelimit-Reset", "Ratelimit-Reset", "X-Rate-Limit-Reset"}
	remainingNames = [...]string{"X-Ratelimit-Remaining", "Ratelimit-Remaining", "X-Rate-Limit-Remaining"}
)

// remaining gives what is left of a rate limit, as it is written; "" where the host does not say.
func remaining(h http.Header) string {
	for _, name := range remainingNames {
		if v := h[name]; len(v) > 0 {
			return strings.TrimSpace(v[0])
		}
	}
	return ""
}

// usedUp says whether an answer tells that the next request will be refused, and until when.
func usedUp(h http.Header, now time.Time) (time.Time, bool) {
	var until time.Time
	if remaining(h) == "0" {
		until, _ = byReset(h, now)
	}
	if at, ok := byPolicy(h, now); ok && at.After(until) {
		until = at
	}
	return until, until.After(now)
}

// byPolicy reads the RateLimit field of the IETF's draft: the latest reset of the policies that have nothing left.
func byPolicy(h http.Header, now time.Time) (time.Time, bool) {
	var most float64
	used := exhausted(h)
	for _, seconds := range used {
		most = max(most, seconds)
	}
	return after(now, most), len(used) > 0 && most > 0
}

// exhausted gives the seconds after which each policy that has nothing left is full again. Newer drafts write
// `"name";r=0;t=30`, one policy after the other, with commas; older ones `limit=10, remaining=0, reset=30`.
func exhausted(h http.Header) (seconds []float64) {
	for _, field := range h["Ratelimit"] {
		var left, reset string
		end := func() {
			if s, err := strconv.ParseFloat(reset, 64); left == "0" && err == nil {
				seconds = append(seconds, s)
			}
		}
		for item := range strings.SplitSeq(field, ",") {
			if strings.HasPrefix(strings.TrimSpace(item), `"`) {
				end()
				left, reset = "", ""
			}
			for pair := range strings.SplitSeq(item, ";") {
				switch name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); name {
				case "r", "remaining":
					left = value
				case "t", "reset":
					reset = value
				}
			}
		}
		end()
	}
	return seconds
}
