package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

type whyCmd struct {
	Path string `arg:"" help:"A file, an output or a source, that is there or not."`
	JSON bool   `name:"json" group:"shown" help:"Write it as JSON."`

	loudness     `kong:"embed,set='quiet=One line: the state, and the reason.',set='verbose=All inputs and readers, and nothing cut.'"`
	projectFlags `embed:""`
}

// Help is shown by asflow why --help.
func (whyCmd) Help() string {
	return `Says where a file comes from: its target, element, source and inputs; when and how it was made; and why it is or isn't up to date, to the attribute or file that changed.`
}

// origin is all that is known of a path, and what asflow why --json writes.
type origin struct {
	Path    string          `json:"path"`
	Is      string          `json:"is"` // output, orphan, held, left, source, unknown
	Target  string          `json:"target,omitempty"`
	Kind    string          `json:"kind,omitempty"` // fetch or exec
	At      string          `json:"at,omitempty"`   // file:line of the target
	Key     string          `json:"key,omitempty"`
	Element json.RawMessage `json:"element,omitempty"`
	State   string          `json:"state,omitempty"`
	Reason  string          `json:"reason,omitempty"` // why it is to be done
	Source  string          `json:"source,omitempty"` // URL or command
	Inputs  []originInput   `json:"inputs,omitempty"`
	Readers []string        `json:"readers,omitempty"`        // outputs that were made from it
	Uses    []use           `json:"used_by,omitempty"`        // targets that a source file stands before
	Record  *journal.Record `json:"record,omitempty"`         // of the last job that was tried for it
	Changed bool            `json:"recipe_changed,omitempty"` // it is kept, though another recipe would fetch it now
	Now     string          `json:"source_now,omitempty"`     // the URL of that, if it can be told without a secret
	Serves  bool            `json:"serves,omitempty"`         // it is gone at its source, and the earlier file is still used
	Edited  bool            `json:"edited,omitempty"`         // an orphan that is not as asflow wrote it, and so not pruned

	cause string // the input that is absent, and makes it so
}

// use says what a source file is to a target.
type use struct {
	Target string      `json:"target"`
	How    planner.How `json:"how"`
}

type originInput struct {
	Path   string `json:"path"`
	Target string `json:"target,omitempty"` // that makes it
	State  string `json:"state,omitempty"`
}

// Run explains a path.
func (c *whyCmd) Run(a *app) error {
	v, err := c.look(a, goalArgs{})
	if err != nil {
		return err
	}
	goal := goalArgs{Goals: []string{c.Path}}
	o, err := explain(v.plan, v.state, v.store, path.Clean(filepath.ToSlash(goal.relative(v.dir)[0])))
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(a.stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(o)
	}
	w := bufio.NewWriter(a.stdout)
	if c.Quiet {
		fmt.Fprintf(w, "%s: %s\n", o.Path, o.standing(a.stdout))
	} else {
		o.show(w, a.stdout, c.Verbose)
	}
	return w.Flush()
}

// explain gathers what is known of a path.
func explain(plan *planner.Plan, state *journal.State, store *executor.Store, at string) (*origin, error) {
	o := &origin{Path: at, Is: "unknown"}
	id, planned := plan.Find(at)
	if planned {
		o.Path = plan.Path(id)
	}
	if r, ok := state.Lookup(o.Path); ok && r.State != journal.Removed {
		o.Record, o.Source, o.Target, o.Kind, o.Key = &r, r.Source, r.Target, string(r.Kind), r.Key
	}
	err := state.All(func(r journal.Record) bool {
		for _, read := range r.Reads {
			if read.Path == o.Path || read.Path == at {
				o.Readers = append(o.Readers, r.Path)
				break
			}
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(o.Readers)
	if planned {
		o.Is = "output"
		o.planned(plan, id)
		_, missing := store.Stat(o.Path)
		o.Serves = missing == nil && o.Kind == "fetch" && plan.State(id) == planner.Absent
		return o, nil
	}
	o.usedBy(plan, at)
	info, missing := store.Stat(at)
	switch {
	case missing != nil && len(o.Uses) == 0:
		return nil, &usageError{fmt.Sprintf("%s is not there, and no target makes it%s", at, couldMake(plan, at))}
	case missing == nil && o.Record != nil:
		o.Is, err = leftBehind(plan, o.Record)
		o.Edited = o.Is == "orphan" && edited(store, o.Record, info)
	case len(o.Readers)+len(o.Uses) > 0:
		o.Is = "source"
	}
	return o, err
}

// usedBy adds the targets that stand behind a file that no target makes.
func (o *origin) usedBy(plan *planner.Plan, at string) {
	targets := plan.Targets()
	for _, e := range plan.Edges() {
		if e.From < 0 && e.File == at {
			o.Uses = append(o.Uses, use{targets[e.To].Label, e.How})
		}
	}
}

// leftBehind says what a file is that a job has made, and that none would make now: an orphan, whose element has left
// its list; one that is held by a list that is not known; or one that is left by a target that is there no more.
func leftBehind(plan *planner.Plan, r *journal.Record) (string, error) {
	orphans, err := plan.Orphans()
	if slices.ContainsFunc(orphans, func(o journal.Record) bool { return o.Path == r.Path }) {
		return "orphan", err
	}
	for _, i := range plan.Unknown() {
		if plan.Targets()[i].Label == r.Target {
			return "held", err
		}
	}
	return "left", err
}

func couldMake(plan *planner.Plan, at string) string {
	targets := plan.CouldMake(at)
	if len(targets) == 0 {
		return "; asflow ls shows what is made"
	}
	label := plan.Targets()[targets[0]].Label
	return fmt.Sprintf(": %s could, but none of its elements does; asflow ls %q shows them", label, label)
}

// planned adds what the plan knows of an output.
func (o *origin) planned(plan *planner.Plan, id planner.ID) {
	target := plan.TargetOf(id)
	t, r := plan.Targets()[target], plan.RangeOf(target)
	o.Target, o.Kind, o.At = t.Label, "exec", fmt.Sprintf("%s:%d", r.Filename, r.Start.Line)
	if t.Fetch {
		o.Kind = "fetch"
	}
	o.Key = plan.Key(id)
	if element := plan.Element(id); string(element) != "null" {
		o.Element = element
	}
	s := plan.State(id)
	if o.State = s.String(); s == planner.Ready || s == planner.Waiting {
		o.Reason = plan.Reason(id)
	}
	if o.Record != nil {
		o.Changed, o.Now = plan.FetchedOtherwise(id, o.Record)
	}
	for _, in := range plan.Inputs(id) {
		x := originInput{Path: in.Path}
		if in.Made {
			x.Target, x.State = plan.Targets()[plan.TargetOf(in.Job)].Label, plan.State(in.Job).String()
		}
		o.Inputs = append(o.Inputs, x)
	}
	if s == planner.Absent { // what is the cause of it comes first
		absent := func(in originInput) bool { return in.State == s.String() }
		slices.SortStableFunc(o.Inputs, func(a, b originInput) int {
			switch {
			case absent(a) == absent(b):
				return 0
			case absent(a):
				return -1
			}
			return 1
		})
		if len(o.Inputs) > 0 && absent(o.Inputs[0]) && (o.Record == nil || o.Record.State != journal.Absent) {
			o.cause = o.Inputs[0].Path
		}
		if r := o.Record; r != nil && r.State == journal.Absent && r.Status == 0 {
			if i := slices.IndexFunc(r.Reads, func(in journal.Read) bool { return in.Missing }); i >= 0 {
				o.cause = r.Reads[i].Path
			}
		}
	}
}
