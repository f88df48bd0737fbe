package fetchers

import "strings"

// EscapeURL percent-encodes what the path and the query of a URL, which may be relative, can't hold: spaces, quotes,
// what is not ASCII. All else stays as it is, each %2F too, which url.Parse and String would else undo where they encode
// for themselves. Control characters stay, and are refused by url.Parse.
func EscapeURL(text string) string {
	from, to := 0, len(text)
	if i := strings.IndexAny(text, "/?#"); i >= 0 && strings.HasPrefix(text[i:], "//") && (i == 0 || text[i-1] == ':') {
		end := strings.IndexAny(text[i+2:], "/?#")
		if end < 0 {
			return text
		}
		from = i + 2 + end // after the host
	}
	if i := strings.IndexByte(text[from:], '#'); i >= 0 {
		to = from + i
	}
	query := to
	if i := strings.IndexByte(text[from:to], '?'); i >= 0 {
		query = from + i
	}
	if !hasUnfit(text[from:query], false) && !hasUnfit(text[query:to], true) {
		return text
	}
	var b strings.Builder
	b.WriteString(text[:from])
	for i := from; i < to; i++ {
		if c := text[i]; unfit(c, i >= query) {
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(text[i])
	}
	b.WriteString(text[to:])
	return b.String()
}

func hasUnfit(text string, query bool) bool {
	for i := range len(text) {
		if unfit(text[i], query) {
			return true
		}
	}
	return false
}

// unfit says that a byte can't stand for itself. In a query that is as browsers have it: many write [, { and | there.
func unfit(c byte, query bool) bool {
	switch c {
	case ' ', '"', '<', '>':
		return true
	case '\\', '^', '`', '{', '|', '}':
		return !query
	}
	return c >= 0x80
}
