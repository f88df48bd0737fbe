//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// TestKill kills builds with SIGKILL at random moments: whatever is under a final name is whole, nothing that was published is
// lost, and the last build completes what a build that was never killed makes. ASFLOW_TEST_KILL says how often.
func TestKill(t *testing.T) {
	kills, documents := 5, 200
	if text := os.Getenv("ASFLOW_TEST_KILL"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		kills, documents = n, 2000
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, document(strings.TrimPrefix(r.URL.Path, "/")))
	}))
	defer s.Close()
	k := killed{t: t, url: s.URL, documents: documents}

	clean := k.project()
	began := time.Now()
	if out, err := k.build(clean).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	usual := time.Since(began)
	want := k.tree(clean)
	if len(want) != documents+1 {
		t.Fatalf("%d files", len(want))
	}

	dir, had, torn := k.project(), map[string]string{}, 0
	for n := range kills {
		cmd := k.build(dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		timer := time.NewTimer(time.Duration(r.Int64N(int64(usual) / 3)))
		select {
		case <-timer.C:
			_ = cmd.Process.Kill()
			<-ended
			torn++
		case err := <-ended:
			timer.Stop()
			if err != nil {
				t.Fatalf("build %d: %v", n, err)
			}
		}
		has := k.tree(dir)
		for at, text := range has {
			if want[at] != text {
				t.Fatalf("after kill %d %s is not what it should be: %d bytes", n, at, len(text))
			}
		}
		for at := range had {
			if _, ok := has[at]; !ok {
				t.Fatalf("after kill %d %s is lost", n, at)
			}
		}
		if had = has; len(had) == len(want) {
			dir, had = k.project(), map[string]string{}
		}
	}
	if torn < kills/2 {
		t.Errorf("only %d of %d builds were killed", torn, kills)
	}
	if out, err := k.build(dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	has := k.tree(dir)
	for at, text := range want {
		if has[at] != text {
			t.Errorf("%s differs from a build that was never killed", at)
		}
	}
	if len(has) != len(want) {
		t.Errorf("%d files, not %d", len(has), len(want))
	}
	if out, err := k.build(dir).CombinedOutput(); err != nil || !strings.Contains(string(out), "up to date") {
		t.Errorf("the build after it: %v\n%s", err, out)
	}
}

// document is what the server has of an element.
func document(key string) string {
	return fmt.Sprintf("{\"id\":%q,\"text\":%q}\n", key, strings.Repeat(key+" ", 100))
}

type killed struct {
	t         *testing.T
	url       string
	documents int
}

// project writes a project into a folder of its own.
func (k *killed) project() string {
	dir := k.t.TempDir()
	config := fmt.Sprintf(`
target "raw/*.jsonl.zst" {
  for_each = range(%d)
  fetch { url = "%s/${each.key}" }
}
target "count.txt" {
  inputs = ["raw/*.jsonl.zst"]
  exec {
    shell  = "wc -l < \"$ASFLOW_INPUTS_FILE\""
    stdout = "output"
  }
}
limit "*" { concurrency = 32 }
`, k.documents, k.url)
	if err := os.WriteFile(filepath.Join(dir, "asflow.hcl"), []byte(config), 0o666); err != nil {
		k.t.Fatal(err)
	}
	return dir
}

func (k *killed) build(dir string) *exec.Cmd {
	cmd := exec.Command("asflow", "build", "-C", dir)
	cmd.WaitDelay = time.Second
	return cmd
}

// tree gives the outputs that are there, decoded. One that can't be decoded is not whole.
func (k *killed) tree(dir string) map[string]string {
	out := map[string]string{}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		k.t.Fatal(err)
	}
	defer dec.Close()
	names, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
	more, _ := filepath.Glob(filepath.Join(dir, "*.txt"))
	for _, name := range append(names, more...) {
		rel, _ := filepath.Rel(dir, name)
		if strings.HasPrefix(rel, ".asflow") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			k.t.Fatal(err)
		}
		if strings.HasSuffix(name, ".zst") {
			if b, err = dec.DecodeAll(b, nil); err != nil {
				k.t.Fatalf("%s is torn: %v", rel, err)
			}
			if len(b) == 0 {
				k.t.Fatalf("%s is empty", rel)
			}
		}
		out[rel] = string(b)
	}
	return out
}
