package executor

import (
	"bytes"
	"io"
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

// FuzzStore has a body stored in memory and as a stream: both say the same of it, and what is stored decodes to what it
// held.
func FuzzStore(f *testing.F) {
	gz, _ := codec.AppendEncode(nil, codec.Gzip, "", []byte(faultDoc))
	zst, _ := codec.AppendEncode(nil, codec.Zstd, "", []byte(faultDoc))
	for _, b := range [][]byte{nil, []byte(faultDoc), gz, zst, gz[:9], zst[:9], append(bytes.Clone(gz), gz...), append(bytes.Clone(zst), "junk"...), gz[:3], zst[:4]} {
		f.Add(b, true)
		f.Add(b, false)
	}
	f.Fuzz(func(t *testing.T, body []byte, gzip bool) {
		at, kind := "x.zst", codec.Zstd
		if gzip {
			at, kind = "x.gz", codec.Gzip
		}
		stored, ours, err := store(nil, at, "", body)
		in := make(chan *[]byte, 1)
		block := bytes.Clone(body)
		in <- &block
		close(in)
		var streamed bytes.Buffer
		if streamErr := recode(in, &streamed, kind, ""); (err == nil) != (streamErr == nil) {
			t.Fatalf("in memory: %v; as a stream: %v", err, streamErr)
		}
		if err != nil {
			return
		}
		want := body
		if sniffed := codec.Sniff(body); sniffed != codec.None {
			want = decoded(t, body, sniffed)
		}
		if !bytes.Equal(decoded(t, stored, kind), want) || !bytes.Equal(decoded(t, streamed.Bytes(), kind), want) {
			t.Error("what is stored is not what came")
		}
		if ours == (codec.Sniff(body) == kind) {
			t.Error("it is recompressed though it need not be, or not though it should")
		}
	})
}

func decoded(t *testing.T, b []byte, kind codec.Kind) []byte {
	t.Helper()
	r, err := codec.NewReader(bytes.NewReader(b), kind)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
