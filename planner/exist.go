package planner

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// list finds which of a target's outputs exist, with one listing for each folder that they are in.
func (p *Plan) list(n *node) {
	if n.listed {
		return
	}
	n.listed, n.exists = true, newBitset(n.count)
	if n.els == nil {
		if _, err := p.disk.Stat(n.prefix); err == nil {
			n.exists.add(0)
		}
		return
	}
	if dir, ok := n.dir(); ok {
		if n.starOnly {
			for _, sum := range p.starFiles(n, dir, n.count) {
				if i, ok := n.names.findSum(sum); ok {
					n.exists.add(i)
				}
			}
			return
		}
		p.listFolder(n, dir)
		return
	}
	seen := map[string]bool{}
	var buf []byte
	for i := range n.count {
		buf = n.appendPath(buf[:0], i)
		if dir := buf[:strings.LastIndexByte(string(buf), '/')+1]; !seen[string(dir)] {
			seen[string(dir)] = true
			p.listFolder(n, string(dir))
		}
	}
}

func (p *Plan) listFolder(n *node, dir string) {
	p.listing(n, dir, func(name string) {
		if i, ok := n.find(join(dir, name)); ok {
			n.exists.add(i)
		}
	})
}

// starFiles gives the hashes in the names of a folder that a label with one star could have made; about so many are
// expected.
func (p *Plan) starFiles(n *node, dir string, expected int) [][12]byte {
	lead := strings.TrimPrefix(n.prefix, dir)
	out := make([][12]byte, 0, expected)
	p.listing(n, dir, func(name string) {
		var sum [12]byte
		if len(name) == len(lead)+24+len(n.suffix) && name[:len(lead)] == lead && name[len(lead)+24:] == n.suffix && unhex(&sum, name[len(lead):len(lead)+24]) {
			out = append(out, sum)
		}
	})
	return out
}

func (p *Plan) listing(n *node, dir string, each func(name string)) {
	where := path.Clean(dir)
	err := p.disk.List(where, func(names []string) error {
		for _, name := range names {
			each(name)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		n.listErr = err
	}
}

// join puts a name behind a folder, which is empty or ends in a slash or is a dot.
func join(dir, name string) string {
	if dir == "" || dir == "." {
		return name
	}
	if dir[len(dir)-1] == '/' {
		return dir + name
	}
	return dir + "/" + name
}

// noElements is the list of a target whose list is absent.
type noElements struct{}

func (noElements) Len() int                          { return 0 }
func (noElements) Key(int) (string, hcl.Diagnostics) { return "", nil }
func (noElements) Same(int, int) bool                { return false }
func (noElements) Value(int) cty.Value               { return cty.NilVal }
func (noElements) JSON(int) []byte                   { return nil }
