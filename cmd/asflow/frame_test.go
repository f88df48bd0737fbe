package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// busy is a moment of a run with something of everything.
func busy() frame {
	return frame{
		now: noon,
		rows: []row{
			{label: "ch/stations.json", done: 0, all: 1, eta: -1},
			{label: "ch/raw/*.jsonl.zst", done: 1204, all: 30000, rate: 42.4, bytes: 1_234_567, retries: 12, failed: 3, eta: 679 * time.Second},
			{label: "ch/clean/{each.key}-{each.value.country}-and-a-very-long-name-of-a-file-that-no-terminal-has-room-for.parquet", done: 1100, all: 1204, rate: 0.3, eta: 4 * time.Hour},
			{label: "données/日本語/{each.key}.csv", done: 7, all: 8, rate: 12, eta: time.Second},
		},
		waiting: []row{{label: "ch/report.parquet", waits: "ch/clean/*.parquet"}},
		jobs: []jobLine{
			{name: "ch/raw/3b4c5d6e7f8091a2b3c4d5e6.jsonl.zst", text: "12 MB", since: noon.Add(-95 * time.Second)},
			{name: "ch/clean/zürich.parquet", text: "3/20 reading tables", since: noon.Add(-12 * time.Second)},
			{name: "ch/clean/quick.parquet", since: noon.Add(-100 * time.Millisecond)},
		},
		held: []heldLine{{host: "api.example.com", cause: "429", until: noon.Add(42 * time.Second)}},
	}
}

func TestFramesLookRight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		width, height int
		color, ascii  bool
		frame         func() frame
	}{
		{"80x24", 80, 24, false, false, busy},
		{"200x50", 200, 50, false, false, busy},
		{"80x2", 80, 2, false, false, busy},
		{"80x1", 80, 1, false, false, busy},
		{"40x10", 40, 10, false, false, busy},
		{"20x5", 20, 5, false, false, busy},
		{"80x24-ascii", 80, 24, false, true, busy},
		{"100x24-color", 100, 24, true, false, busy},
		{"80x6-many", 80, 6, false, false, func() frame {
			f := frame{now: noon}
			for i := range 30 {
				f.rows = append(f.rows, row{label: fmt.Sprintf("target-%d", i), done: i, all: 30, eta: -1})
			}
			return f
		}},
		{"80x24-stopping", 80, 24, false, false, func() frame {
			f := busy()
			f.message = "stopping: what runs is ended; once more ends at once"
			return f
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := layout{t: fakeTerminal(c.color, !c.ascii, c.width, c.height)}
			lines := l.lines(c.frame(), c.width, c.height)
			for _, line := range lines {
				if w := cells(plainText(line)); w >= c.width {
					t.Errorf("%d columns of %d: %q", w, c.width, line)
				}
			}
			if len(lines) > c.height {
				t.Errorf("%d lines of %d", len(lines), c.height)
			}
			golden(t, "frame-"+c.name+".txt", strings.ReplaceAll(strings.Join(lines, "\n"), "\x1b", "␛")+"\n")
		})
	}
}

// At any size whatever, no line reaches the last column, and there are no more lines than fit.
func TestFramesFit(t *testing.T) {
	t.Parallel()
	for width := range 130 {
		for height := range 14 {
			l := layout{t: fakeTerminal(true, true, width, height)}
			lines := l.lines(busy(), width, height)
			if len(lines) > height {
				t.Fatalf("%dx%d: %d lines", width, height, len(lines))
			}
			for _, line := range lines {
				if w := cells(plainText(line)); w >= width {
					t.Fatalf("%dx%d: %d columns: %q", width, height, w, line)
				}
			}
		}
	}
}

func TestColumnsDoNotJump(t *testing.T) {
	t.Parallel()
	l := layout{t: fakeTerminal(false, true, 80, 24)}
	long := l.lines(frame{rows: []row{{label: "a", done: 100000, all: 200000, rate: 1234, eta: time.Hour}}}, 80, 24)
	short := l.lines(frame{rows: []row{{label: "a", done: 1, all: 2, eta: -1}}}, 80, 24)
	at := func(s string) int { return strings.Index(s, "/") }
	if cells(long[0][:at(long[0])]) <= 0 || strings.Count(long[0], "━")+strings.Count(long[0], "─")+strings.Count(long[0], "╸") !=
		strings.Count(short[0], "━")+strings.Count(short[0], "─")+strings.Count(short[0], "╸") {
		t.Errorf("the bar changed its width:\n%s\n%s", long[0], short[0])
	}
}

func TestBars(t *testing.T) {
	t.Parallel()
	l := layout{t: fakeTerminal(false, true, 80, 24)}
	for _, c := range []struct {
		done, all int
		want      string
	}{
		{0, 10, "──────────"},
		{0, 0, "──────────"},
		{1, 1000, "──────────"},
		{1, 10, "╸─────────"},
		{5, 10, "━━━━╸─────"},
		{10, 10, "━━━━━━━━━━"},
		{11, 10, "━━━━━━━━━━"},
	} {
		if got := l.bar(row{done: c.done, all: c.all}, 10); got != c.want {
			t.Errorf("bar of %d/%d is %q, not %q", c.done, c.all, got, c.want)
		}
	}
}
