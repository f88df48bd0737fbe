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
	name    string
	command string
	inputs  []int // of nodes; -1-k of source k
	glob    bool  // reads all of layer 0's outputs by glob beside its inputs
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
		fmt.Fprintf(&b, "target %q {\n  inputs = [%s]\n  exec { command = [%q] }\n}\n", n.name, strings.Join(in, ", "), n.command)
	}
	return b.String()
}

func (g *graph) inputName(i int) string {
	if i < 0 {
		return fmt.Sprintf("src/%d", -1-i)
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
		n.name = fmt.Sprintf("l%d/%d", layer, i)
		g.nodes = append(g.nodes, n)
	}
	return g
}

// TestRandomGraphsEndAsIfAllWereRebuilt edits sources, outputs and recipes at random, lets jobs fail, kills builds, and
// compares with a project that is built from nothing: the same files in the end, and a second build has nothing to do.
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
			p.fails = map[string]bool{}
			if rapid.Bool().Draw(rt, "fail") {
				p.fails[g.nodes[rapid.IntRange(0, len(g.nodes)-1).Draw(rt, "which")].name] = true
			}
			drawKill(rt, p)
			p.build()
		}
		p.fails, p.kill = map[string]bool{}, nil
		p.build()
		compare(rt, g, p)
		if ran := p.build(); len(ran) > 0 {
			rt.Fatalf("a build after a build ran %q of\n%s", ran, p.config)
		}
	})
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
		switch rapid.SampledFrom([]string{"source", "touch", "output", "delete", "recipe"}).Draw(rt, "edit") {
		case "source":
			p.disk.write(fmt.Sprintf("src/%d", rapid.IntRange(0, sources-1).Draw(rt, "source")), rapid.SampledFrom([]string{"s", "t", "u"}).Draw(rt, "text"))
		case "touch":
			if f, ok := p.disk.files[g.nodes[i].name]; ok {
				p.disk.write(g.nodes[i].name, string(f.data))
			}
		case "output":
			if _, ok := p.disk.files[g.nodes[i].name]; ok {
				p.disk.write(g.nodes[i].name, "edited")
			}
		case "delete":
			delete(p.disk.files, g.nodes[i].name)
		case "recipe":
			g.nodes[i].command = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "command")
			p.config = g.config()
		}
	}
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

// TestTheModelAndThePlanAgreeOnWhatRuns compares what runs with a naive model: a job runs just when its command, the
// list of its inputs, one of their contents, or its own output is not what it was when it last succeeded.
func TestTheModelAndThePlanAgreeOnWhatRuns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := drawGraph(rt)
		files := map[string]string{}
		for k := range sources {
			files[fmt.Sprintf("src/%d", k)] = "s"
		}
		p := newProject(t, g.config(), files)
		last := map[string]string{} // a node's command, inputs and output as they were
		for range rapid.IntRange(1, 4).Draw(rt, "rounds") {
			edit(rt, g, p)
			before := contents(p.disk)
			plan, diags := p.plan(planner.Options{})
			if diags.HasErrors() {
				rt.Fatal(diags)
			}
			ran := p.run(plan)
			after := contents(p.disk)
			for i, n := range g.nodes {
				seen := n.command
				for _, in := range g.read(i) {
					seen += "\x00" + in + "=" + after[in]
				}
				out, there := before[n.name]
				want := !there || last[n.name] != seen+"\x00->"+out
				if did := slices.Contains(ran, n.name); did != want {
					rt.Fatalf("%s ran: %v, want %v, in\n%s", n.name, did, want, p.config)
				}
				last[n.name] = seen + "\x00->" + after[n.name]
			}
		}
	})
}

// read gives all paths that a node reads, in the order of its list.
func (g *graph) read(i int) (out []string) {
	for _, in := range g.nodes[i].inputs {
		out = append(out, g.inputName(in))
	}
	if g.nodes[i].glob {
		for j, n := range g.nodes {
			if j != i && strings.HasPrefix(n.name, "l0/") && !slices.Contains(out, n.name) {
				out = append(out, n.name)
			}
		}
	}
	return out
}
