package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/limit"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

type buildCmd struct {
	planFlags `embed:""`

	Touch     bool `group:"what" help:"Run nothing; take what commands have made of the GOALs, and is there, as up to date: after a lost journal, a clone, a move from another tool."`
	DryRun    bool `short:"n" group:"how" help:"Show what would be done, as plan does, and do nothing."`
	Jobs      *int `short:"j" placeholder:"N" group:"how" help:"Most commands at once. Default: the number of processors."`
	FetchJobs int  `placeholder:"N" default:"64" group:"how" help:"Most fetches at once, of all hosts (default 64). Limits of hosts hold besides."`
	FailFast  bool `group:"how" help:"Stop at the first failure. Otherwise all that doesn't depend on it goes on."`
	NoWait    bool `group:"how" help:"Exit 4 at once where another build holds the project's lock, instead of waiting for it."`
	NoFsync   bool `group:"how" help:"Faster, but not safe against a loss of power."`

	Explain  bool   `group:"shown" help:"Show why each job is run."`
	Progress string `enum:"auto,bar,plain,none" default:"auto" placeholder:"HOW" group:"shown" help:"auto, bar (a live block), plain (lines) or none. auto is bar on a terminal, unless CI is set or it is a dumb one, and else plain."`
	JSON     bool   `name:"json" group:"shown" help:"Write an event per line, as JSON, to stdout."`

	reportFlags  `embed:""`
	loudness     `kong:"embed,set='quiet=Show failures only.',set='verbose=Show a line for each job.'"`
	projectFlags `embed:""`
}

// Help is shown by asflow build --help.
func (buildCmd) Help() string {
	return `A GOAL is a target's label, the path of an output, a glob of outputs, or a flow. Without one, everything is built.

What is fetched already is never fetched again; what commands make is made again when its recipe, or the content of what it reads, has changed. Ctrl-C ends in order: nothing under its final name is ever half written, and the next build goes on where this one was.`
}

// Run builds.
func (c *buildCmd) Run(a *app) error {
	if c.DryRun {
		dry := planCmd{planFlags: c.planFlags, loudness: c.loudness, projectFlags: c.projectFlags, JSON: c.JSON, Explain: c.Explain}
		return dry.Run(a)
	}
	p, err := c.load(a)
	if err != nil {
		return err
	}
	return c.build(a, p)
}

// build plans under the project's lock, and runs what there is to do. The lock comes first: it is cheap, and so a plan
// is never made of a state that another build is changing. A folder that can't be written can still be up to date.
func (c *buildCmd) build(a *app, p *project) error {
	if c.Jobs != nil && *c.Jobs < 1 || c.FetchJobs < 1 {
		return &usageError{"--jobs and --fetch-jobs are at least 1"}
	}
	w := newReportSwitch()
	stop := a.interruptible(w.stopping)
	defer stop.stop()

	store, err := executor.OpenStore(p.dir)
	if err != nil {
		return err
	}
	unlock, locked := c.lock(stop.ctx, a, store)
	switch {
	case locked == nil:
		defer func() { _ = unlock() }()
	case !readOnly(locked):
		return errors.Join(stop.err(), locked)
	}
	plan, _, err := c.plan(a, p, store, false)
	if err != nil {
		return err
	}
	a.showDiagnostics(plan.Warnings(), p.spec.Files)
	if !plan.Work() {
		return c.idle(a, p, plan)
	}
	if locked != nil {
		return locked
	}
	restoreGC(a)
	if c.Touch {
		return c.touch(a, p, store, plan)
	}
	return c.run(a, p, store, plan, stop, w)
}

// lock takes the project's lock, and says for whom it waits.
func (c *buildCmd) lock(ctx context.Context, a *app, store *executor.Store) (func() error, error) {
	return store.Lock(ctx, func(holder string) bool {
		if !c.NoWait && !c.Quiet {
			fmt.Fprintf(a.stderr, "asflow: waiting for another build, which holds the project's lock: %s\n", holder)
		}
		return !c.NoWait
	})
}

// idle is a build without anything to do.
func (c *buildCmd) idle(a *app, p *project, plan *planner.Plan) error {
	n := countJobs(plan)
	if c.JSON {
		s := newEventStream(a.stdout, plan, false, p.spec.Redact)
		s.write(p.now, event{Event: "begin", Goals: c.Goals})
		s.write(a.now(), event{Event: "end", Jobs: &n, Exit: new(int), Seconds: a.now().Sub(p.now).Seconds()})
		s.flush()
	}
	if err := c.write(a, p, plan, newGoalFilter(p.spec, c.relative(p.dir)), newRanJobs(), n, a.now().Sub(p.now)); err != nil {
		return err
	}
	if plan.Failures() {
		return errFailed
	}
	if !c.Quiet {
		fmt.Fprint(a.stderr, notes(a.stderr, emptyLists(plan)))
		fmt.Fprintln(a.stderr, upToDate(a.stderr, n, len(plan.Targets()), a.now().Sub(p.now)))
	}
	return nil
}

// run runs a plan that has work, and shows how it goes.
func (c *buildCmd) run(a *app, p *project, store *executor.Store, plan *planner.Plan, stop *interruption, w *reportSwitch) (err error) {
	fit, err := c.fitFiles(a, plan)
	if err != nil {
		return err
	}
	writer, err := store.OpenJournal()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, writer.Close()) }()

	id := runID(p.now)
	noted := journal.Run{ID: id, Began: p.now.UnixNano(), Goals: c.Goals, Command: withoutValues(a.args)}
	if err := writer.Run(noted); err != nil {
		return err
	}
	meters := executor.NewMeters(len(plan.Targets()))
	r := newReporter(a, c.mode(a), plan, meters)
	r.files, r.explain, r.verbose = p.spec.Files, c.Explain && !c.Quiet, c.Verbose
	if c.JSON {
		r.events = newEventStream(a.stdout, plan, c.Explain, p.spec.Redact)
		r.events.write(p.now, event{Event: "begin", Run: id, Goals: c.Goals})
	}
	w.set(r)
	watching, ran := executor.Observer(r), newRanJobs()
	if c.wanted() {
		watching = observers{r, ran}
	}
	r.start()
	limits := c.limits(p, fit.Fetches)
	defer spareThread()()
	var counts fetchers.Counts
	result, err := executor.Run(stop.ctx, stop.kill, plan, executor.Options{
		Store: store, Journal: writer,
		Fetcher: c.fetcher(a, p, limits, fit, &counts), Limits: limits,
		Jobs: fit.Jobs, FetchJobs: fit.Fetches, FailFast: c.FailFast, NoSync: c.NoFsync,
		Observer: watching, Meters: meters, Redact: p.spec.Redact, RedactCut: p.spec.RedactCut, Environ: withAsflow(a), RunID: id, Now: a.now,
	})
	r.stop()

	n := countJobs(plan)
	requests, connections := counts.Requests.Load(), counts.Connections.Load()
	if err == nil {
		err = stop.err()
	}
	if err == nil && (plan.Failures() || n.Cancelled > 0) {
		err = errFailed
	}
	if wrong := plan.NoGoals(); wrong.HasErrors() && (err == nil || errors.Is(err, errFailed)) {
		err = &configError{diags: wrong, files: p.spec.Files}
	}
	status := exitStatus(err)
	ended := a.now()
	noted.Ended, noted.Exit, noted.Received, noted.Written = ended.UnixNano(), status, result.Bytes, result.Written
	noted.Made, noted.Failed, noted.Absent, noted.UpToDate = n.Made+n.Unchanged, n.Failed+n.NotTried, n.Absent, n.UpToDate
	_ = writer.Run(noted)
	found := limits.Found()
	for i := range found {
		found[i].Host = p.spec.Redact(found[i].Host)
	}
	if c.JSON {
		for _, f := range found {
			r.events.write(ended, event{Event: "note", Host: f.Host, Text: pace(f)})
		}
		r.events.write(ended, event{Event: "end", Run: id, Jobs: &n, Received: result.Bytes, Requests: requests, Connections: connections, Exit: &status, Seconds: ended.Sub(p.now).Seconds()})
		r.events.flush()
		err = errors.Join(err, r.events.failure())
	}
	err = errors.Join(err, c.write(a, p, plan, newGoalFilter(p.spec, c.relative(p.dir)), ran, n, ended.Sub(p.now)))
	if !c.Quiet || status != 0 || r.failed > 0 {
		s := summary{jobs: n, result: result, took: ended.Sub(p.now), failures: r.failures, failed: r.failed, ok: status == 0, waits: unbuilt(plan), empty: emptyLists(plan), paces: paces(found)}
		if c.Verbose {
			s.requests, s.connections = requests, connections
		}
		fmt.Fprint(a.stderr, s.text(a.stderr))
	}
	return err
}

// mode says how the run is shown.
func (c *buildCmd) mode(a *app) string {
	switch {
	case c.Progress != "auto":
		return c.Progress
	case c.Quiet:
		return showNone
	case !a.stderr.tty:
		return showPlain
	case a.plain():
		return showPlain
	case c.JSON && a.stdout.tty:
		return showNone
	default:
		return showBar
	}
}

func (c *buildCmd) jobs() int {
	if c.Jobs != nil {
		return *c.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// fitFiles lowers the jobs that run at once to what the files that may be open allow, and says so.
func (c *buildCmd) fitFiles(a *app, plan *planner.Plan) (executor.Fit, error) {
	fit, err := executor.FitFiles(c.jobs(), c.FetchJobs)
	if err != nil {
		return fit, err
	}
	fewer := slices.ContainsFunc(plan.Targets(), func(t planner.Target) bool {
		return t.Fetch && fit.Fetches < c.FetchJobs || !t.Fetch && fit.Jobs < c.jobs()
	})
	if fewer && !c.Quiet {
		fmt.Fprintln(a.stderr, a.stderr.sentence(fmt.Sprintf("asflow: only %d files may be open at once here (ulimit -n): at most %s and %s at once",
			fit.Files, plural(fit.Fetches, "fetch", "fetches"), plural(fit.Jobs, "command", "commands"))))
	}
	return fit, nil
}

func (c *buildCmd) limits(p *project, fetches int) *limit.Set {
	rules := map[string]limit.Rule{}
	for _, l := range p.spec.Limits {
		rules[l.Name] = limit.Rule{Rate: l.Rate, Burst: l.Burst, Concurrency: l.Concurrency}
	}
	return limit.New(limit.Options{Rules: rules, InFlight: fetches, Now: time.Now})
}

func (c *buildCmd) fetcher(a *app, p *project, limits *limit.Set, fit executor.Fit, counts *fetchers.Counts) fetchers.Fetcher {
	netrc := a.env("NETRC")
	if home := a.env("HOME"); netrc == "" && home != "" {
		netrc = filepath.Join(home, ".netrc")
	}
	return fetchers.New(fetchers.Options{
		Limits: limits, PerHost: fit.Fetches, Idle: fit.Idle, Now: time.Now, Dir: p.dir,
		UserAgent: "asflow/" + version + " (+https://github.com/asflow/asflow)",
		Proxy:     fetchers.Proxies(a.lookupEnv), Netrc: netrc, Environ: a.environ, Counts: counts, Secret: p.spec.Secret, RedactCut: p.spec.RedactCut,
	})
}

// withAsflow is the environment of commands. Where asflow itself is in no folder of PATH its own is added at the end,
// so that a recipe may call it.
func withAsflow(a *app) []string {
	if _, err := exec.LookPath("asflow"); err == nil {
		return a.environ
	}
	self, err := os.Executable()
	if err != nil || filepath.Base(self) != "asflow" {
		return a.environ
	}
	out := append([]string{}, a.environ...)
	for i, v := range out {
		if strings.HasPrefix(v, "PATH=") {
			out[i] = v + string(os.PathListSeparator) + filepath.Dir(self)
		}
	}
	return out
}

// runID names a run: when it began, and which process it was.
func runID(now time.Time) string {
	return fmt.Sprintf("%s-%d", now.UTC().Format("20060102T150405"), os.Getpid())
}
