package planner

import (
	"iter"
	"path"
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

// spelled gives the names by which outputs of a target may be written that really are at a path.
func (p *Plan) spelled(n *node, real string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if real != n.real && p.inside(real, n.real) {
			yield(join(n.home, strings.TrimPrefix(real[len(n.real):], "/")))
		}
	}
}
