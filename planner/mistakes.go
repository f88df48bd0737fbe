package planner

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// mistakesMost is how many of a target's elements are shown with the same kind of mistake; the others are counted.
const mistakesMost = 5

// mistakesCounted is after how many mistakes of a list's elements the rest are not even looked at: each costs more than a good
// element does.
const mistakesCounted = 10_000

// More is the Extra of a diagnostic that stands for others as well: how many more there are like it. Its detail says so.
type More int

// mistakes keeps the first of the mistakes that elements have in common, and counts the others. The zero value is none.
type mistakes struct {
	kept  hcl.Diagnostics
	kinds map[kind]*kindCount
	count int
	cut   bool // there may be more
}

// kind is what makes mistakes alike.
type kind struct {
	severity hcl.DiagnosticSeverity
	summary  string
	at       hcl.Range
}

type kindCount struct {
	kept, more int
	last       *hcl.Diagnostic
}

func (m *mistakes) of(d *hcl.Diagnostic) *kindCount {
	k := kind{severity: d.Severity, summary: d.Summary}
	if d.Subject != nil {
		k.at = *d.Subject
	}
	c := m.kinds[k]
	if c == nil {
		if m.kinds == nil {
			m.kinds = map[kind]*kindCount{}
		}
		c = &kindCount{}
		m.kinds[k] = c
	}
	return c
}

// add takes mistakes of one element.
func (m *mistakes) add(diags hcl.Diagnostics) {
	for _, d := range diags {
		m.count++
		c := m.of(d)
		if c.kept == mistakesMost {
			c.more++
			continue
		}
		c.kept++
		c.last = d
		m.kept = append(m.kept, d)
	}
}

// join takes those of later elements.
func (m *mistakes) join(later *mistakes) {
	m.add(later.kept)
	for _, c := range later.kinds {
		m.of(c.last).more += c.more
		m.count += c.more
	}
	m.cut = m.cut || later.cut
}

// enough tells whether there are so many that others need not be looked for.
func (m *mistakes) enough() bool {
	m.cut = m.cut || m.count >= mistakesCounted
	return m.cut
}

// all gives what was kept, the last of a kind with how many more there are, and forgets it.
func (m *mistakes) all() hcl.Diagnostics {
	atLeast := ""
	if m.cut {
		atLeast = "at least "
	}
	for _, c := range m.kinds {
		if c.more > 0 {
			c.last.Detail += fmt.Sprintf(" And %s%d more like this.", atLeast, c.more)
			c.last.Extra = More(c.more)
		}
	}
	out := m.kept
	*m = mistakes{}
	return out
}

// tell brings the mistakes of elements among the diagnostics, and notes which goals turned out to name nothing.
func (p *Plan) tell() {
	p.diags = append(p.diags, p.mistakes.all()...)
	p.closeGoals()
}
