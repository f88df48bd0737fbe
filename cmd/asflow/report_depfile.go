package main

import (
	"io"
	"strings"

	"github.com/asflow/asflow/planner"
)

// depfile writes a rule: the outputs of the goals, and all files that they are made from in the end, so that a make that
// includes it asks asflow again when one of them has changed.
func depfile(w io.Writer, p *project, plan *planner.Plan, goals *goalFilter) error {
	var outputs, sources []string
	seen := map[string]bool{}
	source := func(name string) {
		if !seen[name] {
			seen[name] = true
			sources = append(sources, name)
		}
	}
	for _, name := range p.spec.Names {
		source(name)
	}
	for i, t := range plan.Targets() {
		if !plan.Wanted(i) {
			continue
		}
		plan.Jobs(i, func(id planner.ID) bool {
			if plan.State(id) == planner.Unwanted {
				return true
			}
			if at := plan.Path(id); goals.names(t.Label, at) {
				outputs = append(outputs, at)
			}
			for _, in := range plan.Inputs(id) {
				if !in.Made {
					source(in.Path)
				}
			}
			return true
		})
	}
	for _, e := range plan.Edges() {
		if e.From < 0 && plan.Wanted(e.To) {
			source(e.File)
		}
	}
	if len(outputs) == 0 {
		return nil
	}
	for i, at := range outputs {
		if i > 0 {
			if _, err := io.WriteString(w, " "); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(w, makeName(at)); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, ":"); err != nil {
		return err
	}
	for _, at := range sources {
		if _, err := io.WriteString(w, " \\\n  "+makeName(at)); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	for _, at := range sources { // one that is deleted is no error of make's
		if _, err := io.WriteString(w, makeName(at)+":\n"); err != nil {
			return err
		}
	}
	return nil
}

// makeName writes a name as a Makefile has it.
func makeName(name string) string {
	return strings.NewReplacer(`\`, `\\`, " ", `\ `, "#", `\#`, "$", "$$", ":", `\:`, "%", `\%`).Replace(name)
}
