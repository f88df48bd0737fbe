package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// frame is what the live block shows at a moment.
type frame struct {
	now     time.Time
	rows    []row     // targets that move, in the order of the configuration
	waiting []row     // targets that wait for others
	jobs    []jobLine // those that have run longest first
	held    []heldLine
	message string // of asflow itself: what a Ctrl-C has begun
}

// row is a target.
type row struct {
	label           string
	done, all       int
	rate            float64 // jobs a second
	bytes           int64
	retries, failed int64
	eta             time.Duration // negative: not known
	waits           string        // what a waiting one waits for
}

// jobLine is a job that has been running for a while.
type jobLine struct {
	name  string
	text  string // what it says of itself
	since time.Time
}

// heldLine is a host that holds requests back.
type heldLine struct {
	host, cause string
	until       time.Time
}

// layout gives a frame's lines for a terminal. Columns never get narrower from frame to frame, so that nothing jumps.
type layout struct {
	t      *terminal
	widths [columns]int
	label  int // columns for labels, as the last rows had it
}

// The columns right of the bar, in the order in which they are shown.
const (
	colCount = iota
	colRate
	colBytes
	colRetries
	colFailed
	colETA
	columns
)

// importance is the order in which columns find room.
var importance = [columns]int{colCount, colFailed, colETA, colRate, colRetries, colBytes}

var columnColors = [columns]color{colRate: dim, colBytes: dim, colRetries: yellow, colFailed: red, colETA: dim}

const (
	minBar, maxBar     = 8, 40
	goodBar            = 14
	minLabel, maxLabel = 20, 72
	maxJobs            = 3
	longEnough         = 700 * time.Millisecond // for a job to be shown
)

// lines renders a frame into at most height lines of less than width columns.
func (l *layout) lines(f frame, width, height int) []string {
	width-- // the last column stays free: a full line would wrap
	if width < 4 || height < 1 {
		return nil
	}
	var below []string
	if f.message != "" {
		below = append(below, l.t.paint(yellow, clip("  "+f.message, width, l.t.signs().ellipsis)))
	}
	for i, h := range f.held {
		if i < 2 {
			below = append(below, l.held(h, f.now, width))
		}
	}
	for i, j := range f.jobs {
		if i < maxJobs && f.now.Sub(j.since) >= longEnough {
			below = append(below, l.job(j, f.now, width))
		}
	}
	rows := len(f.rows)
	if room := height - min(len(below), max(1, height/3)); rows > room {
		rows = max(1, room)
	}
	hidden := len(f.rows) - rows
	if hidden > 0 && rows > 1 {
		rows--
		hidden++
	}
	out := l.rows(slowest(f.rows, rows), f.waiting, width)
	if hidden > 0 && len(out)+min(1, len(below)) < height {
		out = append(out, l.t.paint(dim, clip("  "+l.t.signs().ellipsis+" and "+plural(hidden, "more target", "more targets"), width, "")))
	}
	below = below[:min(len(below), max(0, height-len(out)))]
	for _, w := range f.waiting {
		if len(out)+len(below) < height {
			out = append(out, l.wait(w, width))
		}
	}
	return append(out, below...)
}

// slowest gives the n rows that have most left to do, in their order.
func slowest(rows []row, n int) []row {
	if n >= len(rows) {
		return rows
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, k int) int { return (rows[k].all - rows[k].done) - (rows[i].all - rows[i].done) })
	order = order[:n]
	slices.Sort(order)
	out := make([]row, n)
	for i, k := range order {
		out[i] = rows[k]
	}
	return out
}

// rows aligns the columns of all rows. The labels of those that wait are as wide.
func (l *layout) rows(rows, waiting []row, width int) []string {
	labelWidth := 0
	for _, r := range append(rows[:len(rows):len(rows)], waiting...) {
		labelWidth = max(labelWidth, cells(r.label))
	}
	labelWidth = min(labelWidth, maxLabel)
	texts := make([][columns]string, len(rows))
	for i, r := range rows {
		texts[i] = l.texts(r)
		for c, text := range texts[i] {
			l.widths[c] = max(l.widths[c], cells(text))
		}
	}
	// What each needs, from the most important on, while there is room.
	label := min(labelWidth, minLabel, width-2)
	if width < 40 {
		label = min(label, minLabel/2)
	}
	room := width - 2 - label - 2 - minBar
	bar := minBar
	if room-2-l.widths[colCount] < 0 {
		room, bar = room+2+minBar, 0
	}
	var shown [columns]bool
	for _, c := range importance {
		if n := l.widths[c]; n > 0 && n+2 <= room {
			shown[c] = true
			room -= n + 2
		}
	}
	give := func(to *int, most int) {
		n := max(0, min(room, most-*to))
		*to += n
		room -= n
	}
	if bar > 0 {
		give(&bar, goodBar)
	}
	give(&label, min(labelWidth, width-2))
	if bar > 0 {
		give(&bar, maxBar)
	}
	l.label = label
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = l.row(r, texts[i], label, bar, shown)
	}
	return out
}

// row puts one together.
func (l *layout) row(r row, texts [columns]string, label, bar int, shown [columns]bool) string {
	var b strings.Builder
	b.WriteString("  ")
	b.WriteString(pad(shorten(r.label, label, l.t.signs().ellipsis), label, false))
	if bar > 0 {
		b.WriteString("  ")
		b.WriteString(l.bar(r, bar))
	}
	for c, text := range texts {
		if !shown[c] {
			continue
		}
		b.WriteString("  ")
		b.WriteString(pad("", l.widths[c]-cells(text), false))
		b.WriteString(l.t.paint(columnColors[c], text))
	}
	return strings.TrimRight(b.String(), " ")
}

func (l *layout) texts(r row) [columns]string {
	var out [columns]string
	out[colCount] = count(r.done) + "/" + count(r.all)
	out[colRate] = rate(r.rate)
	if r.bytes > 0 {
		out[colBytes] = size(r.bytes)
	}
	if r.retries > 0 {
		out[colRetries] = l.t.signs().retry + " " + count(r.retries)
	}
	if r.failed > 0 {
		out[colFailed] = l.t.signs().failed + " " + count(r.failed)
	}
	if r.eta >= 0 {
		out[colETA] = about(r.eta) + " left"
	}
	return out
}

// bar draws one with progressbar. It is made anew for each frame: a list that grows changes its end, a window that is
// resized its width.
func (l *layout) bar(r row, width int) string {
	s := l.t.signs()
	bar := progressbar.NewOptions64(int64(max(1, r.all)),
		progressbar.OptionSetWriter(discard{}),
		progressbar.OptionSetWidth(width),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: s.full, SaucerHead: s.head, SaucerPadding: s.empty}))
	_ = bar.Set(max(0, min(r.done, r.all)))
	if bar.String() == "" {
		_ = bar.RenderBlank()
	}
	_, drawn, _ := strings.Cut(strings.TrimRight(bar.String(), " "), "% ")
	i := strings.Index(drawn, s.empty)
	if i < 0 {
		return l.t.paint(green, drawn)
	}
	return l.t.paint(cyan, drawn[:i]) + l.t.paint(dim, drawn[i:])
}

// discard is a writer that is no file: progressbar would sync one.
type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// wait is the row of a target that waits.
func (l *layout) wait(r row, width int) string {
	text := pad(shorten(r.label, l.label, l.t.signs().ellipsis), l.label, false)
	if r.waits != "" {
		text += "  waits for " + r.waits
	} else {
		text += "  waits"
	}
	return l.t.paint(dim, clip("  "+text, width, l.t.signs().ellipsis))
}

// held says which host holds back, and until when.
func (l *layout) held(h heldLine, now time.Time, width int) string {
	s := l.t.signs()
	text := fmt.Sprintf("  %s %s holds back until %s, %s left", s.held, h.host, untilWhen(h.until, now), clock(h.until.Sub(now)))
	if h.cause != "" {
		text += " (" + h.cause + ")"
	}
	return l.t.paint(yellow, clip(text, width, s.ellipsis))
}

// job shows one that has been running for long.
func (l *layout) job(j jobLine, now time.Time, width int) string {
	s := l.t.signs()
	lead := "  " + s.spin + " "
	time := clock(now.Sub(j.since))
	room := width - cells(lead) - cells(time) - 2
	name := shorten(j.name, min(room, max(minLabel, room*2/3)), s.ellipsis)
	text := name
	if j.text != "" && room-cells(name) > 8 {
		text += "  " + clip(j.text, room-cells(name)-2, s.ellipsis)
	}
	if room < 1 {
		return l.t.paint(dim, clip(lead+j.name, width, s.ellipsis))
	}
	return l.t.paint(dim, lead+text+"  "+time)
}
