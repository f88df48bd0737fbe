package main

import (
	"fmt"

	"github.com/asflow/asflow/fetchers/limit"
)

// mostPaces is of how many hosts a run says what they were found to bear.
const mostPaces = 3

// paces says what hosts were found to bear, in a line for each of the first.
func paces(all []limit.Found) (texts []string) {
	for _, f := range all[:min(len(all), mostPaces)] {
		texts = append(texts, pace(f))
	}
	if more := len(all) - mostPaces; more > 0 {
		texts = append(texts, plural(more, "more host", "more hosts")+" without a limit refused requests")
	}
	return texts
}

// pace says what a host was found to bear for which no limit is written, and how to write it down.
func pace(f limit.Found) string {
	bears, rule := plural(f.AtOnce, "request", "requests")+" at once", fmt.Sprintf("concurrency = %d", f.AtOnce)
	if f.Rate > 0 {
		rate := wholeRate(f.Rate)
		bears, rule = "about "+rate+", with "+bears, fmt.Sprintf("rate = %q", rate)
	}
	return fmt.Sprintf("%s answered 429 or 503 to %s, and was found to bear %s: write limit %q { %s } to begin so",
		f.Host, plural(f.Refused, "request", "requests"), bears, f.Host, rule)
}

// wholeRate is the largest rate of whole requests, as the language writes it, that is not over so many a second.
func wholeRate(perSecond float64) string {
	switch {
	case perSecond >= 1:
		return fmt.Sprintf("%d/s", int64(perSecond))
	case perSecond*60 >= 1:
		return fmt.Sprintf("%d/m", int64(perSecond*60))
	}
	return fmt.Sprintf("%d/h", max(1, int64(perSecond*3600)))
}
