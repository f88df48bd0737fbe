package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

type statusCmd struct {
	JSON bool `name:"json" group:"shown" help:"Write a line per target, as JSON."`

	loudness     `kong:"embed,set='quiet=Only targets that have something to say: work, failures, absences, orphans, changed recipes.',set='verbose=Also why jobs are to be run, counted by reason, and what to do about the rest.'"`
	projectFlags `embed:""`
}

// Help is shown by asflow status --help.
func (statusCmd) Help() string {
	return `Shows a row for each target. Orphaned are outputs whose element has left its list. A changed recipe is only reported: what is fetched is never fetched again by itself, asflow build --force LABEL does it.`
}

// targetStatus is a row of asflow status, and a line of its --json.
type targetStatus struct {
	Target   string   `json:"target"`
	Kind     string   `json:"kind"` // fetch or exec
	Known    bool     `json:"known"`
	Total    int      `json:"total"`
	UpToDate int      `json:"up_to_date"`
	ToDo     int      `json:"to_do"`
	Failed   int      `json:"failed"` // of those to do: failed when last tried
	Absent   int      `json:"absent"`
	Orphaned int      `json:"orphaned"`
	Changed  int      `json:"recipe_changed"`
	WaitsFor []string `json:"waits_for,omitempty"`
}

// Run shows how the targets stand.
func (c *statusCmd) Run(a *app) error {
	v, err := c.look(a, goalArgs{})
	if err != nil {
		return err
	}
	rows, err := statusOf(v.plan)
	if err != nil {
		return err
	}
	if n := v.state.Dropped(); n > 0 {
		fmt.Fprintf(a.stderr, "The journal has %s, damaged or of a later version: passed over, and nothing else is lost.\n",
			plural(n, "line that can't be read", "lines that can't be read"))
	}
	w := bufio.NewWriter(a.stdout)
	if c.JSON {
		writeLines(w, rows)
		return w.Flush()
	}
	c.show(w, a.stdout, rows)
	if c.Verbose {
		showReasons(w, a.stdout, v.plan, rows)
	}
	if !c.Quiet {
		showLastRun(w, a, v.state)
	}
	return w.Flush()
}

func statusOf(plan *planner.Plan) ([]targetStatus, error) {
	surveys, err := plan.Survey()
	if err != nil {
		return nil, err
	}
	var out []targetStatus
	for i, t := range plan.Targets() {
		tally, survey := plan.Tally(i), surveys[i]
		r := targetStatus{Target: t.Label, Kind: "exec", Known: tally.Known, Total: tally.Total}
		if t.Fetch {
			r.Kind = "fetch"
		}
		s := tally.ByState
		r.UpToDate, r.Absent = s[planner.UpToDate], s[planner.Absent]
		r.ToDo = s[planner.Ready] + s[planner.Waiting] + s[planner.Blocked]
		r.Failed, r.Orphaned, r.Changed = survey.Failed, survey.Orphaned, survey.Changed
		if !r.Known {
			r.WaitsFor = plan.WaitsFor(i)
		}
		out = append(out, r)
	}
	return out, nil
}

func (r *targetStatus) quiet() bool {
	return r.Known && r.ToDo+r.Failed+r.Absent+r.Orphaned+r.Changed == 0
}

func (c *statusCmd) show(w io.Writer, t *terminal, all []targetStatus) {
	head := []string{"target", "outputs", "up to date", "to do", "failed", "absent", "orphaned", "recipe changed"}
	for i, h := range head {
		head[i] = t.paint(dim, h)
	}
	rows := [][]string{head}
	for _, r := range all {
		if c.Quiet && r.quiet() {
			continue
		}
		if !r.Known {
			rows = append(rows, []string{r.Target, t.paint(yellow, "?")})
			continue
		}
		cell := func(n int, col color) string {
			if n == 0 {
				return t.paint(dim, t.signs().dot)
			}
			return t.paint(col, count(n))
		}
		rows = append(rows, []string{
			r.Target, count(r.Total), cell(r.UpToDate, green), cell(r.ToDo, cyan), cell(r.Failed, red),
			cell(r.Absent, ""), cell(r.Orphaned, yellow), cell(r.Changed, yellow),
		})
	}
	if len(rows) > 1 {
		right := map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true}
		rows, right = fitTable(t, rows, right, silent(rows, t.paint(dim, t.signs().dot)), 0)
		writeTable(w, rows, right)
	}
	for _, r := range all {
		if !r.Known && len(r.WaitsFor) == 0 {
			fmt.Fprintln(w, t.sentence(t.paint(red, "?")+" "+r.Target+": its list has a mistake, which asflow plan shows"))
		}
		if !r.Known && len(r.WaitsFor) > 0 {
			waits := r.WaitsFor[:1]
			if c.Verbose {
				waits = r.WaitsFor
			}
			fmt.Fprintln(w, t.sentence(t.paint(yellow, "?")+" "+r.Target+" waits for "+strings.Join(waits, ", ")))
		}
	}
}

// showReasons says of each target that has something to say why, and what to do about it.
func showReasons(w io.Writer, t *terminal, plan *planner.Plan, all []targetStatus) {
	for i, r := range all {
		if !r.Known || r.ToDo+r.Failed+r.Orphaned+r.Changed == 0 {
			continue
		}
		reasons, _ := reasonsOf(plan, i)
		fmt.Fprintf(w, "\n%s\n", r.Target)
		say := func(n int, is, about string) {
			if n > 0 {
				fmt.Fprintf(w, "  %s %s%s\n", count(n), is, t.paint(dim, ": "+about))
			}
		}
		say(r.ToDo, "to do", reasons)
		say(r.Failed, "failed when last tried", "asflow ls --state failed shows them")
		say(r.Orphaned, "orphaned", "asflow prune removes them")
		say(r.Changed, "fetched by another recipe", "asflow build --force fetches again")
	}
}

// silent gives the columns, from the last on, that have nothing to say in any row.
func silent(rows [][]string, nothing string) (columns []int) {
	for i := len(rows[0]) - 1; i > 1; i-- {
		if !slices.ContainsFunc(rows[1:], func(row []string) bool { return i < len(row) && row[i] != nothing }) {
			columns = append(columns, i)
		}
	}
	return columns
}

// showLastRun says when the project was last built, and how that went.
func showLastRun(w io.Writer, a *app, state *journal.State) {
	runs, err := state.Runs()
	if err != nil || len(runs) == 0 {
		return
	}
	r, ago := runs[len(runs)-1], func(at int64) string {
		since := a.now().Sub(time.Unix(0, at)).Truncate(time.Second)
		if since <= 0 {
			return "just now"
		}
		return took(since) + " ago"
	}
	text := "last build: began " + ago(r.Began) + ", and did not come to its end, or still runs"
	if r.Ended != 0 {
		text = fmt.Sprintf("last build: %s, %s made, %s failed, took %s, exit status %d",
			ago(r.Ended), count(r.Made), count(r.Failed), took(time.Duration(r.Ended-r.Began)), r.Exit)
	}
	fmt.Fprintf(w, "\n%s\n", a.stdout.sentence(a.stdout.paint(dim, text)))
}
