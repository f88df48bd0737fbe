package main

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/asflow/asflow/hclspec"
)

// goalFilter tells the outputs that goals name from those that are only needed for them.
type goalFilter struct {
	all    bool
	labels map[string]bool
	paths  map[string]bool
	globs  []string
}

func newGoalFilter(spec *hclspec.Spec, goals []string) *goalFilter {
	f := &goalFilter{all: len(goals) == 0, labels: map[string]bool{}, paths: map[string]bool{}}
	for _, goal := range goals {
		f.labels[goal] = true
		f.labels[strings.TrimSuffix(goal, "/")+"/"] = true
		f.paths[path.Clean(goal)] = true
		f.globs = append(f.globs, goal)
		for _, flow := range spec.Flows {
			if flow.Name == goal {
				for _, label := range flow.Targets {
					f.labels[label] = true
				}
			}
		}
	}
	return f
}

// names tells whether an output was named. A word is taken as a glob only where it names no label.
func (f *goalFilter) names(label, at string) bool {
	if f.all || f.labels[label] || f.paths[at] {
		return true
	}
	for _, glob := range f.globs {
		if strings.ContainsAny(glob, "*?[") && doublestar.MatchUnvalidated(glob, at) {
			return true
		}
	}
	return false
}
