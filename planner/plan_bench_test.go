package planner_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/asflow/asflow/hclspec"
	"github.com/asflow/asflow/planner"
	"github.com/asflow/asflow/planner/journal"
)

// benchDisk is a folder with a list of numbers in it, and with all outputs or with none.
type benchDisk struct {
	list  []byte
	built bool
	names []string // of what is in raw/
}

func newBenchDisk(n int) *benchDisk {
	var list bytes.Buffer
	d := &benchDisk{}
	for i := range n {
		key := fmt.Sprintf("https://data.example.com/stations/%d", i)
		list.WriteString(key + "\n")
		d.names = append(d.names, star("", key, ".json"))
	}
	d.list = list.Bytes()
	return d
}

func (d *benchDisk) List(dir string, each func([]string) error) error {
	if d.built && dir == "raw" {
		return each(d.names)
	}
	return nil
}

func (d *benchDisk) Real(at string) (string, error) { return path.Join("/project", at), nil }

func (d *benchDisk) Links(string) (map[string]string, error) { return nil, nil }

func (d *benchDisk) Stat(at string) (planner.Info, error) {
	if (d.built || at == "list.txt") && !strings.Contains(at, "*") {
		return planner.Info{Size: 1, Mtime: 1}, nil
	}
	return planner.Info{}, fs.ErrNotExist
}

func (d *benchDisk) Open(at string) (io.ReadCloser, error) {
	if at != "list.txt" {
		return io.NopCloser(strings.NewReader("x")), nil
	}
	return io.NopCloser(bytes.NewReader(d.list)), nil
}

// plan plans a configuration over the folder.
func (d *benchDisk) plan(b *testing.B, config string, state *journal.State) *planner.Plan {
	b.Helper()
	now := time.Unix(1e9, 0)
	spec, diags := hclspec.Load(hclspec.Options{Files: []hclspec.File{{Name: "asflow.hcl", Bytes: []byte(config)}}, Open: d.Open, Now: now, Version: "0.1.0"})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	plan, diags := planner.New(planner.Options{Spec: spec, Disk: d, Journal: state, Now: now})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	return plan
}

// build plays a run in which every job succeeds at once, and gives what is then in the journal of the commands.
func (d *benchDisk) build(b *testing.B, plan *planner.Plan) *journal.State {
	b.Helper()
	d.built = true
	var records []journal.Record
	for {
		job, ok := plan.Next()
		if !ok {
			return journal.New(records)
		}
		o := planner.Outcome{State: planner.Made}
		if !job.Fetch {
			task, err := plan.Recipe(job.ID, "tmp/x")
			if err != nil {
				b.Fatal(err)
			}
			o.Record = task.Record
			o.Record.State, o.Record.Size, o.Record.Mtime = journal.Made, 1, 1
			records = append(records, o.Record)
		}
		plan.Done(job.ID, o)
	}
}

const benchRaw = "target \"raw/*.json\" {\n  for_each = lines(\"list.txt\")\n  fetch { url = each.key }\n}\n"

// sizes runs a benchmark for few and for very many elements; -short leaves the latter out.
func sizes(b *testing.B, f func(b *testing.B, n int)) {
	for _, n := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n > 1_000 && testing.Short() {
				b.Skip("not in short mode")
			}
			f(b, n)
		})
	}
}

// BenchmarkFanIn plans one command that reads a million files: with none of them there, and with all that is to be done done.
func BenchmarkFanIn(b *testing.B) {
	for _, input := range []string{"raw/*.json", "raw/*"} {
		name := "label"
		if input == "raw/*" {
			name = "glob"
		}
		config := benchRaw + fmt.Sprintf("target \"sum.csv\" {\n  inputs = [%q]\n  exec { command = [\"sum\"] }\n}\n", input)
		b.Run(name+"/missing", func(b *testing.B) {
			sizes(b, func(b *testing.B, n int) {
				d := newBenchDisk(n)
				for b.Loop() {
					if plan := d.plan(b, config, nil); plan.Tally(0).ByState[planner.Ready] != n {
						b.Fatalf("%+v", plan.Tally(0))
					}
				}
			})
		})
		b.Run(name+"/up-to-date", func(b *testing.B) {
			sizes(b, func(b *testing.B, n int) {
				d := newBenchDisk(n)
				state := d.build(b, d.plan(b, config, nil))
				if r, _ := state.Needed("sum.csv"); len(r.Reads) != n {
					b.Fatalf("it reads %d files", len(r.Reads))
				}
				for b.Loop() {
					if plan := d.plan(b, config, state); plan.Work() || plan.Tally(1).ByState[planner.UpToDate] != 1 {
						b.Fatalf("there is work to do: %s", plan.Reason(planner.ID(n)))
					}
				}
			})
		})
	}
}

// BenchmarkMemory reports what a plan holds of each job, its list included: B/job.
func BenchmarkMemory(b *testing.B) {
	each := strings.ReplaceAll(benchRaw, "raw/*.json", "raw/{each.key}.json")
	each = strings.Replace(each, "lines(\"list.txt\")", "[for l in lines(\"list.txt\") : basename(l)]", 1)
	clean := "target \"clean/*.csv\" {\n  for_each = outputs(\"raw/*.json\")\n  inputs   = [each.value.path]\n  exec { command = [\"clean\"] }\n}\n"
	for _, c := range []struct {
		name, config string
		targets      int
		built        bool
	}{
		{"hashes", benchRaw, 1, false},
		{"hashes/up-to-date", benchRaw, 1, true},
		{"names", each, 1, false},
		{"one-to-one", benchRaw + clean, 2, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			sizes(b, func(b *testing.B, n int) {
				d := newBenchDisk(n)
				d.built = c.built
				var perJob float64
				for b.Loop() {
					b.StopTimer()
					before := heap()
					b.StartTimer()
					plan := d.plan(b, c.config, nil)
					b.StopTimer()
					perJob = float64(heap()-before) / float64(n*c.targets)
					runtime.KeepAlive(plan)
					b.StartTimer()
				}
				b.ReportMetric(perJob, "B/job")
			})
		})
	}
}

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
