package planner_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/asflow/asflow/planner"
)

// graph is a random project of execs in layers: each reads some files of the layers before it.
type graph struct {
	nodes []graphNode
}

type graphNode struct {
	name    string // of its output
	command string
	inputs  []int // of nodes; -1-k of source k
	glob    bool  // reads all of layer 0's outputs by glob beside its inputs
	dir     bool  // its output is a directory
	form    int   // how others name a directory: by its label, by its path, or by a file inside
}

func (g *graph) config() string {
	var b strings.Builder
	for _, n := range g.nodes {
		var in []string
		for _, i := range n.inputs {
			in = append(in, fmt.Sprintf("%q", g.inputName(i)))
		}
		if n.glob {
			in = append(in, `"l0/*"`)
		}
		label := n.name
		if n.dir {
			label += "/"
		}
		fmt.Fprintf(&b, "target %q {\n  inputs = [%s]\n  absent = [404]\n  exec { command = [%q] }\n}\n", label, strings.Join(in, ", "), n.command)
	}
	return b.String()
}

func (g *graph) inputName(i int) string {
	if i < 0 {
		return fmt.Sprintf("src/%d", -1-i)
	}
	if n := g.nodes[i]; n.dir {
		return n.name + [...]string{"/", "", "/all"}[n.form]
	}
	return g.nodes[i].name
}

const sources = 3

func drawGraph(t *rapid.T) *graph {
	g := &graph{}
	count := rapid.IntRange(1, 8).Draw(t, "nodes")
	for i := range count {
		n := graphNode{command: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "command")}
		layer := 0
		for range rapid.IntRange(0, 3).Draw(t, "inputs") {
			from := rapid.IntRange(-sources, i-1).Draw(t, "from")
			if slices.Contains(n.inputs, from) {
				continue
			}
			n.inputs = append(n.inputs, from)
			if from >= 0 {
				layer = 1
			}
		}
		if layer > 0 {
			n.glob = rapid.Bool().Draw(t, "glob")
		}
		if n.dir = rapid.IntRange(0, 3).Draw(t, "directory") == 0; n.dir {
			n.form = rapid.IntRange(0, 2).Draw(t, "form")
		}
		n.name = fmt.Sprintf("l%d/%d", layer, i)
		g.nodes = append(g.nodes, n)
	}
	return g
}

// TestRandomGraphsEndAsIfAllWereRebuilt edits sources, outputs and recipes at random, lets jobs fail and be absent, kills builds,
// and compares with a project that is built from nothing: the same files in the end, and a second build has nothing to do.
func TestRandomGraphsEndAsIfAllWereRebuilt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := drawGraph(rt)
		files := map[string]string{}
		for k := range sources {
			files[fmt.Sprintf("src/%d", k)] = "s"
		}
		p := newProject(t, g.config(), files)
		for range rapid.IntRange(1, 5).Draw(rt, "rounds") {
			edit(rt, g, p)
			drawFates(rt, g, p)
			drawKill(rt, p)
			p.build()
		}
		p.fails, p.absent, p.kill = map[string]bool{}, map[string]bool{}, nil
		plan, diags := p.plan(planner.Options{RetryAbsent: true})
		if diags.HasErrors() {
			rt.Fatal(diags)
		}
		p.run(plan)
		compare(rt, g, p)
		if ran := p.build(); len(ran) > 0 {
			rt.Fatalf("a build after a build ran %q of\n%s", ran, p.config)
		}
	})
}

// drawFates lets some jobs of the next build fail, or find that there is nothing.
func drawFates(rt *rapid.T, g *graph, p *project) {
	p.fails, p.absent = map[string]bool{}, map[string]bool{}
	for range rapid.IntRange(0, 2).Draw(rt, "fates") {
		at := g.nodes[rapid.IntRange(0, len(g.nodes)-1).Draw(rt, "which")].name
		if rapid.Bool().Draw(rt, "fail") {
			p.fails[at] = true
		} else {
			p.absent[at] = true
		}
	}
}

// drawKill lets the next build be killed now and then.
func drawKill(rt *rapid.T, p *project) {
	if p.kill = nil; rapid.Bool().Draw(rt, "kill") {
		p.kill = &kill{after: rapid.IntRange(0, 6).Draw(rt, "after"), published: rapid.Bool().Draw(rt, "published")}
	}
}

func edit(rt *rapid.T, g *graph, p *project) {
	for range rapid.IntRange(0, 3).Draw(rt, "edits") {
		i := rapid.IntRange(0, len(g.nodes)-1).Draw(rt, "node")
		switch rapid.SampledFrom([]string{"source", "touch", "output", "more", "delete", "recipe"}).Draw(rt, "edit") {
		case "source":
			p.disk.write(fmt.Sprintf("src/%d", rapid.IntRange(0, sources-1).Draw(rt, "source")), rapid.SampledFrom([]string{"s", "t", "u"}).Draw(rt, "text"))
		case "touch":
			for at, f := range g.files(p, i) {
				p.disk.write(at, string(f.data))
			}
		case "output":
			for at := range g.files(p, i) {
				p.disk.write(at, "edited")
			}
		case "more":
			if g.nodes[i].dir && len(g.files(p, i)) > 0 {
				p.disk.write(g.nodes[i].name+"/more", "m")
			}
		case "delete":
			p.disk.remove(g.nodes[i].name)
		case "recipe":
			g.nodes[i].command = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "command")
			p.config = g.config()
		}
	}
}

// files gives what there is of a node's output: a file, or those inside of a directory.
func (g *graph) files(p *project, i int) map[string]memFile {
	out := maps.Clone(p.disk.files)
	name := g.nodes[i].name
	maps.DeleteFunc(out, func(at string, _ memFile) bool { return at != name && !strings.HasPrefix(at, name+"/") })
	return out
}

func compare(rt *rapid.T, g *graph, p *project) {
	fresh := newProject(p.t, g.config(), nil)
	for at, f := range p.disk.files {
		if strings.HasPrefix(at, "src/") {
			fresh.disk.files[at] = f
		}
	}
	fresh.build()
	got, want := contents(p.disk), contents(fresh.disk)
	if !maps.Equal(got, want) {
		rt.Fatalf("files differ:\n%v\nwant\n%v\nof\n%s", got, want, p.config)
	}
}

func contents(d *memDisk) map[string]string {
	out := map[string]string{}
	for at, f := range d.files {
		out[at] = string(f.data)
	}
	return out
}

// TestTheModelAndThePlanAgreeOnWhatRuns compares what runs, and how each job ends, with a naive model that looks at each job in turn.
func TestTheModelAndThePlanAgreeOnWhatRuns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := drawGraph(rt)
		files := map[string]string{}
		for k := range sources {
			files[fmt.Sprintf("src/%d", k)] = "s"
		}
		p := newProject(t, g.config(), files)
		m := &model{g: g, p: p, last: make([]lastTime, len(g.nodes)), ends: make([]planner.State, len(g.nodes))}
		for range rapid.IntRange(1, 4).Draw(rt, "rounds") {
			edit(rt, g, p)
			drawFates(rt, g, p)
			before := make([]string, len(g.nodes))
			for i, n := range g.nodes {
				before[i] = p.disk.text(n.name)
			}
			plan, diags := p.plan(planner.Options{})
			if diags.HasErrors() {
				rt.Fatal(diags)
			}
			ran := p.run(plan)
			for _, i := range g.inOrder() {
				want := m.look(i, before[i])
				if did := slices.Contains(ran, g.nodes[i].name); did != want {
					rt.Fatalf("%s ran: %v, want %v, in\n%s", g.nodes[i].name, did, want, p.config)
				}
				id, _ := plan.Find(g.nodes[i].name)
				if got := plan.State(id); got != m.ends[i] {
					rt.Fatalf("%s is %v, want %v, in\n%s", g.nodes[i].name, got, m.ends[i], p.config)
				}
			}
		}
	})
}

// model is what a build means, said as plainly as can be: a job runs just when it can, and its command, the list of its inputs,
// what one of them holds or its own output is not what it was when it last succeeded or found nothing, or when it last failed.
type model struct {
	g    *graph
	p    *project
	last []lastTime
	ends []planner.State
}

// lastTime is how a job ended when it last ran, and what it saw and made.
type lastTime struct {
	end       planner.State
	seen, out string
}

// look says whether job i runs, what it read being as it is now, and its own output as it was before; and notes how it ends.
func (m *model) look(i int, out string) (runs bool) {
	reads := m.g.reads(i)
	var failed, absent, mustBe int
	seen := m.g.nodes[i].command
	for _, r := range reads {
		text := "=" + m.p.disk.text(r.path)
		if r.node >= 0 {
			switch m.ends[r.node] {
			case planner.Failed, planner.Blocked:
				failed++
			case planner.Absent:
				absent++
				text = " is missing"
				if r.named {
					mustBe++
				}
			}
		}
		seen += "\x00" + r.path + text
	}
	last, end := &m.last[i], &m.ends[i]
	name := m.g.nodes[i].name
	switch {
	case failed > 0:
		*end = planner.Blocked
	case mustBe > 0 || absent > 0 && absent == len(reads):
		*end = planner.Absent
	case last.end == planner.Made && last.seen == seen && last.out == out && out != "":
		*end = planner.UpToDate
	case last.end == planner.Absent && last.seen == seen:
		*end = planner.Absent
	default:
		*end = planner.Made
		if m.p.fails[name] {
			*end = planner.Failed
		} else if m.p.absent[name] {
			*end = planner.Absent
		}
		*last = lastTime{*end, seen, m.p.disk.text(name)}
		return true
	}
	return false
}

// inOrder gives the nodes so that each comes after those that it reads.
func (g *graph) inOrder() (out []int) {
	for _, layer := range []string{"l0/", "l1/"} {
		for i, n := range g.nodes {
			if strings.HasPrefix(n.name, layer) {
				out = append(out, i)
			}
		}
	}
	return out
}

// oneRead is a path that a node reads: of a source (-1), or of a node, that it may be named by.
type oneRead struct {
	path  string
	node  int
	named bool
}

// reads gives all that a node reads, in the order of its list.
func (g *graph) reads(i int) (out []oneRead) {
	for _, in := range g.nodes[i].inputs {
		r := oneRead{path: strings.TrimSuffix(g.inputName(in), "/"), node: max(in, -1)}
		r.named = in >= 0 && g.nodes[in].dir && g.nodes[in].form > 0 // else it is a label
		out = append(out, r)
	}
	if g.nodes[i].glob {
		for j, n := range g.nodes {
			if j != i && strings.HasPrefix(n.name, "l0/") {
				out = append(out, oneRead{path: n.name, node: j})
			}
		}
	}
	return out
}
