package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
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
	out := newLister(c.Format, w, a.stdout)
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

// lister writes rows in a format.
type lister interface {
	row(*output) error
	end() error
}

func newLister(format string, w io.Writer, t *terminal) lister {
	switch format {
	case "csv":
		return &csvLister{w: csv.NewWriter(w)}
	case "json", "jsonl":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return &jsonLister{w: w, e: e, list: format == "json"}
	default:
		return &tableLister{w: w, t: t}
	}
}

type csvLister struct {
	w      *csv.Writer
	headed bool
}

func (l *csvLister) head() error {
	if l.headed {
		return nil
	}
	l.headed = true
	return l.w.Write([]string{"path", "target", "key", "element", "state", "size", "time", "hash", "source", "status", "attempts", "reason", "error", "log"})
}

func (l *csvLister) row(o *output) error {
	if err := l.head(); err != nil {
		return err
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	length := ""
	if o.Size != nil {
		length = strconv.FormatInt(*o.Size, 10)
	}
	return l.w.Write([]string{
		o.Path, o.Target, o.Key, string(o.Element), o.State, length, o.Time.v, o.Hash.v, o.Source.v, number(o.Status.v), number(o.Attempts.v), o.Reason.v, o.Error.v, o.Log.v,
	})
}

func (l *csvLister) end() error {
	err := l.head()
	l.w.Flush()
	return errors.Join(err, l.w.Error())
}

type jsonLister struct {
	w    io.Writer
	e    *json.Encoder
	list bool // one array, not a value per line
	some bool
}

func (l *jsonLister) row(o *output) error {
	if l.list {
		lead := "["
		if l.some {
			lead = ","
		}
		if _, err := io.WriteString(l.w, lead); err != nil {
			return err
		}
	}
	l.some = true
	return l.e.Encode(o)
}

func (l *jsonLister) end() error {
	if !l.list {
		return nil
	}
	text := "]\n"
	if !l.some {
		text = "[]\n"
	}
	_, err := io.WriteString(l.w, text)
	return err
}

// tableLister aligns a thousand rows at a time, so that a million need no memory.
type tableLister struct {
	w    io.Writer
	t    *terminal
	rows [][]string
}

func (l *tableLister) row(o *output) error {
	t := l.t
	length, state := "", o.State
	if o.Size != nil {
		length = size(*o.Size)
	}
	switch o.State {
	case "up-to-date":
		state = t.paint(green, state)
	case "failed":
		state = t.paint(red, state)
	case "to-do":
		state = t.paint(cyan, state)
	}
	about := o.Source.v
	if o.Error.v != "" {
		about = oneLine(errors.New(o.Error.v))
	} else if o.Reason.v != "" {
		about = o.Reason.v
	}
	l.rows = append(l.rows, []string{o.Path, clip(visible(o.Key), 40, t.signs().ellipsis), state, length, o.Time.v, t.paint(dim, clip(visible(about), 80, t.signs().ellipsis))})
	if len(l.rows) == 1000 {
		return l.end()
	}
	return nil
}

func (l *tableLister) end() error {
	rows, right := fitTable(l.t, l.rows, map[int]bool{3: true}, nil, 5)
	writeTable(l.w, rows, right)
	l.rows = l.rows[:0]
	return nil
}
