package executor

import (
	"errors"
	"fmt"
	"syscall"
)

// spareFiles is how many files are left for everything but outputs on their way, connections and commands. With fewer
// than that no job is run.
const spareFiles = 32

// Fit is what the files that a process may have open at once have room for.
type Fit struct {
	Files   int // that may be open
	Jobs    int // commands at once
	Fetches int // fetches at once
	Idle    int // connections that are kept though nothing is asked by them
}

// FitFiles gives as many commands and fetches at once as are asked for, or fewer. The error is that there is no room for
// even one of each.
func FitFiles(jobs, fetches int) (Fit, error) {
	most := filesMost()
	if most < spareFiles {
		return Fit{}, fmt.Errorf("only %d files may be open at once here, and asflow needs %d: raise the limit, such as by ulimit -n 1024", most, spareFiles)
	}
	room := most - spareFiles
	f := Fit{Files: most, Jobs: min(jobs, max(1, room/16)), Fetches: min(fetches, max(1, room/4))}
	f.Idle = min(4*f.Fetches, max(1, room/4))
	return f, nil
}

// outputsMost is how many outputs may be open until they are published, which may each have a folder of their own.
func outputsMost() int { return min(4096, max(4, (filesMost()-spareFiles)/4)) }

// cantStore says of an error that the next output would meet it, too.
func cantStore(err error) bool { return errors.Is(err, errFull) || errors.Is(err, syscall.EMFILE) }
