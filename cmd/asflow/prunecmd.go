package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

type pruneCmd struct {
	Yes    bool `short:"y" group:"how" help:"Remove without asking."`
	DryRun bool `short:"n" group:"how" help:"Show what would be removed, and remove nothing."`
	NoWait bool `group:"how" help:"Exit 4 at once where a build holds the project's lock, instead of waiting for it."`
	JSON   bool `name:"json" group:"shown" help:"Write a line for each file, as JSON."`

	loudness     `kong:"embed,set='quiet=Only the paths of what is removed, one per line.',set='verbose=Also the key of each, when it was made, and from what.'"`
	projectFlags `embed:""`
}

// Help is shown by asflow prune --help.
func (pruneCmd) Help() string {
	return `Removes orphans: outputs whose element has left its list. Only files that the journal says asflow has made, that are as it wrote them, and that lie under a label as it reads now. It lists them and asks. While a list is not built, or is to be built again, nothing is removed.`
}

// orphan is a file that prune may remove.
type orphan struct {
	Path    string `json:"path"`
	Target  string `json:"target"`
	Key     string `json:"key,omitempty"`
	Size    int64  `json:"size"`
	Changed bool   `json:"changed,omitempty"` // it is not as asflow wrote it, or nobody knows whether it is, and stays
	Removed bool   `json:"removed"`

	record journal.Record
}

// Run removes orphans.
func (c *pruneCmd) Run(a *app) error {
	if c.JSON && !c.Yes && !c.DryRun {
		return &usageError{"prune --json asks nothing: give --yes to remove the orphans, or -n to see them"}
	}
	p, err := c.load(a)
	if err != nil {
		return err
	}
	store, err := executor.OpenStore(p.dir)
	if err != nil {
		return err
	}
	stop := a.interruptible(newReportSwitch().stopping)
	defer stop.stop()
	unlock, err := (&buildCmd{NoWait: c.NoWait, loudness: c.loudness}).lock(stop.ctx, a, store)
	if err != nil {
		return errors.Join(stop.err(), err)
	}
	defer func() { _ = unlock() }()
	plan, _, err := new(planFlags).plan(a, p, store, true)
	if err != nil {
		return err
	}
	if unknown := plan.Unknown(); len(unknown) > 0 {
		i, out := unknown[0], "asflow build makes it"
		if len(plan.WaitsFor(i)) == 0 {
			out = "asflow plan shows it"
		}
		return fmt.Errorf("the list of %s is not known, so that nobody can say what has left it: %s\n%s", plan.Targets()[i].Label, waitsFor(plan, i), out)
	}
	orphans, err := findOrphans(plan, store)
	if err != nil {
		return err
	}
	remove := c.show(a, orphans)
	switch {
	case c.DryRun || len(remove) == 0:
	case !c.Yes && !c.ask(stop.ctx, a, len(remove)):
		return stop.err()
	default:
		if err := removeOrphans(store, p, remove); err != nil {
			return err
		}
		if !c.JSON && !c.Quiet {
			fmt.Fprintf(a.stdout, "%s %s\n", a.stdout.paint(green, a.stdout.signs().ok), plural(len(remove), "file", "files")+" removed")
		}
	}
	if c.JSON {
		w := bufio.NewWriter(a.stdout)
		writeLines(w, orphans)
		return w.Flush()
	}
	return nil
}

func findOrphans(plan *planner.Plan, store *executor.Store) ([]*orphan, error) {
	records, err := plan.Orphans()
	if err != nil {
		return nil, err
	}
	var out []*orphan
	for _, r := range records {
		if info, err := store.Stat(r.Path); err == nil {
			out = append(out, &orphan{Path: r.Path, Target: r.Target, Key: r.Key, Size: info.Size, Changed: edited(store, &r, info), record: r})
		}
	}
	return out, nil
}

// edited tells whether a file is not as a record says that asflow wrote it, or the record doesn't say.
func edited(store *executor.Store, r *journal.Record, info planner.Info) bool {
	if info.Size == r.Size && info.Mtime == r.Mtime && !info.Dir {
		return false
	}
	hash, err := planner.Hash(store, r.Path, info)
	return err != nil || hash != r.Hash
}

// show lists orphans, and gives those that may go.
func (c *pruneCmd) show(a *app, all []*orphan) (remove []*orphan) {
	t, w := a.stdout, bufio.NewWriter(a.stdout)
	defer func() { _ = w.Flush() }()
	var rows [][]string
	var total int64
	for _, o := range all {
		about := o.Target
		switch {
		case o.Changed && o.record.Hash == "":
			about = t.paint(yellow, "asflow does not know whether it wrote it; it stays")
		case o.Changed:
			about = t.paint(yellow, "changed since asflow wrote it; it stays")
		default:
			remove = append(remove, o)
			total += o.Size
		}
		row := []string{o.Path, size(o.Size), t.paint(dim, about)}
		if c.Verbose {
			row = append(row, visible(o.Key), time.Unix(0, o.record.Began).Format("2006-01-02 15:04:05"), t.paint(dim, visible(o.record.Source)))
		}
		rows = append(rows, row)
	}
	switch {
	case c.JSON:
		return remove
	case c.Quiet:
		for _, o := range remove {
			fmt.Fprintln(w, o.Path)
		}
		return remove
	}
	right := map[int]bool{1: true}
	if !c.Verbose {
		var drop []int
		if len(remove) == len(all) && narrow(t, rows, 2) {
			drop = []int{2} // nothing but labels is there
		}
		rows, right = fitTable(t, rows, right, drop, 2)
	}
	writeTable(w, rows, right)
	switch {
	case len(all) == 0:
		fmt.Fprintf(w, "%s no orphans: every output that asflow has made is of an element in its list\n", t.paint(green, t.signs().ok))
	case len(remove) > 0:
		fmt.Fprintf(w, "\n%s, %s\n", plural(len(remove), "orphan", "orphans"), size(total))
	}
	return remove
}

// ask asks whether to go on. Where nobody can answer the answer is no, and how to give another is said.
func (c *pruneCmd) ask(ctx context.Context, a *app, n int) bool {
	if !a.answers {
		fmt.Fprintln(a.stderr, "Nothing was removed: asflow prune --yes removes without asking.")
		return false
	}
	w := a.stderr
	if !w.tty {
		w = a.stdout
	}
	fmt.Fprintf(w, "Remove %s? [y/N] ", plural(n, "file", "files"))
	answer := make(chan string, 1)
	go func() { // a terminal can't be told to give up waiting for a key: after a signal the process ends without it
		line, _ := bufio.NewReader(a.stdin).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(w)
		return false
	case said := <-answer:
		return said == "y" || said == "yes"
	}
}

// removeOrphans removes files, and then notes that they are gone.
func removeOrphans(store *executor.Store, p *project, orphans []*orphan) (err error) {
	w, err := store.OpenJournal()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	var records []journal.Record
	for i, o := range orphans {
		if err := store.Remove(o.Path); err != nil {
			left := ""
			if n := len(orphans) - i - 1; n > 0 {
				left = "; " + plural(n, "other file is", "other files are") + " left too"
			}
			return errors.Join(fmt.Errorf("%s is not removed: %w%s", o.Path, err, left), w.Append(records, false))
		}
		o.Removed = true
		records = append(records, journal.Record{Path: o.Path, Target: o.Target, Key: o.Key, Kind: o.record.Kind, State: journal.Removed, Began: p.now.UnixNano()})
	}
	return w.Append(records, false)
}
