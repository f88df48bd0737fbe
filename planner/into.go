package planner

import (
	"fmt"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// isGlobInto tells whether a path in a directory output is meant as a glob. A file may have such a name; before the directory is
// made one that no file should have is taken as a glob.
func (p *Plan) isGlobInto(at string) bool {
	if !strings.ContainsAny(at, "*?") {
		return false
	}
	_, err := p.disk.Stat(at)
	return err != nil
}

// dirsLedInto gives a target of directories into which a glob leads, and the start of the glob that stands for those.
func (p *Plan) dirsLedInto(text string, n *node) (*node, string) {
	steps := strings.Split(text, "/")
	for _, m := range p.nodes {
		depth := strings.Count(m.t.Label.Text, "/")
		if m == n || !m.t.Label.Dir || depth >= len(steps) {
			continue
		}
		if dirs := path.Join(steps[:depth]...); p.globCouldMatch(dirs, m) {
			return m, dirs
		}
	}
	return nil, ""
}

// globInto says that a glob leads into a directory output.
func globInto(n *node, text, label, write string) *hcl.Diagnostic {
	return inputMistake(n, "A glob into a directory output",
		fmt.Sprintf("%q leads into %s, which is made as a whole, and globs don't look into that. Write %q, and let the recipe take from it what it needs.", text, label, write))
}

// wholeOf gives the directory output that a path is in, where that is there and the path is not; else "".
func (p *Plan) wholeOf(at string) string {
	for m := range p.makers(at) {
		if dir := p.made(m, at); dir != at {
			if info, err := p.disk.Stat(dir); err == nil && info.Dir {
				return dir
			}
		}
	}
	return ""
}
