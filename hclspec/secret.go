package hclspec

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/zclconf/go-cty/cty"
)

// secretMin is the length from which a secret is replaced where text is shown: shorter ones would take ordinary
// text with them.
const secretMin = 4

// redacted stands in the place of a secret.
const redacted = "<secret>"

// mark is what a secret is marked with.
type mark string

const sensitiveMark = mark("secret")

// secrets is all secrets that have entered.
type secrets struct {
	mu   sync.Mutex
	seen map[string]bool
	now  atomic.Pointer[redactor]
}

func newSecrets() *secrets { return &secrets{seen: map[string]bool{}} }

// add notes a secret.
func (s *secrets) add(text string) {
	if len(text) < secretMin {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[text] {
		return
	}
	s.seen[text] = true
	r := &redactor{}
	for one := range s.seen {
		for _, form := range formsOf(one) {
			r.add(form)
		}
	}
	s.now.Store(r)
}

// formsOf gives a secret and how it looks in a host's name, where a program took it for text that it is not, and in base64,
// into which a token server's client puts it URL-encoded. All of them are found URL-encoded and in JSON too.
func formsOf(text string) []string {
	return append(slices.Concat(within(text), within(url.QueryEscape(text))),
		text, strings.ToLower(text), string([]rune(text)),
		base64.StdEncoding.EncodeToString([]byte(text)), base64.RawStdEncoding.EncodeToString([]byte(text)),
		base64.URLEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text)),
	)
}

// within gives how a secret looks in the base64 of a longer text, such as a user's name and password, at each place where
// it may begin: the letters that are of it alone.
func within(text string) (forms []string) {
	for before := range 3 {
		padded := append(make([]byte, before), text...)
		whole := base64.RawStdEncoding.EncodeToString(padded)
		from, to := (8*before+5)/6, 8*len(padded)/6
		if to-from >= 2*secretMin {
			part := whole[from:to]
			forms = append(forms, part, strings.NewReplacer("+", "-", "/", "_").Replace(part))
		}
	}
	return forms
}

// addValue notes all texts in a value.
func (s *secrets) addValue(v cty.Value) {
	v, _ = v.UnmarkDeep()
	_ = cty.Walk(v, func(_ cty.Path, x cty.Value) (bool, error) {
		if x.IsKnown() && !x.IsNull() && x.Type().IsPrimitiveType() {
			if t, err := keyOf(x); err == nil {
				s.add(t)
			}
		}
		return true, nil
	})
}

// redact replaces all secrets in a text.
func (s *secrets) redact(text string) string {
	r := s.now.Load()
	if r == nil {
		return text
	}
	return r.replace(text)
}

// redactCut replaces all secrets in a text that was cut off, and what it ends with if a secret begins so.
func (s *secrets) redactCut(text string) string {
	r := s.now.Load()
	if r == nil {
		return text
	}
	text = r.replace(text)
	if at := r.begun(text); at < len(text) {
		return text[:at] + redacted
	}
	return text
}
