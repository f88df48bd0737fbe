package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is what required_version is compared with.
const version = "0.1.0"

type versionCmd struct {
	JSON bool `name:"json" group:"shown" help:"Write it as JSON."`
}

// Run shows the version.
func (c *versionCmd) Run(a *app) error {
	if c.JSON {
		e := json.NewEncoder(a.stdout)
		e.SetIndent("", "  ")
		return e.Encode(thisBuild())
	}
	_, err := fmt.Fprintln(a.stdout, versionText())
	return err
}

// builtFrom is which asflow this is, and what asflow version --json writes.
type builtFrom struct {
	Version  string `json:"version"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Go       string `json:"go"`
	Commit   string `json:"commit,omitempty"`   // where the build knows it
	Modified bool   `json:"modified,omitempty"` // since the commit
}

func thisBuild() builtFrom {
	b := builtFrom{Version: version, OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	return b
}

// versionText says which asflow this is, down to the commit where the build knows it.
func versionText() string {
	b, commit := thisBuild(), ""
	if len(b.Commit) >= 12 {
		commit = ", commit " + b.Commit[:12]
		if b.Modified {
			commit += "+"
		}
	}
	return fmt.Sprintf("asflow %s (%s/%s, %s%s)", b.Version, b.OS, b.Arch, b.Go, commit)
}
