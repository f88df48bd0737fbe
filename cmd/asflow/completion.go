package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is shown by asflow completion --help.
func (completionCmd) Help() string {
	return `Prints a script that completes commands, flags, their values, and the goals of the project.

bash: source <(asflow completion bash)

zsh: asflow completion zsh > "$${fpath[1]}/_asflow"

fish: asflow completion fish > ~/.config/fish/completions/asflow.fish`
}

// Run prints a completion script.
func (c *completionCmd) Run(a *app, k *kong.Kong) error {
	var b strings.Builder
	var early []completableFlag
	for _, f := range earlyFlags(k.Model) {
		flag := completeFlag(f)
		switch flag.long { // each command says it in its own words
		case "quiet":
			flag.help = "Show less."
		case "verbose":
			flag.help = "Show more."
		}
		early = append(early, flag)
	}
	switch commands := complete(k.Model); c.Shell {
	case "bash":
		bashCompletion(&b, early, commands)
	case "zsh":
		zshCompletion(&b, early, commands)
	case "fish":
		fishCompletion(&b, early, commands)
	}
	_, err := io.WriteString(a.stdout, b.String())
	return err
}

// completable is a command as a shell completes it.
type completable struct {
	name, help string
	flags      []completableFlag
	takes      string   // what its arguments are: "goals", "files", "" nothing
	values     []string // or these
}

type completableFlag struct {
	long, help string
	short      string
	value      bool     // it takes one
	values     []string // one of these
}

// complete reads kong's model.
func complete(m *kong.Application) []completable {
	var out []completable
	for _, n := range m.Children {
		if n.Hidden {
			continue
		}
		c := completable{name: n.Name, help: n.Help}
		for _, group := range n.AllFlags(true) {
			for _, f := range group {
				c.flags = append(c.flags, completeFlag(f))
			}
		}
		for _, p := range n.Positional {
			switch {
			case p.Enum != "":
				c.values = p.EnumSlice()
			case p.Name == "goal":
				c.takes = "goals"
			default:
				c.takes = "files"
			}
		}
		out = append(out, c)
	}
	return out
}

func completeFlag(f *kong.Flag) completableFlag {
	c := completableFlag{long: f.Name, help: f.Help, value: !f.IsBool() && !f.IsCounter()}
	if f.Short != 0 {
		c.short = string(f.Short)
	}
	if f.Enum != "" {
		c.values = f.EnumSlice()
	}
	return c
}

// names gives the spellings of a flag.
func (f completableFlag) names(between string) string {
	if f.short == "" {
		return "--" + f.long
	}
	return "--" + f.long + between + "-" + f.short
}

func bashCompletion(w io.Writer, early []completableFlag, commands []completable) {
	before := completable{name: "''", flags: early}
	for _, c := range commands {
		before.values = append(before.values, c.name)
	}
	var valued []string
	for _, f := range early {
		if f.value {
			valued = append(valued, f.names("|"))
		}
	}
	fmt.Fprintf(w, `# bash completion for asflow
_asflow() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd= word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      %s) ((i++)) ;;
      -*) ;;
      *) cmd=$word; break ;;
    esac
  done
  COMPREPLY=()
  case $cmd in
`, strings.Join(valued, "|"))
	for _, c := range append([]completable{before}, commands...) {
		bashCommand(w, c)
	}
	fmt.Fprint(w, `  esac
}
complete -o filenames -o bashdefault -F _asflow asflow
`)
}

func bashCommand(w io.Writer, c completable) {
	fmt.Fprintf(w, "    %s)\n", c.name)
	var flags []string
	fmt.Fprintln(w, "      case $prev in")
	for _, f := range c.flags {
		flags = append(flags, "--"+f.long)
		names := f.names("|")
		switch {
		case len(f.values) > 0:
			fmt.Fprintf(w, "        %s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", names, strings.Join(f.values, " "))
		case f.value:
			fmt.Fprintf(w, "        %s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", names)
		}
	}
	fmt.Fprintln(w, "      esac")
	fmt.Fprintf(w, "      [[ $cur == -* ]] && { COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return; }\n", strings.Join(flags, " "))
	switch {
	case len(c.values) > 0:
		fmt.Fprintf(w, "      COMPREPLY=($(compgen -W '%s' -- \"$cur\")) ;;\n", strings.Join(c.values, " "))
	case c.takes == "goals":
		fmt.Fprintln(w, `      local IFS=$'\n'; COMPREPLY=($(compgen -W "$(asflow __goals 2>/dev/null)" -- "$cur") $(compgen -f -- "$cur")) ;;`)
	case c.takes == "files":
		fmt.Fprintln(w, `      COMPREPLY=($(compgen -f -- "$cur")) ;;`)
	default:
		fmt.Fprintln(w, "      ;;")
	}
}

func zshCompletion(w io.Writer, early []completableFlag, commands []completable) {
	fmt.Fprint(w, "#compdef asflow\n# zsh completion for asflow\n_asflow_goals() {\n  local -a goals\n  goals=(${(f)\"$(asflow __goals 2>/dev/null)\"})\n  compadd -Q -- ${(q)goals}\n  _files\n}\n_asflow() {\n  local -a commands\n  commands=(\n")
	for _, c := range commands {
		fmt.Fprintf(w, "    %s\n", quoteShell(strings.ReplaceAll(c.name, ":", `\:`)+":"+c.help))
	}
	fmt.Fprint(w, "  )\n  local state\n  _arguments -C")
	for _, f := range early {
		fmt.Fprintf(w, " \\\n    %s", zshFlag(f))
	}
	fmt.Fprint(w, " \\\n    '1: :->command' '*:: :->rest'\n  case $state in\n    command) _describe command commands ;;\n    rest)\n      case $words[1] in\n")
	for _, c := range commands {
		fmt.Fprintf(w, "        %s) _arguments", c.name)
		for _, f := range c.flags {
			fmt.Fprintf(w, " \\\n          %s", zshFlag(f))
		}
		switch {
		case len(c.values) > 0:
			fmt.Fprintf(w, " \\\n          '1: :(%s)'", strings.Join(c.values, " "))
		case c.takes == "goals":
			fmt.Fprint(w, " \\\n          '*:goal:_asflow_goals'")
		case c.takes == "files":
			fmt.Fprint(w, " \\\n          '*:file:_files'")
		}
		fmt.Fprintln(w, " ;;")
	}
	fmt.Fprint(w, "      esac ;;\n  esac\n}\n_asflow \"$@\"\n")
}

func zshFlag(f completableFlag) string {
	help := strings.NewReplacer("[", `\[`, "]", `\]`, ":", `\:`).Replace(f.help)
	value := ""
	switch {
	case len(f.values) > 0:
		value = ":value:(" + strings.Join(f.values, " ") + ")"
	case f.long == "directory":
		value = ":folder:_files -/"
	case f.value:
		value = ":value:_files"
	}
	if f.short == "" {
		return quoteShell("--" + f.long + "[" + help + "]" + value)
	}
	return fmt.Sprintf("'(-%s --%s)'{-%s,--%s}%s", f.short, f.long, f.short, f.long, quoteShell("["+help+"]"+value))
}

func fishCompletion(w io.Writer, early []completableFlag, commands []completable) {
	fmt.Fprintln(w, "# fish completion for asflow\ncomplete -c asflow -f")
	for _, c := range commands {
		fmt.Fprintf(w, "complete -c asflow -n __fish_use_subcommand -a %s -d %s\n", c.name, quoteShell(c.help))
	}
	fishFlags(w, "-n __fish_use_subcommand", early)
	for _, c := range commands {
		when := "-n " + quoteShell("__fish_seen_subcommand_from "+c.name)
		fishFlags(w, when, c.flags)
		switch {
		case len(c.values) > 0:
			fmt.Fprintf(w, "complete -c asflow %s -a %s\n", when, quoteShell(strings.Join(c.values, " ")))
		case c.takes == "goals":
			fmt.Fprintf(w, "complete -c asflow %s -F -a '(asflow __goals 2>/dev/null)'\n", when)
		case c.takes == "files":
			fmt.Fprintf(w, "complete -c asflow %s -F\n", when)
		}
	}
}

func fishFlags(w io.Writer, when string, flags []completableFlag) {
	for _, f := range flags {
		line := "complete -c asflow " + when + " -l " + f.long
		if f.short != "" {
			line += " -s " + f.short
		}
		switch {
		case len(f.values) > 0:
			line += " -x -a " + quoteShell(strings.Join(f.values, " "))
		case f.value:
			line += " -r -F"
		}
		fmt.Fprintf(w, "%s -d %s\n", line, quoteShell(f.help))
	}
}

// quoteShell quotes a word for all three shells.
func quoteShell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
