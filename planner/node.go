package planner

import (
	"encoding/hex"
	"path"
	"strings"
	"sync/atomic"

	"github.com/asflow/asflow/hclspec"
)

// node is a target in the plan: its jobs, once they are known, and what holds it back until then.
type node struct {
	t     *hclspec.Target
	tally Tally
	depth int
	base  ID

	expansion expansion
	lookable  atomic.Bool // known, and stays so: its jobs may be looked up without the plan's lock
	els       hclspec.Elements
	elem      []uint32 // job to element, nil where no duplicate was dropped
	count     int
	names     names    // finds a job by its path
	sorted    []uint32 // jobs by the order of their paths; made for the first glob that leads to some of them

	wantAll bool
	ordered bool                     // what depends_on names is wanted too
	filters []func(path string) bool // of goals given before the target was expanded
	force   bool
	forcing []func(path string) bool

	// What all its jobs share.
	gate gate

	waits     []uint32      // per job, for those that wait for inputs of their own
	listWait  int           // how many things the list waits for
	waitsFor  []string      // and which
	listReads hclspec.Reads // what the list was made from
	lacks     bitset        // jobs of which a file among the inputs is not there; allocated for the first
	exists    bitset
	listed    bool
	listErr   error
	prefix    string // literal start and end of the label's path
	suffix    string
	home      string              // the folder of the literal start
	real      string              // and where that is
	start     string              // the literal start, by where it is
	winds     bool                // some outputs are not where the project's own way leads: by an absolute path, or a symbolic link
	links     map[string][]string // folders in home that are not where they seem to be, by where they are
	starOnly  bool                // the only part that differs is one star
}

type expansion uint8

const (
	unknown   expansion = iota
	expanding           // on the stack
	held                // waits for its list
	known
	broken // its list can't be had: failed, or an error
)

// gate holds back all jobs of a target.
type gate struct {
	waits   int
	fate    State           // what its end means for the jobs: UpToDate to go on, Blocked, Absent
	made    bool            // set up
	busy    bool            // being set up: meeting it again is a cycle
	ordered bool            // what depends_on names is to be made first, and nothing will be run
	inputs  *resolved       // those that are the same for all its jobs
	missing map[string]bool // of them
	looked  bool            // whether the files among them are there
	lacks   []string        // those that are not
}

func newNode(t *hclspec.Target) *node {
	n := &node{t: t}
	parts := t.Label.Parts
	var vary int
	for i, p := range parts {
		if p.Star || p.Each != "" {
			vary++
			n.starOnly = p.Star && vary == 1
			continue
		}
		if vary == 0 {
			n.prefix += p.Literal
		}
		if i == len(parts)-1 {
			n.suffix = p.Literal
		}
	}
	if vary == 0 {
		n.suffix = ""
	}
	n.starOnly = n.starOnly && vary == 1
	return n
}

// element gives the index of a job's element.
func (n *node) element(i int) int {
	if n.elem == nil {
		return i
	}
	return int(n.elem[i])
}

func (n *node) id(i int) ID { return n.base + ID(i) }

// key gives a job's key; it was checked when the target was expanded.
func (n *node) key(i int) string {
	if n.els == nil {
		return ""
	}
	k, _ := n.els.Key(n.element(i))
	return k
}

// path gives a job's output.
func (n *node) path(i int) string {
	if n.els != nil && n.starOnly {
		var sum [24]byte
		hex.Encode(sum[:], n.names.sums[i][:])
		return n.prefix + string(sum[:]) + n.suffix
	}
	return string(n.appendPath(nil, i))
}

func (n *node) appendPath(dst []byte, i int) []byte {
	if n.els == nil {
		return append(dst, n.prefix...)
	}
	if n.starOnly {
		dst = append(dst, n.prefix...)
		dst = hex.AppendEncode(dst, n.names.sums[i][:])
		return append(dst, n.suffix...)
	}
	key := n.key(i)
	sum := sumOf(key)
	dst, _ = n.t.AppendPath(dst, n.els, n.element(i), key, hex.EncodeToString(sum[:]))
	return dst
}

// dir is the folder of the outputs where it is the same for all, and whether it is.
func (n *node) dir() (string, bool) {
	rest := strings.TrimPrefix(n.t.Label.Text, n.prefix)
	if n.t.HasForEach && strings.Contains(rest, "/") && !n.t.Label.Dir || n.t.HasForEach && strings.Count(rest, "/") > 1 {
		return "", false
	}
	if n.t.HasForEach {
		i := strings.LastIndexByte(n.prefix, '/')
		return n.prefix[:i+1], true
	}
	return path.Dir(n.prefix), true
}

// literalDir is the folder that all outputs are in, or in folders of.
func (n *node) literalDir() string {
	if n.t.HasForEach {
		return path.Dir(n.prefix + "x") // the prefix may end in a slash
	}
	return path.Dir(n.prefix)
}

// find gives the job that makes a path. The target must be expanded.
func (n *node) find(p string) (int, bool) {
	if n.els == nil {
		return 0, p == n.prefix
	}
	if n.starOnly {
		sum, ok := n.starSum(p)
		if !ok {
			return 0, false
		}
		return n.names.findSum(sum)
	}
	return n.names.findPath(n, p)
}

// starSum takes the hash out of a path of a label whose only varying part is the star.
func (n *node) starSum(p string) (sum [12]byte, ok bool) {
	if len(p) != len(n.prefix)+24+len(n.suffix) || p[:len(n.prefix)] != n.prefix || p[len(p)-len(n.suffix):] != n.suffix {
		return sum, false
	}
	return sum, unhex(&sum, p[len(n.prefix):len(n.prefix)+24])
}

// unhex decodes 24 lower-case hex digits.
func unhex(dst *[12]byte, s string) bool {
	for i := range dst {
		a, b := nibble(s[2*i]), nibble(s[2*i+1])
		if a > 15 || b > 15 {
			return false
		}
		dst[i] = a<<4 | b
	}
	return true
}

func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// markMade notes that a job's output is there now.
func (n *node) markMade(i int) {
	if n.listed {
		n.exists.add(i)
	}
}
