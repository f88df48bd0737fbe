package fetchers_test

import (
	"testing"
	"unicode/utf8"

	"github.com/asflow/asflow/fetchers"
)

func TestCharacters(t *testing.T) {
	for _, text := range []string{"", "plain", "é", "€ and 😀", "\xff", "a\xffb", "é\xc3", "\xc3(", "\xe2\x82", "\xe2\x82x", "\xf0\x9f\x98\x80", "\xed\xa0\xbd", "\x80", "\xc0\xaf", "😀\x80"} {
		whole := utf8.ValidString(text)
		for size := 1; size < 6; size++ {
			var c fetchers.Characters
			good := true
			for p := []byte(text + " "); len(p) > 0; {
				n := min(size, len(p))
				bad := c.Bad(p[:n])
				if bad >= n {
					t.Fatalf("%q in pieces of %d: at %d of %d", text, size, bad, n)
				}
				good = good && bad < 0
				p = p[n:]
			}
			if good != whole {
				t.Errorf("%q in pieces of %d: %v", text, size, good)
			}
		}
	}
}
