package planner

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// remember is the size from which a file's hash is kept for the rest of the run.
const remember = 1 << 20

var buffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// hash gives the SHA-256 of what a job reads: of a file's bytes, or of a directory's relative paths and contents.
func (p *Plan) hash(at string, info Info) (string, error) {
	if info.Dir {
		return hashDir(p.disk, at, true)
	}
	if info.Size >= remember {
		p.freshMu.Lock()
		r, ok := p.fresh[at]
		p.freshMu.Unlock()
		if ok && r.size == info.Size && r.mtime == info.Mtime {
			return r.hash, nil
		}
	}
	hash, err := hashFile(p.disk, at)
	if err == nil {
		p.note(at, info.Size, info.Mtime, hash)
	}
	return hash, err
}

// content is what is known of a file's content.
type content struct {
	size, mtime int64
	hash        string
}

// note keeps the hash of a large file.
func (p *Plan) note(at string, size, mtime int64, hash string) {
	if size < remember {
		return
	}
	p.freshMu.Lock()
	defer p.freshMu.Unlock()
	p.fresh[at] = content{size, mtime, hash}
}

// Hash gives the SHA-256, in hex, of an output: of a file's bytes, or of a directory as HashDir gives it.
func Hash(d Disk, at string, info Info) (string, error) {
	if info.Dir {
		return HashDir(d, at)
	}
	return hashFile(d, at)
}

func hashFile(d Disk, at string) (string, error) {
	f, err := d.Open(at)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, *b); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// HashDir gives the SHA-256, in hex, of a directory that is an output: of a line 'HASH  PATH' for each file below it, sorted by
// relative path, as sha256sum writes them. A symbolic link is a line 'HASH->PATH', of the path that it holds: where that leads is
// another matter in the place where the directory is written than in its own.
func HashDir(d Disk, dir string) (string, error) { return hashDir(d, dir, false) }

// hashDir does so, and where links are followed takes what they lead to for them.
func hashDir(d Disk, dir string, follow bool) (string, error) {
	var lines []string
	var visit func(at, rel string, way trail) error
	visit = func(at, rel string, way trail) error {
		var names []string
		if err := d.List(at, func(chunk []string) error { names = append(names, chunk...); return nil }); err != nil {
			return err
		}
		var links map[string]string
		if !follow {
			var err error
			if links, err = d.Links(at); err != nil {
				return err
			}
		}
		for name, to := range links {
			sum := sha256.Sum256([]byte(to))
			lines = append(lines, hex.EncodeToString(sum[:])+"->"+rel+name+"\n")
		}
		for _, name := range names {
			if _, link := links[name]; link {
				continue
			}
			info, err := d.Stat(at + "/" + name)
			if errors.Is(err, fs.ErrNotExist) {
				lines = append(lines, fmt.Sprintf("%064d  %s\n", 0, rel+name))
				continue
			}
			if err != nil {
				return err
			}
			if info.Dir {
				if on, ok := way.enter(d, at+"/"+name, info.Link); ok {
					if err := visit(at+"/"+name, rel+name+"/", on); err != nil {
						return err
					}
				}
				continue
			}
			hash, err := hashFile(d, at+"/"+name)
			if err != nil {
				return err
			}
			lines = append(lines, hash+"  "+rel+name+"\n")
		}
		return nil
	}
	dir = strings.TrimSuffix(dir, "/")
	if err := visit(dir, "", begin(d, dir)); err != nil {
		return "", err
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[66:], b[66:]) })
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:]), nil
}
