package planner

import (
	"fmt"
	"path"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
)

// goal is a target, or some of its outputs.
type goal struct {
	node  *node
	all   bool
	match func(path string) bool
}

// goals looks up what the user wants: labels, paths, globs and flows; nothing named means everything.
func (p *Plan) goals(texts []string) (out []goal, diags hcl.Diagnostics) {
	if len(texts) == 0 {
		for _, n := range p.nodes {
			out = append(out, goal{node: n, all: true})
		}
		return out, nil
	}
	for _, text := range texts {
		found := p.goal(text)
		if len(found) == 0 {
			diags = append(diags, p.noGoal(text))
		}
		out = append(out, found...)
	}
	return out, diags
}

func (p *Plan) goal(text string) (out []goal) {
	if n := p.byLabel[text]; n != nil {
		return []goal{{node: n, all: true}}
	}
	for _, f := range p.spec.Flows {
		if f.Name == text {
			for _, label := range f.Targets {
				out = append(out, goal{node: p.byLabel[label], all: true})
			}
			return out
		}
	}
	clean := path.Clean(text)
	if n := p.byLabel[clean+"/"]; n != nil {
		return []goal{{node: n, all: true}}
	}
	for n := range p.makers(clean) {
		at := p.made(n, clean)
		if p.expand(n) {
			if _, ok := n.find(at); !ok {
				continue
			}
		}
		out = append(out, goal{node: n, match: func(s string) bool { return s == at }})
	}
	if len(out) > 0 || !strings.ContainsAny(text, "*?[{") {
		return out
	}
	for _, n := range p.nodes {
		if !p.globCouldMatch(text, n) {
			continue
		}
		if p.expand(n) && !n.any(func(at string) bool { return match(text, at) }) {
			continue
		}
		out = append(out, goal{node: n, match: func(s string) bool { return match(text, s) }})
	}
	return out
}

func (n *node) any(f func(string) bool) bool {
	for i := range n.count {
		if f(n.path(i)) {
			return true
		}
	}
	return false
}

// mustMake notes that a goal is to be made whatever its state.
func (n *node) mustMake(g goal) {
	if g.all {
		n.force = true
		return
	}
	n.forcing = append(n.forcing, g.match)
}

// want brings a goal into the plan.
func (p *Plan) want(g goal) {
	n := g.node
	if g.all {
		n.wantAll = true
	} else {
		n.filters = append(n.filters, g.match)
	}
	p.wantAgain(n)
}

func (p *Plan) noGoal(text string) *hcl.Diagnostic {
	detail := fmt.Sprintf("%q is neither a label, a flow, nor an output of a target.", text)
	if like := p.like(text); like != "" {
		detail += fmt.Sprintf(" Did you mean %q?", like)
	} else {
		detail += " asflow status shows the labels."
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "No such goal", Detail: detail}
}

// like gives the label or flow that a misspelt one may mean.
func (p *Plan) like(text string) string {
	best, at := "", max(2, len(text)/4)+1
	consider := func(name string) {
		if d := levenshtein.Distance(text, name, nil); d < at {
			best, at = name, d
		}
	}
	for _, n := range p.nodes {
		consider(n.t.Label.Text)
	}
	for _, f := range p.spec.Flows {
		consider(f.Name)
	}
	return best
}

func (p *Plan) unknownLabel(label string) error {
	if like := p.like(label); like != "" {
		return fmt.Errorf("no target has the label %q; did you mean %q?", label, like)
	}
	return fmt.Errorf("no target has the label %q", label)
}
