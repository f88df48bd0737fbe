package main

import (
	"strings"
	"testing"
)

// A narrow terminal gets no columns that say nothing, and no line that wraps.
func TestStatusFitsItsTerminal(t *testing.T) {
	t.Parallel()
	rows := []targetStatus{
		{Target: "stations/raw/data/{each.key}.jsonl", Known: true, Total: 30, UpToDate: 29, ToDo: 1},
		{Target: "unknown/*.json"},
		{Target: "all.csv", Known: true, Total: 1, ToDo: 1, Failed: 1},
	}
	for _, width := range []int{80, 60} {
		var b strings.Builder
		new(statusCmd).show(&b, fakeTerminal(false, true, width, 24), rows)
		got := b.String()
		for line := range strings.Lines(got) {
			if cells(strings.TrimRight(line, "\n")) > width {
				t.Errorf("%d columns: %s", width, line)
			}
		}
		if strings.Contains(got, "recipe changed") || !strings.Contains(got, "failed") {
			t.Errorf("%d columns:\n%s", width, got)
		}
	}
}
