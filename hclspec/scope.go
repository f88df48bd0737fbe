package hclspec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// scope is which names may stand in an expression.
type scope uint8

const (
	scopeNone scope = 0
	scopeEach scope = 1 << iota
	scopePage
	scopeIO
)

// check reports names that don't exist or may not stand where they do.
func (l *loader) check(expr hcl.Expression, s scope) (*usage, bool) {
	u := l.env.look(expr)
	before := len(l.diags)
	for _, t := range expr.Variables() {
		l.checkName(t, s)
	}
	l.checkCalls(expr)
	for _, name := range u.locals {
		if lo := l.env.locals[name]; lo != nil {
			for _, c := range lo.info.calls {
				u.calls = appendNew(u.calls, c)
			}
		}
	}
	return u, len(l.diags) == before
}

func isAsking(calls []string) bool {
	return slices.ContainsFunc(calls, func(c string) bool { return slices.Contains(askingFunctions, c) })
}

// checkName checks one traversal.
func (l *loader) checkName(t hcl.Traversal, s scope) {
	root, at := t.RootName(), t.SourceRange()
	if second(t) == "" && (root == "var" || root == "local" || root == "each" && s&scopeEach != 0 || root == "page" && s&scopePage != 0) {
		l.err(at, root+" without a name", fmt.Sprintf("%s has what is named behind it: %s.", root, map[string]string{"var": "var.NAME", "local": "local.NAME", "each": "each.key or each.value", "page": "page.number, page.offset or page.cursor"}[root]))
		return
	}
	switch root {
	case "var":
		name := second(t)
		if _, ok := l.env.vars[name]; !ok && !l.mayBeUnread(name) {
			l.err(at, "No such variable", fmt.Sprintf("There is no variable %q.%s", name, orDeclare(didYouMean(name, slices.Collect(maps.Keys(l.env.vars))), fmt.Sprintf(" Declare it: variable %q { … }.", name))))
		}
	case "local":
		name := second(t)
		if l.env.locals[name] == nil && !l.mayBeUnread(name) {
			l.err(at, "No such local", fmt.Sprintf("There is no local %q.%s", name, orDeclare(didYouMean(name, slices.Collect(maps.Keys(l.env.locals))), " Declare it in a locals block.")))
		}
	case "each":
		switch name := second(t); {
		case s&scopeEach == 0:
			l.err(at, "each can't be used here", "Only what belongs to one element can mention each: see the language reference for the attributes that can, and that a target without for_each has no elements.")
		case name != "key" && name != "value":
			l.err(at, "No such attribute of each", fmt.Sprintf("each has key and value. For an attribute of the element write each.value.%s.", name))
		}
	case "page":
		switch name := second(t); {
		case s&scopePage == 0:
			l.err(at, "page can't be used here", "page.number, page.offset and page.cursor stand in url, query, headers and body of a fetch with paginate.")
		case name != "number" && name != "offset" && name != "cursor":
			l.err(at, "No such attribute of page", "page has number, offset and cursor.")
		}
	case "inputs", "output":
		if s&scopeIO == 0 {
			l.err(at, root+" can't be used here", root+" stands in command, stdin and env of an exec.")
		}
	default:
		l.err(at, "Unknown name", fmt.Sprintf("There is no %q here.%s A text needs quotes.", root, didYouMean(root, []string{"var", "local", "each", "page", "inputs", "output"})))
	}
}

func orDeclare(suggestion, otherwise string) string {
	if suggestion != "" {
		return suggestion
	}
	return otherwise
}

// checkCalls reports functions that don't exist.
func (l *loader) checkCalls(expr hcl.Expression) {
	for _, node := range syntaxOf(expr) {
		for _, f := range functionCalls(node) {
			if _, ok := l.env.root.Functions[f.Name]; !ok && !slices.Contains(askingFunctions, f.Name) {
				names := append(slices.Collect(maps.Keys(l.env.root.Functions)), askingFunctions...)
				slices.Sort(names)
				l.err(f.NameRange, "No such function", fmt.Sprintf("There is no function %q.%s", f.Name, didYouMean(f.Name, names)))
			}
		}
	}
}
