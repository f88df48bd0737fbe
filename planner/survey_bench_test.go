package planner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// BenchmarkSurvey asks what the journal has to say of a hundred thousand fetched outputs: whose recipe changed, above all.
func BenchmarkSurvey(b *testing.B) {
	const n = 100_000
	for _, c := range []struct{ name, url string }{
		{"key", "each.key"},
		{"text", `"${each.value}?v=1&from=${var.from}"`},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := newBenchDisk(n)
			config := "variable \"from\" { default = \"2020\" }\ntarget \"raw/*.json\" {\n  for_each = lines(\"list.txt\")\n  fetch { url = " + c.url + " }\n}\n"
			plan := d.plan(b, config, nil)
			d.built = true
			var records []journal.Record
			for job, ok := plan.Next(); ok; job, ok = plan.Next() {
				task, err := plan.Recipe(job.ID, "")
				if err != nil {
					b.Fatal(err)
				}
				r := task.Record
				r.State, r.Size, r.Mtime, r.Hash, r.Run = journal.Made, 1234, 1e18, fmt.Sprintf("%064d", job.ID), "20260504T120000-1"
				r.Source, r.Received, r.Took, r.Attempts, r.Status = r.Key, 1000, 1e9, 1, 200
				records = append(records, r)
				plan.Done(job.ID, planner.Outcome{State: planner.Made})
			}
			dir := keepFetched(b, records)
			for b.Loop() {
				state, err := journal.Load(dir)
				if err != nil {
					b.Fatal(err)
				}
				s, err := d.plan(b, config, state).Survey()
				if err != nil || s[0].Changed != 0 || s[0].Orphaned != 0 {
					b.Fatal(s, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/job")
		})
	}
}

// keepFetched writes a compacted journal of fetches.
func keepFetched(b *testing.B, records []journal.Record) (dir string) {
	b.Helper()
	dir = b.TempDir()
	text := journal.Header()
	for i := range records {
		text = records[i].AppendLine(text)
	}
	if err := os.Mkdir(filepath.Join(dir, "journal"), 0o777); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, journal.Fetched), text, 0o666); err != nil {
		b.Fatal(err)
	}
	return dir
}
