package hclspec

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// firstPage is what page is before anything has been fetched.
var firstPage = cty.ObjectVal(map[string]cty.Value{"number": cty.NumberIntVal(1), "offset": cty.Zero, "cursor": cty.NullVal(cty.DynamicPseudoType)})

// fillPath fills {var.…} and {local.…} into a path or label that an expression gave.
func (e *environment) fillPath(text string) (string, error) {
	if !strings.Contains(text, "{var.") && !strings.Contains(text, "{local.") {
		return text, nil
	}
	var b strings.Builder
	for {
		i := min(index(text, "{var."), index(text, "{local."))
		if i == len(text) {
			b.WriteString(text)
			return b.String(), nil
		}
		b.WriteString(text[:i])
		end := strings.IndexByte(text[i:], '}')
		if end < 0 {
			return "", fmt.Errorf("%q has a { without its }", text)
		}
		kind, name, _ := strings.Cut(text[i+1:i+end], ".")
		s, err := e.nameText(kind, name)
		if err != nil {
			return "", fmt.Errorf("{%s.%s} %w", kind, name, err)
		}
		b.WriteString(s)
		text = text[i+end+1:]
	}
}

func index(s, sub string) int {
	if i := strings.Index(s, sub); i >= 0 {
		return i
	}
	return len(s)
}

// nameText gives var.x.y or local.x.y as text.
func (e *environment) nameText(kind, name string) (string, error) {
	steps := strings.Split(name, ".")
	v, ok := e.vars[steps[0]]
	if kind == "local" {
		l := e.locals[steps[0]]
		if ok = l != nil; ok {
			var err error
			value, diags := e.localValue(l, &call{env: e, reads: &Reads{}})
			if diags.HasErrors() {
				err = diags
			}
			if v = value; err != nil {
				return "", err
			}
		}
	}
	if !ok {
		return "", fmt.Errorf("is not declared")
	}
	v, err := walk(v, steps[1:])
	if err != nil {
		return "", err
	}
	return placeholderText(v, true)
}

// originOf gives scheme and host of a URL, the scheme's own port left out; "" where there is none.
func originOf(text string) string {
	i := strings.Index(text, "://")
	if i < 0 {
		return ""
	}
	rest := text[i+3:]
	if j := strings.IndexAny(rest, "/?#"); j >= 0 {
		rest = rest[:j]
	}
	if strings.ContainsAny(rest, "@%") || strings.ToLower(rest) != rest {
		u, err := url.Parse(text[:i+3] + rest)
		if err != nil {
			return ""
		}
		rest = strings.ToLower(u.Host)
	}
	scheme := strings.ToLower(text[:i])
	switch scheme {
	case "http":
		rest = strings.TrimSuffix(rest, ":80")
	case "https":
		rest = strings.TrimSuffix(rest, ":443")
	}
	return scheme + "://" + rest
}
