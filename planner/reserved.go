package planner

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/hclspec"
)

// stateDir is asflow's own folder in the project.
const stateDir = ".asflow"

// checkReserved reports an output that no job may make: a configuration file, or something in asflow's own folder.
func (p *Plan) checkReserved(n *node) *hcl.Diagnostic {
	for _, name := range p.spec.Names {
		for at := range p.spelled(n, p.real(name)) {
			if i, ok := n.find(at); ok {
				return n.mistake(i, "A job can't make a configuration file", leads(at, name)+"is read as the project's configuration. Give the label another name.")
			}
		}
	}
	count := n.count
	_, one := n.dir()
	if one && n.starOnly {
		count = min(1, count) // nothing of this has a hash in its name
	}
	var buf []byte
	var here place
	dir, fine := "", map[string]bool{} // by where a folder is
	for i := range count {
		buf = n.appendPath(buf[:0], i)
		at := string(buf)
		if in := path.Dir(at); in != dir {
			dir, here = in, p.place(in)
			if _, seen := fine[here.real]; !seen {
				if len(fine) >= placesMost {
					clear(fine)
				}
				fine[here.real] = p.takesAny(here.real)
			}
			p.settleFolder(n, in, here)
		}
		if fine[here.real] {
			if one {
				return nil
			}
			continue
		}
		if d := p.reserved(n, i, at, join(here.real, path.Base(at))); d != nil {
			return d
		}
	}
	return nil
}

// takesAny tells whether any output may be made in a folder.
func (p *Plan) takesAny(real string) bool {
	for _, own := range p.own() {
		if p.inside(real, own) || p.inside(own, real) {
			return false
		}
	}
	in, ok := p.inProject(real)
	return !ok || !hclspec.IsConfig(firstStep(p.alike(in)))
}

// own gives asflow's own folder: by the project's way to it, and where it is.
func (p *Plan) own() []string {
	return []string{p.real(stateDir), p.place(stateDir).real}
}

func firstStep(at string) string {
	step, _, _ := strings.Cut(at, "/")
	return step
}

// reserved says why nobody may make a path, whose real one is given; nil: it may be made.
func (p *Plan) reserved(n *node, i int, at, real string) *hcl.Diagnostic {
	in, ok := p.inProject(real)
	if p.inside(p.place(".").real, real) {
		return n.mistake(i, "A job can't make the folder of the project", leads(at, real)+"holds the project. Give the label a folder in it.")
	}
	if step := firstStep(in); ok && hclspec.IsConfig(p.alike(step)) {
		return n.mistake(i, "A job can't make a configuration file", leads(at, in)+"has a name of the project's configuration, which is read from asflow.hcl, *.asflow.hcl and both with .json. Give the label another name, or another folder.")
	}
	if !slices.ContainsFunc(p.own(), func(own string) bool { return p.inside(real, own) || p.inside(own, real) }) {
		return nil
	}
	if !ok {
		in = real
	}
	return n.mistake(i, "A job can't make anything in .asflow", leads(at, in)+"is asflow's own: the folder .asflow holds its state. Give the label another folder.")
}

// leads begins a sentence on a path, which is written in one way and is in another.
func leads(at, to string) string {
	if at == to {
		return at + " "
	}
	return fmt.Sprintf("%s leads to %s, which ", at, to)
}
