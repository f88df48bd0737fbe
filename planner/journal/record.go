// Package journal is the format of asflow's state, and reading it. It knows nothing of how jobs are run; the executor
// writes.
package journal

// Record is what is known of one output: what the last job that was tried for it did. The last record of a path wins.
type Record struct {
	Path     string  `json:"path"`
	Target   string  `json:"target"` // label, var and local filled in
	Key      string  `json:"key,omitempty"`
	Kind     Kind    `json:"kind"`
	State    Outcome `json:"state"`
	Recipe   string  `json:"recipe,omitempty"` // fingerprint
	Parts    []Part  `json:"parts,omitempty"`  // of the fingerprint, to explain a change
	Source   string  `json:"source,omitempty"` // URL or command, secrets out
	Reads    []Read  `json:"reads,omitempty"`
	Inputs   int     `json:"inputs,omitempty"` // how many of Reads are the resolved inputs; they come first
	Asked    []Asked `json:"asked,omitempty"`
	Status   int     `json:"status,omitempty"`   // HTTP or exit status
	Size     int64   `json:"size"`               // of the file
	Mtime    int64   `json:"mtime,omitempty"`    // of the file, nanoseconds since 1970
	Hash     string  `json:"hash,omitempty"`     // SHA-256 of the file's bytes in hex; of a directory, see planner.HashDir
	Received int64   `json:"received,omitempty"` // bytes from the network
	Began    int64   `json:"began,omitempty"`    // nanoseconds since 1970
	Took     int64   `json:"took,omitempty"`     // nanoseconds
	Attempts int     `json:"attempts,omitempty"`
	Pages    int     `json:"pages,omitempty"`
	Records  int64   `json:"records,omitempty"`
	ETag     string  `json:"etag,omitempty"`
	Modified string  `json:"modified,omitempty"` // Last-Modified
	Error    string  `json:"error,omitempty"`
	Log      string  `json:"log,omitempty"`
	Run      string  `json:"run,omitempty"`
}

// Kind is the recipe's kind.
type Kind string

const (
	Fetch Kind = "fetch"
	Exec  Kind = "exec"
)

// Outcome is how a job ended.
type Outcome string

const (
	Made    Outcome = "made"
	Absent  Outcome = "absent"
	Failed  Outcome = "failed"
	Adopted Outcome = "adopted" // taken as it is, by --touch
	Removed Outcome = "removed" // pruned
)

// Part is one attribute of a recipe and the hash of its source and values.
type Part struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
}

// Read is a file or directory that a job read, as it was then. Hash is of the content as stored.
type Read struct {
	Path    string `json:"path"`
	Size    int64  `json:"size"`
	Mtime   int64  `json:"mtime"`
	Hash    string `json:"hash"`
	Missing bool   `json:"missing,omitempty"` // an input that was absent or failed, and was done without
}

// Asked is an environment variable, date or glob, by the hash of what it gave.
type Asked struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Run is one build: written when it begins, and again when it has ended. The last one of an ID wins.
type Run struct {
	ID       string   `json:"id"`
	Began    int64    `json:"began"`           // nanoseconds since 1970
	Ended    int64    `json:"ended,omitempty"` // 0: it did not come to its end
	Goals    []string `json:"goals,omitempty"`
	Command  []string `json:"command,omitempty"` // the arguments of asflow, without the values of variables
	Made     int      `json:"made,omitempty"`
	Failed   int      `json:"failed,omitempty"`
	Absent   int      `json:"absent,omitempty"`
	UpToDate int      `json:"uptodate,omitempty"`
	Received int64    `json:"received,omitempty"` // bytes from the network
	Written  int64    `json:"written,omitempty"`  // bytes of the files that were made
	Exit     int      `json:"exit"`
}
