package main

import (
	"fmt"
	"strings"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/planner"
)

type validateCmd struct {
	projectFlags `embed:""`
}

// Help is shown by asflow validate --help.
func (validateCmd) Help() string {
	return `Reads the configuration, expands what is known already, and shows every mistake with its source: unknown names, two targets for one path, inputs that nothing makes, cycles. Builds and writes nothing.`
}

// Run checks a project.
func (c *validateCmd) Run(a *app) error {
	p, err := c.load(a)
	if err != nil {
		return err
	}
	store, err := executor.OpenStore(p.dir)
	if err != nil {
		return err
	}
	plan, diags := planner.New(planner.Options{Spec: p.spec, Disk: store, Now: p.now})
	if diags.HasErrors() {
		return &configError{diags: diags, files: p.spec.Files}
	}
	a.showDiagnostics(plan.Warnings(), p.spec.Files)
	parts := []string{plural(len(p.spec.Targets), "target", "targets")}
	if n := len(p.spec.Flows); n > 0 {
		parts = append(parts, plural(n, "flow", "flows"))
	}
	if n := len(p.spec.Limits); n > 0 {
		parts = append(parts, plural(n, "limit", "limits"))
	}
	t := a.stdout
	_, err = fmt.Fprintf(t, "%s The configuration is valid: %s.\n", t.paint(green, t.signs().ok), strings.Join(parts, ", "))
	return err
}
