package planner

import (
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"
)

// place is where a folder is.
type place struct {
	real  string // without symbolic links on the way
	plain bool   // the way to it is the project's own: relative, and by no symbolic link
	there bool
}

// placesMost is how many folders are remembered: those of the outputs of many elements may be as many as these.
const placesMost = 1 << 14

// place finds where a folder is, once for all that is in it.
func (p *Plan) place(dir string) place {
	if at, ok := p.places[dir]; ok {
		return at
	}
	var at place
	switch up := path.Dir(dir); {
	case dir == ".":
		at = place{p.root(), true, true}
	case up == dir:
		at = place{dir, false, true}
	default:
		at = p.place(up)
		at.real = join(at.real, path.Base(dir))
		if !at.there {
			break
		}
		info, err := p.disk.Stat(dir)
		if at.there = err == nil; info.Link {
			if real, err := p.disk.Real(dir); err == nil {
				at.real, at.plain = real, false
			}
		}
	}
	if len(p.places) >= placesMost {
		clear(p.places)
	}
	p.places[dir] = at
	return at
}

// root is the project's folder.
func (p *Plan) root() string {
	real, err := p.disk.Real(".")
	if err != nil {
		return "." // which is seen when something in it is looked at
	}
	return real
}

// real gives a path without symbolic links on the way to its folder. What is there under its name is not followed.
func (p *Plan) real(at string) string {
	return join(p.place(path.Dir(at)).real, path.Base(at))
}

// inside tells whether a path is a folder, or lies in it.
func (p *Plan) inside(at, dir string) bool {
	at, dir = p.alike(at), p.alike(dir)
	return at == dir || strings.HasPrefix(at, strings.TrimSuffix(dir, "/")+"/")
}

// inProject gives a real path as the project's own way leads to it.
func (p *Plan) inProject(real string) (string, bool) {
	root := p.place(".").real
	if real == root || !p.inside(real, root) {
		return "", false
	}
	return strings.TrimPrefix(real[len(root):], "/"), true
}

// straight tells whether a folder is written in the one way that leads there without a detour.
func (p *Plan) straight(dir string, at place) bool {
	return at.plain || at.real == dir && !p.inside(dir, p.place(".").real)
}

// settleHome finds where the outputs of a target are, as far as its label says.
func (p *Plan) settleHome(n *node) {
	n.home = n.literalDir()
	at := p.place(n.home)
	n.real, n.winds = at.real, !p.straight(n.home, at)
	rest := n.prefix
	if n.home != "." {
		rest = strings.TrimPrefix(rest[len(n.home):], "/")
	}
	n.start = join(n.real, rest)
	p.winds = p.winds || n.winds
}

// settleFolder notes that outputs of a target are in a folder that is not where the label's literal start is.
func (p *Plan) settleFolder(n *node, dir string, at place) {
	rest := dir
	if n.home != "." {
		rest = dir[len(n.home):]
	}
	if at.real == path.Join(n.real, rest) {
		return
	}
	if n.links == nil {
		n.links = map[string][]string{}
	}
	if key := p.alike(at.real); !slices.Contains(n.links[key], dir) {
		n.links[key] = append(n.links[key], dir)
	}
	n.winds, p.winds = true, true
}

// spelled gives the names by which outputs of a target may be written that really are at a path.
func (p *Plan) spelled(n *node, real string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if real != n.real && p.inside(real, n.real) && !yield(join(n.home, strings.TrimPrefix(real[len(n.real):], "/"))) {
			return
		}
		if len(n.links) == 0 {
			return
		}
		for dir, last := path.Dir(real), real; dir != last; dir, last = path.Dir(dir), dir {
			for _, from := range n.links[p.alike(dir)] {
				if !yield(join(from, strings.TrimPrefix(real[len(dir):], "/"))) {
					return
				}
			}
		}
	}
}

// elsewhere gives the job that makes a path under another name; else the targets that could, and are not expanded. maker knows
// of those that make it under its own.
func (p *Plan) elsewhere(at string) (*node, int, []*node) {
	here := p.place(path.Dir(at))
	if here.plain && !p.winds {
		return nil, 0, nil
	}
	real := join(here.real, path.Base(at))
	if m := p.spots[p.alike(real)]; m != nil && m.prefix != at {
		return m, 0, nil
	}
	if in, ok := p.inProject(real); ok && !here.plain {
		if m := p.plain[p.alike(in)]; m != nil {
			return m, 0, nil
		}
	}
	var heldBy []*node
	for _, m := range p.patterns {
		if here.plain && !m.winds {
			continue
		}
		for other := range p.spelled(m, real) {
			if other == at || !m.t.Label.CouldMake(other) {
				continue
			}
			if !p.expand(m) {
				heldBy = append(heldBy, m)
			} else if i, ok := m.find(p.made(m, other)); ok {
				return m, i, nil
			}
		}
	}
	return nil, 0, heldBy
}

// madeSource is a mistake that sourceMade describes.
const madeSource = "A job can't make another job's source"

// sourceMade says that what a target reads as a source is made, under another name, by job i of m.
func sourceMade(n *node, at string, m *node, i int) string {
	if m == n {
		return fmt.Sprintf("%s is read by this target, and made by it as %s. Give the output another name.", at, m.path(i))
	}
	return fmt.Sprintf("%s is read by this target as a source, and made by the one at %s:%d as %s. Write it in both in the same way, or give the output another name.",
		at, m.t.Range.Filename, m.t.Range.Start.Line, m.path(i))
}
