// Package executor runs a plan: it hands ready jobs to workers, fetches pages and cuts records, runs commands,
// publishes outputs and writes the journal, and tells an observer what happens.
//
// It knows nothing of HCL, flags or the terminal.
package executor
