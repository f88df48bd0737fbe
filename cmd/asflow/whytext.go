package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/asflow/asflow/planner/journal"
)

// How many inputs of a file, and outputs that were made from it, are named where not all are asked for.
const (
	inputsShown  = 10
	readersShown = 5
)

// originText writes what is known of a path for people: a name and a value on each line.
type originText struct {
	*origin
	t    *terminal
	all  bool // nothing is left out or cut
	rows []namedValue
}

// show writes it for people.
func (o *origin) show(w io.Writer, t *terminal, all bool) {
	x := &originText{origin: o, t: t, all: all}
	x.what()
	x.last()
	x.around()
	fmt.Fprintln(w, t.paint(bold, o.Path))
	writeNamed(w, t, x.rows)
}

// add adds a line; what has no value is left out, and what has no name belongs to the line before.
func (x *originText) add(name, value string) {
	if value != "" {
		x.rows = append(x.rows, namedValue{name: name, value: value})
	}
}

// addLong adds a value that may be long.
func (x *originText) addLong(name, value string) {
	value = visible(value)
	if !x.all {
		value = clip(value, max(40, x.t.width()-12), x.t.signs().ellipsis)
	}
	x.add(name, value)
}

// addSome adds a line for each value, the first of them at most where not all are asked for.
func (x *originText) addSome(name string, most int, values []namedValue) {
	for i, value := range values {
		if i == most && !x.all {
			x.add("", x.t.paint(dim, "and "+count(len(values)-i)+" more; asflow why -v has all"))
			return
		}
		if i == 0 {
			value.name = name
		}
		x.rows = append(x.rows, value)
	}
}

// what says what the path is, and how it stands.
func (x *originText) what() {
	switch x.Is {
	case "output":
		x.rows = append(x.rows, namedValue{"target", x.Target, x.Kind + ", " + x.At})
	case "left":
		x.add("is", x.standing(x.t))
		x.rows = append(x.rows, namedValue{"target", x.Target, x.Kind + ", no longer in the configuration"})
	default:
		x.add("is", x.standing(x.t))
	}
	x.add("key", visible(x.Key))
	if len(x.Element) > 0 && string(x.Element) != `"`+x.Key+`"` {
		x.addLong("element", string(x.Element))
	}
	if x.Is == "output" {
		x.add("state", x.standing(x.t))
	}
}

// standing says how a path stands: of an output its state, and why; of others what they are.
func (o *origin) standing(t *terminal) string {
	orphan := t.paint(yellow, "an orphan") + ": its element has left the list of " + o.Target
	switch {
	case o.Edited && o.Record.Hash == "":
		return orphan + "; asflow does not know whether it wrote it, and asflow prune leaves it alone"
	case o.Edited:
		return orphan + "; it has changed since asflow wrote it, and asflow prune leaves it alone"
	case o.Is == "orphan":
		return orphan + "; asflow prune removes it"
	case o.Is == "held":
		return t.paint(yellow, "an output of "+o.Target) + ", made by an earlier run; its list is not known yet, so that nobody can say whether the element is still in it"
	case o.Is == "left":
		return t.paint(yellow, "left by a target that is gone") + ": nothing makes it now, and asflow prune leaves it alone"
	case o.Is == "source":
		return "a source file: no target makes it"
	case o.Is == "unknown":
		return "a file that no target makes, and that nothing was made from"
	case o.Reason != "":
		return t.paint(cyan, "to do") + ": " + o.Reason
	case o.Changed:
		return t.paint(green, o.State) + ": what is fetched is kept, though its recipe has changed; asflow build --force " + o.Path + " fetches it again"
	case o.State == "up to date" && o.Kind == "fetch":
		return t.paint(green, o.State) + ": what is fetched is kept"
	case o.Serves:
		return o.State + ": gone at its source; the earlier file stays, and is still used"
	case o.cause != "":
		return o.State + ": so is its input " + o.cause
	case o.State == "up to date":
		return t.paint(green, o.State) + ": its recipe, and all that it reads, are what they were"
	}
	return o.State
}

// last says what the last job that was tried for it did.
func (x *originText) last() {
	x.addLong("from", x.Source)
	if x.Now != "" && x.Now == x.Source {
		x.add("now", "the same URL: something else of its recipe has changed")
	} else {
		x.addLong("now", x.Now)
	}
	r := x.Record
	if r == nil {
		return
	}
	parts := []string{string(r.State) + " " + time.Unix(0, r.Began).Format("2006-01-02 15:04:05")}
	if r.Took > 0 {
		parts = append(parts, "in "+took(time.Duration(r.Took)))
	}
	if r.Status != 0 {
		parts = append(parts, fmt.Sprintf("status %d", r.Status))
	}
	if r.Attempts > 1 {
		parts = append(parts, count(r.Attempts)+" attempts")
	}
	if r.Pages > 0 {
		parts = append(parts, plural(r.Pages, "page", "pages"))
	}
	if r.State == journal.Made {
		parts = append(parts, size(r.Size))
	}
	x.add("last", strings.Join(parts, ", "))
	if x.all {
		x.add("run", r.Run)
	}
	for i, line := range strings.Split(r.Error, "\n") {
		x.add(map[bool]string{true: "error"}[i == 0], visible(line))
	}
	x.add("log", r.Log)
	x.add("sha256", r.Hash)
}

// around says what it was made from, and what from it.
func (x *originText) around() {
	var inputs, reads, uses, readers []namedValue
	last := ""
	for _, in := range x.Inputs {
		about := "a file"
		switch {
		case in.Target != "" && in.Target == last: // said above
			about = in.State
		case in.Target != "":
			about = "of " + in.Target + ", " + in.State
		}
		last = in.Target
		inputs = append(inputs, namedValue{value: in.Path, about: about})
	}
	if r := x.Record; r != nil && x.all && r.Inputs <= len(r.Reads) {
		for _, read := range r.Reads[r.Inputs:] {
			reads = append(reads, namedValue{value: read.Path})
		}
	}
	for _, u := range x.Uses {
		uses = append(uses, namedValue{value: u.Target, about: howText[string(u.How)]})
	}
	for _, path := range x.Readers {
		readers = append(readers, namedValue{value: path})
	}
	x.addSome("inputs", inputsShown, inputs)
	x.addSome("reads", inputsShown, reads)
	x.addSome("for", len(uses), uses)
	x.addSome("read by", readersShown, readers)
}
