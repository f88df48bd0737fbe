package executor

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// TestARefreshIsConditionalWhereTheFileIsAsRecorded holds when a refresh asks only for what has changed: never where the file or
// the recipe is another one than the validator is of.
func TestARefreshIsConditionalWhereTheFileIsAsRecorded(t *testing.T) {
	var asked []string
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("If-None-Match"))
		w.Header().Set("Etag", `"1"`)
		io.WriteString(w, "body")
	})
	withRecipe := func(print string) func(*planner.Task) {
		return func(task *planner.Task) { task.Record.Recipe = print }
	}
	targets := []planner.Target{{Fetch: true, Retry: fast}}
	for name, c := range map[string]struct {
		change func(*journal.Record)
		want   string
	}{
		"as recorded":    {func(*journal.Record) {}, `"1"`},
		"another time":   {func(r *journal.Record) { r.Mtime-- }, ""},
		"another size":   {func(r *journal.Record) { r.Size++ }, ""},
		"another recipe": {func(r *journal.Record) { r.Recipe = "before" }, ""},
		"it was removed": {func(r *journal.Record) { r.State = journal.Removed }, ""},
		"it was adopted": {func(r *journal.Record) { r.State = journal.Adopted }, ""},
		"no validator":   {func(r *journal.Record) { r.ETag = "" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			first := newPlan(targets, fakeJob{path: "o/a.txt", host: url, recipe: get(url, withRecipe("now"))})
			p.run(within(t, 20*time.Second), first)
			c.change(&first.outcome[0].Record)
			asked = nil
			p.run(within(t, 20*time.Second), newPlan(targets, fakeJob{path: "o/a.txt", host: url, recipe: get(url, withRecipe("now"), refreshed(&first.outcome[0]))}))
			if len(asked) != 1 || asked[0] != c.want {
				t.Errorf("asked with %q, want %q", asked, c.want)
			}
		})
	}
}

// TestARefreshIsConditionalAfterOneThatFailed: the file that stays is asked for by what it came with, and not by what came
// with an answer that was of no use.
func TestARefreshIsConditionalAfterOneThatFailed(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		recipe string // of the refresh that fails
		want   string
	}{
		"a failure":           {500, "oh", "now", `"1"`},
		"an absence":          {404, "gone", "now", `"1"`},
		"no JSON":             {200, "<html>", "now", `"1"`},
		"one of another time": {500, "oh", "then", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Header.Get("If-None-Match"))
				if len(asked) == 2 {
					w.Header().Set("Etag", `"2"`)
					w.WriteHeader(c.status)
					io.WriteString(w, c.body)
					return
				}
				w.Header().Set("Etag", `"1"`)
				io.WriteString(w, `{"a": 1}`)
			})
			targets := []planner.Target{{Fetch: true, Absent: []int{404}}}
			run := func(recipe string, old *planner.Outcome) *planner.Outcome {
				task := func(task *planner.Task) {
					task.Record.Recipe = recipe
					if old != nil {
						refreshed(old)(task)
					}
				}
				plan := newPlan(targets, fakeJob{path: "o/a.jsonl", host: url, recipe: get(url, recordsOf(t, "."), task)})
				p.run(within(t, 20*time.Second), plan)
				return &plan.outcome[0]
			}
			made := run("now", nil)
			failed := run(c.recipe, made)
			if failed.State != planner.Failed && failed.State != planner.Absent {
				t.Fatalf("%+v", failed)
			}
			failed.Record.Size, failed.Record.Mtime = made.Record.Size, made.Record.Mtime // as the plan has it
			run("now", failed)
			if len(asked) != 3 || asked[2] != c.want {
				t.Errorf("asked with %q, want %q", asked, c.want)
			}
		})
	}
}

// TestARefreshThatStartsOverIsStillCompared holds that the bytes of an attempt that broke off count for nothing, where what comes
// in the end is what there was.
func TestARefreshThatStartsOverIsStillCompared(t *testing.T) {
	body := strings.Repeat("0123456789abcde\n", 200<<10)
	cut := false
	p, url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if cut {
			cut = false
			io.WriteString(w, body[:2<<20])
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, body)
	})
	targets := []planner.Target{{Fetch: true, Retry: fast}}
	first := newPlan(targets, fakeJob{path: "o/a.txt", host: url, recipe: get(url)})
	p.run(within(t, 20*time.Second), first)
	cut = true
	second := newPlan(targets, fakeJob{path: "o/a.txt", host: url, recipe: get(url, refreshed(&first.outcome[0]))})
	p.run(within(t, 20*time.Second), second)
	if o := second.outcome[0]; o.State != planner.Unchanged || o.Record.Attempts != 2 || p.read("o/a.txt") != body {
		t.Errorf("%v after %d attempts: %s", o.State, o.Record.Attempts, o.Record.Error)
	}
}

// TestARefreshThatGivesNothingKeepsTheFile holds that what fails, and what is absent now, leaves the earlier output as it was, its
// time with it.
func TestARefreshThatGivesNothingKeepsTheFile(t *testing.T) {
	for status, want := range map[int]planner.State{http.StatusNotFound: planner.Absent, http.StatusBadRequest: planner.Failed, http.StatusInternalServerError: planner.Failed} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			p, url := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			p.write("o/a.txt", "old")
			old := time.Now().Add(-time.Hour).Truncate(time.Second)
			if err := os.Chtimes(p.dir+"/o/a.txt", old, old); err != nil {
				t.Fatal(err)
			}
			record := planner.Outcome{Record: journal.Record{Path: "o/a.txt", Kind: journal.Fetch, State: journal.Made, Size: 3, Mtime: old.UnixNano(), ETag: `"1"`}}
			plan := newPlan([]planner.Target{{Fetch: true, Retry: fast, Absent: []int{404}}}, fakeJob{path: "o/a.txt", host: url, recipe: get(url, refreshed(&record))})
			p.run(within(t, 20*time.Second), plan)
			if got := plan.outcome[0]; got.State != want || got.Record.Status != status {
				t.Errorf("%v with status %d, want %v", got.State, got.Record.Status, want)
			}
			info, err := os.Stat(p.dir + "/o/a.txt")
			if errors.Is(err, os.ErrNotExist) || p.read("o/a.txt") != "old" || !info.ModTime().Equal(old) {
				t.Errorf("the file is another one now: %v %v", info, err)
			}
			notes := p.of(Note)
			if told := len(notes) == 1 && strings.Contains(notes[0].Text, "gone: status 404"); told != (want == planner.Absent) {
				t.Errorf("what is told of it is %+v", notes)
			}
		})
	}
}

// refreshed makes a recipe one of an output that exists, as a record has it.
func refreshed(rec *planner.Outcome) func(*planner.Task) {
	return func(task *planner.Task) { task.Refresh = &rec.Record }
}

func TestRefresh(t *testing.T) {
	var body atomic.Value
	var tagged atomic.Bool
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if tagged.Load() {
			w.Header().Set("Etag", `W/"1"`)
			if r.Header.Get("If-None-Match") == `W/"1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		io.WriteString(w, body.Load().(string))
	})
	large := strings.Repeat("[1,2,3,4,5,6,7,8,9]\n", 200<<10)
	records := func(task *planner.Task) { task.Fetch.Records = program(t, ".[]") }
	plain := func(*planner.Task) {}
	for _, c := range []struct {
		name, body, then string
		change           func(*planner.Task)
		tag              bool
		want             planner.State
		received         bool
	}{
		{"304", "x", "y", plain, true, planner.Unchanged, false},
		{"304 of records", "[1]", "[1]", records, true, planner.Unchanged, false},
		{"the same", "x", "x", plain, false, planner.Unchanged, true},
		{"another", "x", "y", plain, false, planner.Made, true},
		{"longer", "x", "xy", plain, false, planner.Made, true},
		{"shorter", "xy", "x", plain, false, planner.Made, true},
		{"large, the same", large, large, plain, false, planner.Unchanged, true},
		{"large, another", large, large + "x", plain, false, planner.Made, true},
		{"records, the same", "[1,2]", "[1, 2]", records, false, planner.Unchanged, true},
		{"large records, the same", large, large, records, false, planner.Unchanged, true},
		{"large records, another", large, large + "[1]", records, false, planner.Made, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tagged.Store(c.tag)
			body.Store(c.body)
			targets := []planner.Target{{Fetch: true, Retry: fast}}
			first := newPlan(targets, fakeJob{path: "o/a.gz", host: url, recipe: get(url, c.change)})
			if r := p.run(within(t, 20*time.Second), first); r.Made != 1 {
				t.Fatalf("%+v", p.of(Ended))
			}
			old := time.Now().Add(-time.Hour).Truncate(time.Second)
			if err := os.Chtimes(p.dir+"/o/a.gz", old, old); err != nil {
				t.Fatal(err)
			}
			first.outcome[0].Record.Mtime = old.UnixNano()
			before := p.read("o/a.gz")
			body.Store(c.then)
			second := newPlan(targets, fakeJob{path: "o/a.gz", host: url, recipe: get(url, c.change, refreshed(&first.outcome[0]))})
			p.run(within(t, 20*time.Second), second)
			o := second.outcome[0]
			if o.State != c.want {
				t.Fatalf("%v %s", o.State, o.Record.Error)
			}
			if same := p.read("o/a.gz") == before; same != (c.want == planner.Unchanged) {
				t.Errorf("the same: %v", same)
			}
			if (o.Record.Received > 0) != c.received {
				t.Errorf("received %d", o.Record.Received)
			}
			info, err := os.Stat(p.dir + "/o/a.gz")
			if err != nil || time.Since(info.ModTime()) > time.Minute {
				t.Errorf("its age does not begin anew: %v %v", info.ModTime(), err)
			}
			if o.State == planner.Unchanged && (o.Record.State != "made" || o.Record.Mtime != info.ModTime().UnixNano() || o.Record.Size != info.Size() || o.Record.Hash != first.outcome[0].Record.Hash) {
				t.Errorf("record %+v", o.Record)
			}
		})
	}
}
