package planner

import (
	"errors"

	"github.com/hashicorp/hcl/v2"
)

// ErrUpToDate and ErrWaiting say that a job given out by Next is not to be run: it turned out to be up to date, or has
// gone back to waiting for something that is not built. The plan has noted it; Done must not be called.
var (
	ErrUpToDate = errors.New("up to date")
	ErrWaiting  = errors.New("waiting for an input that is not built")
)

// Plan is the graph of a project's jobs, alive while they run. Safe for concurrent use.
type Plan struct{}

// New expands what can be known and finds what is out of date.
func New(o Options) (*Plan, hcl.Diagnostics) { panic("contract") }

func (p *Plan) Next() (Job, bool)                          { panic("contract") }
func (p *Plan) Recipe(id ID, output string) (*Task, error) { panic("contract") }
func (p *Plan) Done(id ID, o Outcome) Ended                { panic("contract") }
func (p *Plan) Host(id ID) string                          { panic("contract") }
func (p *Plan) Path(id ID) string                          { panic("contract") }
func (p *Plan) Key(id ID) string                           { panic("contract") }
func (p *Plan) State(id ID) State                          { panic("contract") }
func (p *Plan) Targets() []Target                          { panic("contract") }
func (p *Plan) Tally(target int) Tally                     { panic("contract") }
func (p *Plan) Work() bool                                 { panic("contract") } // is there anything to do, or unknown
func (p *Plan) Warnings() hcl.Diagnostics                  { panic("contract") }

// Reason says why a job is to be done, or why not, in a line.
func (p *Plan) Reason(id ID) string { panic("contract") }

// Jobs calls each with every job of a target that is known, in order, until it gives false. A target that is not
// known has none; WaitsFor says why.
func (p *Plan) Jobs(target int, each func(ID) bool) { panic("contract") }

// WaitsFor gives the paths and labels that hold a target back.
func (p *Plan) WaitsFor(target int) []string { panic("contract") }

// Element is a job's each.value as compact JSON.
func (p *Plan) Element(id ID) []byte { panic("contract") }

// Failures says whether more jobs failed than allow_failed lets.
func (p *Plan) Failures() bool { panic("contract") }
