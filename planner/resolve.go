package planner

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/hashicorp/hcl/v2"
)

// resolved is what a list of inputs stands for.
type resolved struct {
	inputs []input
	held   []*node // targets that must be expanded before it is known
	first  []ID    // jobs whose outputs must be there before the list itself is known
	order  bool    // it is only to be built first: absence means nothing
	own    bool    // of one job, and not of all of its target's
	all    []*node // targets of which it has all outputs, by label or glob
	diags  hcl.Diagnostics
	faults hcl.Diagnostics // mistakes that fail the job, and nothing else
}

// input is one path that a job reads.
type input struct {
	path string
	job  ID
	made bool // by job; else a file that is there
	hard bool // named by its own path
}

// paths gives the resolved list as the recipe sees it.
func (r *resolved) paths() []string {
	out := make([]string, len(r.inputs))
	for i, in := range r.inputs {
		out[i] = in.path
	}
	return out
}

// resolve looks up inputs as they are written: a label, an output's path, a file, a glob.
func (p *Plan) resolve(n *node, texts []string) *resolved {
	r := &resolved{inputs: make([]input, 0, len(texts))}
	for _, text := range texts {
		p.resolveOne(r, n, text)
	}
	return r
}

func (p *Plan) resolveOne(r *resolved, n *node, text string) {
	if m := p.byLabel[text]; m != nil {
		p.resolveLabel(r, n, m)
		return
	}
	clean := path.Clean(text)
	if strings.HasSuffix(text, "/") {
		if m := p.byLabel[clean+"/"]; m != nil {
			p.resolveLabel(r, n, m)
			return
		}
	}
	if m, i, heldBy := p.maker(clean); m != nil {
		p.after(n, m)
		if dir := m.path(i); dir != clean && p.isGlobInto(clean) {
			r.diags = append(r.diags, globInto(n, clean, m.t.Label.Text, dir+"/"))
			return
		}
		r.inputs = append(r.inputs, input{path: clean, job: m.id(i), made: true, hard: true})
		return
	} else if len(heldBy) > 0 {
		p.holdBy(r, n, heldBy)
		return
	}
	if m, i, heldBy := p.elsewhere(clean); m != nil {
		r.diags = append(r.diags, inputMistake(n, madeSource, sourceMade(n, clean, m, i)))
		return
	} else if len(heldBy) > 0 {
		p.holdBy(r, n, heldBy)
		return
	}
	if !strings.ContainsAny(text, "*?[{") {
		r.inputs = append(r.inputs, input{path: clean, hard: true}) // whether it is there is seen when it is read
		return
	}
	if _, err := p.disk.Stat(clean); err == nil {
		r.inputs = append(r.inputs, input{path: clean, hard: true})
		return
	}
	p.resolveGlob(r, n, text)
}

// holdBy lets a list wait for the expansion of targets.
func (p *Plan) holdBy(r *resolved, n *node, targets []*node) {
	for _, m := range targets {
		p.after(n, m)
	}
	r.held = append(r.held, targets...)
}

// resolveLabel takes all of a target's planned outputs.
func (p *Plan) resolveLabel(r *resolved, n, m *node) {
	p.after(n, m)
	if m == n {
		p.cycle(m.t.Label.Text)
		return
	}
	if !p.expand(m) {
		r.held = append(r.held, m)
		return
	}
	r.all = append(r.all, m)
	from := len(r.inputs)
	for i := range m.count {
		r.inputs = append(r.inputs, input{path: m.path(i), job: m.id(i), made: true})
	}
	slices.SortFunc(r.inputs[from:], byPath)
}

func byPath(a, b input) int { return strings.Compare(a.path, b.path) }

// resolveGlob takes the planned outputs that match, and the files on disk that match and no label could make.
func (p *Plan) resolveGlob(r *resolved, n *node, text string) {
	if !doublestar.ValidatePattern(text) {
		r.diags = append(r.diags, inputMistake(n, "Bad glob", fmt.Sprintf("%q is not a pattern: see that each [ and { is closed.", text)))
		return
	}
	from, lead := len(r.inputs), leadOf(text)
	for _, m := range p.nodes {
		if m == n || !p.globCouldMatch(text, m) {
			continue
		}
		p.after(n, m)
		if !p.expand(m) {
			r.held = append(r.held, m)
			continue
		}
		before := len(r.inputs)
		m.under(lead, func(i int, at string) {
			if match(text, at) {
				r.inputs = append(r.inputs, input{path: at, job: m.id(i), made: true})
			}
		})
		if n := len(r.inputs) - before; n == m.count && n > 0 {
			r.all = append(r.all, m)
		}
	}
	files, left, err := p.glob(text, p.isPlanned)
	if err != nil {
		r.diags = append(r.diags, inputMistake(n, "Can't list the files of a glob", fmt.Sprintf("%q: %v.", text, err)))
	}
	if p.leftOut[text] = left; left == 0 {
		delete(p.leftOut, text)
	}
	for _, f := range files {
		if dir := path.Dir(f); p.winds && p.straight(dir, p.place(dir)) {
			m, i, heldBy := p.elsewhere(f)
			p.holdBy(r, n, heldBy)
			if m != nil {
				r.diags = append(r.diags, inputMistake(n, madeSource, sourceMade(n, f, m, i)))
			}
		}
		r.inputs = append(r.inputs, input{path: f})
	}
	found := len(r.held)+len(r.all) > 0 || slices.ContainsFunc(r.inputs, func(in input) bool { return in.made && !in.hard }) || len(r.inputs) > from
	slices.SortFunc(r.inputs[from:], byPath)
	r.inputs = slices.CompactFunc(r.inputs, func(a, b input) bool { return a.path == b.path })
	if found || p.emptyMatch(text, n) {
		return
	}
	if m, dirs := p.dirsLedInto(text, n); m != nil {
		r.diags = append(r.diags, globInto(n, text, m.t.Label.Text, dirs))
	} else {
		r.diags = append(r.diags, inputMistake(n, "No such input", fmt.Sprintf("Nothing matches %q: no output of a target, and no file.", text)))
	}
}

// emptyMatch tells whether a glob finds nothing just because a target that it means has no elements.
func (p *Plan) emptyMatch(pattern string, n *node) bool {
	for _, m := range p.nodes {
		if m != n && m.expansion == known && m.count == 0 && p.globCouldMatch(pattern, m) {
			return true
		}
	}
	return false
}

// globCouldMatch tells, roughly and never wrongly no, whether a pattern could match an output of a target.
func (p *Plan) globCouldMatch(pattern string, m *node) bool {
	if m.expansion == known && !m.t.HasForEach {
		return match(pattern, m.prefix)
	}
	lead := leadOf(pattern)
	if !strings.HasPrefix(m.prefix, lead) && !strings.HasPrefix(lead, m.prefix) {
		return false
	}
	tail := pattern[strings.LastIndexAny(pattern, "*?]}")+1:]
	if strings.HasSuffix(m.suffix, tail) || strings.HasSuffix(tail, m.suffix) {
		return true
	}
	return false
}

func match(pattern, name string) bool {
	ok, _ := doublestar.Match(pattern, name)
	return ok
}

// maker gives the job that makes a path, or makes the directory that it is in; else the targets that could make it
// and are not expanded.
func (p *Plan) maker(at string) (*node, int, []*node) {
	var heldBy []*node
	for m := range p.makers(at) {
		if !p.expand(m) {
			heldBy = append(heldBy, m)
			continue
		}
		if i, ok := m.find(p.made(m, at)); ok {
			return m, i, nil
		}
	}
	return nil, 0, heldBy
}

// made gives the output that a path is, or is inside of.
func (p *Plan) made(m *node, at string) string {
	if !m.t.Label.Dir {
		return at
	}
	want := strings.Count(m.t.Label.Text, "/") - 1
	for i := range len(at) {
		if at[i] == '/' {
			if want == 0 {
				return at[:i]
			}
			want--
		}
	}
	return at
}

// glob lists the files that match and no label could make, and counts those that are left out. What is taken otherwise is not
// counted.
func (p *Plan) glob(pattern string, taken func(at string) bool) (files []string, leftOut int, err error) {
	err = p.walk(pattern, func(at string) {
		switch {
		case !p.couldBeMade(at):
			files = append(files, at)
		case !taken(at):
			leftOut++
		}
	})
	slices.Sort(files)
	return slices.Compact(files), leftOut, err // two names may read alike
}

// isPlanned tells whether a path is an output or inside one, or may be that of a target whose elements aren't known.
func (p *Plan) isPlanned(at string) bool {
	for m := range p.makers(at) {
		if m.expansion != known {
			return true
		}
		if _, ok := m.find(p.made(m, at)); ok {
			return true
		}
	}
	return false
}

// couldBeMade tells whether any label could make a path, or a directory that it is in.
func (p *Plan) couldBeMade(at string) bool {
	for range p.makers(at) {
		return true
	}
	return false
}

// walk calls each with every file that matches a pattern. Folders are entered only where the pattern leads there, and
// asflow's own never: neither a project's state nor what is being written beside outputs on another file system.
func (p *Plan) walk(pattern string, each func(at string)) error {
	base, _ := doublestar.SplitPattern(pattern)
	if base == "." {
		base = ""
	}
	lead, deep := leadOf(pattern), strings.Contains(pattern, "**")
	depth := strings.Count(pattern, "/")
	var visit func(dir string, way trail) error
	visit = func(dir string, way trail) error {
		names, err := p.namesIn(path.Clean(dir), nameLead(lead, dir))
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		for _, name := range names {
			at := join(dir, name)
			if name == ".asflow" || strings.HasPrefix(name, ".asflow-") {
				continue // somebody may be writing there
			}
			matches := match(pattern, at)
			enter := deep || strings.Count(at, "/") < depth
			if !matches && !enter {
				continue
			}
			info, err := p.disk.Stat(at)
			switch {
			case err != nil:
				continue // gone, or a dangling link
			case !info.Dir && matches:
				each(at)
			case info.Dir && enter && (deep || couldLead(pattern, at)):
				if on, ok := way.enter(p.disk, at, info.Link); ok {
					if err := visit(at, on); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	return visit(base, begin(p.disk, path.Clean(base)))
}

// couldLead tells whether a folder matches the pattern's steps as far as it goes.
func couldLead(pattern, dir string) bool {
	steps, have := strings.Split(pattern, "/"), strings.Split(dir, "/")
	return len(have) < len(steps) && match(strings.Join(steps[:len(have)], "/"), dir)
}

func inputMistake(n *node, summary, detail string) *hcl.Diagnostic {
	r := n.t.InputRange()
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &r}
}
