package planner

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner/journal"
)

// MistakeError is a mistake in the configuration that came to light when a job's recipe was evaluated.
type MistakeError struct {
	Path        string
	Diagnostics hcl.Diagnostics
}

// Error says it on one line, without the path: whoever shows a job's error names the job.
func (e *MistakeError) Error() string {
	for _, d := range e.Diagnostics {
		if d.Severity == hcl.DiagError && d.Subject != nil {
			return fmt.Sprintf("%s:%d: %s: %s", d.Subject.Filename, d.Subject.Start.Line, d.Summary, d.Detail)
		}
	}
	return "its recipe can't be evaluated"
}

// Unwrap gives the diagnostics, for those who can show their source.
func (e *MistakeError) Unwrap() error { return e.Diagnostics }

// Next gives a job that may run now, the deepest first; false: none just now. Who takes it calls Recipe and, unless that
// says that there is nothing to run, Done.
func (p *Plan) Next() (Job, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		id, ok := p.ready.pop()
		if !ok && p.unstick() {
			continue
		}
		if !ok {
			return Job{}, false
		}
		if p.states[id] != Ready {
			continue
		}
		p.set(id, Running)
		n, _ := p.node(id)
		return Job{ID: id, Target: n.t.Index, Fetch: n.t.IsFetch, Depth: n.depth}, true
	}
}

// Recipe evaluates a running job's recipe. output is where an exec is to write.
func (p *Plan) Recipe(id ID, output string) (*Task, error) {
	p.mu.Lock()
	n, i := p.node(id)
	in := &resolved{}
	if !n.t.IsFetch {
		in = p.inputsOf(n, i)
	}
	missing, exists := p.missing(in), n.exists.has(i)
	cycle := p.cycles[id]
	p.mu.Unlock()

	at, key := n.path(i), n.key(i)
	if len(cycle) > 0 {
		return nil, &MistakeError{at, cycle}
	}
	if mistakes := slices.Concat(in.diags, in.faults); mistakes.HasErrors() {
		return nil, &MistakeError{at, mistakes}
	}
	if !n.t.IsFetch {
		var rec journal.Record
		if s, _ := p.check(n, i, in, missing, &rec); s.settled() {
			if open := p.openReads(&rec); len(open) > 0 {
				if absent := p.goBack(id, open); !absent {
					return nil, ErrWaiting
				}
				s = Absent
			}
			return nil, p.settleRunning(id, s)
		}
	}
	w := &world{plan: p, node: n, running: true}
	recipe, reads, diags := n.t.Recipe(w, n.els, n.element(i), hclspec.Paths{Inputs: in.paths(), Output: output})
	if u := w.stdin(recipe, in); u != nil {
		reads.Unbuilt = append(reads.Unbuilt, *u)
	}
	if len(reads.Unbuilt) > 0 {
		if absent := p.goBack(id, reads.Unbuilt); absent {
			return nil, p.absentFor(n, i, in.paths(), missing, reads)
		}
		return nil, ErrWaiting
	}
	if diags.HasErrors() {
		return nil, &MistakeError{at, diags}
	}
	paths := in.paths()
	print, _, diags := n.t.Fingerprint(&world{plan: p, node: n, frozen: true}, n.els, n.element(i), paths)
	if diags.HasErrors() {
		return nil, &MistakeError{at, diags}
	}
	t := &Task{Recipe: recipe, Path: at, Key: key, Label: n.t.Label.Text, Inputs: paths}
	for _, in := range paths {
		if missing[in] {
			t.Missing = append(t.Missing, in)
		}
	}
	t.Record = journal.Record{Path: at, Target: t.Label, Key: key, Kind: journal.Fetch, Recipe: print}
	if n.t.IsFetch {
		if exists {
			p.refresh(t)
			t.keepKnown(*t.Refresh)
		}
		return t, nil
	}
	if r, ok := p.jour.Needed(at); ok {
		t.keepKnown(r)
	}
	t.Record.Source = p.spec.Redact(shownCommand(t.Exec.Command, output, at))
	t.Record.Kind, t.Record.Began = journal.Exec, p.opts.Clock().UnixNano()
	stdin := ""
	if t.Exec.Stdin != "" {
		stdin = path.Clean(t.Exec.Stdin)
		reads.Paths = append(reads.Paths, stdin)
	}
	return t, p.fillReads(n, i, t, missing, reads, stdin)
}

// absentFor gives the error of a job whose recipe reads something that is absent.
func (p *Plan) absentFor(n *node, i int, inputs []string, missing map[string]bool, reads hclspec.Reads) error {
	missing = maps.Clone(missing)
	if missing == nil {
		missing = map[string]bool{}
	}
	for _, u := range reads.Unbuilt {
		if u.Path != "" {
			at := path.Clean(u.Path)
			missing[at] = true
			reads.Paths = append(reads.Paths, at)
		}
	}
	t := &Task{Path: n.path(i), Inputs: inputs}
	t.Record = journal.Record{Path: t.Path, Target: n.t.Label.Text, Key: n.key(i), Kind: journal.Exec}
	if n.t.IsFetch {
		t.Record.Kind = journal.Fetch
	}
	if r, ok := p.jour.Lookup(t.Path); ok {
		t.keepKnown(r)
	}
	var diags hcl.Diagnostics
	t.Record.Recipe, _, diags = n.t.Fingerprint(&world{plan: p, node: n, frozen: true}, n.els, n.element(i), inputs)
	if diags.HasErrors() {
		return &MistakeError{t.Path, diags}
	}
	if err := p.fillReads(n, i, t, missing, reads, ""); err != nil {
		return err
	}
	return &AbsentError{t.Record}
}

// fillReads adds to a record what its job reads, stdin among it, which has to be there.
func (p *Plan) fillReads(n *node, i int, t *Task, missing map[string]bool, reads hclspec.Reads, stdin string) error {
	rec := &t.Record
	rec.Inputs = len(t.Inputs)
	read := map[string]bool{}
	for k, at := range append(t.Inputs[:len(t.Inputs):len(t.Inputs)], reads.Paths...) {
		if k >= len(t.Inputs) && read[at] {
			continue
		}
		read[at] = true
		if missing[at] {
			rec.Reads = append(rec.Reads, journal.Read{Path: at, Missing: true})
			continue
		}
		info, err := p.stat(at)
		if err == nil {
			var hash string
			if hash, err = p.hash(at, info); err == nil {
				rec.Reads = append(rec.Reads, journal.Read{Path: at, Size: info.Size, Mtime: info.Mtime, Hash: hash})
			}
		}
		if k >= len(t.Inputs) && at != stdin && errors.Is(err, fs.ErrNotExist) {
			rec.Reads = append(rec.Reads, journal.Read{Path: at, Missing: true}) // the recipe does without, by try or can
			continue
		}
		if err != nil {
			d := noInput(n, i, at, err)
			_, orphan := errors.AsType[*orphanError](err)
			if dir := p.wholeOf(at); dir != "" && errors.Is(err, fs.ErrNotExist) && !orphan {
				d.Detail = fmt.Sprintf("%s is made as a whole, and there is no %s in it. Correct the path, or let the recipe of %s make it.", dir, at[len(dir)+1:], dir)
			}
			return &MistakeError{t.Path, hcl.Diagnostics{d}}
		}
	}
	for _, a := range reads.Asked {
		rec.Asked = append(rec.Asked, journal.Asked{Kind: a.Kind, Name: a.Name, Value: a.Value})
	}
	parts, _ := n.t.FingerprintParts(&world{plan: p, node: n, frozen: true}, n.els, n.element(i), t.Inputs)
	for name, hash := range parts {
		rec.Parts = append(rec.Parts, journal.Part{Name: name, Hash: hash})
	}
	return nil
}

// shownCommand is a command as people know it: with the output's own path in the place of the temporary one.
func shownCommand(command []string, output, at string) string {
	text := strings.Join(command, " ")
	if output == "" {
		return text
	}
	final := ""
	if i := strings.LastIndexByte(at, '/'); i >= 0 {
		final = at[:i+1]
	}
	return strings.ReplaceAll(text, path.Dir(output)+"/", final)
}

// noInput says that something that a job reads is not there.
func noInput(n *node, i int, at string, err error) *hcl.Diagnostic {
	detail := fmt.Sprintf("%s can't be read: %v.", at, err)
	if e, ok := errors.AsType[*orphanError](err); ok {
		detail = fmt.Sprintf("%v. Put the element back, or take the path out of what reads it; a copy elsewhere is a file like any other.", e)
	} else if errors.Is(err, fs.ErrNotExist) {
		detail = fmt.Sprintf("There is no file %s, and no target makes it. Make it, or correct the path.", at)
	}
	d := n.mistake(i, "No such input", detail)
	if n.t.HasInputs {
		r := n.t.InputRange()
		d.Subject = &r
	}
	return d
}

// noInputReason says the same as the reason of a job.
func noInputReason(at string, err error) string {
	if _, ok := errors.AsType[*orphanError](err); ok {
		return "input " + at + " is an orphan"
	}
	return "input " + at + " is missing"
}

// refresh adds what is known of an output that is asked for again.
func (p *Plan) refresh(t *Task) {
	if r, ok := p.jour.Lookup(t.Path); ok {
		t.Refresh = &r
	} else {
		t.Refresh = &journal.Record{Path: t.Path}
	}
}

// keepKnown keeps what is known of the output that is there: it stays, and is still asflow's, where the job fails or finds nothing.
func (t *Task) keepKnown(r journal.Record) {
	if r.State != journal.Removed {
		t.Record.Size, t.Record.Mtime, t.Record.Hash = r.Size, r.Mtime, r.Hash
	}
}

// missing gives the inputs that are absent or failed, and may be.
func (p *Plan) missing(in *resolved) map[string]bool {
	var out map[string]bool
	for k := range in.inputs {
		x := &in.inputs[k]
		if x.made && !p.states[x.job].usable() && !p.serves(x.job) {
			if out == nil {
				out = map[string]bool{}
			}
			out[x.path] = true
		}
	}
	return out
}

// openReads gives what functions in a job's recipe read when it last ran, and that is yet to be looked at or made in this run: the job
// is not up to date before that is.
func (p *Plan) openReads(rec *journal.Record) (open []hclspec.Unbuilt) {
	if len(rec.Reads) <= rec.Inputs {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stillOpen(rec.Reads[rec.Inputs:])
}

func (p *Plan) stillOpen(reads []journal.Read) (open []hclspec.Unbuilt) {
	for _, r := range reads {
		if m, i, heldBy := p.maker(r.Path); len(heldBy) > 0 || m != nil && !p.states[m.id(i)].settled() {
			open = append(open, hclspec.Unbuilt{Path: r.Path})
		}
	}
	return open
}

// settleRunning notes that a job needs no run after all.
func (p *Plan) settleRunning(id ID, s State) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish(id, s)
	p.drain()
	p.tell()
	return ErrUpToDate
}

// goBack lets a job wait for what turned out to be unbuilt when its recipe was evaluated. It is true where that is absent, and so the
// job, which goes on running until somebody has noted that.
func (p *Plan) goBack(id ID, unbuilt []hclspec.Unbuilt) (absent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, i := p.node(id)
	in := &resolved{}
	p.holdOn(in, unbuilt)
	p.settleInputs(n, in)
	fate, open := p.fate(in)
	switch {
	case fate == Waiting:
		p.set(id, Waiting)
		p.await(n, i, open, in.held)
	case fate == Absent:
		absent = true
	case fate != UpToDate:
		p.finish(id, fate)
	default:
		p.makeReady(n, i)
	}
	p.drain()
	p.tell()
	return absent
}

// Done takes what became of a running job, and gives what followed.
func (p *Plan) Done(id ID, o Outcome) Ended {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, faults, known := len(p.diags), len(p.faults), len(p.bases)
	n, i := p.node(id)
	if o.State.usable() {
		n.markMade(i)
		p.note(o.Record.Path, o.Record.Size, o.Record.Mtime, o.Record.Hash)
	}
	p.finish(id, o.State)
	p.drain()
	p.tell()
	e := Ended{Diagnostics: dedupe(slices.Concat(p.diags[before:], p.faults[faults:]))}
	for _, m := range p.bases[known:] {
		e.Expanded = append(e.Expanded, m.t.Index)
	}
	return e
}
