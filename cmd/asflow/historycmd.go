package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/asflow/asflow/planner/journal"
)

type historyCmd struct {
	Name string `arg:"" optional:"" name:"run" help:"Show the jobs of this run: its name, or the beginning of it. None: the runs."`
	Last int    `short:"n" default:"20" placeholder:"N" group:"shown" help:"The last N runs (default 20); 0: all."`
	JSON bool   `name:"json" group:"shown" help:"Write a line for each run, or each job, as JSON."`

	projectFlags `embed:""`
}

// Help is shown by asflow history --help.
func (historyCmd) Help() string {
	return `Shows the builds that had something to do: when, how long, what they made and how they ended. With the name of a run, its jobs, failures first: of each output the last job that was tried for it.`
}

// Run shows runs, or the jobs of one.
func (c *historyCmd) Run(a *app) error {
	p, err := c.load(a)
	if err != nil {
		return err
	}
	state, err := journal.Load(filepath.Join(p.dir, ".asflow"))
	if err != nil {
		return err
	}
	all, err := state.Runs()
	if err != nil {
		return err
	}
	runs := lastOfEach(all)
	w := bufio.NewWriter(a.stdout)
	if c.Name == "" {
		if c.Last > 0 && len(runs) > c.Last {
			runs = runs[len(runs)-c.Last:]
		}
		if c.JSON {
			writeLines(w, runs)
			return w.Flush()
		}
		showRuns(w, a.stdout, runs)
		return w.Flush()
	}
	i := slices.IndexFunc(runs, func(r journal.Run) bool { return strings.HasPrefix(r.ID, c.Name) })
	if i < 0 {
		return &usageError{fmt.Sprintf("there is no run %s; asflow history shows them", c.Name)}
	}
	jobs, err := jobsOf(state, runs[i].ID)
	if err != nil {
		return err
	}
	if c.JSON {
		writeLines(w, jobs)
		return w.Flush()
	}
	showRuns(w, a.stdout, runs[i:i+1])
	showJobs(w, a.stdout, jobs)
	return w.Flush()
}

// lastOfEach gives each run once, as it was written last.
func lastOfEach(all []journal.Run) (out []journal.Run) {
	at := map[string]int{}
	for _, r := range all {
		if i, ok := at[r.ID]; ok {
			out[i] = r
			continue
		}
		at[r.ID] = len(out)
		out = append(out, r)
	}
	return out
}

// jobsOf gives the records of a run, failures first, the longest of equals first.
func jobsOf(state *journal.State, run string) ([]journal.Record, error) {
	var out []journal.Record
	err := state.All(func(r journal.Record) bool {
		if r.Run == run {
			out = append(out, r)
		}
		return true
	})
	slices.SortFunc(out, func(a, b journal.Record) int {
		if x, y := a.State == journal.Failed, b.State == journal.Failed; x != y {
			return map[bool]int{true: -1, false: 1}[x]
		}
		return cmp.Or(cmp.Compare(b.Took, a.Took), cmp.Compare(a.Path, b.Path))
	})
	return out, err
}

func writeLines[T any](w io.Writer, values []T) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, v := range values {
		_ = e.Encode(v)
	}
}

func showRuns(w io.Writer, t *terminal, runs []journal.Run) {
	if len(runs) == 0 {
		fmt.Fprintln(w, "Nothing was built here yet.")
		return
	}
	head := []string{"run", "began", "took", "made", "up to date", "absent", "failed", "exit", "goals"}
	for i, h := range head {
		head[i] = t.paint(dim, h)
	}
	rows := [][]string{head}
	for _, r := range runs {
		cell := func(n int, c color) string {
			if n == 0 {
				return t.paint(dim, t.signs().dot)
			}
			return t.paint(c, count(n))
		}
		lasted, exit := t.paint(yellow, "did not end"), ""
		if r.Ended != 0 {
			lasted, exit = took(time.Duration(r.Ended-r.Began)), t.paint(green, "0")
			if r.Exit != 0 {
				exit = t.paint(red, fmt.Sprint(r.Exit))
			}
		}
		rows = append(rows, []string{
			r.ID, time.Unix(0, r.Began).Format("2006-01-02 15:04:05"), lasted,
			cell(r.Made, ""), cell(r.UpToDate, ""), cell(r.Absent, ""), cell(r.Failed, red), exit, strings.Join(r.Goals, " "),
		})
	}
	writeTable(w, rows, map[int]bool{2: true, 3: true, 4: true, 5: true, 6: true, 7: true})
}

func showJobs(w io.Writer, t *terminal, jobs []journal.Record) {
	rows := [][]string{}
	for _, r := range jobs {
		state := string(r.State)
		switch r.State {
		case journal.Made:
			state = t.paint(green, state)
		case journal.Failed:
			state = t.paint(red, state)
		}
		about := ""
		if r.Error != "" {
			first, _, _ := strings.Cut(r.Error, "\n")
			about = clip(first, 100, t.signs().ellipsis)
		}
		bytes := ""
		if r.State == journal.Made {
			bytes = size(r.Size)
		}
		rows = append(rows, []string{state, r.Path, took(time.Duration(r.Took)), bytes, t.paint(dim, about)})
	}
	fmt.Fprintln(w)
	writeTable(w, rows, map[int]bool{2: true, 3: true})
}
