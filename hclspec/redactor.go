package hclspec

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// redactor takes out the secrets that there are by now. Its zero value knows none. It is not changed once it is in use.
type redactor struct {
	root   secretNode
	begins [256]bool // the bytes that a secret may begin with in a text, encoded or not
}

// secretNode is a place within secrets: what all that begin alike may go on with.
type secretNode struct {
	ends bool // a secret
	next map[byte]*secretNode
}

// add notes a form of a secret.
func (r *redactor) add(text string) {
	n := &r.root
	for i := range len(text) {
		m := n.next[text[i]]
		if m == nil {
			m = &secretNode{}
			if n.next == nil {
				n.next = map[byte]*secretNode{}
			}
			n.next[text[i]] = m
		}
		n = m
	}
	n.ends = true
	r.begins[text[0]], r.begins['%'], r.begins['\\'] = true, true, true
	if text[0] == ' ' {
		r.begins['+'] = true
	}
}

// replace replaces all secrets in a text; of two that begin at the same place, the longer.
func (r *redactor) replace(text string) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); i++ {
		if !r.begins[text[i]] {
			continue
		}
		if end, _ := r.match(text, i); end > i {
			b.WriteString(text[done:i])
			b.WriteString(redacted)
			done, i = end, end-1
		}
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// begun is where, at the end of a text, a secret begins that was cut; the text's length where none does.
func (r *redactor) begun(text string) int {
	for i := 0; i <= len(text)-secretMin; i++ {
		if r.begins[text[i]] {
			if _, cut := r.match(text, i); cut {
				return i
			}
		}
	}
	return len(text)
}

// match finds the longest secret that begins at a place of a text, and whether one may have been cut by the text's end.
func (r *redactor) match(text string, from int) (end int, cut bool) {
	m := secretMatch{text: text}
	m.walk(&r.root, from)
	return m.end, m.cut
}

// secretMatch compares a text with the secrets, each of whose characters may be percent-encoded, once or more often, or
// escaped as JSON does it. So a text can have several meanings, that of a backslash for one, and all are tried.
type secretMatch struct {
	text string
	end  int
	cut  bool
	seen map[secretAt]bool // places from where more than one way leads on
}

type secretAt struct {
	node *secretNode
	at   int
}

func (m *secretMatch) walk(n *secretNode, i int) {
	for {
		if n.ends {
			m.end = max(m.end, i)
		}
		if i == len(m.text) {
			m.cut = m.cut || len(n.next) > 0
			return
		}
		c := m.text[i]
		plain := n.next[c]
		if c == '%' || c == '\\' || c == '+' {
			at := secretAt{n, i}
			if m.seen[at] {
				return
			}
			if plain != nil {
				if m.seen == nil {
					m.seen = map[secretAt]bool{}
				}
				m.seen[at] = true
			}
			switch c {
			case '%':
				m.percent(n, i+1)
			case '\\':
				m.escape(n, i+1)
			case '+':
				m.step(n, ' ', i+1)
			}
		}
		if plain == nil {
			return
		}
		n, i = plain, i+1
	}
}

// step goes on after one byte, if a secret does.
func (m *secretMatch) step(n *secretNode, b byte, i int) {
	if next := n.next[b]; next != nil {
		m.walk(next, i)
	}
}

// percent goes on after a byte's two digits, before which there may be 25 for each time that the sign was encoded itself.
func (m *secretMatch) percent(n *secretNode, i int) {
	for {
		if i+2 > len(m.text) {
			m.cut = m.cut || len(n.next) > 0 && (i == len(m.text) || isHex(m.text[i:]))
			return
		}
		digits := m.text[i : i+2]
		b, err := strconv.ParseUint(digits, 16, 8)
		if err != nil || !isHex(digits) {
			return
		}
		i += 2
		m.step(n, byte(b), i)
		if b == '+' {
			m.step(n, ' ', i) // a space that was encoded twice
		}
		if digits != "25" {
			return
		}
	}
}

// escape goes on after what a backslash stands before in JSON.
func (m *secretMatch) escape(n *secretNode, i int) {
	if i == len(m.text) {
		m.cut = m.cut || len(n.next) > 0
		return
	}
	switch c := m.text[i]; c {
	case '"', '\\', '/':
		m.step(n, c, i+1)
	case 'b', 'f', 'n', 'r', 't':
		m.step(n, map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}[c], i+1)
	case 'u':
		m.unicode(n, i-1)
	}
}

// unicode goes on after an escaped character, which may be two halves.
func (m *secretMatch) unicode(n *secretNode, i int) {
	c, cut := m.unit(i)
	i += 6
	if !cut && utf16.IsSurrogate(c) {
		var low rune
		low, cut = m.unit(i)
		i += 6
		c = utf16.DecodeRune(c, low)
		if c == utf8.RuneError {
			c = -1
		}
	}
	if cut {
		m.cut = m.cut || len(n.next) > 0
		return
	}
	if c < 0 {
		return
	}
	for _, b := range utf8.AppendRune(nil, c) {
		if n = n.next[b]; n == nil {
			return
		}
	}
	m.walk(n, i)
}

// unit reads a backslash, u and four digits: -1 where there are none, and cut where the text ends in their midst.
func (m *secretMatch) unit(i int) (c rune, cut bool) {
	rest := m.text[i:min(i+6, len(m.text))]
	head := min(2, len(rest))
	if rest[:head] != `\u`[:head] || !isHex(rest[head:]) {
		return -1, false
	}
	if len(rest) < 6 {
		return 0, true
	}
	u, err := strconv.ParseUint(rest[2:], 16, 32)
	if err != nil {
		return -1, false
	}
	return rune(u), false
}

// isHex tells whether a text is of hexadecimal digits alone.
func isHex(text string) bool {
	return strings.Trim(text, "0123456789abcdefABCDEF") == ""
}
