package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/asflow/asflow/planner"
)

type graphCmd struct {
	goalArgs `embed:""`

	Format string `enum:"text,dot,mermaid,json" default:"text" placeholder:"FORMAT" group:"shown" help:"text, dot (Graphviz), mermaid or json."`
	JSON   bool   `name:"json" group:"shown" help:"The same as --format json."`

	loudness     `kong:"embed,set='quiet=Targets only, without the files; as text their labels alone, in the order that they are built.',set='verbose=All files that a target reads, not just six of them.'"`
	projectFlags `embed:""`
}

// Help is shown by asflow graph --help.
func (graphCmd) Help() string {
	return `Shows the targets, and what stands behind what: as a list or an input, through the recipe, or by depends_on. Files that no target makes are shown where targets read them.`
}

// graph is the targets that the goals need, and their edges.
type graph struct {
	Targets []graphTarget `json:"targets"`
	Edges   []graphEdge   `json:"edges"`

	byTo  map[string][]graphEdge // by the target that they lead to
	files int                    // how many of the files that a target reads are shown; below 0: all. json has them all
}

type graphTarget struct {
	Label    string `json:"label"`
	Kind     string `json:"kind"` // fetch or exec
	Known    bool   `json:"known"`
	Outputs  int    `json:"outputs"`
	UpToDate int    `json:"up_to_date"`
	Absent   int    `json:"absent"`

	index, depth int
}

type graphEdge struct {
	From string `json:"from"` // a label, or a file's path
	File bool   `json:"file,omitempty"`
	To   string `json:"to"`
	How  string `json:"how"` // list, input, recipe or order
}

// Run shows the graph.
func (c *graphCmd) Run(a *app) error {
	v, err := c.look(a, c.goalArgs)
	if err != nil {
		return err
	}
	g := graphOf(v.plan)
	switch {
	case c.Quiet:
		g.files = 0
	case c.Verbose:
		g.files = -1
	}
	w := bufio.NewWriter(a.stdout)
	switch {
	case c.JSON || c.Format == "json":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(g); err != nil {
			return err
		}
	case c.Format == "dot":
		g.dot(w)
	case c.Format == "mermaid":
		g.mermaid(w)
	case c.Quiet:
		for _, t := range g.Targets {
			fmt.Fprintln(w, t.Label)
		}
	default:
		g.text(w, a.stdout)
	}
	return w.Flush()
}

func graphOf(plan *planner.Plan) *graph {
	g := &graph{Targets: []graphTarget{}, Edges: []graphEdge{}, byTo: map[string][]graphEdge{}, files: filesShown}
	targets := plan.Targets()
	for i, t := range targets {
		if !plan.Wanted(i) {
			continue
		}
		tally := plan.Tally(i)
		x := graphTarget{Label: t.Label, Kind: "exec", Known: tally.Known, Outputs: tally.Total, UpToDate: tally.ByState[planner.UpToDate], Absent: tally.ByState[planner.Absent], index: i, depth: plan.Depth(i)}
		if t.Fetch {
			x.Kind = "fetch"
		}
		g.Targets = append(g.Targets, x)
	}
	slices.SortStableFunc(g.Targets, func(a, b graphTarget) int { return cmp.Compare(a.depth, b.depth) })
	for _, e := range plan.Edges() {
		if !plan.Wanted(e.To) {
			continue
		}
		x := graphEdge{From: e.File, File: e.From < 0, To: targets[e.To].Label, How: string(e.How)}
		if !x.File {
			x.From = targets[e.From].Label
		}
		g.Edges = append(g.Edges, x)
		g.byTo[x.To] = append(g.byTo[x.To], x)
	}
	return g
}

// filesShown is how many files of a target are shown where neither less nor more is asked for.
const filesShown = 6

// into gives the edges that lead to a target, targets before files, and how many more files there are.
func (g *graph) into(label string) (edges []graphEdge, more int) {
	var files []graphEdge
	for _, e := range g.byTo[label] {
		if e.File {
			files = append(files, e)
		} else {
			edges = append(edges, e)
		}
	}
	switch {
	case g.files == 0:
		files = nil
	case g.files > 0 && len(files) > g.files:
		files, more = files[:g.files], len(files)-g.files
	}
	return append(edges, files...), more
}

var howText = map[string]string{"list": "gives its list", "input": "is its input", "recipe": "is read by its recipe", "order": "is built first"}

// text writes each target under those that stand before it.
func (g *graph) text(w io.Writer, t *terminal) {
	for i, x := range g.Targets {
		if i > 0 {
			fmt.Fprintln(w)
		}
		stand := plural(x.Outputs, "output", "outputs")
		switch {
		case !x.Known:
			stand = t.paint(yellow, "its list is not known yet")
		case x.UpToDate+x.Absent == x.Outputs:
			stand += ", " + t.paint(green, "up to date")
			if x.Absent > 0 {
				stand += fmt.Sprintf(", %s absent", count(x.Absent))
			}
		default:
			stand += fmt.Sprintf(", %s up to date", count(x.UpToDate))
		}
		fmt.Fprintf(w, "%s  %s\n", t.paint(bold, x.Label), t.paint(dim, x.Kind+", ")+stand)
		edges, more := g.into(x.Label)
		rows := [][]string{}
		for i, e := range edges {
			from, how := e.From, howText[e.How]
			if slices.ContainsFunc(edges[:i], func(o graphEdge) bool { return o.From == from }) {
				continue
			}
			for _, o := range edges[i+1:] {
				if o.From == from {
					how += " and " + howText[o.How]
				}
			}
			if e.File {
				from = t.paint(cyan, from)
			}
			rows = append(rows, []string{"  " + t.signs().from + " " + from, t.paint(dim, how)})
		}
		if more > 0 {
			rows = append(rows, []string{"  " + t.signs().from + " " + t.paint(dim, plural(more, "more file", "more files")), ""})
		}
		if g.files >= 0 {
			rows, _ = fitTable(t, rows, nil, nil, 0)
		}
		writeTable(w, rows, nil)
	}
}

// nodes numbers targets and files, for formats whose names may not hold everything.
func (g *graph) nodes() map[string]string {
	names := map[string]string{}
	for _, x := range g.Targets {
		names[x.Label] = fmt.Sprintf("t%d", x.index)
	}
	files := 0
	for _, e := range g.Edges {
		if _, ok := names[e.From]; !ok {
			files++
			names[e.From] = fmt.Sprintf("f%d", files)
		}
	}
	return names
}

// drawn calls with each edge that is drawn, and for the files left out with one that stands for them.
func (g *graph) drawn(edge func(from, label string, file bool, e graphEdge)) {
	names := g.nodes()
	for _, x := range g.Targets {
		edges, more := g.into(x.Label)
		for i, e := range edges {
			if !slices.ContainsFunc(edges[:i], func(o graphEdge) bool { return o.From == e.From }) {
				edge(names[e.From], e.From, e.File, e)
			}
		}
		if more > 0 {
			e := graphEdge{File: true, To: x.Label, How: "input"}
			edge("more"+names[x.Label], plural(more, "more file", "more files"), true, e)
		}
	}
}

// dot writes a graph for Graphviz.
func (g *graph) dot(w io.Writer) {
	names := g.nodes()
	quote := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
	}
	fmt.Fprintln(w, "digraph asflow {\n  rankdir=LR;\n  node [shape=box, style=rounded];")
	for _, x := range g.Targets {
		fmt.Fprintf(w, "  %s [label=%s];\n", names[x.Label], quote(x.Label))
	}
	shown := map[string]bool{}
	g.drawn(func(from, label string, file bool, e graphEdge) {
		if file && !shown[from] {
			shown[from] = true
			fmt.Fprintf(w, "  %s [label=%s, shape=note, style=\"\"];\n", from, quote(label))
		}
		style := ""
		if e.How == "order" {
			style = " [style=dashed]"
		}
		fmt.Fprintf(w, "  %s -> %s%s;\n", from, names[e.To], style)
	})
	fmt.Fprintln(w, "}")
}

// mermaid writes a flowchart as GitHub and GitLab show it.
func (g *graph) mermaid(w io.Writer) {
	names := g.nodes()
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, "#quot;") + `"` }
	fmt.Fprintln(w, "flowchart LR")
	for _, x := range g.Targets {
		fmt.Fprintf(w, "  %s[%s]\n", names[x.Label], quote(x.Label))
	}
	shown := map[string]bool{}
	g.drawn(func(from, label string, file bool, e graphEdge) {
		if file && !shown[from] {
			shown[from] = true
			fmt.Fprintf(w, "  %s>%s]\n", from, quote(label))
		}
		arrow := "-->"
		if e.How == "order" {
			arrow = "-.->"
		}
		fmt.Fprintf(w, "  %s %s %s\n", from, arrow, names[e.To])
	})
}
