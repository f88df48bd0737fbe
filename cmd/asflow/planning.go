package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// goalArgs name what is meant.
type goalArgs struct {
	Goals []string `arg:"" optional:"" name:"goal" help:"Labels, paths, globs of outputs, or flows. None: everything."`
}

// planFlags say what is planned.
type planFlags struct {
	goalArgs `embed:""`

	Force       bool `short:"B" group:"what" help:"Treat the GOALs as out of date, and only them; at least one must be named."`
	RetryAbsent bool `group:"what" help:"Ask again for what was absent."`
}

// plan reads the journal and finds out what there is to do; dry, where nothing of it will be run.
func (f *planFlags) plan(a *app, p *project, store *executor.Store, dry bool) (*planner.Plan, *journal.State, error) {
	if f.Force && len(f.Goals) == 0 {
		return nil, nil, &usageError{"--force needs a GOAL: what is to be made again"}
	}
	relaxGC(a)
	state, err := journal.Load(filepath.Join(p.dir, ".asflow"))
	if err != nil {
		return nil, nil, err
	}
	plan, diags := planner.New(planner.Options{
		Spec: p.spec, Disk: store, Journal: state, Goals: f.relative(p.dir), Now: p.now, Force: f.Force, RetryAbsent: f.RetryAbsent, DryRun: dry,
		FoldsCase: len(p.spec.Names) > 0 && store.FoldsCase(p.spec.Names[0]),
	})
	if diags.HasErrors() {
		return nil, nil, &configError{diags: diags, files: p.spec.Files}
	}
	return plan, state, nil
}

// view is a project that is only looked at: what is planned of it, and what the journal has.
type view struct {
	*project
	store *executor.Store
	plan  *planner.Plan
	state *journal.State
}

// look plans without building anything.
func (f *projectFlags) look(a *app, goals goalArgs) (v *view, err error) {
	v = &view{}
	if v.project, err = f.load(a); err != nil {
		return nil, err
	}
	if v.store, err = executor.OpenStore(v.dir); err != nil {
		return nil, err
	}
	v.plan, v.state, err = (&planFlags{goalArgs: goals}).plan(a, v.project, v.store, true)
	return v, err
}

// relative gives the goals with absolute paths as the project knows them.
func (f *goalArgs) relative(dir string) []string {
	out := make([]string, len(f.Goals))
	for i, goal := range f.Goals {
		out[i] = goal
		if root, err := filepath.Abs(dir); err == nil && filepath.IsAbs(goal) {
			if rel, err := filepath.Rel(root, goal); err == nil && !strings.HasPrefix(rel, "..") {
				out[i] = filepath.ToSlash(rel)
			}
		}
	}
	return out
}

// What planning makes it mostly keeps, so that collecting garbage early is work for nothing: up to planMemory nothing is
// collected, beyond it as usual. Whoever sets GOGC or GOMEMLIMIT decides.
const planMemory = 192 << 20

func relaxGC(a *app) {
	if !ownGC(a) {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(planMemory)
	first := new([64]byte) // the first collection finds it
	runtime.SetFinalizer(first, func(*[64]byte) { restoreGC(a) })
}

// littleMemory is up to which size of what is there garbage may grow to twice that: builds of many small documents,
// which leave some KB each, collect it half as often.
const littleMemory = 32 << 20

// restoreGC collects as usual: without it all that is made beyond planMemory would be collected at once, over and over.
func restoreGC(a *app) {
	if !ownGC(a) {
		return
	}
	percent := 100
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapAlloc < littleMemory {
		percent = 200
	}
	debug.SetMemoryLimit(math.MaxInt64)
	debug.SetGCPercent(percent)
}

func ownGC(a *app) bool { return a.env("GOGC") == "" && a.env("GOMEMLIMIT") == "" }

// spareThread lets one more thread run Go code than there are processors, until it is undone: one is often held by the
// file system. Builds of many small documents take some 5 % less on two processors. GOMAXPROCS goes before.
func spareThread() (undo func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	n := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(n + 1)
	return func() { runtime.GOMAXPROCS(n) }
}

// readOnly tells whether it is a folder that must not be written which is the matter.
func readOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// countJobs counts the jobs of the goals.
func countJobs(p *planner.Plan) (n jobCounts) {
	for i := range p.Targets() {
		t := p.Tally(i).ByState
		n.Made += t[planner.Made]
		n.Unchanged += t[planner.Unchanged]
		n.UpToDate += t[planner.UpToDate]
		n.Absent += t[planner.Absent]
		n.Failed += t[planner.Failed]
		n.Blocked += t[planner.Blocked] + t[planner.Waiting]
		n.NotTried += t[planner.NotTried]
		n.Cancelled += t[planner.Cancelled] + t[planner.Ready] + t[planner.Running]
	}
	if n.Failed+n.NotTried == 0 && n.Cancelled > 0 {
		n.Blocked, n.Cancelled = 0, n.Cancelled+n.Blocked // by what was cut off, and by no failure
	}
	return n
}

// unbuilt names the wanted targets whose lists are still not known, and what for; and, where nothing else says why the build
// is none, those of which more were held back than may fail.
func unbuilt(p *planner.Plan) (out []string) {
	var heldBack []string
	said := false
	for i, t := range p.Targets() {
		tally, allowed := p.Tally(i), p.Allowed(i)
		if p.Wanted(i) && !tally.Known {
			out = append(out, t.Label+": "+waitsFor(p, i))
		}
		s := tally.ByState
		failed := s[planner.Failed] + s[planner.NotTried]
		said = said || failed > allowed || s[planner.Cancelled] > 0
		if n := s[planner.Blocked]; failed+n > allowed {
			heldBack = append(heldBack, fmt.Sprintf("%s: %s held back, and its allow_failed is %s", t.Label, plural(n, "job was", "jobs were"), count(allowed)))
		}
	}
	if !said {
		out = append(out, heldBack...)
	}
	return out
}

// emptyLists names the wanted targets that have no element, which may be meant or not.
func emptyLists(p *planner.Plan) (out []string) {
	for i, t := range p.Targets() {
		if n := p.Tally(i); p.Wanted(i) && n.Known && n.Total == 0 {
			out = append(out, t.Label+": its list is empty")
		}
	}
	return out
}

func waitsFor(p runPlan, target int) string {
	if w := p.WaitsFor(target); len(w) > 0 {
		return "waits for " + strings.Join(w, ", ")
	}
	return "its list has a mistake"
}

// reportSwitch hands a signal to the reporter, once there is one.
type reportSwitch struct {
	mu sync.Mutex
	r  *reporter
}

func newReportSwitch() *reportSwitch { return &reportSwitch{} }

// stopping tells it that the run is to end.
func (s *reportSwitch) stopping(os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.r != nil {
		s.r.stopping()
	}
}

func (s *reportSwitch) set(r *reporter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r = r
}
