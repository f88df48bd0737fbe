package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/asflow/asflow/planner"
)

// traceEvent is a complete event of Chrome's trace format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
type traceEvent struct {
	Name  string            `json:"name"`
	Cat   string            `json:"cat"`
	Phase string            `json:"ph"`
	At    int64             `json:"ts"`  // microseconds
	Took  int64             `json:"dur"` // microseconds
	PID   int               `json:"pid"`
	Lane  int               `json:"tid"`
	Args  map[string]string `json:"args,omitempty"`
}

// trace writes an event for each job, in as many lanes as ran at once.
func trace(w io.Writer, plan *planner.Plan, jobs []ranJob, began time.Time) error {
	targets := plan.Targets()
	events := make([]traceEvent, len(jobs))
	for i, j := range jobs {
		args := map[string]string{"state": j.state.String()}
		if j.key != "" {
			args["key"] = j.key
		}
		if j.text != "" {
			args["error"] = j.text
		}
		events[i] = traceEvent{
			Name: j.path, Cat: targets[j.target].Label, Phase: "X", At: j.began.Sub(began).Microseconds(), Took: j.ended.Sub(j.began).Microseconds(), PID: 1, Lane: j.lane, Args: args,
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(map[string]any{"traceEvents": events, "displayTimeUnit": "ms"})
}
