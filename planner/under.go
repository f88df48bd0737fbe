package planner

import (
	"bytes"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"
)

// leadOf is the text that every path begins with that a pattern matches.
func leadOf(pattern string) string {
	i := strings.IndexAny(pattern+"*", `*?[{\`)
	lead, rest := pattern[:i], pattern[i:]
	if strings.HasPrefix(rest, "**") || strings.HasPrefix(rest, "{") {
		return strings.TrimSuffix(lead, "/") // a/** matches a too
	}
	return lead
}

// under calls each with the target's jobs whose outputs may begin with a text, and leaves out most of the others: many elements
// whose globs differ must not look at all of its jobs each.
func (n *node) under(lead string, each func(i int, at string)) {
	if n.els == nil || strings.HasPrefix(n.prefix, lead) {
		for i := range n.count {
			each(i, n.path(i))
		}
		return
	}
	if n.sorted == nil {
		n.sortPaths()
	}
	from := sort.Search(n.count, func(k int) bool { return n.path(int(n.sorted[k])) >= lead })
	for _, i := range n.sorted[from:] {
		at := n.path(int(i))
		if !strings.HasPrefix(at, lead) {
			return
		}
		each(int(i), at)
	}
}

// sortPaths puts the target's jobs in the order of their outputs' paths.
func (n *node) sortPaths() {
	n.sorted = make([]uint32, n.count)
	for i := range n.sorted {
		n.sorted[i] = uint32(i)
	}
	if n.starOnly {
		slices.SortFunc(n.sorted, func(a, b uint32) int { return bytes.Compare(n.names.sums[a][:], n.names.sums[b][:]) })
		return
	}
	paths := make([]string, n.count)
	for i := range paths {
		paths[i] = n.path(i)
	}
	slices.SortFunc(n.sorted, func(a, b uint32) int { return strings.Compare(paths[a], paths[b]) })
}

// folder is the last listing, kept since the globs of a target's elements often look into one folder, each for other names. It
// serves for as long as the folder's mtime stays, where that was old enough to tell of a change.
type folder struct {
	mu     sync.Mutex
	dir    string
	mtime  int64
	names  []string
	sorted bool
}

// namesIn gives the names in a folder that begin with a text, in any order, and maybe others. They must not be changed.
func (p *Plan) namesIn(dir, lead string) (names []string, err error) {
	began := p.opts.Clock().UnixNano()
	var info Info
	keep := false
	if lead != "" { // else all are wanted, and there may be too many to be kept
		if info, err = p.disk.Stat(dir); err == nil {
			if names, ok := p.folder.named(dir, info.Mtime, lead); ok {
				return names, nil
			}
			keep = info.Mtime+grain < began
		}
	}
	err = p.disk.List(dir, func(chunk []string) error {
		for _, name := range chunk {
			names = append(names, Text(name))
		}
		return nil
	})
	if err == nil && keep {
		p.folder.keep(dir, info.Mtime, names)
	}
	return names, err
}

// named gives the names that begin with a text, where the listing is of that folder as it is.
func (f *folder) named(dir string, mtime int64, lead string) ([]string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dir != dir || f.mtime != mtime {
		return nil, false
	}
	if !f.sorted {
		f.names, f.sorted = slices.Sorted(slices.Values(f.names)), true
	}
	from, _ := slices.BinarySearch(f.names, lead)
	found := f.names[from:]
	return found[:sort.Search(len(found), func(k int) bool { return !strings.HasPrefix(found[k], lead) })], true
}

func (f *folder) keep(dir string, mtime int64, names []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dir, f.mtime, f.names, f.sorted = dir, mtime, names, false
}

// nameLead is what the names in a folder begin with that a pattern leads to.
func nameLead(lead, dir string) string {
	if dir = path.Clean(dir); dir != "." {
		rest, ok := strings.CutPrefix(lead, strings.TrimSuffix(dir, "/")+"/")
		if !ok {
			return ""
		}
		lead = rest
	}
	name, _, _ := strings.Cut(lead, "/")
	return name
}
