package planner_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// memDisk is a project's folder in memory, with a clock that ticks at each write.
type memDisk struct {
	files   map[string]memFile
	clock   int64
	changed map[string]int64 // when something last came or went in a folder

	mu    sync.Mutex // of what follows
	lists int        // how many folders were listed
	stats int
	opens []string // which files were opened
}

type memFile struct {
	data  []byte
	mtime int64
}

var _ planner.Disk = (*memDisk)(nil)

func newDisk(files map[string]string) *memDisk {
	d := &memDisk{files: map[string]memFile{}, changed: map[string]int64{}, clock: 1e18}
	for at, text := range files {
		d.write(at, text)
	}
	d.clock += int64(time.Hour)
	return d
}

func (d *memDisk) write(at, text string) {
	d.clock += int64(time.Second)
	d.files[at] = memFile{[]byte(text), d.clock}
	d.touch(at)
}

// remove removes a file, or a directory with all that is in it.
func (d *memDisk) remove(at string) {
	d.clock += int64(time.Second)
	d.touch(at)
	maps.DeleteFunc(d.files, func(other string, _ memFile) bool { return other == at || strings.HasPrefix(other, at+"/") })
}

// touch notes a change in all the folders that a path is in.
func (d *memDisk) touch(at string) {
	for at != "." && at != "/" {
		at = path.Dir(at)
		d.changed[at] = d.clock
	}
}

// text is a file's content, or what the files of a directory hold.
func (d *memDisk) text(at string) string {
	if f, ok := d.files[at]; ok {
		return string(f.data)
	}
	var b strings.Builder
	for _, other := range slices.Sorted(maps.Keys(d.files)) {
		if rest, ok := strings.CutPrefix(other, at+"/"); ok {
			fmt.Fprintf(&b, "[%s %s]", rest, d.files[other].data)
		}
	}
	return b.String()
}

// count notes what is asked of the disk, by many goroutines at once.
func (d *memDisk) count(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func (d *memDisk) List(dir string, each func([]string) error) error {
	d.count(func() { d.lists++ })
	prefix := dir + "/"
	if dir == "." || dir == "" {
		prefix = ""
	}
	if _, isFile := d.files[dir]; isFile {
		return nil
	}
	seen := map[string]bool{}
	for at := range d.files {
		if rest, ok := strings.CutPrefix(at, prefix); ok {
			name, _, _ := strings.Cut(rest, "/")
			seen[name] = true
		}
	}
	return each(slices.Collect(maps.Keys(seen)))
}

func (d *memDisk) Real(at string) (string, error) { return path.Join("/project", at), nil }

func (d *memDisk) Links(string) (map[string]string, error) { return nil, nil }

func (d *memDisk) Stat(at string) (planner.Info, error) {
	d.count(func() { d.stats++ })
	if f, ok := d.files[at]; ok {
		return planner.Info{Size: int64(len(f.data)), Mtime: f.mtime}, nil
	}
	for other := range d.files {
		if strings.HasPrefix(other, at+"/") {
			return planner.Info{Dir: true, Mtime: d.changed[at]}, nil
		}
	}
	return planner.Info{}, &fs.PathError{Op: "stat", Path: at, Err: fs.ErrNotExist}
}

func (d *memDisk) Open(at string) (io.ReadCloser, error) {
	d.count(func() { d.opens = append(d.opens, at) })
	f, ok := d.files[at]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: at, Err: fs.ErrNotExist}
	}
	return io.NopCloser(bytes.NewReader(f.data)), nil
}

// project is a configuration, its folder, and what earlier runs left in the journal.
type project struct {
	t       *testing.T
	config  string
	disk    *memDisk
	records map[string]journal.Record
	fails   map[string]bool // paths whose jobs fail
	absent  map[string]bool // paths for which there is nothing
	serve   func(url string) string
	makes   map[string]func(*planner.Task) string            // what some jobs write; the others as content has it
	fills   map[string]func(*planner.Task) map[string]string // what is in some directory outputs; the others are as content has it
	env     map[string]string
	kill    *kill
	runs    int

	mistakes []string // what came to light when recipes were evaluated
}

// kill ends a run in the middle: after some jobs, with the next one's output published or not, and never recorded.
type kill struct {
	after     int
	published bool
}

func newProject(t *testing.T, config string, files map[string]string) *project {
	return &project{
		t: t, config: config, disk: newDisk(files), records: map[string]journal.Record{},
		fails: map[string]bool{}, absent: map[string]bool{}, serve: func(url string) string { return "body of " + url },
	}
}

func (p *project) load() (*hclspec.Spec, hcl.Diagnostics) {
	return hclspec.Load(hclspec.Options{
		Files: []hclspec.File{{Name: "asflow.hcl", Bytes: []byte(p.config)}},
		Open:  p.disk.Open,
		List: func(dir string) (names []string, err error) {
			err = p.disk.List(dir, func(n []string) error { names = append(names, n...); return nil })
			return names, err
		},
		LookupEnv: func(name string) (string, bool) { v, ok := p.env[name]; return v, ok },
		Now:       time.Unix(0, p.disk.clock), Version: "0.1.0",
	})
}

func (p *project) plan(o planner.Options) (*planner.Plan, hcl.Diagnostics) {
	spec, diags := p.load()
	if diags.HasErrors() {
		p.t.Helper()
		p.t.Fatalf("load: %v", diags)
	}
	o.Spec, o.Disk, o.Now = spec, p.disk, time.Unix(0, p.disk.clock)
	o.Clock = func() time.Time { return time.Unix(0, p.disk.clock) }
	o.Journal = journal.New(slices.Collect(maps.Values(p.records)))
	return planner.New(o)
}

// build runs a plan to its end and gives the paths whose jobs ran, in order.
func (p *project) build(goals ...string) (ran []string) {
	p.t.Helper()
	plan, diags := p.plan(planner.Options{Goals: goals})
	if diags.HasErrors() {
		p.t.Fatalf("plan: %v", diags)
	}
	return p.run(plan)
}

func (p *project) run(plan *planner.Plan) (ran []string) {
	p.t.Helper()
	p.runs++
	p.disk.clock += int64(time.Hour)
	for {
		job, ok := plan.Next()
		if !ok {
			return ran
		}
		task, err := plan.Recipe(job.ID, "tmp/"+path.Base(plan.Path(job.ID)))
		if errors.Is(err, planner.ErrUpToDate) || errors.Is(err, planner.ErrWaiting) {
			continue
		}
		if absent, ok := errors.AsType[*planner.AbsentError](err); ok {
			absent.Record.State, absent.Record.Began = journal.Absent, p.disk.clock
			p.records[absent.Record.Path] = absent.Record
			plan.Done(job.ID, planner.Outcome{State: planner.Absent, Record: absent.Record})
			continue
		}
		rec := journal.Record{Path: plan.Path(job.ID), Began: p.disk.clock}
		if err != nil {
			p.t.Logf("%s: %v", plan.Path(job.ID), err)
			p.mistakes = append(p.mistakes, err.Error())
			plan.Done(job.ID, planner.Outcome{State: planner.Failed, Record: rec})
			ran = append(ran, rec.Path)
			continue
		}
		if k := p.kill; k != nil && len(ran) >= k.after {
			if k.published && !p.fails[task.Path] && !p.absent[task.Path] {
				p.publish(plan, job, task)
			}
			return ran
		}
		ran = append(ran, task.Path)
		p.do(plan, job, task)
	}
}

func (p *project) do(plan *planner.Plan, job planner.Job, task *planner.Task) {
	rec := task.Record
	if rec.Began == 0 {
		rec.Began = p.disk.clock
	}
	state := planner.Made
	switch {
	case p.fails[task.Path]:
		rec.State, state = journal.Failed, planner.Failed
	case p.absent[task.Path]:
		rec.State, state, rec.Status = journal.Absent, planner.Absent, 404
	default:
		rec.State = journal.Made
		p.publish(plan, job, task)
		info, _ := p.disk.Stat(task.Path)
		rec.Size, rec.Mtime = info.Size, info.Mtime
		rec.Hash, _ = planner.Hash(p.disk, task.Path, info)
	}
	p.records[task.Path] = rec
	ended := plan.Done(job.ID, planner.Outcome{State: state, Record: rec})
	if ended.Diagnostics.HasErrors() {
		p.t.Logf("after %s: %v", task.Path, ended.Diagnostics)
	}
}

// publish puts what a job makes under its final name: a file, or a directory as a whole.
func (p *project) publish(plan *planner.Plan, job planner.Job, task *planner.Task) {
	if !plan.Targets()[job.Target].Dir {
		p.disk.write(task.Path, p.content(task))
		return
	}
	inside := map[string]string{"all": p.content(task)}
	if f := p.fills[task.Path]; f != nil {
		inside = f(task)
	}
	p.disk.remove(task.Path)
	for name, text := range inside {
		p.disk.write(task.Path+"/"+name, text)
	}
}

// content is what a job writes: of a fetch what is served, of an exec its command and what it reads.
func (p *project) content(task *planner.Task) string {
	if f := p.makes[task.Path]; f != nil {
		return f(task)
	}
	if task.Fetch != nil {
		req, err := task.Fetch.Page(1, 0, nil)
		if err != nil {
			p.t.Fatal(err)
		}
		return p.serve(req.URL)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", strings.Join(task.Exec.Command[:1], " "))
	for _, in := range task.Inputs {
		if !slices.Contains(task.Missing, in) {
			fmt.Fprintf(&b, "%s: %s\n", in, p.disk.text(in))
		}
	}
	return b.String()
}

func star(prefix, key, suffix string) string {
	sum := sha256.Sum256([]byte(key))
	return prefix + hex.EncodeToString(sum[:12]) + suffix
}

func wantRan(t *testing.T, got []string, want ...string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Fatalf("ran %q, want %q", got, want)
	}
}

func wantMistake(t *testing.T, diags hcl.Diagnostics, parts ...string) {
	t.Helper()
	text := diags.Error()
	for _, d := range diags {
		text += d.Summary + " " + d.Detail
	}
	if !diags.HasErrors() {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}
