package executor

import (
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// spelled gives the path of a file whose name is spelled in another way than the language's texts, which are UTF-8 in
// NFC: file systems keep names as bytes. It is looked for in its folders' listings.
func (s *Store) spelled(at string) (string, bool) {
	if isASCII(at) {
		return "", false
	}
	here := ""
	if strings.HasPrefix(at, "/") {
		here, at = "/", at[1:]
	}
	for step := range strings.SplitSeq(at, "/") {
		next := here + step
		if _, err := os.Lstat(s.abs(next)); err != nil {
			name, ok := s.alike(here, step)
			if !ok {
				return "", false
			}
			next = here + name
		}
		here = next + "/"
	}
	return strings.TrimSuffix(here, "/"), true
}

// alike finds a name in a folder that reads as the text does.
func (s *Store) alike(dir, step string) (found string, ok bool) {
	if dir == "" {
		dir = "."
	}
	_ = s.List(dir, func(names []string) error {
		for _, name := range names {
			if !ok && !isASCII(name) && norm.NFC.String(strings.ToValidUTF8(name, string(utf8.RuneError))) == step {
				found, ok = name, true
			}
		}
		return nil
	})
	return found, ok
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
