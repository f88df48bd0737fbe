// Package executor runs a plan: it hands ready jobs to workers, fetches pages and cuts records, runs commands,
// publishes outputs and writes the journal, and tells an observer what happens.
//
// It knows nothing of HCL, flags or the terminal.
//
// A job's way through a run:
//
//	Plan.Next ─▶ queue (by host and target) ─▶ worker ─▶ Publisher ─▶ ended ─▶ Plan.Done
//	    ▲                                        │ fails, absent ─▶ journal │        │
//	    └────────────────────────── what became ready ◀─────────────────────────────┘
//
// One goroutine, the one that called [Run], talks to Plan.Next and Plan.Done. Workers take jobs from two queues, one of
// fetches and one of execs; they are started as there is work for them and wait for the next job when they have
// handed their output to the Publisher, not until it is durable.
package executor
