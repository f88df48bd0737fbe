package journal_test

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/asflow/asflow/planner/journal"
)

// TestAllAndEach holds that both give the last record of every path once, from journals in memory and from files that are too
// large for it, in which lines go over the ends of what is read at once.
func TestAllAndEach(t *testing.T) {
	for _, n := range []int{0, 1, 100, 30_000} {
		want := map[string]int64{}
		fetched, needed, tail := journal.Header(), journal.Header(), journal.Header()
		add := func(to *[]byte, r journal.Record) {
			*to = r.AppendLine(*to)
			want[r.Path] = r.Size
		}
		source := strings.Repeat("s", 300)
		for i := range n {
			for size := range int64(2) {
				r := journal.Record{Path: fmt.Sprint("raw/", i), Target: "raw", Kind: journal.Fetch, State: journal.Made, Size: size, Source: source}
				if i == n/2 {
					r.Source = strings.Repeat("long", 1<<20)
				}
				add(&fetched, r)
			}
			if i%100 == 0 {
				add(&needed, journal.Record{Path: fmt.Sprint("raw/", i), Target: "raw", Kind: journal.Fetch, State: journal.Failed, Size: 7})
				add(&needed, journal.Record{Path: fmt.Sprint("sum/", i), Target: "sum", Kind: journal.Exec, State: journal.Made, Size: 8})
			}
			if i%200 == 0 {
				add(&tail, journal.Record{Path: fmt.Sprint("sum/", i), Target: "sum", Kind: journal.Exec, State: journal.Made, Size: 9})
			}
		}
		s := load(t, map[string][]byte{journal.Fetched: fetched, journal.Needed: needed, journal.Tail: tail})
		got := map[string]int64{}
		if err := s.All(func(r journal.Record) bool {
			if _, twice := got[r.Path]; twice {
				t.Fatalf("%s comes twice", r.Path)
			}
			got[r.Path] = r.Size
			return true
		}); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got, want) {
			t.Errorf("of %d, All gives %d records, want %d", n, len(got), len(want))
		}
		var mu sync.Mutex
		clear(got)
		if err := s.Each(func() func(*journal.Record) {
			return func(r *journal.Record) {
				mu.Lock()
				defer mu.Unlock()
				if _, twice := got[r.Path]; twice {
					t.Errorf("%s comes twice", r.Path)
				}
				got[strings.Clone(r.Path)] = r.Size
			}
		}); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got, want) {
			t.Errorf("of %d, Each gives %d records, want %d", n, len(got), len(want))
		}
		seen := 0
		if err := s.All(func(journal.Record) bool { seen++; return false }); err != nil || seen > 1 {
			t.Errorf("All goes on after it was told not to: %d, %v", seen, err)
		}
	}
}
