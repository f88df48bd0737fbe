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
