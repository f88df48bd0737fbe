package planner

import (
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"github.com/asflow/asflow/hclspec"
)

// expand makes a target's jobs known, where its list can be had now; else the target is held until what it waits for
// has ended.
func (p *Plan) expand(n *node) bool {
	switch n.expansion {
	case known:
		return true
	case expanding:
		p.cycle(n.t.Label.Text)
		n.expansion = broken
		return false
	case held, broken:
		return false
	}
	n.expansion = expanding
	p.stack = append(p.stack, n.t.Label.Text)
	defer func() { p.stack = p.stack[:len(p.stack)-1] }()

	if !n.t.HasForEach {
		p.install(n, nil)
		return n.expansion == known
	}
	els, reads, diags := n.t.Expand(&world{plan: p, node: n})
	n.listReads = reads
	p.blame(n, diags)
	if n.expansion == broken || diags.HasErrors() {
		p.breakOff(n)
		return false
	}
	if len(reads.Unbuilt) > 0 {
		return p.hold(n, reads.Unbuilt)
	}
	p.install(n, els)
	return n.expansion == known
}

// hold lets a target wait for what its list is made from. It is true where that is absent, and so the list is empty.
func (p *Plan) hold(n *node, unbuilt []hclspec.Unbuilt) bool {
	n.expansion, n.listWait, n.waitsFor = held, 0, nil
	w := waiter{kind: waitExpansion, n: uint32(n.t.Index)}
	for _, u := range unbuilt {
		if what := u.Path + u.Label; !slices.Contains(n.waitsFor, what) {
			n.waitsFor = append(n.waitsFor, what)
		}
		for _, m := range p.heldBy(u) {
			p.after(n, m)
			if m.expansion != known && m.expansion != broken {
				p.edges.onExpand(m, w)
				n.listWait++
				continue
			}
			i, ok := m.find(p.made(m, u.Path))
			switch {
			case m.expansion == broken || ok && p.fails(m, i):
				p.breakOff(n)
				return false
			case ok && p.states[m.id(i)] == Absent:
				p.install(n, noElements{})
				return true
			case ok:
				p.edges.add(m.id(i), w)
				n.listWait++
			}
		}
	}
	return false
}

// heldBy gives the targets that a value waits for.
func (p *Plan) heldBy(u hclspec.Unbuilt) (out []*node) {
	if u.Label != "" {
		if m := p.byLabel[u.Label]; m != nil {
			out = append(out, m)
		}
		return out
	}
	return slices.AppendSeq(out, p.makers(u.Path))
}

// breakOff gives a target up: its list can't be had in this run.
func (p *Plan) breakOff(n *node) {
	n.expansion = broken
	p.edges.expanded(p, n)
}

// install gives a target its jobs.
func (p *Plan) install(n *node, els hclspec.Elements) {
	n.els, n.count = els, 1
	var found [][12]byte
	var listing sync.WaitGroup
	if els != nil {
		n.count = els.Len()
		if dir, ok := n.dir(); ok && n.starOnly && n.t.IsFetch {
			expected := n.count
			listing.Go(func() { found = p.starFiles(n, dir, expected) })
		}
		if !p.name(n) {
			listing.Wait()
			p.breakOff(n)
			return
		}
	}
	n.base = ID(len(p.states))
	p.states = append(p.states, make([]State, n.count)...)
	for i := range p.states[n.base:] {
		p.states[int(n.base)+i] = Unwanted
	}
	n.tally.Known, n.tally.Total = true, n.count
	n.tally.ByState[Unwanted] = n.count
	n.expansion = known
	if n.count > 0 {
		p.bases = append(p.bases, n)
	}
	if !p.checkPaths(n) {
		n.expansion = broken
	}
	n.lookable.Store(n.expansion == known)
	listing.Wait()
	if found != nil {
		n.exists, n.listed = newBitset(n.count), true
		for _, sum := range found {
			if i, ok := n.names.findSum(sum); ok {
				n.exists.add(i)
			}
		}
	}
	p.edges.expanded(p, n)
}

// name finds each element's key and output, drops duplicates, and reports clashes.
func (p *Plan) name(n *node) bool {
	count := n.count
	t := &n.names
	t.seed, t.fold = maphash.MakeSeed(), p.opts.FoldsCase
	t.grow(count)
	if !p.sumKeys(n) {
		return false
	}
	if !n.starOnly {
		t.paths = make([]uint64, count)
	}
	var clash clashes
	var bad mistakes
	var buf []byte
	kept := 0
	for i := range count {
		if n.elem != nil {
			n.elem[kept] = uint32(i)
		}
		var other int
		var taken bool
		if n.starOnly {
			t.sums[kept] = t.sums[i]
			other, taken = t.addSum(t.sums[i], kept)
		} else {
			path, d := p.pathOf(n, buf[:0], i)
			if d.HasErrors() {
				if bad.add(d); bad.enough() {
					break
				}
				continue
			}
			buf = path
			other, taken = t.addPath(n, path, kept)
		}
		if !taken {
			kept++
			continue
		}
		if same(n, other, i) {
			n.tally.Duplicates++
			if n.elem == nil {
				n.elem = make([]uint32, count)
				for j := range kept {
					n.elem[j] = uint32(j)
				}
			}
			continue
		}
		clash.add(n, other, i, buf)
	}
	n.count = kept
	if n.elem != nil {
		n.elem = n.elem[:kept]
	}
	diags := append(bad.all(), clash.diagnostics(n)...)
	p.blame(n, diags)
	return !diags.HasErrors()
}

// sumKeys checks every key and, for labels with a star only, hashes them, on all processors.
func (p *Plan) sumKeys(n *node) bool {
	if n.starOnly {
		n.names.sums = make([][12]byte, n.count)
	}
	workers := runtime.GOMAXPROCS(0)
	bad := make([]mistakes, workers)
	var wg sync.WaitGroup
	for w := range workers {
		lo, hi := n.count*w/workers, n.count*(w+1)/workers
		wg.Go(func() {
			for i := lo; i < hi; i++ {
				key, d := n.els.Key(i)
				if d.HasErrors() {
					if bad[w].add(d); bad[w].enough() {
						return
					}
					continue
				}
				if n.starOnly {
					n.names.sums[i] = sumOf(key)
				}
			}
		})
	}
	wg.Wait()
	for w := range bad[1:] {
		bad[0].join(&bad[w+1])
	}
	diags := bad[0].all()
	p.blame(n, diags)
	return !diags.HasErrors()
}

// pathOf gives the output of element i, with the label's own checks.
func (p *Plan) pathOf(n *node, dst []byte, i int) ([]byte, hcl.Diagnostics) {
	key, _ := n.els.Key(i)
	sum := sumOf(key)
	return n.t.AppendPath(dst, n.els, i, key, hex.EncodeToString(sum[:]))
}

// same tells whether the element of job j and element i are one: equal in key and value, types included.
func same(n *node, j, i int) bool {
	a, _ := n.els.Key(n.element(j))
	b, _ := n.els.Key(i)
	return a == b && n.els.Same(n.element(j), i)
}

// clashes collects elements that make one path, for one diagnostic.
type clashes struct {
	count     int
	equalKeys bool
	first     [2]string
	path      string
	alike     string // what element i makes, where that differs in case alone
}

func (c *clashes) add(n *node, j, i int, path []byte) {
	if c.count++; c.count > 1 {
		return
	}
	c.first = [2]string{string(n.els.JSON(n.element(j))), string(n.els.JSON(i))}
	a, _ := n.els.Key(n.element(j))
	b, _ := n.els.Key(i)
	c.equalKeys, c.path = a == b, n.path(j)
	if !n.starOnly && string(path) != c.path {
		c.alike = string(path)
	}
}

func (c *clashes) diagnostics(n *node) hcl.Diagnostics {
	if c.count == 0 {
		return nil
	}
	why := "their keys differ, but the label makes the same path of them; put more of the key into the label"
	if c.equalKeys {
		why = "their keys are equal, but their values are not; give key what tells them apart, or keep one of each with distinct([for r in … : r.x])"
	}
	if c.alike != "" {
		why = "the other path is " + c.alike + ", and this file system does not tell the case of letters apart; put something into the label that does, as * is the hash of the key"
	}
	more := ""
	if c.count > 1 {
		more = fmt.Sprintf(" %d elements of this list clash so.", c.count)
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Two jobs make the same path",
		Detail:  fmt.Sprintf("%s is made from both %s and %s: %s.%s", c.path, clip(c.first[0], 120), clip(c.first[1], 120), why, more),
		Subject: n.t.Range.Ptr(),
	}}
}

// mistake is a diagnostic about one of a target's jobs; it names the element.
func (n *node) mistake(i int, summary, detail string) *hcl.Diagnostic {
	if n.els != nil && i < n.count {
		detail += fmt.Sprintf(" The element is %s.", clip(string(n.els.JSON(n.element(i))), 120))
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: n.t.Range.Ptr()}
}

// clip shortens a text in its middle.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	head, tail := s[:n/2], s[len(s)-n/2:]
	return strings.ToValidUTF8(head, "") + "…" + strings.ToValidUTF8(tail, "")
}
