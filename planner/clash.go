package planner

import (
	"fmt"
	"iter"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// alike gives a path as the file system tells paths apart.
func (p *Plan) alike(at string) string {
	if p.opts.FoldsCase {
		return strings.ToLower(at)
	}
	return at
}

// sortOut puts the targets where makers finds them.
func (p *Plan) sortOut() {
	for _, n := range p.nodes {
		p.settleHome(n)
		if n.t.HasForEach || n.t.Label.Dir {
			p.patterns = append(p.patterns, n)
			continue
		}
		key := p.alike(n.prefix)
		if m := p.plain[key]; m != nil {
			p.diags = append(p.diags, n.clash(m, 0, n.prefix, m.prefix))
			continue
		}
		if m := p.twin(n); m != nil {
			p.diags = append(p.diags, n.clash(m, 0, n.prefix, m.prefix))
		}
		p.plain[key] = n
		if n.winds {
			p.spots[p.alike(p.real(n.prefix))] = n
		}
	}
}

// twin gives the target of one file that makes another one's file under another name.
func (p *Plan) twin(n *node) *node {
	if !p.winds {
		return nil
	}
	real := p.real(n.prefix)
	if m := p.spots[p.alike(real)]; m != nil {
		return m
	}
	if in, ok := p.inProject(real); ok && n.winds {
		return p.plain[p.alike(in)]
	}
	return nil
}

// makers gives the targets whose labels could make a path, or a directory that it is in.
func (p *Plan) makers(at string) iter.Seq[*node] {
	return func(yield func(*node) bool) {
		if m := p.plain[p.alike(at)]; m != nil && m.prefix == at && !yield(m) {
			return
		}
		for _, m := range p.patterns {
			if m.t.Label.CouldMake(at) && !yield(m) {
				return
			}
		}
	}
}

// checkPaths reports outputs that another target makes too, or that no job may make.
func (p *Plan) checkPaths(n *node) bool {
	var diags hcl.Diagnostics
	if d := p.checkReserved(n); d != nil {
		diags = append(diags, d)
	}
	others := p.bases
	if !n.t.HasForEach && !n.t.Label.Dir {
		others = p.patterns // with those of its kind it was compared by sortOut
	}
	for _, m := range others {
		if m == n && len(n.links) == 0 || m.expansion != known || !p.overlap(n, m) {
			continue
		}
		if d := p.clashOf(n, m); d != nil {
			diags = append(diags, d)
		}
	}
	p.diags = append(p.diags, diags...)
	return !diags.HasErrors()
}

// clashOf finds an output of one target that is also one of the other, or lies in one.
func (p *Plan) clashOf(n, m *node) *hcl.Diagnostic {
	each, in := n, m
	if swap := within(n, m); swap > 0 || swap == 0 && m.count < n.count {
		each, in = m, n
	}
	var buf []byte
	for i := range each.count {
		buf = each.appendPath(buf[:0], i)
		j, ok := p.findBeside(in, string(buf), each, i)
		if !ok {
			continue
		}
		if each == n {
			return n.clash(m, i, string(buf), in.path(j))
		}
		return n.clash(m, j, in.path(j), string(buf))
	}
	return nil
}

// findBeside gives the job of a target that makes what job i of another one makes, or the directory that it is in.
func (p *Plan) findBeside(n *node, at string, other *node, i int) (int, bool) {
	if !n.winds && !other.winds {
		return n.findAlike(p.made(n, at), p.opts.FoldsCase)
	}
	for name := range p.spelled(n, p.real(at)) {
		if j, ok := n.findAlike(p.made(n, name), p.opts.FoldsCase); ok && (n != other || j != i) {
			return j, true
		}
	}
	return 0, false
}

// within is over 0 where outputs of m may lie in directories that n makes, under 0 where it is the other way round, else 0.
func within(n, m *node) int {
	deep := m.steps() - n.steps()
	switch {
	case n.t.Label.Dir && m.t.Label.Dir:
		return deep
	case n.t.Label.Dir:
		return 1
	case m.t.Label.Dir:
		return -1
	}
	return 0
}

// steps is how many folders there are on the way to an output.
func (n *node) steps() int {
	return strings.Count(n.start, "/") + strings.Count(n.t.Label.Text[len(n.prefix):], "/")
}

// clash says that job i of n, which makes own, and a job of m, which makes other, are in each other's way.
func (n *node) clash(m *node, i int, own, other string) *hcl.Diagnostic {
	where := fmt.Sprintf("%s:%d", m.t.Range.Filename, m.t.Range.Start.Line)
	var detail string
	switch {
	case own == other:
		detail = fmt.Sprintf("%s is made by this target and by the one at %s. Change one of the labels.", own, where)
	case strings.HasPrefix(own, other+"/"):
		detail = fmt.Sprintf("%s lies in %s, a directory that the target at %s makes, and replaces as a whole. Give one of them another folder.", own, other, where)
	case strings.HasPrefix(other, own+"/"):
		detail = fmt.Sprintf("%s, a directory that is replaced as a whole, holds %s, which the target at %s makes. Give one of them another folder.", own, other, where)
	case m == n:
		detail = fmt.Sprintf("%s and %s are both made by this target, and are one place: a symbolic link leads there. Make them in one folder, or drop one of them.", own, other)
	case !strings.EqualFold(own, other):
		detail = fmt.Sprintf("%s is made by this target, and %s by the one at %s: by a symbolic link or an absolute path both lead to one place. Change one of the labels.", own, other, where)
	default:
		detail = fmt.Sprintf("%s is made by this target, and %s by the one at %s: this file system does not tell the case of letters apart. Change one of the labels.", own, other, where)
	}
	return n.mistake(i, "Two jobs make the same path", detail)
}

// overlap tells whether two labels could make one path, or one what lies in the other, by what is literal in them.
func (p *Plan) overlap(a, b *node) bool {
	dir := a.t.Label.Dir || b.t.Label.Dir
	if len(a.links) > 0 || len(b.links) > 0 {
		return true
	}
	if a.starOnly && b.starOnly && !dir && len(a.start)+len(a.suffix) != len(b.start)+len(b.suffix) {
		return false
	}
	a0, b0 := p.alike(a.start), p.alike(b.start)
	if !strings.HasPrefix(a0, b0) && !strings.HasPrefix(b0, a0) {
		return false
	}
	if dir {
		return true
	}
	a1, b1 := p.alike(a.end()), p.alike(b.end())
	return strings.HasSuffix(a1, b1) || strings.HasSuffix(b1, a1)
}

// end is what all outputs of a target end in.
func (n *node) end() string {
	if n.t.HasForEach {
		return n.suffix
	}
	return n.prefix
}

// findAlike is find, for a file system that may take letters of either case as one.
func (n *node) findAlike(at string, fold bool) (int, bool) {
	if !fold {
		return n.find(at)
	}
	low := strings.ToLower(at)
	if n.els == nil {
		return 0, low == strings.ToLower(n.prefix)
	}
	if !n.starOnly {
		return n.names.findFolded(n, low)
	}
	lead, tail := strings.ToLower(n.prefix), strings.ToLower(n.suffix)
	rest, ok := strings.CutPrefix(low, lead)
	if rest, ok2 := strings.CutSuffix(rest, tail); ok && ok2 && len(rest) == 24 {
		var sum [12]byte
		if unhex(&sum, rest) {
			return n.names.findSum(sum)
		}
	}
	return 0, false
}
