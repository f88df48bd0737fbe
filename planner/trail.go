package planner

import (
	"path"
	"strings"
)

// trail is the way from where a walk through folders began to where it is: the real paths of the folders in which it has
// followed a symbolic link, and of the one that it is in.
type trail []string

// enter gives the trail in a folder of the last one. It is false where a symbolic link leads back to a folder that the walk is
// in, and so would lead round for ever.
func (t trail) enter(d Disk, at string, link bool) (trail, bool) {
	if !link {
		here := len(t) - 1
		return append(t[:here:here], t[here]+"/"+Text(path.Base(at))), true
	}
	to, err := d.Real(at)
	if err != nil {
		return nil, false
	}
	to = Text(to)
	for _, been := range t {
		if been == to || strings.HasPrefix(been, strings.TrimSuffix(to, "/")+"/") {
			return nil, false
		}
	}
	return append(t[:len(t):len(t)], to), true
}

// begin is the trail of a walk that begins in a folder.
func begin(d Disk, dir string) trail {
	at, err := d.Real(dir)
	if err != nil {
		at = dir // it is not there, or can't be read, which is seen when it is listed
	}
	return trail{Text(at)}
}
