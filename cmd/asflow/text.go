package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// cells is how many columns text takes on a terminal.
func cells(text string) int { return uniseg.StringWidth(text) }

// pad fills text with spaces to a width; right puts the text on the right.
func pad(text string, width int, right bool) string {
	n := width - cells(text)
	if n <= 0 {
		return text
	}
	if right {
		return strings.Repeat(" ", n) + text
	}
	return text + strings.Repeat(" ", n)
}

// visible gives a line that came from elsewhere (a source, a key, a server) as a terminal may show it: with spaces for tabs, and
// nothing that would steer it.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, string(utf8.RuneError)), "\t", "  "))
}

// joinLines gives a text that came from elsewhere, and may have several lines, as one that a terminal may show.
func joinLines(s string) string { return visible(strings.ReplaceAll(s, "\n", " / ")) }

// clip cuts text to a width, at its end.
func clip(text string, width int, ellipsis string) string {
	if cells(text) <= width {
		return text
	}
	room := width - cells(ellipsis)
	if room < 1 {
		ellipsis, room = "", width
	}
	head, _ := cut(text, room)
	return head + ellipsis
}

// shorten cuts text to a width in its middle, so that its extension and the beginning of its folder stay.
func shorten(text string, width int, ellipsis string) string {
	if cells(text) <= width {
		return text
	}
	room := width - cells(ellipsis)
	if room < 2 {
		return clip(text, width, "")
	}
	tail := room * 3 / 5
	head, _ := cut(text, room-tail)
	rest := text
	for cells(rest) > tail {
		_, rest, _, _ = uniseg.FirstGraphemeClusterInString(rest, -1)
	}
	return head + ellipsis + rest
}

// cut takes the first grapheme clusters that fit into a width.
func cut(text string, width int) (head, rest string) {
	rest, state, used := text, -1, 0
	for rest != "" {
		_, next, w, s := uniseg.FirstGraphemeClusterInString(rest, state)
		if used+w > width {
			break
		}
		rest, state, used = next, s, used+w
	}
	return text[:len(text)-len(rest)], rest
}

// count writes a number with thousands apart.
func count[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural writes a number and what it counts.
func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// size writes bytes, in three digits or so.
func size(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f := float64(n)
	for _, unit := range []string{"kB", "MB", "GB", "TB", "PB"} {
		f /= 1000
		if f < 9.95 {
			return fmt.Sprintf("%.1f %s", f, unit)
		}
		if f < 999.5 {
			return fmt.Sprintf("%.0f %s", f, unit)
		}
	}
	return fmt.Sprintf("%.0f EB", f/1000)
}

// clock writes a time span for a column: 0:04, 12:40, 3:05:00.
func clock(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	if s < 0 {
		s = 0
	}
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	if s < 100*3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%dd", s/86400)
}

// about writes how long something may still take: 42s, 4m10s, 11m, 3h20m, 16h, 3d.
func about(d time.Duration) string {
	s := int64(max(0, d.Round(time.Second)) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 3600:
		return fmt.Sprintf("%dm", s/60)
	case s < 36000:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	case s < 48*3600:
		return fmt.Sprintf("%dh", s/3600)
	default:
		return fmt.Sprintf("%dd", s/86400)
	}
}

// untilWhen writes a time to come, where now is, with its date where that is another one.
func untilWhen(until, now time.Time) string {
	until = until.In(now.Location())
	if until.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return until.Format(time.TimeOnly)
	}
	return until.Format(time.DateTime)
}

// took writes a time span for a sentence: 0.08 s, 4.2 s, 3 min 20 s, 2 h 5 min.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		s := int(d.Round(time.Second).Seconds())
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	default:
		m := int(d.Round(time.Minute).Minutes())
		return fmt.Sprintf("%d h %d min", m/60, m%60)
	}
}

// rate writes how many jobs end in a second, a minute or an hour.
func rate(perSecond float64) string {
	switch {
	case perSecond <= 0:
		return ""
	case perSecond >= 9.95:
		return count(int64(perSecond+0.5)) + "/s"
	case perSecond >= 0.95:
		return fmt.Sprintf("%.1f/s", perSecond)
	case perSecond*60 >= 0.95:
		return fmt.Sprintf("%.0f/min", perSecond*60)
	default:
		return fmt.Sprintf("%.0f/h", perSecond*3600)
	}
}
