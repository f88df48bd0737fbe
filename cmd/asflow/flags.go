package main

// loudness is how much is shown. Every command that reads the project has it, and says by set what it does with it.
type loudness struct {
	Quiet   bool `short:"q" xor:"loudness" group:"shown" help:"${quiet}"`
	Verbose bool `short:"v" xor:"loudness" group:"shown" help:"${verbose}"`
}

// everywhere are the flags of every command that reads the project, beside those of the whole command line.
var everywhere = []string{"file", "var", "var-file", "quiet", "verbose"}
