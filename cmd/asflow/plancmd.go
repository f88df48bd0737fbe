package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/planner"
)

type planCmd struct {
	planFlags `embed:""`

	Check   bool `group:"shown" help:"Exit 3 when there is work."`
	Explain bool `group:"shown" help:"The same as -v."`
	JSON    bool `name:"json" group:"shown" help:"Write a job per line, as JSON, then a line per target."`

	loudness     `kong:"embed,set='quiet=Show nothing; with --check the exit status says it.',set='verbose=Show each job and why it is to be run, not just their number.'"`
	projectFlags `embed:""`
}

// Help is shown by asflow plan --help.
func (planCmd) Help() string {
	return `Shows for each target what build would make and why, and what is not known yet since it waits for a list that is to be built. Changes nothing, and takes no lock.`
}

// Run plans.
func (c *planCmd) Run(a *app) error {
	p, err := c.load(a)
	if err != nil {
		return err
	}
	store, err := executor.OpenStore(p.dir)
	if err != nil {
		return err
	}
	plan, _, err := c.plan(a, p, store, true)
	if err != nil {
		return err
	}
	a.showDiagnostics(plan.Warnings(), p.spec.Files)
	w := bufio.NewWriter(a.stdout)
	switch {
	case c.JSON:
		err = planJSON(w, plan)
	case c.Quiet:
	default:
		c.show(w, a.stdout, plan)
	}
	if flushed := w.Flush(); err == nil {
		err = flushed
	}
	if err == nil && c.Check && plan.Work() {
		return errWork
	}
	return err
}

// show writes a plan for people.
func (c *planCmd) show(w io.Writer, t *terminal, plan *planner.Plan) {
	n := countJobs(plan)
	todo := n.Blocked + n.Cancelled
	unknown := 0
	rows := [][]string{}
	for i, target := range plan.Targets() {
		if !plan.Wanted(i) {
			continue
		}
		tally := plan.Tally(i)
		if !tally.Known {
			unknown++
			rows = append(rows, []string{t.paint(yellow, "?"), target.Label, t.paint(dim, waitsFor(plan, i))})
			continue
		}
		reasons, jobs := reasonsOf(plan, i)
		if len(jobs) == 0 {
			rows = append(rows, []string{t.paint(green, t.signs().ok), target.Label, t.paint(dim, plural(tally.ByState[planner.UpToDate], "output", "outputs")+" up to date")})
		} else {
			rows = append(rows, []string{t.paint(cyan, t.signs().spin), target.Label, plural(len(jobs), "job", "jobs") + t.paint(dim, ": "+reasons)})
		}
		if c.Explain || c.Verbose {
			for _, id := range jobs {
				rows = append(rows, []string{"", "  " + plan.Path(id), t.paint(dim, plan.Reason(id))})
			}
		}
		if d := tally.Duplicates; d > 0 {
			rows = append(rows, []string{"", "", t.paint(dim, plural(d, "element is", "elements are")+" in the list more than once")})
		}
	}
	if !c.Explain && !c.Verbose {
		rows, _ = fitTable(t, rows, nil, nil, 1)
	}
	writeTable(w, rows, nil)
	if left := plan.LeftOut(); left > 0 {
		said := "globs of inputs leave out " + plural(left, "file", "files") + " that a label could make, and that no element makes now"
		fmt.Fprintf(w, "\n%s\n", t.sentence(t.paint(dim, said)))
	}
	if todo == 0 && unknown == 0 {
		fmt.Fprintf(w, "\n%s\n", upToDate(t, n, len(plan.Targets()), 0))
		return
	}
	said := fmt.Sprintf("%s to do, %s up to date", t.paint(bold, plural(todo, "job", "jobs")), count(n.UpToDate))
	if unknown > 0 {
		said += ", " + plural(unknown, "target", "targets") + " not known yet"
	}
	fmt.Fprintf(w, "\n%s\n", t.sentence(said))
}

// reasonsOf gives the jobs of a target that are to be done, and counts why.
func reasonsOf(plan *planner.Plan, target int) (string, []planner.ID) {
	var jobs []planner.ID
	counts := map[string]int{}
	plan.Jobs(target, func(id planner.ID) bool {
		if s := plan.State(id); s == planner.Ready || s == planner.Waiting || s == planner.Blocked {
			jobs = append(jobs, id)
			counts[reasonKind(plan.Reason(id))]++
		}
		return true
	})
	kinds := make([]string, 0, len(counts))
	for kind := range counts {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(x, y string) int {
		if counts[x] != counts[y] {
			return counts[y] - counts[x]
		}
		return strings.Compare(x, y)
	})
	if len(kinds) == 1 {
		return kinds[0], jobs
	}
	for i, kind := range kinds {
		kinds[i] = count(counts[kind]) + " " + kind
	}
	return strings.Join(kinds, ", "), jobs
}

// reasonKind leaves names out of a reason, so that jobs can be counted by it.
func reasonKind(reason string) string {
	if strings.HasPrefix(reason, "its recipe changed") {
		reason, _, _ = strings.Cut(reason, " (") // behind it are inputs
	}
	rest, ok := strings.CutPrefix(reason, "input ")
	switch {
	case !ok:
		return reason
	case strings.HasSuffix(rest, "to be made"):
		return "waiting for inputs"
	case strings.HasSuffix(rest, " is missing"), strings.HasSuffix(rest, " is an orphan"):
		return "missing inputs"
	default:
		return "changed inputs"
	}
}

// planned is a line of asflow plan --json: a job that is to be done, or a target.
type planned struct {
	Target   string   `json:"target"`
	Path     string   `json:"path,omitempty"`
	Key      string   `json:"key,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Known    *bool    `json:"known,omitempty"`     // of a target: its list is
	WaitsFor []string `json:"waits_for,omitempty"` // of a target that is not known
	ToDo     *int     `json:"to_do,omitempty"`     // of a target
	UpToDate *int     `json:"up_to_date,omitempty"`
	Absent   *int     `json:"absent,omitempty"`
}

func planJSON(w io.Writer, plan *planner.Plan) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	var err error
	write := func(p planned) {
		if err == nil {
			err = e.Encode(p)
		}
	}
	for i, target := range plan.Targets() {
		if !plan.Wanted(i) {
			continue
		}
		tally := plan.Tally(i)
		todo := 0
		plan.Jobs(i, func(id planner.ID) bool {
			if s := plan.State(id); s == planner.Ready || s == planner.Waiting {
				todo++
				write(planned{Target: target.Label, Path: plan.Path(id), Key: plan.Key(id), Reason: plan.Reason(id)})
			}
			return err == nil
		})
		line := planned{Target: target.Label, Known: &tally.Known}
		if tally.Known {
			line.ToDo, line.UpToDate, line.Absent = &todo, &tally.ByState[planner.UpToDate], &tally.ByState[planner.Absent]
		} else {
			line.WaitsFor = plan.WaitsFor(i)
		}
		write(line)
	}
	return err
}
