package main

import "fmt"

// listGoalsCmd lists labels and flows for the shells' completion. It is silent about what is wrong.
type listGoalsCmd struct {
	projectFlags `embed:""`
}

// Run lists goals, one per line.
func (c *listGoalsCmd) Run(a *app) error {
	p, err := c.load(a)
	if p == nil || p.spec == nil {
		return err
	}
	for _, f := range p.spec.Flows {
		if _, err := fmt.Fprintln(a.stdout, f.Name); err != nil {
			return err
		}
	}
	for _, t := range p.spec.Targets {
		if _, err := fmt.Fprintln(a.stdout, t.Label.Text); err != nil {
			return err
		}
	}
	return nil
}
