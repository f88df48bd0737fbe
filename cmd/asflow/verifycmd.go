package main

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"github.com/asflow/asflow/planner"
)

type verifyCmd struct {
	goalArgs `embed:""`

	JSON bool `name:"json" group:"shown" help:"Write a line for each output that is not right, as JSON."`

	loudness     `kong:"embed,set='quiet=Only the outputs that are not right.',set='verbose=Each output, once it is read.'"`
	projectFlags `embed:""`
}

// Help is shown by asflow verify --help.
func (verifyCmd) Help() string {
	return `Reads every output and says which are not as asflow wrote them, by the hash in its journal, or not whole: compressed data that is cut, lines that are not JSON. Exits 1 if there is one. It changes nothing.`
}

// Run verifies outputs.
func (c *verifyCmd) Run(a *app) error {
	stop := a.interruptible(newReportSwitch().stopping)
	defer stop.stop()
	seen, err := c.look(a, c.goalArgs)
	if err != nil {
		return err
	}
	v := &verifier{ctx: stop.ctx, store: seen.store, state: seen.state, now: a.now, began: a.now()}
	targets := seen.plan.Targets()
	v.of = func(id planner.ID) finding {
		return finding{Path: seen.plan.Path(id), Target: targets[seen.plan.TargetOf(id)].Label}
	}
	goals := newGoalFilter(seen.spec, c.relative(seen.dir))
	for i, t := range targets {
		seen.plan.Jobs(i, func(id planner.ID) bool {
			if seen.plan.State(id) != planner.Unwanted && goals.names(t.Label, seen.plan.Path(id)) {
				v.jobs = append(v.jobs, id)
			}
			return true
		})
	}
	hide := func() {}
	switch {
	case c.Quiet:
	case c.Verbose && !c.JSON:
		v.seen, v.gone = a.stdout.verified, a.stdout.notThere
	default:
		hide = a.showProgress(v.frame)
	}
	v.all()
	hide()
	if err := stop.err(); err != nil {
		return err
	}
	return c.show(a, v, a.now().Sub(seen.now))
}

// verified writes how an output was found.
func (t *terminal) verified(f finding, bytes int64, recorded bool) {
	sign, about := t.paint(green, t.signs().ok), t.paint(dim, size(bytes))
	switch {
	case f.Is != "":
		sign, about = t.paint(red, t.signs().failed), f.text()
	case !recorded:
		about = t.paint(dim, size(bytes)+", whole; the journal has no hash of it")
	}
	fmt.Fprintf(t, "%s %s  %s\n", sign, f.Path, about)
}

// notThere writes that an output is not there.
func (t *terminal) notThere(f finding) {
	fmt.Fprintf(t, "%s %s  %s\n", t.paint(yellow, t.signs().note), f.Path, t.paint(dim, "not there, and asflow made it once"))
}

// show writes what was found.
func (c *verifyCmd) show(a *app, v *verifier, spent time.Duration) error {
	w := bufio.NewWriter(a.stdout)
	if c.JSON {
		writeLines(w, v.found)
	} else {
		c.text(w, a.stdout, v, spent)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(v.found) > 0 {
		return errFailed
	}
	return nil
}

// text writes what was found for people.
func (c *verifyCmd) text(w io.Writer, t *terminal, v *verifier, spent time.Duration) {
	if c.Verbose && len(v.found) > 0 {
		fmt.Fprintln(w) // what is not right is said again, below all that was read
	}
	for _, f := range v.found {
		fmt.Fprintf(w, "%s %s  %s\n", t.paint(red, t.signs().failed), f.Path, f.text())
	}
	if c.Quiet {
		return
	}
	line := fmt.Sprintf("%s, %s, %s", plural(v.read, "output", "outputs")+" read", size(v.bytes.Load()), took(spent))
	if v.unknown > 0 {
		line += fmt.Sprintf("; of %s the journal has no hash, and they were only looked at for being whole", count(v.unknown))
	}
	switch {
	case len(v.found) > 0:
		said := plural(len(v.found), "output is", "outputs are") + " not right; asflow build --force PATH makes one again"
		if v.missing > 0 {
			said += ", and " + plural(v.missing, "output that asflow made is", "outputs that asflow made are") + " not there"
		}
		fmt.Fprintf(w, "\n%s\n", t.sentence(t.paint(red, t.signs().failed)+" "+said+"  "+t.paint(dim, line)))
	case v.missing > 0:
		said := "what is there is as asflow wrote it, and " + plural(v.missing, "output that it made is not there: asflow build makes it again",
			"outputs that it made are not there: asflow build makes them again")
		fmt.Fprintln(w, t.sentence(t.paint(yellow, t.signs().note)+" "+said+"  "+t.paint(dim, line)))
	default:
		fmt.Fprintln(w, t.sentence(t.paint(green, t.signs().ok)+" all as asflow wrote them  "+t.paint(dim, line)))
	}
}
