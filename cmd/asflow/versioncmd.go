package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is what required_version is compared with.
const version = "0.1.0"

type versionCmd struct{}

func (versionCmd) Run(a *app) error {
	_, err := fmt.Fprintln(a.stdout, versionText())
	return err
}

// versionText says which asflow this is, down to the commit where the build knows it.
func versionText() string {
	commit := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		dirty := ""
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && len(s.Value) >= 12:
				commit = ", commit " + s.Value[:12]
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = "+"
			}
		}
		if commit != "" {
			commit += dirty
		}
	}
	return fmt.Sprintf("asflow %s (%s/%s, %s%s)", version, runtime.GOOS, runtime.GOARCH, runtime.Version(), commit)
}
