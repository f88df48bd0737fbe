package planner

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/zclconf/go-cty/cty"

	"github.com/asflow/asflow/hclspec"
)

// world answers what functions ask of the project, for one target's expressions.
type world struct {
	plan *Plan
	node *node

	frozen  bool // nothing is to change: all that may be asked for is settled
	running bool // the plan is not locked by who asks
}

var _ hclspec.World = (*world)(nil)

// Open opens a source file, or an output that is up to date.
func (w *world) Open(at string) (io.ReadCloser, error) {
	p := w.plan
	if w.frozen {
		return p.open(at)
	}
	if w.running {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	m, i, heldBy := p.maker(path.Clean(at))
	for _, h := range heldBy {
		p.after(w.node, h)
	}
	if m == nil && len(heldBy) > 0 {
		return nil, &hclspec.Unbuilt{Path: at}
	}
	if m == nil {
		if other, i, _ := p.elsewhere(path.Clean(at)); other != nil {
			return nil, errors.New(strings.TrimSuffix(sourceMade(w.node, at, other, i), "."))
		}
	} else {
		p.after(w.node, m)
		p.settle(m, i)
		if id := m.id(i); !p.states[id].usable() && !(p.states[id].settled() && p.serves(id)) {
			return nil, &hclspec.Unbuilt{Path: at}
		}
	}
	return p.open(at)
}

// stdin looks for what a command is to be fed with, as if a function read it; nil: it is there, or no target makes it.
func (w *world) stdin(r *hclspec.Recipe, in *resolved) (u *hclspec.Unbuilt) {
	if r == nil || r.Exec == nil || r.Exec.Stdin == "" || slices.Contains(in.paths(), path.Clean(r.Exec.Stdin)) {
		return nil
	}
	f, err := w.Open(r.Exec.Stdin)
	if err == nil {
		f.Close()
	}
	errors.As(err, &u)
	return u
}

// Outputs gives a target's planned outputs.
func (w *world) Outputs(label string) (hclspec.Outputs, error) {
	p := w.plan
	if w.running {
		p.mu.Lock()
		defer p.mu.Unlock()
	}
	m := p.byLabel[label]
	if m == nil {
		return nil, p.unknownLabel(label)
	}
	if !w.frozen {
		p.after(w.node, m)
		if !p.expand(m) {
			return nil, &hclspec.Unbuilt{Label: label}
		}
	}
	return outputs{m}, nil
}

// Glob gives files that no label could make.
func (w *world) Glob(pattern string) ([]string, int, error) {
	if !doublestar.ValidatePattern(pattern) {
		return nil, 0, fmt.Errorf("%q is not a pattern: see that each [ and { is closed", pattern)
	}
	return w.plan.glob(pattern, func(string) bool { return false })
}

// outputs is a target's planned outputs, in the order of its elements.
type outputs struct{ n *node }

func (o outputs) Len() int          { return o.n.count }
func (o outputs) Path(i int) string { return o.n.path(i) }
func (o outputs) Key(i int) string  { return o.n.key(i) }

// Name is what the label's file name gives, up to the label's own first dot.
func (o outputs) Name(i int) string {
	at := path.Base(o.n.path(i))
	label := path.Base(o.n.t.Label.Text)
	depth, dots := 0, 0
	for k := range len(label) {
		switch c := label[k]; {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == '.' && depth == 0:
			dots++
		}
	}
	for range dots {
		if k := strings.LastIndexByte(at, '.'); k > 0 {
			at = at[:k]
		}
	}
	return at
}

func (o outputs) Value(i int) cty.Value {
	if o.n.els == nil {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	return o.n.els.Value(o.n.element(i))
}
