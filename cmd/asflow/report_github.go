package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/asflow/asflow/planner"
)

// annotations is how many failures GitHub is told of: it shows ten of a step.
const annotations = 10

// githubReport annotates failures, where their targets stand, and appends to the step's summary.
func githubReport(a *app, plan *planner.Plan, jobs []ranJob, n jobCounts, took time.Duration) error {
	var failed []ranJob
	for _, j := range jobs {
		if j.state == planner.Failed || j.state == planner.NotTried {
			failed = append(failed, j)
		}
	}
	escape := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for i, j := range failed {
		if i == annotations {
			break
		}
		r := plan.RangeOf(j.target)
		fmt.Fprintf(a.stderr, "::error file=%s,line=%d,title=%s::%s\n", property.Replace(r.Filename), r.Start.Line, property.Replace(j.path), escape.Replace(j.text))
	}
	name := a.env("GITHUB_STEP_SUMMARY")
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return fmt.Errorf("write the summary of the step: %w", err)
	}
	return errors.Join(githubSummary(f, failed, n, took), f.Close())
}

func githubSummary(w io.Writer, failed []ranJob, n jobCounts, d time.Duration) error {
	var b strings.Builder
	b.WriteString("### asflow build\n\n| made | unchanged | up to date | absent | failed | not run | time |\n|---|---|---|---|---|---|---|\n")
	fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", count(n.Made), count(n.Unchanged), count(n.UpToDate), count(n.Absent), count(n.Failed+n.NotTried), count(n.Blocked+n.Cancelled), took(d))
	cell := strings.NewReplacer("|", `\|`, "\n", " ", "\r", "", "<", "&lt;")
	for i, j := range failed {
		if i == 0 {
			b.WriteString("\n| failed | why |\n|---|---|\n")
		}
		if i == annotations {
			fmt.Fprintf(&b, "\nand %s more\n", count(len(failed)-i))
			break
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(j.path, "`", ""), cell.Replace(clean(j.text)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
