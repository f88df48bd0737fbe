package planner

import (
	"fmt"
	"path"
	"slices"
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
		} else if !slices.ContainsFunc(found, func(g goal) bool { return g.all || g.node.expansion == known }) {
			p.unsure = append(p.unsure, openGoal{text, found})
		}
		out = append(out, found...)
	}
	return out, diags
}

// openGoal is a goal of which it is not known yet whether it names anything.
type openGoal struct {
	text string
	of   []goal
}

// closeGoals looks whether goals that were open name something, where targets have been expanded since.
func (p *Plan) closeGoals() {
	p.unsure = slices.DeleteFunc(p.unsure, func(o openGoal) bool {
		open := false
		for _, g := range o.of {
			switch g.node.expansion {
			case known:
				if g.node.any(g.match) {
					return true
				}
			case broken:
				return true // that its list can't be had is told
			default:
				open = true
			}
		}
		if !open {
			p.noGoals = append(p.noGoals, p.noGoal(o.text))
		}
		return !open
	})
}

// NoGoals gives the goals that have turned out to name nothing, when the lists that they might have been in were made.
func (p *Plan) NoGoals() hcl.Diagnostics {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.noGoals)
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
	glob := strings.ContainsAny(text, "*?[{")
	for n := range p.makers(clean) {
		at := p.made(n, clean)
		if p.expand(n) {
			if _, ok := n.find(at); !ok {
				continue
			}
		} else if glob {
			continue // what it means is seen when the list is there
		}
		out = append(out, goal{node: n, match: func(s string) bool { return s == at }})
	}
	if len(out) > 0 || !glob {
		return out
	}
	matches := func(at string) bool { return at == clean || match(text, at) }
	for _, n := range p.nodes {
		if !p.globCouldMatch(text, n) {
			continue
		}
		if p.expand(n) && !n.any(matches) {
			continue
		}
		out = append(out, goal{node: n, match: matches})
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
