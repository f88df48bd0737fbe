package planner

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner/journal"
)

// grain is how long after a file's mtime its content could still change without its mtime telling: a kernel's tick,
// and twice that to be safe.
const grain = int64(20 * time.Millisecond)

// check tells whether an exec's job is UpToDate or Absent, or else Ready, and why. All that it reads must be settled;
// missing are the inputs that it has to do without. rec becomes what is known of it.
// It changes nothing in the plan, and runs on many goroutines.
func (p *Plan) check(n *node, i int, in *resolved, missing map[string]bool, rec *journal.Record) (State, string) {
	if n.isForced(i) {
		return Ready, "forced"
	}
	if in != nil && len(in.faults) > 0 { // nil: of a cycle
		return Ready, "a mistake in its inputs"
	}
	at := n.path(i)
	var ok bool
	if *rec, ok = p.jour.Needed(at); !ok {
		if _, err := p.disk.Stat(at); err == nil {
			return Ready, "nothing is known of how it was made"
		}
		return Ready, "missing"
	}
	made := rec.Began // where there is no file that says
	switch rec.State {
	case journal.Made, journal.Adopted:
		var why string
		if made, why = p.outputChanged(rec, at); why != "" {
			return Ready, why
		}
	case journal.Absent:
		switch {
		case rec.Status == 0: // since something that it reads is, which is looked at below
		case p.opts.RetryAbsent:
			return Ready, "absent, and to be asked again"
		case !slices.Contains(n.t.Absent, rec.Status):
			return Ready, fmt.Sprintf("exit status %d no longer means that it is absent", rec.Status)
		}
	case journal.Failed:
		return Ready, "failed last time"
	default:
		return Ready, "missing"
	}
	if ns, ok, _ := n.t.MaxAge(n.els, n.element(i)); ok && p.opts.Now.UnixNano()-made >= ns {
		return Ready, "older than " + time.Duration(ns).String()
	}
	w := &world{plan: p, node: n, frozen: true}
	print, _, diags := n.t.Fingerprint(w, n.els, n.element(i), in.paths())
	if diags.HasErrors() || print != rec.Recipe {
		return Ready, p.recipeChange(n, i, in, rec)
	}
	if why := p.readsChanged(rec, in, missing); why != "" {
		return Ready, why
	}
	if why := p.askedChanged(rec, w); why != "" {
		return Ready, why
	}
	if rec.State == journal.Absent {
		return Absent, "absent"
	}
	return UpToDate, ""
}

// outputChanged tells whether an output is no longer as asflow wrote it, and its mtime where it is.
func (p *Plan) outputChanged(rec *journal.Record, at string) (mtime int64, why string) {
	info, err := p.disk.Stat(at)
	if err != nil {
		return 0, "missing"
	}
	if !p.asWritten(rec, at, info) {
		return 0, "changed since asflow wrote it"
	}
	return info.Mtime, ""
}

// readsChanged tells whether something that the job read is different now.
func (p *Plan) readsChanged(rec *journal.Record, in *resolved, missing map[string]bool) string {
	for k := range rec.Reads {
		r := &rec.Reads[k]
		made := k < len(in.inputs) && in.inputs[k].made
		if k < rec.Inputs && missing[r.Path] {
			if !r.Missing {
				return "input " + r.Path + " is gone"
			}
			continue
		}
		if r.Missing {
			if _, err := p.stat(r.Path); k >= rec.Inputs && errors.Is(err, fs.ErrNotExist) {
				continue // a function still looks for it in vain
			}
			return "input " + r.Path + " has come to be"
		}
		stat := p.stat
		if made {
			stat = p.disk.Stat
		}
		info, err := stat(r.Path)
		if err != nil {
			return noInputReason(r.Path, err)
		}
		if info.Size == r.Size && info.Mtime == r.Mtime && !info.Dir && (made || info.Mtime+grain < rec.Began) {
			continue
		}
		if !p.same(r.Path, info, r.Size, r.Hash) {
			return "input " + r.Path + " changed"
		}
	}
	return ""
}

// askedChanged tells whether what the job's recipe asked for gives something else now.
func (p *Plan) askedChanged(rec *journal.Record, w *world) string {
	for _, a := range rec.Asked {
		now, err := p.spec.ReadAsked(w, hclspec.Asked{Kind: a.Kind, Name: a.Name, Value: a.Value})
		if err != nil || now != a.Value {
			name := a.Name
			if a.Kind == "env" {
				name, _, _ = strings.Cut(name, "=") // behind it is what stands for its default
			}
			return fmt.Sprintf("%s %s gives something else", a.Kind, name)
		}
	}
	return ""
}

// same tells whether what is at a path has the content that it had. A file of another size has not, and is not read.
func (p *Plan) same(at string, info Info, size int64, hash string) bool {
	if !info.Dir && info.Size != size {
		return false
	}
	now, err := p.hash(at, info)
	return err == nil && now == hash
}

// recipeChange names the attributes of a recipe that differ from those that an output was made with.
func (p *Plan) recipeChange(n *node, i int, in *resolved, rec *journal.Record) string {
	parts, diags := n.t.FingerprintParts(&world{plan: p, node: n, frozen: true}, n.els, n.element(i), in.paths())
	if diags.HasErrors() || len(rec.Parts) == 0 {
		return "its recipe changed"
	}
	was := map[string]string{}
	for _, part := range rec.Parts {
		was[part.Name] = part.Hash
	}
	var names []string
	for name, hash := range parts {
		if was[name] != hash {
			names = append(names, name)
		}
		delete(was, name)
	}
	for name := range was {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return "its recipe changed"
	}
	why := "its recipe changed: " + list(names)
	if slices.Contains(names, "inputs") {
		why += inputsChange(rec.Reads[:min(rec.Inputs, len(rec.Reads))], in)
	}
	return why
}

// inputsChange names, in brackets, inputs that are none any more, and those that were none: some of them, where there are many.
func inputsChange(was []journal.Read, in *resolved) string {
	left := make(map[string]bool, len(was))
	for k := range was {
		left[was[k].Path] = true
	}
	var come, gone []string
	for k := range in.inputs {
		at := in.inputs[k].path
		if _, known := left[at]; !known {
			come = append(come, at)
		}
		left[at] = false
	}
	for k := range was {
		if at := was[k].Path; left[at] {
			gone = append(gone, at)
			left[at] = false
		}
	}
	switch {
	case len(come)+len(gone) == 0:
		return "" // only their order, or how they are written
	case len(come) == 0:
		return " (" + some(gone, "is gone", "are gone") + ")"
	case len(gone) == 0:
		return " (" + some(come, "has come", "have come") + ")"
	}
	return " (" + some(gone, "is gone", "are gone") + ", " + some(come, "has come", "have come") + ")"
}

// some writes names as a sentence does, the first few of many, with what is so of one of them, or of several.
func some(names []string, one, several string) string {
	const most = 2
	switch n := len(names); {
	case n == 1:
		return names[0] + " " + one
	case n > most+1:
		names = append(names[:most:most], fmt.Sprintf("%d more", n-most))
	}
	return list(names) + " " + several
}

// list writes names as a sentence does.
func list(names []string) string {
	out := ""
	for i, n := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			out += " and "
		default:
			out += ", "
		}
		out += n
	}
	return out
}
