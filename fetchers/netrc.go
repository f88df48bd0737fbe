package fetchers

import (
	"fmt"
	"strings"
)

// parseNetrc finds a machine's entry, or the default one after all machines before it, as curl does: user is the one that the
// URL names, if any, and an entry with another login is passed over. Words may be quoted.
func parseNetrc(text, host, user string) (auth Auth, ok bool, err error) {
	words := netrcWords{all: text, rest: text}
	here := false
	for {
		word, more := words.next()
		switch {
		case !more || word == "machine" || word == "default":
			if here && (user == "" || auth.Username == "" || auth.Username == user) {
				if auth.Username == "" {
					auth.Username = user
				}
				return auth, words.err == nil, words.err
			}
			if !more {
				return Auth{}, false, words.err
			}
			auth, here = Auth{Basic: true}, word == "default" || strings.EqualFold(words.value(), host)
		case strings.HasPrefix(word, "#"):
			words.line()
		case word == "macdef":
			for strings.TrimSpace(words.line()) != "" { // up to a blank line
			}
		case word == "login":
			auth.Username = words.value()
		case word == "password":
			auth.Password = words.value()
		case word == "account":
			words.value()
		}
	}
}

// netrcWords reads a netrc file word by word.
type netrcWords struct {
	all, rest string
	err       error
}

const netrcBlanks = " \t\r\n"

// value gives the word that belongs to the last one.
func (w *netrcWords) value() string {
	word, _ := w.next()
	return word
}

// next gives a word, if there is one.
func (w *netrcWords) next() (string, bool) {
	w.rest = strings.TrimLeft(w.rest, netrcBlanks)
	if quoted, ok := strings.CutPrefix(w.rest, `"`); ok {
		return w.quoted(quoted)
	}
	end := strings.IndexAny(w.rest, netrcBlanks)
	if end < 0 {
		end = len(w.rest)
	}
	word := w.rest[:end]
	w.rest = w.rest[end:]
	return word, end > 0
}

// quoted gives a word up to its closing quote, which is on the same line.
func (w *netrcWords) quoted(text string) (string, bool) {
	var word strings.Builder
	for i := 0; i < len(text) && text[i] != '\n'; i++ {
		c := text[i]
		if c == '"' {
			w.rest = text[i+1:]
			return word.String(), true
		}
		if c == '\\' && i+1 < len(text) && text[i+1] != '\n' {
			i++
			switch c = text[i]; c {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			}
		}
		word.WriteByte(c)
	}
	w.err = fmt.Errorf("line %d: a quoted word does not end there", 1+strings.Count(w.all[:len(w.all)-len(text)], "\n"))
	w.rest = ""
	return "", false
}

// line gives what is left of the line.
func (w *netrcWords) line() string {
	line, rest, _ := strings.Cut(w.rest, "\n")
	w.rest = rest
	return line
}
