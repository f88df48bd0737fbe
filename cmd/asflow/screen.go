package main

import (
	"fmt"
	"io"
	"strings"
)

// screen is the end of a terminal where a block of lines is painted again and again, with lines that stay above it.
type screen struct {
	w     io.Writer
	drawn []int // how many columns each line of the block takes, as last painted
	width int   // the terminal's, then
}

// paint writes lines that stay, and the block under them in the place of the one before, in one Write. width is the
// terminal's, as it is now: where it has become narrower, the lines that were painted have wrapped.
func (s *screen) paint(stay, block []string, width int) error {
	if len(stay) == 0 && len(block) == 0 && len(s.drawn) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("\r")
	if up := s.above(width); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	if width != s.width {
		b.WriteString("\x1b[J") // rows that have wrapped would be joined again later
		s.width = width
	}
	for _, line := range stay {
		b.WriteString(line)
		b.WriteString("\x1b[K\r\n")
	}
	s.drawn = s.drawn[:0]
	for i, line := range block {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(line)
		b.WriteString("\x1b[K")
		s.drawn = append(s.drawn, cells(plainText(line)))
	}
	b.WriteString("\x1b[J\r")
	_, err := io.WriteString(s.w, b.String())
	return err
}

// above is how many rows of the terminal stand between the block's first and the cursor, which is at the beginning of
// the last line.
func (s *screen) above(width int) int {
	n := 0
	for i, w := range s.drawn {
		if i < len(s.drawn)-1 {
			n += max(1, (w+width-1)/max(1, width))
		}
	}
	return n
}

// plainText drops colours.
func plainText(line string) string {
	if !strings.Contains(line, "\x1b[") {
		return line
	}
	var b strings.Builder
	for line != "" {
		head, rest, found := strings.Cut(line, "\x1b[")
		b.WriteString(head)
		if !found {
			break
		}
		_, line, _ = strings.Cut(rest, "m")
	}
	return b.String()
}
