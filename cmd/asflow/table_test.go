package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers/limit"
)

func TestTablesFitTheirTerminal(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"run", "made", "failed", "command"},
		{"20260504T120000-1", "12", "3", "build --explain \x1b[2mreport/all-of-it.parquet\x1b[0m"},
	}
	right := map[int]bool{1: true, 2: true}
	show := func(width int, tty bool) string {
		term := fakeTerminal(false, true, width, 24)
		term.tty = tty
		var b strings.Builder
		fit, at := fitTable(term, rows, right, []int{2, 1}, 3)
		writeTable(&b, fit, at)
		return plainText(b.String())
	}
	const whole = "run                made  failed  command\n20260504T120000-1    12       3  build --explain report/all-of-it.parquet\n"
	for _, c := range []struct {
		width int
		tty   bool
		want  string
	}{
		{74, true, whole},
		{10, false, whole},
		{68, true, "run                made  command\n20260504T120000-1    12  build --explain report/all-of-it.parquet\n"},
		{64, true, "run                command\n20260504T120000-1  build --explain report/all-of-it.parquet\n"},
		{50, true, "run                command\n20260504T120000-1  build --expl…/all-of-it.parquet\n"},
		{10, true, "run                command\n20260504T120000-1  build…arquet\n"},
	} {
		if got := show(c.width, c.tty); got != c.want {
			t.Errorf("%d columns:\n%s", c.width, got)
		}
	}
}

func TestNamedValuesGoOnBelowTheirBeginning(t *testing.T) {
	t.Parallel()
	rows := []namedValue{
		{name: "state", value: "to do: one of the things that it reads has changed"},
		{name: "inputs", value: "short.txt", about: "a file"},
		{value: "a-path-that-is-longer-than-the-terminal.txt", about: "of its target, up to date"},
		{value: "\x1b[33mpainted\x1b[0m words  apart"},
		{name: "none"},
	}
	show := func(width int, tty bool) string {
		term := fakeTerminal(true, true, width, 24)
		term.tty = tty
		if !tty {
			term.size = func() (int, int) { return 0, 0 }
		}
		var b strings.Builder
		writeNamed(&b, term, rows)
		return plainText(b.String())
	}
	const narrow = `  state   to do: one of the
          things that it reads
          has changed
  inputs  short.txt  a file
          a-path-that-is-longer-than-the-terminal.txt
            of its target, up
            to date
          painted words  apart
  none
`
	const whole = `  state   to do: one of the things that it reads has changed
  inputs  short.txt  a file
          a-path-that-is-longer-than-the-terminal.txt  of its target, up to date
          painted words  apart
  none
`
	if got := show(31, true); got != narrow {
		t.Errorf("31 columns:\n%s", got)
	}
	if got := show(31, false); got != whole {
		t.Errorf("no terminal:\n%s", got)
	}
}

// TestSentencesBreakBetweenWords holds that what is said below a plan, a build and a verification fits the terminal.
func TestSentencesBreakBetweenWords(t *testing.T) {
	t.Parallel()
	found := limit.Found{Host: "api.open-data.example.com", Refused: 1234, AtOnce: 16, Rate: 12.5}
	for _, width := range []int{200, 80, 60, 40} {
		term := fakeTerminal(true, true, width, 24)
		s := summary{
			jobs: jobCounts{Made: 123_456, Unchanged: 12, UpToDate: 3000, Absent: 200, Failed: 12, NotTried: 12, Blocked: 77, Cancelled: 12}, failed: 2000,
			waits: []string{"data/{each.key}/list.json waits for data/all-of-it/list.json and other.json"}, paces: []string{pace(found)}, took: time.Minute,
		}
		var b strings.Builder
		v := &verifier{read: 1234, unknown: 567}
		new(verifyCmd).text(&b, term, v, time.Second)
		v.found = make([]finding, 1)
		new(verifyCmd).text(&b, term, v, time.Second)
		text := plainText(s.text(term) + upToDate(term, s.jobs, 1234, time.Hour) + "\n" + b.String())
		for line := range strings.Lines(text) {
			if n := cells(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d columns of %d: %s", n, width, line)
			}
		}
		if words := strings.Fields(text); !slices.Contains(words, found.Host) || !slices.Contains(words, "asflow") {
			t.Errorf("%d columns:\n%s", width, text)
		}
	}
}
