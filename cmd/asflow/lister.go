package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// lister writes rows in a format.
type lister interface {
	row(*output) error
	end() error
}

func (c *lsCmd) lister(w io.Writer, t *terminal) lister {
	switch {
	case c.Format == "csv":
		return &csvLister{w: csv.NewWriter(w)}
	case c.Format != "table":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return &jsonLister{w: w, e: e, list: c.Format == "json"}
	case c.Quiet:
		return pathLister{w}
	case c.Verbose:
		return &wideLister{tableLister{w: w, t: t}, false}
	default:
		return &tableLister{w: w, t: t}
	}
}

// pathLister writes paths alone.
type pathLister struct{ w io.Writer }

func (l pathLister) row(o *output) error {
	_, err := fmt.Fprintln(l.w, o.Path)
	return err
}

func (l pathLister) end() error { return nil }

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
	bytes := ""
	if o.Size != nil {
		bytes = strconv.FormatInt(*o.Size, 10)
	}
	return l.w.Write([]string{
		o.Path, o.Target, o.Key, string(o.Element), o.State, bytes, o.Time.v, o.Hash.v, o.Source.v, number(o.Status.v), number(o.Attempts.v), o.Reason.v, o.Error.v, o.Log.v,
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
	t, state, bytes := l.t, o.paintedState(l.t), ""
	if o.Size != nil {
		bytes = size(*o.Size)
	}
	about := o.Source.v
	if o.Error.v != "" {
		about = oneLine(errors.New(o.Error.v))
	} else if o.Reason.v != "" {
		about = o.Reason.v
	}
	most := 80
	if t.tty { // it is made to fit
		most = t.width()
	}
	l.rows = append(l.rows, []string{o.Path, clip(visible(o.Key), 40, t.signs().ellipsis), state, bytes, o.Time.v, t.paint(dim, clip(visible(about), most, t.signs().ellipsis))})
	if len(l.rows) == tableBatch {
		return l.end()
	}
	return nil
}

func (l *tableLister) end() error {
	var drop []int
	if narrow(l.t, l.rows, 5) {
		drop = []int{4, 1, 3, 5}
		for _, row := range l.rows {
			row[5] = shortenPainted(row[5], leastShrunk, l.t.signs().ellipsis)
		}
	}
	rows, right := fitTable(l.t, l.rows, map[int]bool{3: true}, drop, 5)
	writeTable(l.w, rows, right)
	l.rows = l.rows[:0]
	return nil
}

const tableBatch = 1000

func (o *output) paintedState(t *terminal) string {
	switch o.State {
	case "up-to-date":
		return t.paint(green, o.State)
	case "failed":
		return t.paint(red, o.State)
	case "to-do":
		return t.paint(cyan, o.State)
	}
	return o.State
}

// wideLister has all that is known of an output in its table, and cuts nothing.
type wideLister struct {
	tableLister
	headed bool
}

var wideHead = []string{"path", "target", "key", "element", "state", "size", "time", "sha256", "status", "attempts", "source", "reason", "error", "log"}

func (l *wideLister) row(o *output) error {
	if len(l.rows) == 0 && !l.headed {
		l.headed = true
		head := make([]string, len(wideHead))
		for i, h := range wideHead {
			head[i] = l.t.paint(dim, h)
		}
		l.rows = append(l.rows, head)
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return count(n)
	}
	bytes := ""
	if o.Size != nil {
		bytes = count(*o.Size)
	}
	element := visible(string(o.Element))
	if element == "null" { // of a target without a list
		element = ""
	}
	row := []string{
		o.Path, o.Target, visible(o.Key), element, o.paintedState(l.t), bytes, o.Time.v, o.Hash.v,
		number(o.Status.v), number(o.Attempts.v), visible(o.Source.v), visible(o.Reason.v), joinLines(o.Error.v), o.Log.v,
	}
	for i, cell := range row {
		if cell == "" {
			row[i] = l.t.paint(dim, l.t.signs().dot)
		}
	}
	l.rows = append(l.rows, row)
	if len(l.rows) >= tableBatch {
		return l.end()
	}
	return nil
}

func (l *wideLister) end() error {
	writeTable(l.w, l.rows, map[int]bool{5: true, 8: true, 9: true})
	l.rows = l.rows[:0]
	return nil
}
