package hclspec

import (
	"encoding/base64"
	"encoding/json"
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

// redactor is what takes out the secrets that there are by now.
type redactor struct {
	replacer *strings.Replacer
	forms    []string // all forms of all secrets, the longest first
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
	var forms []string
	for one := range s.seen {
		forms = append(forms, formsOf(one)...)
	}
	// of two that begin alike the longer one is replaced
	slices.SortFunc(forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	forms = slices.Compact(forms)
	var pairs []string
	for _, f := range forms {
		pairs = append(pairs, f, redacted)
	}
	s.now.Store(&redactor{strings.NewReplacer(pairs...), forms})
}

// formsOf gives a secret and how it looks URL-encoded, in a host's name, in base64 and in JSON, where some encoders escape
// what HTML would.
func formsOf(text string) []string {
	var quoted strings.Builder
	e := json.NewEncoder(&quoted)
	_ = e.Encode(text)
	e.SetEscapeHTML(false)
	_ = e.Encode(text)
	html, plain, _ := strings.Cut(quoted.String(), "\n")
	return append(within(text),
		text, strings.ToLower(text), url.QueryEscape(text), url.PathEscape(text), strings.Trim(html, `"`), strings.Trim(plain, "\"\n"),
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
	return r.replacer.Replace(text)
}

// redactCut replaces all secrets in a text that was cut off, and what it ends with if a secret begins so.
func (s *secrets) redactCut(text string) string {
	r := s.now.Load()
	if r == nil {
		return text
	}
	text = r.replacer.Replace(text)
	most := 0
	for _, f := range r.forms {
		for n := min(len(f)-1, len(text)); n > most && n >= secretMin; n-- {
			if strings.HasSuffix(text, f[:n]) {
				most = n
			}
		}
	}
	if most == 0 {
		return text
	}
	return text[:len(text)-most] + redacted
}
