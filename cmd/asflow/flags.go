package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// loudness is how much is shown. Every command that reads the project has it, and says by set what it does with it.
type loudness struct {
	Quiet   bool `short:"q" xor:"loudness" group:"shown" help:"${quiet}"`
	Verbose bool `short:"v" xor:"loudness" group:"shown" help:"${verbose}"`
}

// everywhere are the flags of every command that reads the project, beside those of the whole command line.
var everywhere = []string{"file", "var", "var-file", "quiet", "verbose"}

// arrange brings arguments into the order that kong takes: flags that every command has may stand before the command,
// and other flags between its arguments. Of a flag that is given twice the later counts. What is not known is left where
// it is, for kong to say so.
func arrange(m *kong.Application, args []string) []string {
	before, rest := takeFlags(earlyFlags(m), slices.Clone(args))
	if len(rest) == 0 { // there is no command, which kong says, if it isn't asked for help
		return slices.DeleteFunc(before, func(arg string) bool { return !isFlag(arg) || argumentsOf(m.Flags, arg) != 1 })
	}
	i := slices.IndexFunc(m.Children, func(n *kong.Node) bool { return n.Name == rest[0] })
	if i < 0 {
		return rest
	}
	known := slices.Concat(m.Flags, m.Children[i].Flags)
	flags, words := slices.Concat(rest[:1], before), []string(nil)
	for rest = rest[1:]; len(rest) > 0 && rest[0] != "--"; {
		var more []string
		if more, rest = takeFlags(known, rest); len(more) > 0 {
			flags = append(flags, more...)
			continue
		}
		if isFlag(rest[0]) {
			return slices.Concat(flags, words, rest)
		}
		words, rest = append(words, rest[0]), rest[1:]
	}
	if len(rest) > 0 { // what follows on -- are arguments, as those before it
		return slices.Concat(flags, rest[:1], words, rest[1:])
	}
	return append(flags, words...)
}

// earlyFlags are those that may stand before the command.
func earlyFlags(m *kong.Application) []*kong.Flag {
	out := slices.Clone(m.Flags)
	for _, n := range m.Children {
		for _, f := range n.Flags {
			if slices.Contains(everywhere, f.Name) && !slices.ContainsFunc(out, func(o *kong.Flag) bool { return o.Name == f.Name }) {
				out = append(out, f)
			}
		}
	}
	return out
}

func isFlag(arg string) bool { return len(arg) > 1 && arg[0] == '-' && arg != "--" }

// takeFlags splits arguments behind the flags that they begin with, as far as those are known.
func takeFlags(known []*kong.Flag, args []string) (flags, rest []string) {
	n := 0
	for n < len(args) && isFlag(args[n]) {
		takes := argumentsOf(known, args[n])
		if takes == 0 || n+takes > len(args) { // one without its value keeps its place, so that it gets none
			break
		}
		n += takes
	}
	return args[:n], args[n:]
}

// argumentsOf tells how many arguments a flag is, its value counted; 0: it is not known.
func argumentsOf(known []*kong.Flag, arg string) int {
	if long, is := strings.CutPrefix(arg, "--"); is {
		name, _, joined := strings.Cut(long, "=")
		i := slices.IndexFunc(known, func(f *kong.Flag) bool { return f.Name == name })
		switch {
		case i < 0:
			return 0
		case joined || known[i].IsBool():
			return 1
		}
		return 2
	}
	for at, letter := range arg[1:] {
		i := slices.IndexFunc(known, func(f *kong.Flag) bool { return f.Short == letter })
		switch {
		case i < 0:
			return 0
		case !known[i].IsBool() && at == len(arg)-2:
			return 2
		case !known[i].IsBool():
			return 1
		}
	}
	return 1
}

// misplaced says where a flag goes that was not known before the command, and that a command has; or nothing.
func misplaced(m *kong.Application, args []string, flag string) string {
	owners := slices.DeleteFunc(slices.Clone(m.Children), func(n *kong.Node) bool {
		return n.Hidden || !slices.ContainsFunc(n.Flags, func(f *kong.Flag) bool {
			return flag == "--"+f.Name || f.Short != 0 && flag == "-"+string(f.Short)
		})
	})
	if len(owners) == 0 {
		return ""
	}
	command := owners[0].Name
	for _, n := range owners {
		if slices.Contains(args, n.Name) {
			command = n.Name
		}
	}
	return fmt.Sprintf("%s goes after the command: asflow %s %[1]s", flag, command)
}
