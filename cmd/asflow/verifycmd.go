package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/asflow/asflow/executor"
	"github.com/asflow/asflow/fetchers/codec"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

type verifyCmd struct {
	goalArgs `embed:""`

	JSON bool `name:"json" group:"shown" help:"Write a line for each output that is not right, as JSON."`

	projectFlags `embed:""`
}

// Help is shown by asflow verify --help.
func (verifyCmd) Help() string {
	return `Reads every output and says which are not as asflow wrote them, by the hash in its journal, or not whole: compressed data that is cut, lines that are not JSON. Exits 1 if there is one. It changes nothing.`
}

// finding is an output that is not right.
type finding struct {
	Path   string `json:"path"`
	Target string `json:"target"`
	Is     string `json:"is"` // changed, damaged or unreadable
	Error  string `json:"error,omitempty"`
}

// Run verifies outputs.
func (c *verifyCmd) Run(a *app) error {
	seen, err := c.look(a, c.goalArgs)
	if err != nil {
		return err
	}
	v := verifier{store: seen.store, state: seen.state}
	goals := newGoalFilter(seen.spec, c.relative(seen.dir))
	for i, t := range seen.plan.Targets() {
		seen.plan.Jobs(i, func(id planner.ID) bool {
			if at := seen.plan.Path(id); seen.plan.State(id) != planner.Unwanted && goals.names(t.Label, at) {
				v.todo = append(v.todo, finding{Path: at, Target: t.Label})
			}
			return true
		})
	}
	v.all()
	w := bufio.NewWriter(a.stdout)
	t := a.stdout
	if c.JSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		for _, f := range v.found {
			_ = e.Encode(f)
		}
	} else {
		for _, f := range v.found {
			fmt.Fprintf(w, "%s %s  %s\n", t.paint(red, t.signs().failed), f.Path, f.text())
		}
		line := fmt.Sprintf("%s, %s, %s", plural(v.read, "output", "outputs")+" read", size(v.bytes), took(a.now().Sub(seen.now)))
		if v.unknown > 0 {
			line += fmt.Sprintf("; of %s the journal has no hash, and they were only looked at for being whole", count(v.unknown))
		}
		if len(v.found) == 0 {
			fmt.Fprintf(w, "%s all as asflow wrote them  %s\n", t.paint(green, t.signs().ok), t.paint(dim, line))
		} else {
			fmt.Fprintf(w, "\n%s %s  %s\n", t.paint(red, t.signs().failed), plural(len(v.found), "output is", "outputs are")+" not right; asflow build --force PATH makes one again", t.paint(dim, line))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(v.found) > 0 {
		return errFailed
	}
	return nil
}

func (f *finding) text() string {
	if f.Error != "" {
		return f.Is + ": " + f.Error
	}
	return f.Is + " since asflow wrote it"
}

// verifier reads outputs, some at once.
type verifier struct {
	store *executor.Store
	state *journal.State
	todo  []finding

	mu      sync.Mutex
	found   []finding
	read    int
	unknown int
	bytes   int64
}

func (v *verifier) all() {
	next := make(chan finding)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for f := range next {
				v.one(f)
			}
		})
	}
	for _, f := range v.todo {
		next <- f
	}
	close(next)
	wg.Wait()
	slices.SortFunc(v.found, func(a, b finding) int { return strings.Compare(a.Path, b.Path) })
}

// one verifies one output. One that is not there is no finding: it is to be built.
func (v *verifier) one(f finding) {
	info, err := v.store.Stat(f.Path)
	if err != nil {
		return
	}
	r, recorded := v.state.Lookup(f.Path)
	recorded = recorded && r.Hash != ""
	hash, err := planner.Hash(v.store, f.Path, info)
	switch {
	case err != nil:
		f.Is, f.Error = "unreadable", err.Error()
	case recorded && hash == r.Hash:
	case !info.Dir:
		if err := v.whole(f.Path); err != nil {
			f.Is, f.Error = "damaged", err.Error()
			break
		}
		if recorded {
			f.Is = "changed"
		}
	case recorded:
		f.Is = "changed"
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.read++
	v.bytes += info.Size
	if !recorded {
		v.unknown++
	}
	if f.Is != "" {
		v.found = append(v.found, f)
	}
}

// whole tells what is wrong with a file by itself: compressed data that is cut, lines that are not JSON.
func (v *verifier) whole(at string) error {
	f, err := v.store.Open(at)
	if err != nil {
		return err
	}
	defer f.Close()
	kind := codec.Of(at)
	d, err := codec.NewReader(f, kind)
	if err != nil {
		return err
	}
	defer d.Close()
	plain := strings.TrimSuffix(strings.TrimSuffix(at, ".gz"), ".zst")
	if ext := path.Ext(plain); ext != ".jsonl" && ext != ".ndjson" {
		_, err = io.Copy(io.Discard, d)
		return err
	}
	r := bufio.NewReaderSize(d, 64<<10)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if len(strings.TrimSpace(string(line))) > 0 && !json.Valid(line) {
			return fmt.Errorf("line %d is not JSON", n)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
