package executor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeJob is a job of a fakePlan.
type fakeJob struct {
	target int
	path   string
	key    string
	host   string
	depth  int
	after  []int // jobs that must have ended
	recipe func(output string) (*planner.Task, error)
}

// fakePlan gives out its jobs in their order.
type fakePlan struct {
	targets []planner.Target
	jobs    []fakeJob

	mu      sync.Mutex
	given   []bool
	outcome []planner.Outcome
	done    []bool
}

func newPlan(targets []planner.Target, jobs ...fakeJob) *fakePlan {
	return &fakePlan{
		targets: targets, jobs: jobs,
		given: make([]bool, len(jobs)), done: make([]bool, len(jobs)), outcome: make([]planner.Outcome, len(jobs)),
	}
}

func (p *fakePlan) Next() (planner.Job, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
next:
	for i, j := range p.jobs {
		if p.given[i] {
			continue
		}
		for _, k := range j.after {
			if !p.done[k] {
				continue next
			}
		}
		p.given[i] = true
		return planner.Job{ID: planner.ID(i), Target: j.target, Fetch: p.targets[j.target].Fetch, Depth: j.depth}, true
	}
	return planner.Job{}, false
}

func (p *fakePlan) Recipe(id planner.ID, output string) (*planner.Task, error) {
	j := p.jobs[id]
	t, err := j.recipe(output)
	if err != nil {
		return nil, err
	}
	target := p.targets[j.target]
	t.Path, t.Key, t.Label = j.path, j.key, target.Label
	rec := &t.Record
	rec.Path, rec.Key, rec.Target, rec.Kind = j.path, j.key, target.Label, journal.Exec
	if target.Fetch {
		rec.Kind = journal.Fetch
	}
	return t, nil
}

func (p *fakePlan) Done(id planner.ID, o planner.Outcome) planner.Ended {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done[id] {
		panic("done twice")
	}
	p.done[id], p.outcome[id] = true, o
	return planner.Ended{}
}

func (p *fakePlan) Host(id planner.ID) string { return p.jobs[id].host }
func (p *fakePlan) Path(id planner.ID) string { return p.jobs[id].path }
func (p *fakePlan) Key(id planner.ID) string  { return p.jobs[id].key }
func (p *fakePlan) Targets() []planner.Target { return p.targets }

// states gives what became of the jobs.
func (p *fakePlan) states() (out []planner.State) {
	for _, o := range p.outcome {
		out = append(out, o.State)
	}
	return out
}

// events keeps what a run tells.
type events struct {
	mu  sync.Mutex
	all []Event
}

func (e *events) Event(v Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, v)
}

func (e *events) of(kind EventKind) (out []Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, v := range e.all {
		if v.Kind == kind {
			out = append(out, v)
		}
	}
	return out
}

// project is a folder to run in.
type project struct {
	t   testing.TB
	dir string
	events
	options Options
	kill    chan struct{}
}

func newProject(t testing.TB) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir(), kill: make(chan struct{})}
	store, err := OpenStore(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := store.Lock(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unlock(); err != nil {
			t.Error(err)
		}
	})
	p.options = Options{Store: store, Jobs: 2, Environ: []string{"PATH=" + os.Getenv("PATH")}, Observer: p, RunID: "r1"}
	return p
}

// run runs a plan.
func (p *project) run(ctx context.Context, plan Plan) Result {
	p.t.Helper()
	w, err := p.options.Store.OpenJournal()
	if err != nil {
		p.t.Fatal(err)
	}
	p.options.Journal = w
	result, err := Run(ctx, p.kill, plan, p.options)
	if err != nil {
		p.t.Errorf("run: %v", err)
	}
	if err := w.Close(); err != nil {
		p.t.Error(err)
	}
	return result
}

func (p *project) write(name, text string) {
	p.t.Helper()
	at := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o777); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) read(name string) string {
	p.t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

func (p *project) exists(name string) bool {
	_, err := os.Lstat(filepath.Join(p.dir, name))
	return err == nil
}

// clean fails the test where a job's folder is left.
func (p *project) clean() {
	p.t.Helper()
	left, _ := filepath.Glob(filepath.Join(p.dir, ".asflow/tmp/*"))
	for _, l := range left {
		if b, _ := filepath.Glob(l + "/*"); len(b) > 0 || strings.Contains(l, "work") {
			p.t.Errorf("left behind: %s", l)
		}
	}
}

// one gives the only event of a kind.
func (p *project) one(kind EventKind) Event {
	p.t.Helper()
	all := p.of(kind)
	if len(all) != 1 {
		p.t.Fatalf("%d events of kind %d: %+v", len(all), kind, all)
	}
	return all[0]
}

// shell is an exec job's recipe: a script that sees its output as $ASFLOW_OUTPUT.
func shell(script string, change ...func(*planner.Task)) func(string) (*planner.Task, error) {
	return func(string) (*planner.Task, error) {
		t := &planner.Task{Recipe: &planner.Recipe{Exec: &planner.Exec{Command: []string{"sh", "-eu", "-c", script}}}}
		for _, c := range change {
			c(t)
		}
		return t, nil
	}
}

// get is a fetch job's recipe.
func get(url string, change ...func(*planner.Task)) func(string) (*planner.Task, error) {
	return func(string) (*planner.Task, error) {
		f := &planner.Fetch{
			Page: func(int64, int64, any) (planner.Request, error) {
				return planner.Request{Method: "GET", URL: url}, nil
			},
			Redirects: 10,
		}
		f.Expect.MinSize = 1
		t := &planner.Task{Recipe: &planner.Recipe{Fetch: f}}
		for _, c := range change {
			c(t)
		}
		return t, nil
	}
}

// fetcherFunc is a fetcher that a test plays.
type fetcherFunc func(ctx context.Context, r *fetchers.Request) (*fetchers.Response, error)

func (f fetcherFunc) Fetch(ctx context.Context, r *fetchers.Request) (*fetchers.Response, error) {
	return f(ctx, r)
}

// within gives a context that ends, and with it a test that hangs.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
