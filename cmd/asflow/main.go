// Command asflow makes what is missing or out of date: it fetches lists of documents and transforms them, as an
// asflow.hcl says.
//
// This package wires the rooms together and holds every word that the user sees: flags, diagnostics, progress, the
// summary, exit statuses. How a configuration is read, what is out of date and how a job is run is none of its
// business; hclspec, planner and executor know.
//
// One command is one file, a struct whose fields are its flags and whose Run asks for what it needs.
package main

import (
	"io"
	"log"
	"os"
)

func main() {
	log.SetOutput(io.Discard) // net/http grumbles there of servers that say too much, into the progress; errors come as such
	os.Exit(run(processApp(), os.Args[1:]))
}
