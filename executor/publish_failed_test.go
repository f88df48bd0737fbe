//go:build unix

package executor

import (
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// TestWhatCantBePublishedIsRecorded holds that the journal has a failure to publish as it has others: what it says is redacted, and
// what is known of the earlier output stays. A full disk, which ends the run, leaves no record.
func TestWhatCantBePublishedIsRecorded(t *testing.T) {
	old := journal.Record{Path: "out/secret", Target: "out/secret", Size: 7, Mtime: 8, Hash: "of the earlier one"}
	for name, full := range map[string]bool{"a folder in its place": false, "a full disk": true} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t)
			p.options.Redact = func(s string) string { return strings.ReplaceAll(s, "secret", "<secret>") }
			if full {
				p.options.Store.fail = func(step, at string) error {
					if step == "name" {
						return errFull
					}
					return nil
				}
			} else {
				p.write("out/secret/kept", "kept")
			}
			plan := newPlan([]planner.Target{{Label: "out/secret"}}, fakeJob{path: "out/secret", recipe: shell(`echo new > "$ASFLOW_OUTPUT"`, func(task *planner.Task) {
				task.Record = old
			})})
			w := p.open()
			p.options.Journal = w
			result, err := Run(within(t, 20*time.Second), nil, plan, p.options)
			if closed := w.Close(); closed != nil {
				t.Fatal(closed)
			}
			if result.Failed != 1 || (err != nil) != full {
				t.Fatalf("%+v, %v", result, err)
			}
			rec, ok := p.recorded("out/secret")
			if full {
				if ok {
					t.Errorf("recorded: %+v", rec)
				}
				return
			}
			if rec.State != journal.Failed || !strings.HasPrefix(rec.Error, "publish out/<secret>: a folder is where the output must be") {
				t.Errorf("recorded: %+v", rec)
			}
			if rec.Size != old.Size || rec.Mtime != old.Mtime || rec.Hash != old.Hash {
				t.Errorf("the earlier output is forgotten: %+v", rec)
			}
		})
	}
}
