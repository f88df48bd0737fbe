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

// TestArrange holds where flags may stand.
func TestArrange(t *testing.T) {
	t.Parallel()
	m := model(t)
	for _, c := range []struct{ args, want string }{
		{"build a b", "build a b"},
		{"-C d build", "build -C d"},
		{"-f x build", "build -f x"},
		{"-fx -qv --var a=b --var=c=d --color=never build -f y", "build -fx -qv --var a=b --var=c=d --color=never -f y"},
		{"-qf x build a", "build -qf x a"},
		{"build a -j 4 b --json c -j8 d", "build -j 4 --json -j8 a b c d"},
		{"build a -q -- b -v", "build -q -- a b -v"},
		{"cat - --head 1 a", "cat --head 1 - a"},
		{"build a --unknown b", "build a --unknown b"},
		{"build a --junit", "build a --junit"},
		{"build -v a -j", "build -v a -j"},
		{"-f", "-f"},
		{"-f x", ""},
		{"-f xh -h", "-h"},
		{"-f x -C d --version", "--version"},
		{"-f x -B build", "-B build"},
		{"-f x biuld a", "biuld a"},
		{"-- build", "-- build"},
		{"", ""},
	} {
		args := strings.Fields(c.args)
		before := slices.Clone(args)
		if got := strings.Join(arrange(m, args), " "); got != c.want {
			t.Errorf("%q is arranged as %q, and should be %q", c.args, got, c.want)
		}
		if !slices.Equal(args, before) {
			t.Errorf("%q was changed", c.args)
		}
	}
}
