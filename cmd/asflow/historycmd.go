package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/asflow/asflow/planner/journal"
)

type historyCmd struct {
	Name string `arg:"" optional:"" name:"run" help:"Show the jobs of this run: its name, or the beginning of it. None: the runs."`
	Last int    `short:"n" default:"20" placeholder:"N" group:"shown" help:"The last N runs (default 20); 0: all."`
	JSON bool   `name:"json" group:"shown" help:"Write a line for each run, or each job, as JSON."`

	loudness     `kong:"embed,set='quiet=Only the names of the runs, or the paths of the jobs, one per line.',set='verbose=All columns on any terminal, and errors whole, with their logs.'"`
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
	if c.Name == "" {
		if c.Last > 0 && len(runs) > c.Last {
			runs = runs[len(runs)-c.Last:]
		}
	} else if runs, err = named(runs, c.Name); err != nil {
		return err
	}
	var jobs []journal.Record
	if c.Name != "" {
		if jobs, err = jobsOf(state, runs[0].ID); err != nil {
			return err
		}
	}
	if err := countUnended(state, runs); err != nil {
		return err
	}
	w := bufio.NewWriter(a.stdout)
	switch {
	case c.JSON && c.Name == "":
		writeLines(w, runs)
	case c.JSON:
		writeLines(w, jobs)
	case c.Quiet && c.Name == "":
		for _, r := range runs {
			fmt.Fprintln(w, r.ID)
		}
	case c.Quiet:
		for _, r := range jobs {
			fmt.Fprintln(w, r.Path)
		}
	default:
		c.showRuns(w, a.stdout, runs)
		if c.Name != "" {
			c.showJobs(w, a.stdout, jobs)
		}
	}
	return w.Flush()
}

// named gives the one run of this name, or whose name begins so.
func named(runs []journal.Run, name string) (found []journal.Run, err error) {
	for _, r := range runs {
		switch {
		case r.ID == name:
			return []journal.Run{r}, nil
		case strings.HasPrefix(r.ID, name):
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return nil, &usageError{fmt.Sprintf("there is no run %s; asflow history shows them", name)}
	case 1:
		return found, nil
	}
	return nil, &usageError{fmt.Sprintf("%s begin with %s, the last of them %s; write more of the name", plural(len(found), "run", "runs"), name, found[len(found)-1].ID)}
}

// countUnended counts, for runs that did not come to their end and so could not do it themselves, what the journal has of
// their jobs.
func countUnended(state *journal.State, runs []journal.Run) error {
	of := map[string]*journal.Run{}
	for i := range runs {
		if runs[i].Ended == 0 {
			of[runs[i].ID] = &runs[i]
		}
	}
	if len(of) == 0 {
		return nil
	}
	return state.All(func(rec journal.Record) bool {
		r := of[rec.Run]
		if r == nil {
			return true
		}
		r.Received += rec.Received
		switch rec.State {
		case journal.Made:
			r.Made++
			r.Written += rec.Size
		case journal.Failed:
			r.Failed++
		case journal.Absent:
			r.Absent++
		}
		return true
	})
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

func (c *historyCmd) showRuns(w io.Writer, t *terminal, runs []journal.Run) {
	if len(runs) == 0 {
		fmt.Fprintln(w, "Nothing was built here yet.")
		return
	}
	head := []string{"run", "began", "took", "made", "up to date", "absent", "failed", "received", "written", "exit", "command"}
	for i, h := range head {
		head[i] = t.paint(dim, h)
	}
	rows := [][]string{head}
	dot := t.paint(dim, t.signs().dot)
	for i, r := range runs {
		cell := func(n int, c color) string {
			if n == 0 {
				return dot
			}
			return t.paint(c, count(n))
		}
		bytes := func(n int64) string {
			if n == 0 {
				return dot
			}
			return size(n)
		}
		var lasted, exit string
		switch {
		case r.Ended != 0:
			lasted, exit = took(time.Duration(r.Ended-r.Began)), t.paint(green, "0")
			if r.Exit != 0 {
				exit = t.paint(red, fmt.Sprint(r.Exit))
			}
		case i == len(runs)-1 && stillRuns(r.ID): // one build at a time
			lasted = t.paint(cyan, "runs")
		default:
			lasted = t.paint(yellow, "did not end")
		}
		command := commandLine(r.Command)
		if command == "" {
			command = commandLine(r.Goals)
		}
		rows = append(rows, []string{
			r.ID, time.Unix(0, r.Began).Format("2006-01-02 15:04:05"), lasted,
			cell(r.Made, ""), cell(r.UpToDate, ""), cell(r.Absent, ""), cell(r.Failed, red), bytes(r.Received), bytes(r.Written), exit, command,
		})
	}
	right := map[int]bool{2: true, 3: true, 4: true, 5: true, 6: true, 7: true, 8: true, 9: true}
	if !c.Verbose {
		rows, right = fitTable(t, rows, right, []int{1, 4, 5, 8}, 10)
	}
	writeTable(w, rows, right)
}

// stillRuns tells whether the process of a run is there. Of another machine's nothing is known: it counts as gone.
func stillRuns(run string) bool {
	_, text, _ := strings.Cut(run, "-")
	pid, err := strconv.Atoi(text)
	if err != nil {
		return false
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = p.Release() }()
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, fs.ErrPermission) || runtime.GOOS == "windows"
}

func (c *historyCmd) showJobs(w io.Writer, t *terminal, jobs []journal.Record) {
	rows := [][]string{}
	for _, r := range jobs {
		state := string(r.State)
		switch r.State {
		case journal.Made:
			state = t.paint(green, state)
		case journal.Failed:
			state = t.paint(red, state)
		}
		about, _, _ := strings.Cut(r.Error, "\n")
		about = clip(visible(about), 100, t.signs().ellipsis)
		if c.Verbose {
			about = joinLines(r.Error)
			if r.Log != "" {
				about += " (log: " + r.Log + ")"
			}
		}
		bytes := ""
		if r.State == journal.Made {
			bytes = size(r.Size)
		}
		rows = append(rows, []string{state, r.Path, took(time.Duration(r.Took)), bytes, t.paint(dim, about)})
	}
	fmt.Fprintln(w)
	right := map[int]bool{2: true, 3: true}
	if !c.Verbose {
		var drop []int
		if narrow(t, rows, 4) {
			drop = []int{3, 2}
		}
		rows, right = fitTable(t, rows, right, drop, 4)
	}
	writeTable(w, rows, right)
}
