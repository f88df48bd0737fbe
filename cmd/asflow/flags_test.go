package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// model is kong's view of the command line.
func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := newParser(&app{stdout: &terminal{}, stderr: &terminal{}}, &cli{})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// TestFlagsOfEveryCommand holds that each command which reads the project has the flags that belong to all of them, and
// each that shows data has --json. What is not named here reads it and shows some.
func TestFlagsOfEveryCommand(t *testing.T) {
	t.Parallel()
	readNone := []string{"cat", "fmt", "init", "demo", "completion", "version"}
	showNone := []string{"cat", "fmt", "init", "demo", "completion"}
	m := model(t)
	want := slices.Concat(everywhere, []string{"directory", "color"})
	told := map[string]string{}
	for _, n := range m.Children {
		if n.Hidden {
			continue
		}
		flags := slices.Concat(m.Flags, n.Flags)
		has := func(name string) bool {
			return slices.ContainsFunc(flags, func(f *kong.Flag) bool { return f.Name == name })
		}
		if !slices.Contains(readNone, n.Name) {
			for _, name := range want {
				if !has(name) {
					t.Errorf("asflow %s lacks --%s", n.Name, name)
				}
			}
		}
		if !slices.Contains(showNone, n.Name) && !has("json") {
			t.Errorf("asflow %s lacks --json", n.Name)
		}
		for _, f := range n.Flags {
			if f.Name != "quiet" && f.Name != "verbose" {
				continue
			}
			if other := told[f.Help]; other != "" || len(f.Help) < 10 || strings.Contains(f.Help, "${") {
				t.Errorf("asflow %s doesn't say what --%s does with it: %q, as %s", n.Name, f.Name, f.Help, other)
			}
			told[f.Help] = n.Name
		}
	}
}
