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
	wide, total := columnWidths(rows)
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

// columnWidths tells how wide each column is, and all of them with what is between.
func columnWidths(rows [][]string) (wide []int, total int) {
	wide, total = make([]int, len(rows[0])), -2
	for i := range wide {
		for _, row := range rows {
			if i < len(row) {
				wide[i] = max(wide[i], cells(plainText(row[i])))
			}
		}
		total += wide[i] + 2
	}
	return wide, total
}

// narrow tells whether a terminal is too narrow for a table even where one column is shortened as far as it may be.
func narrow(t *terminal, rows [][]string, shrink int) bool {
	if width, _ := t.size(); t.tty && width > 0 && len(rows) > 0 {
		wide, total := columnWidths(rows)
		return total-max(0, wide[shrink]-leastShrunk) > width
	}
	return false
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

// namedValue is a line for people: a name, its value, and what there is to say about it.
type namedValue struct{ name, value, about string }

// writeNamed writes names and their values below each other. On a terminal, what is too wide for a line goes on below
// its beginning; a word is never cut, so that it can be copied.
func writeNamed(w io.Writer, t *terminal, rows []namedValue) {
	wide := 0
	for _, row := range rows {
		wide = max(wide, cells(row.name))
	}
	width := max(leastShrunk, t.width()-wide-4)
	for _, row := range rows {
		lines := []string{row.value + "  " + t.paint(dim, row.about)}
		if row.about == "" {
			lines = wrapped(row.value, width)
		} else if cells(plainText(lines[0])) > width {
			lines = wrapped(row.value, width)
			for _, line := range wrapped(row.about, width-2) {
				lines = append(lines, "  "+t.paint(dim, line))
			}
		}
		name := t.paint(dim, row.name) + strings.Repeat(" ", wide-cells(row.name))
		for _, line := range lines {
			_, _ = io.WriteString(w, strings.TrimRight("  "+name+"  "+line, " ")+"\n")
			name = strings.Repeat(" ", wide)
		}
	}
}

// sentence gives a text that may have colours in lines that fit the terminal, where its words allow it.
func (t *terminal) sentence(text string) string {
	if cells(plainText(text)) <= t.width() {
		return text
	}
	return strings.Join(wrapped(text, t.width()-2), "\n  ")
}

// wrapped gives the lines of a text that may have colours, of a width where its words allow it.
func wrapped(text string, width int) (lines []string) {
	line, used := "", 0
	for _, word := range strings.Split(text, " ") {
		n := cells(plainText(word))
		switch {
		case line == "":
			line, used = word, n
		case used+1+n > width:
			lines = append(lines, strings.TrimRight(line, " "))
			line, used = word, n
		default:
			line, used = line+" "+word, used+1+n
		}
	}
	return append(lines, line)
}
