package main

// color is an SGR code.
type color string

const (
	bold   color = "1"
	dim    color = "2"
	red    color = "31"
	green  color = "32"
	yellow color = "33"
	blue   color = "34"
	cyan   color = "36"
)

// paint colours text where the stream shows colours.
func (t *terminal) paint(c color, text string) string {
	if !t.color || text == "" || c == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// signs are the characters that stand for things.
type signs struct {
	ok, failed, retry, held, note, ellipsis, dot, spin, from string
	full, head, empty                                        string // of bars
}

// signs gives unicode ones where the locale has them.
func (t *terminal) signs() signs {
	if t.unicode {
		return signs{
			ok: "✓", failed: "✗", retry: "↻", held: "⏸", note: "·", ellipsis: "…", dot: "·", spin: "▸", from: "←",
			full: "━", head: "╸", empty: "─",
		}
	}
	return signs{
		ok: "ok", failed: "FAILED", retry: "retry", held: "held", note: "-", ellipsis: "~", dot: "-", spin: ">", from: "<-",
		full: "=", head: ">", empty: ".",
	}
}
