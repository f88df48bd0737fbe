package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// vt is a terminal with as much of one as the screen uses, which wraps lines anew when it is resized. Lines are kept
// as they were written; a row of the terminal is width columns of one.
type vt struct {
	width     int
	lines     [][]rune
	line, col int
}

func newVT(width int) *vt { return &vt{width: width, lines: [][]rune{nil}} }

func (v *vt) Write(b []byte) (int, error) {
	text := []rune(string(b))
	for i := 0; i < len(text); i++ {
		switch r := text[i]; r {
		case '\r':
			v.col -= v.col % v.width
		case '\n':
			v.down()
		case '\x1b':
			i += 2
			from := i
			for text[i] >= '0' && text[i] <= '9' || text[i] == ';' {
				i++
			}
			v.control(text[i], string(text[from:i]))
		default:
			for len(v.lines[v.line]) <= v.col {
				v.lines[v.line] = append(v.lines[v.line], ' ')
			}
			v.lines[v.line][v.col] = r
			v.col++
		}
	}
	return len(b), nil
}

func (v *vt) down() {
	if rowEnd := v.col - v.col%v.width + v.width; len(v.lines[v.line]) > rowEnd {
		v.col += v.width
		return
	}
	v.line++
	v.col %= v.width
	if v.line == len(v.lines) {
		v.lines = append(v.lines, nil)
	}
}

func (v *vt) control(what rune, arg string) {
	n, _ := strconv.Atoi(arg)
	switch what {
	case 'A':
		for range max(1, n) {
			if v.col >= v.width {
				v.col -= v.width
			} else if v.line > 0 {
				v.line--
				v.col += max(0, len(v.lines[v.line])-1) / v.width * v.width
			}
		}
	case 'K', 'J':
		row := v.lines[v.line]
		end := v.col - v.col%v.width + v.width
		if what == 'J' || len(row) <= end {
			v.lines[v.line] = row[:min(v.col, len(row))]
		} else {
			for k := v.col; k < end; k++ {
				row[k] = ' '
			}
		}
		if what == 'J' {
			v.lines = v.lines[:v.line+1]
		}
	}
}

func (v *vt) String() string {
	var out []string
	for _, line := range v.lines {
		out = append(out, strings.TrimRight(string(line), " "))
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

func TestScreenPaintsInPlace(t *testing.T) {
	t.Parallel()
	v := newVT(20)
	s := screen{w: v}
	step := func(stay, block []string, want string) {
		t.Helper()
		if err := s.paint(stay, block, v.width); err != nil {
			t.Fatal(err)
		}
		if got := v.String(); got != want {
			t.Fatalf("the screen shows\n%s\nnot\n%s", got, want)
		}
	}
	fmt.Fprint(v, "$ asflow build\r\n")
	const before = "$ asflow build\n"
	step(nil, []string{"one", "two", "three"}, before+"one\ntwo\nthree")
	step(nil, []string{"uno", "\x1b[2mdos\x1b[0m", "tres"}, before+"uno\ndos\ntres")
	step([]string{"done"}, []string{"dos", "tres"}, before+"done\ndos\ntres")
	step(nil, []string{"a", "b", "c", "d"}, before+"done\na\nb\nc\nd")
	step([]string{"a line that is longer than the terminal is wide"}, []string{"b"},
		before+"done\na line that is longer than the terminal is wide\nb")
	step([]string{"end"}, nil, before+"done\na line that is longer than the terminal is wide\nend")
	step(nil, nil, before+"done\na line that is longer than the terminal is wide\nend")
}

// Whatever a terminal is resized to between frames, nothing of an earlier frame stays, and nothing above is lost.
func TestScreenSurvivesResizing(t *testing.T) {
	t.Parallel()
	v := newVT(60)
	s := screen{w: v}
	fmt.Fprint(v, "above\r\n")
	widths := []int{60, 30, 7, 45, 12, 80, 9, 33, 60}
	for i, width := range widths {
		v.width = width
		var block []string
		for k := range 4 {
			line := strings.Repeat(string(rune('a'+k)), min(50, width-1))
			block = append(block, line)
		}
		if err := s.paint(nil, block, width); err != nil {
			t.Fatal(err)
		}
		if want := "above\n" + strings.Join(block, "\n"); v.String() != want {
			t.Fatalf("after %v the screen shows\n%s\nnot\n%s", widths[:i+1], v.String(), want)
		}
	}
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "a": "a", "\x1b[31mred\x1b[0m and \x1b[1mbold\x1b[0m": "red and bold", "cut \x1b[3": "cut ",
	} {
		if got := plainText(in); got != want {
			t.Errorf("plainText(%q) = %q, not %q", in, got, want)
		}
	}
}
