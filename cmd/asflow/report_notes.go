package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/asflow/asflow/executor"
)

// note tells what a job has to say: of notes with the same text the first, and how many more there were at the end.
func (r *reporter) note(e executor.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.notes == nil {
		r.notes = map[string]int{}
	}
	r.notes[e.Text]++
	if r.verbose || r.notes[e.Text] <= fewLines {
		r.stay = append(r.stay, r.t.paint(dim, fmt.Sprintf("%s %s: %s", r.t.signs().note, e.Path, e.Text)))
	}
}

// moreNotes says how many notes were only counted.
func (r *reporter) moreNotes() {
	if r.verbose {
		return
	}
	for _, text := range slices.Sorted(maps.Keys(r.notes)) {
		if more := r.notes[text] - fewLines; more > 0 {
			r.say(r.t.paint(dim, fmt.Sprintf("%s and %s more: %s", r.t.signs().ellipsis, count(more), text)))
		}
	}
}
