package main

import (
	"strings"
	"testing"
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
