package executor

import (
	"bytes"
	"strings"
)

// secretSign stands in the place of a secret.
const secretSign = "<secret>"

// ready is how much of what was printed may be written: whole lines, and of a very long line what has come of it, so that no
// secret is cut in two, of which neither half would be known for one.
func (l *jobLog) ready() int {
	end := bytes.LastIndexByte(l.line, '\n') + 1
	if l.size >= logHead { // this is redacted in the end, as a whole
		if end == 0 && len(l.line) >= lineMost {
			return len(l.line)
		}
		return end
	}
	if end > 0 {
		end -= l.begun(l.line[:end])
	}
	if end == 0 && len(l.line) >= lineMost+secretMost {
		return l.apart(len(l.line) - secretMost)
	}
	return end
}

// begun is how many bytes at the end of a text may be the beginning of a secret that has several lines.
func (l *jobLog) begun(b []byte) int {
	b = b[max(0, len(b)-secretMost):]
	whole, cut := l.run.Redact(string(b)), l.run.RedactCut(string(b))
	if whole == cut {
		return 0
	}
	n := len(whole) + len(secretSign) - len(cut)
	if n < 0 || n > len(b) || !strings.HasSuffix(whole, string(b[len(b)-n:])) {
		return len(b)
	}
	return n
}

// apart gives a place, at or before one in a long line, where no secret is cut in two: its parts by themselves are redacted
// as they are together.
func (l *jobLog) apart(at int) int {
	from, to := max(0, at-secretMost), min(len(l.line), at+secretMost)
	whole := l.run.Redact(string(l.line[from:to]))
	for n := at; n > from; n-- {
		if l.run.Redact(string(l.line[from:n]))+l.run.Redact(string(l.line[n:to])) == whole {
			return n
		}
	}
	return at
}
