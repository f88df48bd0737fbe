package main

import (
	"slices"
	"testing"
)

func TestValuesOfVariablesAreNotKept(t *testing.T) {
	t.Parallel()
	got := withoutValues([]string{"build", "-j4", "--var", "a=secret", "--var=b=se=cret", "--var", "--var", "raw/*", "--var-file", "x=y", "--var"})
	want := []string{"build", "-j4", "--var", "a=<value>", "--var=b=<value>", "--var", "--var=<value>", "raw/*", "--var-file", "x=y", "--var"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	got := commandLine([]string{"build", "-j4", "raw/*.json", "a b", "it's", "", "--junit=a.xml", "é", "a\x1b[1m"})
	if want := `build -j4 'raw/*.json' 'a b' 'it'\''s' '' --junit=a.xml é 'a'`; got != want {
		t.Errorf("%s", got)
	}
}
