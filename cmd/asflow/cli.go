package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// cli is the command line. Each command's own flags stand in its file.
type cli struct {
	Dir     string           `short:"C" name:"directory" placeholder:"DIR" group:"global" help:"Work in this folder, as make -C does."`
	Color   string           `enum:"auto,always,never" default:"auto" placeholder:"WHEN" group:"global" help:"Colours: auto, always or never. NO_COLOR, CI and TERM=dumb mean never, unless you say always."`
	Version kong.VersionFlag `group:"global" help:"Show the version."`

	Build    buildCmd    `cmd:"" group:"work" help:"Make what is missing or out of date."`
	Plan     planCmd     `cmd:"" group:"work" help:"Show what build would do and why, and change nothing."`
	Status   statusCmd   `cmd:"" group:"look" help:"Show each target: up to date, to do, failed, absent."`
	Ls       lsCmd       `cmd:"" group:"look" help:"List outputs with their key, state, size, time and source."`
	Why      whyCmd      `cmd:"" group:"look" help:"Say where a file comes from, and why it is or isn't up to date."`
	Graph    graphCmd    `cmd:"" group:"look" help:"Show targets and what stands behind what."`
	Verify   verifyCmd   `cmd:"" group:"look" help:"Read outputs, and say which are not as they were written, or not whole."`
	History  historyCmd  `cmd:"" group:"look" help:"Show runs and their jobs."`
	Cat      catCmd      `cmd:"" group:"look" help:"Print files, decompressed."`
	Prune    pruneCmd    `cmd:"" group:"work" help:"Remove outputs whose element has left its list."`
	Validate validateCmd `cmd:"" group:"write" help:"Check the configuration."`
	Fmt      fmtCmd      `cmd:"" group:"write" help:"Format the configuration."`
	Init     initCmd     `cmd:"" group:"start" help:"Write a commented first project."`
	Demo     demoCmd     `cmd:"" group:"start" help:"Build a complete example against a server of its own, without a network."`

	Completion completionCmd `cmd:"" group:"start" help:"Print the completion script of a shell."`
	ListGoals  listGoalsCmd  `cmd:"" name:"__goals" hidden:"" help:"List labels and flows, for completion."`
	VersionCmd versionCmd    `cmd:"" name:"version" group:"start" help:"Show the version."`
}

const description = `make for data files: fetches lists of documents and transforms them, as asflow.hcl says.

New here? Try "asflow demo", then "asflow init".`

// newParser gives the parser of a command line that fills c.
func newParser(a *app, c *cli) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("asflow"),
		kong.Description(description),
		kong.Vars{"version": versionText()},
		kong.Writers(a.stdout, a.stderr),
		kong.Exit(a.exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 110, NoExpandSubcommands: true}),
		kong.ExplicitGroups([]kong.Group{
			{Key: "work", Title: "Build:"},
			{Key: "look", Title: "Look:"},
			{Key: "write", Title: "Write:"},
			{Key: "start", Title: "Start:"},
			{Key: "what", Title: "What is made:"},
			{Key: "how", Title: "How:"},
			{Key: "shown", Title: "What is shown:"},
			{Key: "reports", Title: "Reports:"},
			{Key: "project", Title: "The project:"},
			{Key: "global", Title: "For every command:"},
		}),
		kong.Bind(a),
	)
}

// run parses a command line, runs its command and gives the process's exit status.
func run(a *app, args []string) int {
	var c cli
	parser, err := newParser(a, &c)
	if err != nil {
		return a.report(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
		parser.Stdout, parser.Exit = a.stderr, func(int) { a.exit(exitUsage) }
	}
	ctx, err := parser.Parse(arrange(parser.Model, args))
	if err != nil {
		return a.report(usage(parser.Model, args, err))
	}
	a.setColor(c.Color)
	a.dir, a.args = c.Dir, args
	return a.report(ctx.Run(parser))
}

// usage words a mistake on the command line.
func usage(m *kong.Application, args []string, err error) error {
	parse, ok := errors.AsType[*kong.ParseError](err)
	if !ok {
		return err
	}
	text := strings.Replace(err.Error(), "unexpected argument", "there is no command", 1)
	if flag, unknown := strings.CutPrefix(text, "unknown flag "); unknown {
		flag, _, _ = strings.Cut(flag, ",")
		text = cmp.Or(misplaced(m, args, flag), text)
	}
	help := "asflow --help"
	if parse.Context != nil {
		if n := parse.Context.Selected(); n != nil {
			help = n.FullPath() + " --help"
			text = err.Error()
		}
	}
	return &usageError{fmt.Sprintf("%s\nRun %q for what there is.", text, help)}
}
