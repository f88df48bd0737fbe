package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/asflow/asflow/executor"
)

// summary is the end of a run.
type summary struct {
	jobs     jobCounts
	result   executor.Result
	took     time.Duration
	failures []failure // the first
	failed   int       // of all
	waits    []string  // targets whose list did not become known
	empty    []string  // and those whose list is empty
	paces    []string  // what hosts were found to bear
	ok       bool

	requests, connections int64 // by HTTP; 0: not shown
}

// upToDate is the one line of a build without anything to do.
func upToDate(t *terminal, n jobCounts, targets int, d time.Duration) string {
	parts := []string{plural(n.UpToDate, "output", "outputs") + " of " + plural(targets, "target", "targets")}
	if n.Absent > 0 {
		parts = append(parts, count(n.Absent)+" absent")
	}
	parts = append(parts, took(d))
	return t.sentence(fmt.Sprintf("%s %s  %s", t.paint(green, t.signs().ok), "up to date", t.paint(dim, strings.Join(parts, ", "))))
}

// notes gives a line for each of what is said beside.
func notes(t *terminal, texts []string) string {
	var b strings.Builder
	for _, text := range texts {
		fmt.Fprintln(&b, t.sentence(t.paint(dim, t.signs().note+" "+text)))
	}
	return b.String()
}

// text is the whole summary: each failure, and last a line with what became of all jobs.
func (s *summary) text(t *terminal) string {
	var b strings.Builder
	for i, f := range s.failures {
		if i >= fewLines {
			if i == fewLines {
				b.WriteByte('\n')
			}
			fmt.Fprintln(&b, t.sentence(f.line(t)))
			continue
		}
		if i == 0 || len(f.tail) > 0 || len(s.failures[i-1].tail) > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(f.text(t))
	}
	if more := s.failed - len(s.failures); more > 0 {
		fmt.Fprintf(&b, "\n%s\n", t.sentence(t.signs().ellipsis+" and "+plural(more, "more failure", "more failures")+"; asflow ls --state failed shows them"))
	}
	if len(s.failures) > 0 {
		b.WriteByte('\n')
	}
	for _, w := range s.waits {
		fmt.Fprintln(&b, t.sentence(t.paint(yellow, "not built")+" "+w))
	}
	b.WriteString(notes(t, s.empty))
	for _, p := range s.paces {
		fmt.Fprintln(&b, t.sentence(t.paint(yellow, t.signs().held)+" "+p))
	}
	sign, c := t.signs().ok, green
	if !s.ok {
		sign, c = t.signs().failed, red
	}
	fmt.Fprintln(&b, t.sentence(t.paint(c, sign)+" "+s.line(t)))
	return b.String()
}

// line counts.
func (s *summary) line(t *terminal) string {
	var parts []string
	add := func(n int, word string, c color) {
		if n > 0 {
			parts = append(parts, t.paint(c, count(n)+" "+word))
		}
	}
	n := s.jobs
	add(n.Made, "made", bold)
	add(n.Unchanged, "unchanged", "")
	add(n.UpToDate, "up to date", "")
	add(n.Absent, "absent", "")
	add(n.Failed, "failed", red)
	add(n.NotTried, "not tried", red)
	if n.Failed+n.NotTried == 0 {
		add(n.Blocked, "held back", yellow)
	} else {
		add(n.Blocked, "held back by them", yellow)
	}
	add(n.Cancelled, "not begun or cut off", yellow)
	if len(parts) == 0 {
		parts = append(parts, "nothing made")
	}
	var rest []string
	if s.result.Bytes > 0 {
		rest = append(rest, size(s.result.Bytes)+" received")
	}
	if s.result.Written > 0 {
		rest = append(rest, size(s.result.Written)+" written")
	}
	if s.requests > 0 {
		rest = append(rest, plural(int(s.requests), "request", "requests")+" over "+plural(int(s.connections), "connection", "connections"))
	}
	rest = append(rest, took(s.took))
	return strings.Join(parts, ", ") + "  " + t.paint(dim, strings.Join(rest, ", "))
}

// text is a failure: which output of which element, why, after how many attempts, of what, and where its log is.
func (f *failure) text(t *terminal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", t.paint(red, t.signs().failed), t.paint(bold, f.path))
	if f.keyUnseen() {
		b.WriteString(t.paint(dim, "  key "+clip(visible(f.key), 80, t.signs().ellipsis)))
	}
	b.WriteByte('\n')
	cause := f.cause
	if cause == "" {
		cause = "failed"
	}
	if f.attempts > 1 {
		cause += t.paint(dim, fmt.Sprintf(" (%d attempts)", f.attempts))
	}
	for line := range strings.Lines(cause) {
		fmt.Fprintf(&b, "  %s\n", strings.TrimRight(line, "\n"))
	}
	if f.source != "" && !strings.Contains(f.cause, f.source) {
		first, _, _ := strings.Cut(f.source, "\n")
		fmt.Fprintf(&b, "  %s\n", t.paint(dim, "of "+clip(visible(first), max(40, t.width()-5), t.signs().ellipsis)))
	}
	if f.log != "" && !strings.Contains(f.cause, f.log) {
		fmt.Fprintf(&b, "  %s\n", t.paint(dim, "log: "+f.log))
	}
	for _, line := range lastLines(string(f.tail), 10) {
		fmt.Fprintf(&b, "  %s %s\n", t.paint(dim, "|"), line)
	}
	return b.String()
}

// line is a failure in a line.
func (f *failure) line(t *terminal) string {
	cause, _, _ := strings.Cut(f.cause, "\n")
	line := t.paint(red, t.signs().failed) + " " + f.path
	if f.keyUnseen() {
		line += " (" + clip(visible(f.key), 60, t.signs().ellipsis) + ")"
	}
	line += ": " + cause
	if f.attempts > 1 {
		line += fmt.Sprintf(" (%d attempts)", f.attempts)
	}
	return line
}

// keyUnseen tells whether the path doesn't show which element it is of: a star stands for a hash.
func (f *failure) keyUnseen() bool {
	return f.key != "" && (strings.Contains(f.label, "*") || !strings.Contains(f.path, f.key))
}

// lastLines gives the last lines of what a command printed, without what moves a terminal's cursor.
func lastLines(text string, n int) []string {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return nil
	}
	all := strings.Split(text, "\n")
	all = all[max(0, len(all)-n):]
	for i, line := range all {
		if at := strings.LastIndexByte(strings.TrimRight(line, "\r"), '\r'); at >= 0 {
			line = line[at+1:]
		}
		all[i] = printable(strings.TrimRight(line, "\r"))
	}
	return all
}

// printable drops control characters, escape sequences with them.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, plainText(line))
}
