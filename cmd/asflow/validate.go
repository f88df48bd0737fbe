package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner"
)

type validateCmd struct {
	JSON bool `name:"json" group:"shown" help:"Write what was checked, and every mistake, as JSON."`

	loudness     `kong:"embed,set='quiet=Nothing, where there is no mistake.',set='verbose=What was read and checked, and where the values of variables come from.'"`
	projectFlags `embed:""`
}

// Help is shown by asflow validate --help.
func (validateCmd) Help() string {
	return `Reads the configuration, expands what is known already, and shows every mistake with its source: unknown names, two targets for one path, inputs that nothing makes, cycles. Builds and writes nothing.`
}

// checked is what was read of a configuration, and what asflow validate --json writes.
type checked struct {
	Valid       bool              `json:"valid"`
	Files       []string          `json:"files"`
	Variables   []checkedVariable `json:"variables"`
	Targets     []checkedTarget   `json:"targets"`
	Flows       []checkedFlow     `json:"flows"`
	Limits      []checkedLimit    `json:"limits"`
	Diagnostics []mistake         `json:"diagnostics"`
}

// checkedVariable has no value: it may be a secret, of which only a recipe says so.
type checkedVariable struct {
	Name      string `json:"name"`
	From      string `json:"from"`
	Sensitive bool   `json:"sensitive,omitempty"`
}

type checkedTarget struct {
	Label    string   `json:"label"`
	Kind     string   `json:"kind"` // fetch or exec
	At       string   `json:"at"`   // file:line
	Known    bool     `json:"known"`
	Outputs  int      `json:"outputs"`
	WaitsFor []string `json:"waits_for,omitempty"`
}

type checkedFlow struct {
	Name    string   `json:"name"`
	Targets []string `json:"targets"`
}

type checkedLimit struct {
	Name        string  `json:"name"`
	Rate        float64 `json:"rate,omitempty"` // requests a second
	Burst       int     `json:"burst,omitempty"`
	Concurrency int     `json:"concurrency,omitempty"`
}

// mistake is a diagnostic: an error, or a warning.
type mistake struct {
	Severity string `json:"severity"` // error or warning
	Summary  string `json:"summary"`
	Detail   string `json:"detail,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
}

// Run checks a project.
func (c *validateCmd) Run(a *app) error {
	p, err := c.load(a)
	if p == nil {
		return err
	}
	x := &checked{Files: p.spec.Names, Diagnostics: []mistake{}}
	x.diagnostics(p.diags)
	var plan *planner.Plan
	if err == nil {
		plan, err = x.plan(a, p)
	}
	x.Valid = err == nil
	x.declared(p.spec)
	x.targets(p.spec, plan)
	w := bufio.NewWriter(a.stdout)
	switch {
	case c.JSON:
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		_ = e.Encode(x)
	case err == nil && !c.Quiet:
		x.text(w, a.stdout, c.Verbose)
	}
	return errors.Join(err, w.Flush())
}

// plan expands what is known already.
func (x *checked) plan(a *app, p *project) (*planner.Plan, error) {
	store, err := executor.OpenStore(p.dir)
	if err != nil {
		return nil, err
	}
	plan, diags := planner.New(planner.Options{Spec: p.spec, Disk: store, Now: p.now})
	if !diags.HasErrors() {
		diags = plan.Warnings() // what jobs have fetched may be wrong too
	}
	if diags.HasErrors() {
		x.diagnostics(diags)
		return nil, &configError{diags: diags, files: p.spec.Files}
	}
	x.diagnostics(diags)
	a.showDiagnostics(diags, p.spec.Files)
	return plan, nil
}

func (x *checked) diagnostics(diags hcl.Diagnostics) {
	for _, d := range diags {
		m := mistake{Severity: "error", Summary: d.Summary, Detail: d.Detail}
		if d.Severity == hcl.DiagWarning {
			m.Severity = "warning"
		}
		if d.Subject != nil {
			m.File, m.Line, m.Column = d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column
		}
		x.Diagnostics = append(x.Diagnostics, m)
	}
}

func (x *checked) declared(spec *hclspec.Spec) {
	x.Variables, x.Flows, x.Limits = []checkedVariable{}, []checkedFlow{}, []checkedLimit{}
	for _, v := range spec.Variables {
		x.Variables = append(x.Variables, checkedVariable{Name: v.Name, From: v.From, Sensitive: v.Sensitive})
	}
	for _, f := range spec.Flows {
		x.Flows = append(x.Flows, checkedFlow{Name: f.Name, Targets: f.Targets})
	}
	for _, l := range spec.Limits {
		x.Limits = append(x.Limits, checkedLimit{Name: l.Name, Rate: l.Rate, Burst: l.Burst, Concurrency: l.Concurrency})
	}
}

// targets adds the targets, with what a plan knows of them where there is one.
func (x *checked) targets(spec *hclspec.Spec, plan *planner.Plan) {
	x.Targets = []checkedTarget{}
	for i, t := range spec.Targets {
		out := checkedTarget{Label: t.Label.Text, Kind: "exec", At: fmt.Sprintf("%s:%d", t.Range.Filename, t.Range.Start.Line)}
		if t.IsFetch {
			out.Kind = "fetch"
		}
		if plan != nil {
			out.Known, out.Outputs, out.WaitsFor = plan.Tally(i).Known, plan.Tally(i).Total, plan.WaitsFor(i)
		}
		x.Targets = append(x.Targets, out)
	}
}

// text says that all is well, and of what.
func (x *checked) text(w io.Writer, t *terminal, all bool) {
	if all {
		writeNamed(w, t, x.rows())
	}
	parts := []string{plural(len(x.Targets), "target", "targets")}
	if n := len(x.Flows); n > 0 {
		parts = append(parts, plural(n, "flow", "flows"))
	}
	if n := len(x.Limits); n > 0 {
		parts = append(parts, plural(n, "limit", "limits"))
	}
	fmt.Fprintf(w, "%s The configuration is valid: %s.\n", t.paint(green, t.signs().ok), strings.Join(parts, ", "))
}

// rows names all that was read.
func (x *checked) rows() (rows []namedValue) {
	kind := ""
	add := func(of, name, about string) {
		if of == kind {
			of = ""
		} else {
			kind = of
		}
		rows = append(rows, namedValue{of, name, about})
	}
	for _, name := range x.Files {
		add("files", name, "")
	}
	for _, v := range x.Variables {
		about := "from " + v.From
		if v.From == "default" {
			about = "its default"
		}
		if v.Sensitive {
			about += ", sensitive"
		}
		add("variables", v.Name, about)
	}
	for _, l := range x.Limits {
		var parts []string
		if l.Rate > 0 {
			parts = append(parts, rate(l.Rate))
		}
		if l.Concurrency > 0 {
			parts = append(parts, count(l.Concurrency)+" at once")
		}
		add("limits", l.Name, strings.Join(parts, ", "))
	}
	for _, target := range x.Targets {
		about := plural(target.Outputs, "output", "outputs")
		switch {
		case !target.Known && len(target.WaitsFor) > 0:
			about = "waits for " + strings.Join(target.WaitsFor, ", ")
		case !target.Known:
			about = "its list is not known"
		}
		add("targets", target.Label, target.Kind+", "+target.At+", "+about)
	}
	for _, f := range x.Flows {
		add("flows", f.Name, strings.Join(f.Targets, ", "))
	}
	return rows
}
