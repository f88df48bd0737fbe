package fetchers

import "unicode/utf8"

// Characters finds in a text that comes in any pieces what is not UTF-8. JSON has to be, but its escapes may name what
// no character is: a decoder that lets those pass lets bytes pass too. The zero value is for the text's beginning.
type Characters struct {
	part [utf8.UTFMax]byte // of a character whose end has not come
	n    int
}

// Bad gives where in the next piece there is a byte that can't be there; -1: nowhere.
func (c *Characters) Bad(p []byte) int {
	from := 0
	for ; c.n > 0 && from < len(p); from++ {
		c.part[c.n] = p[from]
		c.n++
		if utf8.FullRune(c.part[:c.n]) {
			if !utf8.Valid(c.part[:c.n]) {
				return from
			}
			c.n = 0
		}
	}
	rest := p[from:]
	for back := 1; back < utf8.UTFMax && back <= len(rest); back++ {
		if end := rest[len(rest)-back:]; utf8.RuneStart(end[0]) {
			if !utf8.FullRune(end) {
				c.n = copy(c.part[:], end)
				rest = rest[:len(rest)-back]
			}
			break
		}
	}
	if utf8.Valid(rest) {
		return -1
	}
	for i := 0; ; {
		r, size := utf8.DecodeRune(rest[i:])
		if r == utf8.RuneError && size <= 1 {
			return from + i
		}
		i += size
	}
}
