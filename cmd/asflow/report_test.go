package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/fetchers/limit"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// fakeRun is a plan and its meters as a display sees them, moved by hand.
type fakeRun struct {
	now     time.Time
	targets []planner.Target
	tallies []planner.Tally
	waits   [][]string
	bytes   []int64
	running []executor.RunningJob
	held    []executor.HeldHost
}

func (f *fakeRun) Targets() []planner.Target               { return f.targets }
func (f *fakeRun) Tally(i int) planner.Tally               { return f.tallies[i] }
func (f *fakeRun) Wanted(int) bool                         { return true }
func (f *fakeRun) WaitsFor(i int) []string                 { return f.waits[i] }
func (f *fakeRun) Path(planner.ID) string                  { return "raw/slow.json" }
func (f *fakeRun) Reason(planner.ID) string                { return "missing" }
func (f *fakeRun) Bytes(i int) int64                       { return f.bytes[i] }
func (f *fakeRun) Retries(int) int64                       { return 0 }
func (f *fakeRun) Longest(int) []executor.RunningJob       { return f.running }
func (f *fakeRun) HeldHosts(time.Time) []executor.HeldHost { return f.held }

func (f *fakeRun) move(target int, from, to planner.State, n int) {
	f.tallies[target].ByState[from] -= n
	f.tallies[target].ByState[to] += n
}

func newFakeRun() *fakeRun {
	f := &fakeRun{
		now:     noon,
		targets: []planner.Target{{Label: "list.json", Fetch: true}, {Label: "raw/{each.key}.json", Fetch: true}, {Label: "table.csv"}},
		tallies: make([]planner.Tally, 3),
		waits:   [][]string{nil, {"list.json"}, {"raw/{each.key}.json"}},
		bytes:   make([]int64, 3),
	}
	f.tallies[0].Known, f.tallies[0].Total, f.tallies[0].ByState[planner.Ready] = true, 1, 1
	f.tallies[2].Known, f.tallies[2].Total, f.tallies[2].ByState[planner.Waiting] = true, 1, 1
	return f
}

func (f *fakeRun) event(r *reporter, e executor.Event) {
	e.Time = f.now
	r.Event(e)
}

// play lets a run go from its beginning to its end, and calls show now and then.
func (f *fakeRun) play(r *reporter, show func()) {
	list := executor.Event{Target: 0, Path: "list.json"}
	raw := func(kind executor.EventKind, path string) executor.Event {
		return executor.Event{Kind: kind, Target: 1, Path: path, Key: strings.TrimSuffix(strings.TrimPrefix(path, "raw/"), ".json")}
	}
	f.event(r, list)
	f.move(0, planner.Ready, planner.Running, 1)
	show()
	f.now = f.now.Add(time.Second)
	list.Kind, list.State, list.Record = executor.Ended, planner.Made, &journal.Record{Size: 2100, Took: int64(time.Second)}
	f.bytes[0] = 2100
	f.move(0, planner.Running, planner.Made, 1)
	f.event(r, list)
	f.tallies[1].Known, f.tallies[1].Total, f.tallies[1].Duplicates = true, 100, 2
	f.tallies[1].ByState[planner.UpToDate], f.tallies[1].ByState[planner.Ready] = 40, 60
	f.event(r, executor.Event{Kind: executor.Expanded, Expanded: []int{1}})
	f.event(r, raw(executor.Started, "raw/a.json"))
	f.move(1, planner.Ready, planner.Running, 8)
	f.running = []executor.RunningJob{{Since: f.now, Done: 512, Host: "http://api"}}
	show()
	f.now = f.now.Add(2 * time.Second)
	f.move(1, planner.Ready, planner.Made, 30)
	f.bytes[1] = 123_456
	e := raw(executor.Retrying, "raw/a.json")
	e.Attempt, e.Until, e.Err = 1, f.now.Add(3*time.Second), errors.New("500 Internal Server Error")
	f.event(r, e)
	e = raw(executor.Held, "raw/b.json")
	e.Host, e.Until, e.Text = "api", f.now.Add(30*time.Second), "429"
	f.event(r, e)
	f.event(r, e)
	f.held = []executor.HeldHost{{Host: "api", Until: e.Until, Cause: "429"}}
	show()
	f.now = f.now.Add(4 * time.Second)
	f.held = nil
	e = raw(executor.Ended, "raw/c.json")
	e.State, e.Err, e.Record = planner.Failed, errors.New("GET http://api/c: 500 Internal Server Error"), &journal.Record{Attempts: 5, Status: 500}
	f.move(1, planner.Running, planner.Failed, 1)
	f.event(r, e)
	e = raw(executor.Ended, "raw/d.json")
	e.State, e.Record = planner.Absent, &journal.Record{Status: 404, Attempts: 1}
	f.move(1, planner.Running, planner.Absent, 1)
	f.event(r, e)
	e = raw(executor.Note, "raw/e.json")
	e.Text = "stopped after 3 pages, its max_pages, though there are more"
	f.event(r, e)
	show()
	f.now = f.now.Add(2 * time.Second)
	f.move(1, planner.Running, planner.Made, 6)
	f.move(1, planner.Ready, planner.Made, 22)
	f.running = nil
	f.move(2, planner.Waiting, planner.Blocked, 1)
	show()
}

func TestPlainLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		verbose, explain bool
	}{{"plain", false, false}, {"plain-verbose", true, true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFakeRun()
			var out bytes.Buffer
			a := &app{stderr: &terminal{Writer: &out, unicode: true, size: func() (int, int) { return 0, 0 }}, now: func() time.Time { return f.now }}
			r := newReporter(a, showPlain, f, f)
			r.verbose, r.explain = c.verbose, c.explain
			r.board.look()
			r.last = f.now
			f.play(r, func() { r.show(false) })
			r.show(true)
			golden(t, c.name+".txt", out.String())
		})
	}
}

// The block is taken away at the end, and what it stood for stays in lines.
func TestLiveBlock(t *testing.T) {
	t.Parallel()
	f := newFakeRun()
	v := newVT(78)
	tty := &terminal{Writer: v, tty: true, unicode: true, size: func() (int, int) { return 78, 20 }}
	r := newReporter(&app{stderr: tty, now: func() time.Time { return f.now }}, showBar, f, f)
	r.board.look()
	var frames []string
	show := func() {
		r.show(false)
		frames = append(frames, v.String())
	}
	f.play(r, show)
	r.stopping()
	show()
	r.show(true)
	frames = append(frames, v.String())
	golden(t, "live.txt", strings.Join(frames, "\n\n=====\n\n")+"\n")
}

func TestEvents(t *testing.T) {
	t.Parallel()
	f := newFakeRun()
	var out bytes.Buffer
	a := &app{stderr: fakeTerminal(false, true, 80, 24), now: func() time.Time { return f.now }}
	r := newReporter(a, showNone, f, f)
	r.events = newEventStream(&out, f, true, func(text string) string { return text })
	r.board.look()
	f.play(r, func() { r.show(false) })
	r.show(true)
	for line := range strings.Lines(out.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	golden(t, "events.jsonl", out.String())
}

func TestSummary(t *testing.T) {
	t.Parallel()
	failures := []failure{
		{path: "raw/c.json", key: "c", label: "raw/{each.key}.json", cause: "GET http://api/c: 500 Internal Server Error", attempts: 5},
		{
			path: "out/3b4c5d6e7f8091a2b3c4d5e6.csv", key: "https://example.com/a/long/key", cause: "exit status 1", attempts: 1,
			log: ".asflow/logs/3b4c.log", tail: []byte("reading\n10%\r50%\r\x1b[31mTraceback\x1b[0m\nno such column: x\n"),
		},
		{path: "raw/d.json", key: "d", cause: "not tried: the first 20 jobs all failed with 500", notTried: true},
	}
	found := []limit.Found{
		{Host: "api.example.com", Refused: 1234, AtOnce: 2, Rate: 9.7},
		{Host: "slow.example.com:8080", Refused: 3, AtOnce: 1, Rate: 0.26},
		{Host: "slower.example.com", Refused: 1, AtOnce: 4},
		{Host: "a.example.com", Refused: 1, AtOnce: 1, Rate: 1},
		{Host: "b.example.com", Refused: 1, AtOnce: 1, Rate: 1},
	}
	for _, c := range []struct {
		name string
		s    summary
	}{
		{"summary-good", summary{jobs: jobCounts{Made: 1200, UpToDate: 3, Absent: 2}, result: executor.Result{Bytes: 1_200_000, Written: 300_000}, took: 4200 * time.Millisecond, ok: true, paces: paces(found)}},
		{"summary-bad", summary{
			jobs: jobCounts{Made: 118, UpToDate: 3, Failed: 12, NotTried: 3, Blocked: 2, Cancelled: 7}, result: executor.Result{Bytes: 1_200_000},
			took: 200 * time.Second, failures: failures, failed: 15, waits: []string{"x/*.csv: waits for list.json"},
		}},
		{"summary-nothing", summary{took: time.Second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			golden(t, c.name+".txt", c.s.text(&terminal{unicode: true, size: func() (int, int) { return 80, 24 }}))
		})
	}
}
