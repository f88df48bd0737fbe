package hclspec

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// datesMax is how many dates one call gives: more is a mistake in a step.
const datesMax = 10_000_000

// datesFunc gives ISO dates or times from one to another, both included.
var datesFunc = function.New(&function.Spec{
	Params:   []function.Parameter{{Name: "from", Type: cty.String}, {Name: "to", Type: cty.String}},
	VarParam: &function.Parameter{Name: "step", Type: cty.String},
	Type:     function.StaticReturnType(cty.List(cty.String)),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		step := "1d"
		if len(args) > 3 {
			return cty.DynamicVal, fmt.Errorf("dates takes a first date, a last one and a step")
		}
		if len(args) == 3 {
			step = args[2].AsString()
		}
		list, err := dates(args[0].AsString(), args[1].AsString(), step)
		if err != nil {
			return cty.DynamicVal, err
		}
		if len(list) == 0 {
			return cty.ListValEmpty(cty.String), nil
		}
		out := make([]cty.Value, len(list))
		for i, d := range list {
			out[i] = cty.StringVal(d)
		}
		return cty.ListVal(out), nil
	},
})

// layouts are the forms of dates and times of ISO 8601 that are taken, and given back as they came.
var layouts = []string{"2006-01-02", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01"}

func dates(from, to, step string) ([]string, error) {
	first, layout, err := parseDate(from)
	if err != nil {
		return nil, err
	}
	last, _, err := parseDate(to)
	if err != nil {
		return nil, err
	}
	months, seconds, err := parseStep(step)
	if err != nil {
		return nil, err
	}
	layout = fineEnough(layout, seconds)
	if seconds > 0 && (last.Unix()-first.Unix())/seconds >= datesMax {
		return nil, fmt.Errorf("that would be more than %d dates", datesMax)
	}
	var out []string
	for i := 0; ; i++ {
		// in seconds, for a time.Duration ends after 292 years
		at := time.Unix(first.Unix()+int64(i)*seconds, 0).In(first.Location())
		if months > 0 {
			at = addMonths(first, i*months)
		}
		if at.After(last) {
			return out, nil
		}
		out = append(out, at.Format(layout))
	}
}

// fineEnough gives a layout that tells each date of a step from the next.
func fineEnough(layout string, seconds int64) string {
	switch {
	case layout == "2006-01" && seconds > 0:
		return fineEnough("2006-01-02", seconds)
	case layout == "2006-01-02" && seconds%(24*3600) != 0, layout == "2006-01-02T15:04" && seconds%60 != 0:
		return "2006-01-02T15:04:05"
	}
	return layout
}

func parseDate(text string) (time.Time, string, error) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, layout, nil
		}
	}
	return time.Time{}, "", fmt.Errorf("%q is not a date: write one such as \"2024-01-31\" or \"2024-01-31T06:00:00Z\"", text)
}

// parseStep reads "1d", "2w", "1h", "30m", "1mo", "1y".
func parseStep(text string) (months int, seconds int64, err error) {
	bad := fmt.Errorf("%q is not a step: write one such as \"1d\", \"1h\" or \"1mo\"", text)
	for _, u := range []struct {
		name    string
		months  int
		seconds int64
	}{{"mo", 1, 0}, {"y", 12, 0}, {"w", 0, 7 * 24 * 3600}, {"d", 0, 24 * 3600}, {"h", 0, 3600}, {"m", 0, 60}, {"s", 0, 1}} {
		if count, ok := strings.CutSuffix(text, u.name); ok {
			n, err := strconv.Atoi(count)
			if err != nil || n < 1 || n > 1e6 {
				return 0, 0, bad
			}
			return n * u.months, int64(n) * u.seconds, nil
		}
	}
	return 0, 0, bad
}

// addMonths counts months; a day that a month lacks is its last.
func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month(), 1, t.Hour(), t.Minute(), t.Second(), 0, t.Location()).AddDate(0, n, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}
