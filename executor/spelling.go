package executor

import (
	"os"
	"strings"
	"unicode/utf8"

	"github.com/asflow/asflow/planner"
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

// alike finds a name in a folder that reads as the text does. Names that were found are looked for first: a folder may have many.
func (s *Store) alike(dir, step string) (found string, ok bool) {
	if name, ok := s.spellings.Load(dir + step); ok {
		if _, err := os.Lstat(s.abs(dir + name.(string))); err == nil {
			return name.(string), true
		}
	}
	where := dir
	if where == "" {
		where = "."
	}
	_ = s.List(where, func(names []string) error {
		for _, name := range names {
			text := planner.Text(name)
			if text == name {
				continue
			}
			s.spellings.Store(dir+text, name)
			if !ok && text == step {
				found, ok = name, true
			}
		}
		return nil
	})
	return found, ok
}

// onDisk gives a path as programs find it: by the name that the file has, where that is spelled in another way.
func (s *Store) onDisk(at string) string {
	if isASCII(at) {
		return at
	}
	if _, err := os.Lstat(s.abs(at)); err == nil {
		return at
	}
	if other, ok := s.spelled(at); ok {
		return other
	}
	return at
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
