package main

import (
	"io"
	"strings"
)

// writeTable aligns columns, which are right-aligned where right says so. The last one is not padded.
func writeTable(w io.Writer, rows [][]string, right map[int]bool) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if i < len(row)-1 || right[i] {
				widths[i] = max(widths[i], cells(plainText(cell)))
			}
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			fill := strings.Repeat(" ", max(0, widths[i]-cells(plainText(cell))))
			if right[i] {
				b.WriteString(fill + cell)
			} else {
				b.WriteString(cell + fill)
			}
		}
		_, _ = io.WriteString(w, strings.TrimRight(b.String(), " ")+"\n")
	}
}

// fitTable makes a table fit the terminal that it is shown on: while it is too wide, columns are left out in the order of
// drop, the first row being the heading; at last the texts of one column are shortened. What goes elsewhere is never cut.
func fitTable(t *terminal, rows [][]string, right map[int]bool, drop []int, shrink int) ([][]string, map[int]bool) {
	if !t.tty || len(rows) == 0 {
		return rows, right
	}
	width, _ := t.size()
	if width <= 0 {
		return rows, right
	}
	wide := make([]int, len(rows[0]))
	total := -2
	for i := range wide {
		for _, row := range rows {
			if i < len(row) {
				wide[i] = max(wide[i], cells(plainText(row[i])))
			}
		}
		total += wide[i] + 2
	}
	gone := map[int]bool{}
	for _, i := range drop {
		if total > width {
			gone[i] = true
			total -= wide[i] + 2
		}
	}
	room := max(leastShrunk, wide[shrink]-(total-width))
	var out [][]string
	kept := map[int]bool{}
	for _, row := range rows {
		var less []string
		for i, cell := range row {
			if gone[i] {
				continue
			}
			if i == shrink && total > width {
				cell = shortenPainted(cell, room, t.signs().ellipsis)
			}
			if right[i] {
				kept[len(less)] = true
			}
			less = append(less, cell)
		}
		out = append(out, less)
	}
	return out, kept
}

// leastShrunk is how many columns of a text are always shown.
const leastShrunk = 12

// shortenPainted shortens a text that may have a colour. Where only a part of it has one, the colour goes.
func shortenPainted(cell string, width int, ellipsis string) string {
	text := plainText(cell)
	short := shorten(text, width, ellipsis)
	if text == "" || !strings.Contains(cell, text) {
		return short
	}
	return strings.Replace(cell, text, short, 1)
}
