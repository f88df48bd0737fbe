package hclspec

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// exec decodes an exec block.
func (l *loader) exec(t *Target, attrs hcl.Attributes) {
	t.recipe = []string{"command", "shell", "stdin", "stdout", "env", "dir"}
	command, shell := attrs["command"], attrs["shell"]
	switch {
	case command == nil && shell == nil:
		l.err(t.recipeAt, "An exec without a command", "Say what to run: command = [\"program\", \"argument\"], or shell = \"script\".")
	case command != nil && shell != nil:
		l.err(shell.NameRange, "command and shell", "An exec runs one of them.")
	}
	for _, name := range []string{"command", "stdin", "env"} {
		l.expr(t, attrs[name], scopeEach|scopeIO)
	}
	l.expr(t, attrs["dir"], scopeEach)
	if shell != nil {
		l.shell(t, shell)
	}
	if a := attrs["stdout"]; a != nil {
		text, ok := l.constString(a)
		if ok && text != "output" && text != "log" {
			l.err(a.Expr.Range(), "Wrong value for stdout", "stdout is \"output\" (what the command prints is the output) or \"log\".")
		}
		t.stdout = text == "output"
		t.attrs["stdout"] = &expression{Expression: a.Expr, name: a.Name, info: &usage{}}
		if t.stdout && t.Label.Dir {
			l.err(a.Expr.Range(), "A directory can't come from stdout", "The label ends in /. Let the command write files into the folder that output names.")
		}
	}
}

// shell checks a script: data must not run as code.
func (l *loader) shell(t *Target, a *hcl.Attribute) {
	info, before := l.env.look(a.Expr), len(l.diags)
	if info.mentionsEach() || info.io || info.page || namesShellVariables(a.Expr) {
		for _, v := range a.Expr.Variables() {
			root := v.RootName()
			if root == "var" || root == "local" {
				continue
			}
			switch root {
			case "each", "inputs", "output":
				l.err(v.SourceRange(), root+" in a shell script", "Data put into a script would run as code. The script has it in its environment: \"$ASFLOW_OUTPUT\", \"$ASFLOW_KEY\", \"$ASFLOW_INPUT\", \"$ASFLOW_INPUTS_FILE\", and what env = { … } adds.")
			default:
				l.err(v.SourceRange(), "A shell variable that is read as asflow's", "${…} and %{…} in a string are asflow's own. The shell's are written $${…} and %%{…}, or $NAME without braces.")
			}
		}
	}
	x := &expression{Expression: a.Expr, name: a.Name, info: info}
	t.attrs["shell"] = x
	l.checkCalls(a.Expr)
	for _, v := range a.Expr.Variables() {
		if root := v.RootName(); root == "var" || root == "local" {
			l.checkName(v, scopeNone)
		}
	}
	x.bad = len(l.diags) > before
}

// namesShellVariables tells whether an expression names what is none of asflow's roots.
func namesShellVariables(expr hcl.Expression) bool {
	for _, v := range expr.Variables() {
		if root := v.RootName(); root != "var" && root != "local" {
			return true
		}
	}
	return false
}

// literals gives the texts in a piece of syntax.
func literals(node hclsyntax.Node) (out []string) {
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		if lit, ok := n.(*hclsyntax.LiteralValueExpr); ok && lit.Val.Type() == cty.String && !lit.Val.IsNull() {
			if text := lit.Val.AsString(); strings.TrimSpace(text) != "" {
				out = append(out, text)
			}
		}
		return nil
	})
	return out
}
