package main

import "strings"

// withoutValues gives the arguments of a command line as they may be kept: without the values of variables, of which a
// recipe may say, once it is evaluated, that they are secret.
func withoutValues(args []string) []string {
	out := make([]string, len(args))
	given := false
	for i, arg := range args {
		out[i] = arg
		value, is := strings.CutPrefix(arg, "--var=")
		switch {
		case given:
			name, _, _ := strings.Cut(arg, "=")
			out[i] = name + "=<value>"
		case is:
			name, _, _ := strings.Cut(value, "=")
			out[i] = "--var=" + name + "=<value>"
		}
		given = !given && arg == "--var"
	}
	return out
}

// commandLine writes arguments as one would type them for a shell.
func commandLine(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = shellWord(arg)
	}
	return strings.Join(words, " ")
}

// shellWord quotes an argument where a shell needs it.
func shellWord(arg string) string {
	plain := func(r rune) bool {
		return r > 0x7f || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || strings.ContainsRune("-_./:=@%+,", r)
	}
	if arg != "" && strings.TrimFunc(arg, plain) == "" {
		return printable(arg)
	}
	return "'" + strings.ReplaceAll(printable(arg), "'", `'\''`) + "'"
}
