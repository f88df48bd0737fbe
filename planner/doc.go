// Package planner is the graph: what each target's elements make, what stands before what, which outputs are missing
// or out of date and why, and in which state each job is while a run goes on.
//
// It knows nothing of how anything is run or fetched, and writes nothing. What it asks of the disk goes through
// [Disk]; what it remembers of earlier runs comes from package journal.
//
// A job is one element of one target. It has an [ID], a state, and a few words of memory; its key and path are found
// again from the element when somebody asks. A job that no goal needs stays Unwanted and costs nothing more.
//
//	              nothing to do
//	Unwanted ──▶ ─────────────────────▶ UpToDate
//	   │ │                                 ▲
//	   │ └──────────────▶ Ready ─▶ Running ┼─▶ Made, Unchanged
//	   │  out of date      ▲ ▲        │ │  ├─▶ Absent
//	   ▼                   │ └────────┘ │  ├─▶ Failed
//	Waiting ───────────────┘   reads    │  ├─▶ NotTried
//	   │     all that it       something│  └─▶ Cancelled
//	   │     needs has ended   unbuilt  ▼
//	   └──────────────────────────────▶ Absent, Blocked
//
// One function, (*Plan).set, changes states.
package planner
