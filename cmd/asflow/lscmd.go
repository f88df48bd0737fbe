package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

type lsCmd struct {
	goalArgs `embed:""`

	Format string   `enum:"table,csv,json,jsonl" default:"table" placeholder:"FORMAT" group:"shown" help:"table, csv, json or jsonl."`
	JSON   bool     `name:"json" group:"shown" help:"The same as --format json."`
	State  []string `placeholder:"STATE" group:"shown" help:"Only outputs in this state: up-to-date, to-do, failed, absent. May be given several times."`

	loudness     `kong:"embed,set='quiet=Only the paths, one per line.',set='verbose=All columns, with their heading, and nothing cut.'"`
	projectFlags `embed:""`
}

// Help is shown by asflow ls --help.
func (lsCmd) Help() string {
	return `Lists every output that is known, whether it is built or not. csv and jsonl are a manifest to join with: the key and the element of each file, its target, state, size, time of writing, hash and source.`
}

// output is a row of asflow ls.
type output struct {
	Path     string          `json:"path"`
	Target   string          `json:"target"`
	Key      string          `json:"key"`
	Element  json.RawMessage `json:"element"` // each.value
	State    string          `json:"state"`
	Size     *int64          `json:"size"` // null where there is no file
	Time     orNull[string]  `json:"time"`
	Hash     orNull[string]  `json:"hash"` // SHA-256, as it was written
	Source   orNull[string]  `json:"source"`
	Status   orNull[int]     `json:"status"`
	Attempts orNull[int]     `json:"attempts"`
	Reason   orNull[string]  `json:"reason"` // why it is to be done
	Error    orNull[string]  `json:"error"`
	Log      orNull[string]  `json:"log"`
}

// orNull is a value that is written as null where there is none: each row has all columns, so that a query can name one that no row
// has something in.
type orNull[T comparable] struct{ v T }

// MarshalJSON writes the value, or null.
func (o orNull[T]) MarshalJSON() ([]byte, error) {
	if o.v == *new(T) {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(o.v)
	return b.Bytes(), err
}

var outputStates = []string{"up-to-date", "to-do", "failed", "absent"}

// Run lists outputs.
func (c *lsCmd) Run(a *app) error {
	for _, s := range c.State {
		if !slices.Contains(outputStates, s) {
			return &usageError{fmt.Sprintf("--state %s: it is up-to-date, to-do, failed or absent", s)}
		}
	}
	v, err := c.look(a, c.goalArgs)
	if err != nil {
		return err
	}
	if c.JSON {
		c.Format = "json"
	}
	w := bufio.NewWriterSize(a.stdout, 64<<10)
	out := c.lister(w, a.stdout)
	l := listing{plan: v.plan, state: v.state, store: v.store, states: c.State, goals: newGoalFilter(v.spec, c.relative(v.dir))}
	if err := errors.Join(l.each(out.row), out.end()); err != nil {
		return err
	}
	return w.Flush()
}

// listing goes through a plan's outputs.
type listing struct {
	plan   *planner.Plan
	state  *journal.State
	store  *executor.Store
	states []string // empty: all
	goals  *goalFilter
}

// each calls with every output that is asked for.
func (l *listing) each(row func(*output) error) (err error) {
	for i, t := range l.plan.Targets() {
		l.plan.Jobs(i, func(id planner.ID) bool {
			if l.plan.State(id) == planner.Unwanted || !l.goals.names(t.Label, l.plan.Path(id)) {
				return true
			}
			o := l.output(id, t.Label)
			if len(l.states) == 0 || slices.Contains(l.states, o.State) {
				err = row(o)
			}
			return err == nil
		})
	}
	return err
}

func (l *listing) output(id planner.ID, label string) *output {
	o := &output{Path: l.plan.Path(id), Target: label, Key: l.plan.Key(id), Element: l.plan.Element(id)}
	r, recorded := l.state.Lookup(o.Path)
	switch l.plan.State(id) {
	case planner.UpToDate:
		o.State = "up-to-date"
	case planner.Absent:
		o.State = "absent"
	default:
		o.State, o.Reason.v = "to-do", l.plan.Reason(id)
		if recorded && r.State == journal.Failed {
			o.State = "failed"
		}
	}
	if recorded {
		o.Hash.v, o.Source.v, o.Status.v, o.Attempts.v, o.Error.v, o.Log.v = r.Hash, r.Source, r.Status, r.Attempts, r.Error, r.Log
	}
	if info, err := l.store.Stat(o.Path); err == nil {
		o.Size, o.Time.v = &info.Size, time.Unix(0, info.Mtime).UTC().Format(time.RFC3339)
	} else if errors.Is(err, fs.ErrNotExist) {
		o.Hash.v = ""
	}
	return o
}
