package hclspec

import (
	"fmt"
	"path"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// nameMax is how long a name that a placeholder makes may be, in bytes: file systems take 255, and temporary names
// need room.
const nameMax = 200

// Label is a target's label with var and local filled in.
type Label struct {
	Text  string // as written, var and local filled in; what labels are compared by
	Parts []LabelPart
	Dir   bool // ends in a slash; the Parts don't

	broken bool // holds a placeholder that is a mistake
	filled bool // var or local are part of it
}

// LabelPart is a literal, the star, or a placeholder of each.
type LabelPart struct {
	Literal string
	Star    bool
	Each    string // "each.key", "each.value.a.b": as written

	value *template
}

// label parses a label and fills in var and local.
func (l *loader) label(text string, at hcl.Range) *Label {
	out := &Label{}
	rest := text
	literal := func(s string) {
		out.Text += s
		if n := len(out.Parts); n > 0 && !out.Parts[n-1].Star && out.Parts[n-1].Each == "" {
			out.Parts[n-1].Literal += s
		} else if s != "" {
			out.Parts = append(out.Parts, LabelPart{Literal: s})
		}
	}
	stars := 0
	for rest != "" {
		i := strings.IndexAny(rest, "*{}")
		if i < 0 {
			literal(rest)
			break
		}
		literal(rest[:i])
		c := rest[i]
		rest = rest[i+1:]
		switch c {
		case '*':
			if stars++; stars == 2 {
				l.err(at, "Two stars in a label", "A label has one * at most: it is the hash of each.key. Put what else tells elements apart into {each.…}.")
			}
			out.Parts = append(out.Parts, LabelPart{Star: true})
			out.Text += "*"
		case '}':
			l.err(at, "A } without its {", "Placeholders of a label are {each.…}, {var.…} and {local.…}.")
			return out
		case '{':
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				l.err(at, "A { without its }", "Placeholders of a label are {each.…}, {var.…} and {local.…}.")
				out.stand(rest)
				return out
			}
			l.placeholder(out, rest[:end], at, literal)
			rest = rest[end+1:]
		}
	}
	l.checkLabel(out, at)
	return out
}

// placeholder takes in one {…}: of each as it is, of var and local by its value.
func (l *loader) placeholder(out *Label, text string, at hcl.Range, literal func(string)) {
	expr, diags := hclsyntax.ParseExpression([]byte(text), at.Filename, at.Start)
	_, plain := expr.(*hclsyntax.ScopeTraversalExpr)
	if diags.HasErrors() || !plain {
		l.err(at, "Bad placeholder in a label", fmt.Sprintf("{%s} is not one of {each.…}, {var.…} and {local.…}. A value that needs an expression can be a local, or an attribute of the elements.", text))
		out.stand(text)
		return
	}
	expr = &placed{expr.(*hclsyntax.ScopeTraversalExpr), at}
	info, ok := l.check(expr, scopeEach)
	if !ok {
		out.stand(text)
		return
	}
	if info.mentionsEach() {
		value := compile(l.env, expr, info)
		if value == nil {
			l.err(at, "Bad placeholder in a label", fmt.Sprintf("{%s} is more than each.key, each.value, and attributes and indexes behind it. Let key give it, or make it an attribute of the elements.", text))
			out.stand(text)
			return
		}
		out.Parts = append(out.Parts, LabelPart{Each: text, value: value})
		out.Text += "{" + text + "}"
		return
	}
	v, ok := l.constant(expr)
	if !ok {
		return
	}
	s, err := placeholderText(v, true)
	if err != nil {
		l.err(at, "A placeholder without a usable value", fmt.Sprintf("{%s} %v.", text, err))
		return
	}
	out.filled = true
	literal(s)
}

// stand takes in a placeholder that is a mistake, so that nothing else is wrong with the label because of it.
func (l *Label) stand(text string) {
	l.broken = true
	l.Parts = append(l.Parts, LabelPart{Each: text})
	l.Text += "{" + text + "}"
}

// placed is a traversal that says of itself that it stands where its label does.
type placed struct {
	*hclsyntax.ScopeTraversalExpr
	at hcl.Range
}

func (p *placed) Range() hcl.Range      { return p.at }
func (p *placed) StartRange() hcl.Range { return p.at }

// placeholderText is a value as part of a path.
func placeholderText(v cty.Value, folders bool) (string, error) {
	if v.IsMarked() {
		return "", fmt.Errorf("is a secret, and paths are shown")
	}
	if v.IsNull() {
		return "", fmt.Errorf("is null")
	}
	if !v.IsKnown() || !v.Type().IsPrimitiveType() {
		return "", fmt.Errorf("is %s: only a string, number or bool can be part of a path", kindOf(v.Type()))
	}
	s, err := keyOf(v)
	if err != nil {
		return "", err
	}
	return s, pathText(s, folders)
}

// pathText checks a text that is to be part of a path.
func pathText(s string, folders bool) error {
	if s == "" {
		return fmt.Errorf("is empty")
	}
	if s == "." || s == ".." {
		return fmt.Errorf("is %q, which is a folder's own name", s)
	}
	if strings.Contains(s, "/") && !folders {
		return fmt.Errorf("is %q: a / would make a folder. Use replace(…) in key, or in the list", s)
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r == '\\' || unicode.IsControl(r) }); i >= 0 {
		return fmt.Errorf("is %q, which holds a backslash or a control character", s)
	}
	return nil
}

// checkLabel reports labels that can't be paths of outputs.
func (l *loader) checkLabel(out *Label, at hcl.Range) {
	if strings.HasSuffix(out.Text, "/") {
		out.Dir = true
		last := &out.Parts[len(out.Parts)-1]
		last.Literal = strings.TrimSuffix(last.Literal, "/")
		if last.Literal == "" && !last.Star && last.Each == "" {
			out.Parts = out.Parts[:len(out.Parts)-1]
		}
	}
	text := strings.TrimSuffix(out.Text, "/")
	switch {
	case text == "" || text == ".":
		l.err(at, "A target without a path", "A target's label is the path of what it makes, such as \"data/list.json\".")
		return
	case strings.ContainsFunc(text, func(r rune) bool { return r == '\\' || unicode.IsControl(r) }):
		l.err(at, "Bad path in a label", "A label can't hold backslashes or control characters; folders are parted by /.")
	case hasStep(text, ".."):
		l.err(at, "A path that leaves the project", "A label can't hold .. as a step: outputs stay inside the project. For a folder elsewhere write an absolute path, or make a symbolic link to it.")
	case path.Clean(text) != text:
		l.err(at, "A path that is not in its simplest form", fmt.Sprintf("Write %q as %q.", out.Text, path.Clean(text)))
	}
	for _, step := range strings.Split(text, "/") {
		switch {
		case out.filled && len(step) > nameMax && !strings.Contains(step, "{"):
			l.err(at, "A name that is too long", fmt.Sprintf("The label makes %q, of %d bytes; a name may have %d.", step, len(step), nameMax))
		case len(step) > nameMax+55:
			l.err(at, "A name that is too long", "File systems take names of up to 255 bytes.")
		}
	}
}

func hasStep(p, step string) bool {
	for _, s := range strings.Split(p, "/") {
		if s == step {
			return true
		}
	}
	return false
}

// AppendPath appends the path of element i's output. hash is the key's 24 hex digits.
func (t *Target) AppendPath(dst []byte, els Elements, i int, key, hash string) ([]byte, hcl.Diagnostics) {
	start := len(dst)
	for _, p := range t.Label.Parts {
		switch {
		case p.Star:
			dst = append(dst, hash...)
		case p.Each == "":
			dst = append(dst, p.Literal...)
		default:
			s, err := p.value.text(els, i)
			if err == nil {
				err = pathText(s, false)
			}
			if err != nil {
				return dst, t.elementError(els, i, "A placeholder without a usable value", fmt.Sprintf("In the label, {%s} %v.", p.Each, err), t.Range)
			}
			dst = append(dst, s...)
		}
	}
	made := dst[start:]
	for len(made) > 0 {
		n := strings.IndexByte(string(made), '/')
		if n < 0 {
			n = len(made)
		}
		if n > nameMax && !t.Label.constant() {
			return dst, t.elementError(els, i, "A name that is too long", fmt.Sprintf("The label makes %q, of %d bytes; a name may have %d. Use * in its place.", made[:n], n, nameMax), t.Range)
		}
		made = made[min(n+1, len(made)):]
	}
	return dst, nil
}

// constant tells whether the label makes one path.
func (l *Label) constant() bool {
	for _, p := range l.Parts {
		if p.Star || p.Each != "" {
			return false
		}
	}
	return true
}

// CouldMake tells whether the label could make a path: with * as 24 hex digits and each as any name without a slash.
// For a directory label that is the directory itself and everything inside it.
func (l *Label) CouldMake(at string) bool {
	return couldMake(l.Parts, at, l.Dir)
}

func couldMake(parts []LabelPart, at string, dir bool) bool {
	for i, p := range parts {
		switch {
		case p.Star:
			if len(at) < 24 || strings.Trim(at[:24], "0123456789abcdef") != "" {
				return false
			}
			at = at[24:]
		case p.Each == "":
			rest, ok := strings.CutPrefix(at, p.Literal)
			if !ok {
				return false
			}
			at = rest
		default:
			most := strings.IndexByte(at, '/')
			if most < 0 {
				most = len(at)
			}
			for n := 1; n <= most; n++ {
				if couldMake(parts[i+1:], at[n:], dir) {
					return true
				}
			}
			return false
		}
	}
	return at == "" || dir && at[0] == '/'
}
