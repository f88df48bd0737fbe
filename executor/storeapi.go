package executor

import (
	"context"
	"io"

	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// Store is a project's folder as a place of outputs. It is a planner.Disk.
type Store struct { /* contract */
}

// OpenStore opens a project's folder. It creates nothing.
func OpenStore(dir string) (*Store, error) { panic("contract") }

func (s *Store) List(dir string, each func(names []string) error) error { panic("contract") }
func (s *Store) Stat(path string) (planner.Info, error)                 { panic("contract") }
func (s *Store) Open(path string) (io.ReadCloser, error)                { panic("contract") }
func (s *Store) Remove(path string) error                               { panic("contract") }

// Lock takes the project's lock (.asflow/lock). wait is called once, with who holds it, before waiting; where it
// gives false, or ctx is done, the error is a *HeldError. The first thing a holder does is to remove what killed runs
// left behind.
func (s *Store) Lock(ctx context.Context, wait func(holder string) bool) (unlock func() error, err error) {
	panic("contract")
}

// HeldError says which process has the project's lock.
type HeldError struct{ Holder string }

func (e *HeldError) Error() string { return "another build holds the project's lock: " + e.Holder }

// Published is what came to be under a final name.
type Published struct {
	Size, Mtime int64
	Hash        string // SHA-256 of the bytes stored
}

// PublishOptions configures a Publisher.
type PublishOptions struct {
	NoSync bool
}

// Publisher is the one place that puts files under their final names: whole, synced in batches, then linked or
// renamed, then the folder synced, then recorded in the journal, and only then told to be done.
type Publisher struct { /* contract */
}

func (s *Store) NewPublisher(w *Writer, o PublishOptions) *Publisher { panic("contract") }

// Bytes compresses (by the path's extension and the level) a body that is in memory, and publishes it. It returns when
// the body has been taken over (it may be reused); done is called from another goroutine once the file is durable, or
// with what went wrong. record is completed with size, mtime and hash and written to the journal in the same batch.
func (p *Publisher) Bytes(path, level string, body []byte, record journal.Record, done func(journal.Record, error)) {
	panic("contract")
}

// Create begins a streamed output. The writer compresses as it goes.
func (p *Publisher) Create(path, level string) (*Output, error) { panic("contract") }

// Output is an output being written. Not for use from several goroutines.
type Output struct { /* contract */
}

func (o *Output) Write(b []byte) (int, error) { panic("contract") }

// Reset throws away what was written and begins again.
func (o *Output) Reset() error { panic("contract") }

// Commit publishes; done as in Bytes. Abort throws away. One of them ends the Output.
func (o *Output) Commit(record journal.Record, done func(journal.Record, error)) { panic("contract") }
func (o *Output) Abort()                                                         { panic("contract") }

// Path publishes a file or directory that a command has written at temp (a path that WorkDir gave).
func (p *Publisher) Path(temp, path string, record journal.Record, done func(journal.Record, error)) {
	panic("contract")
}

// WorkDir makes a folder for one job's output, on the file system of the output's folder: under .asflow/tmp, or a
// hidden folder beside the output. The output's own file name is to be written in it; remove deletes all of it.
func (p *Publisher) WorkDir(path string) (dir string, remove func(), err error) { panic("contract") }

// Record writes a record that publishes nothing (absent, failed) and calls done once it is durable.
func (p *Publisher) Record(r journal.Record, done func(journal.Record, error)) { panic("contract") }

// Close waits for all that was handed in.
func (p *Publisher) Close() error { panic("contract") }

// Writer appends to the journal. Only the holder of the lock has one.
type Writer struct { /* contract */
}

// OpenJournal opens the journal for appending.
func (s *Store) OpenJournal() (*Writer, error) { panic("contract") }

// Append writes a batch of records durably (unless noSync).
func (w *Writer) Append(records []journal.Record, noSync bool) error { panic("contract") }

// Run writes the beginning or the end of a run.
func (w *Writer) Run(r journal.Run) error { panic("contract") }

// Close compacts, where that is worth it, and closes.
func (w *Writer) Close() error { panic("contract") }
