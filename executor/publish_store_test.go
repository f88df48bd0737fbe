package executor

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/asflow/asflow/fetchers/codec"
	"github.com/asflow/asflow/planner/journal"
)

// publish publishes bodies one after the other, and waits for all.
func (p *project) publish(level string, bodies map[string][]byte, order ...string) {
	p.t.Helper()
	w, err := p.options.Store.OpenJournal()
	if err != nil {
		p.t.Fatal(err)
	}
	pub := p.options.Store.NewPublisher(w, PublishOptions{NoSync: true})
	for _, name := range order {
		pub.Bytes(name, level, bodies[name], journal.Record{Path: name}, func(_ journal.Record, err error) {
			if err != nil {
				p.t.Errorf("%s: %v", name, err)
			}
		})
	}
	if err := pub.Close(); err != nil {
		p.t.Error(err)
	}
	if err := w.Close(); err != nil {
		p.t.Error(err)
	}
}

// A body that is stored as it is belongs to who gave it: it must not become a buffer that others write to.
func TestBodiesAreNotKept(t *testing.T) {
	p := newProject(t)
	gz, err := codec.AppendEncode(nil, codec.Gzip, "", manyBytes("gz", 300<<10))
	if err != nil {
		t.Fatal(err)
	}
	given := bytes.Clone(gz)
	for range 20 { // what a pool gives is a matter of luck
		p.publish("", map[string][]byte{"a.gz": given, "b.gz": manyBytes("text", 500<<10)}, "a.gz", "b.gz")
		if !bytes.Equal(given, gz) {
			t.Fatal("the body was written to by another output")
		}
	}
	if p.read("a.gz") != string(gz) {
		t.Error("it is not stored as it came")
	}
}

// A small body may decode to very much; it is recoded, and looked whether it is whole, in little memory.
func TestSmallBodiesThatAreLarge(t *testing.T) {
	zst, err := codec.AppendEncode(nil, codec.Zstd, "fastest", make([]byte, 16<<20))
	if err != nil {
		t.Fatal(err)
	}
	bomb := []byte(strings.Repeat(string(zst), 16)) // 256 MB of nothing
	p := newProject(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p.publish("fastest", map[string][]byte{"a.zst": bomb, "a.gz": bomb}, "a.zst", "a.gz")
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
		t.Errorf("%d MB were taken for %d bytes", took>>20, len(bomb))
	}
	if p.read("a.zst") != string(bomb) {
		t.Error("it is not stored as it came")
	}
	if codec.Sniff([]byte(p.read("a.gz"))) != codec.Gzip {
		t.Error("it is not recoded")
	}
}
