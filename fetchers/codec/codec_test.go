package codec

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

var kinds = []Kind{None, Gzip, Zstd}

func TestOf(t *testing.T) {
	for path, want := range map[string]Kind{
		"a.gz": Gzip, "dir/a.jsonl.zst": Zstd, "a.json": None, "a.gz/b": None, "gz": None, "": None, ".zst": Zstd,
	} {
		if got := Of(path); got != want {
			t.Errorf("Of(%q) = %v, want %v", path, got, want)
		}
	}
}

func text(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, 0, n+16)
	for len(b) < n {
		b = append(b, "the value is "...)
		b = append(b, byte('a'+r.IntN(26)), '\n')
	}
	return b[:n]
}

func decode(t *testing.T, k Kind, b []byte) ([]byte, error) {
	t.Helper()
	r, err := NewReader(iotest.HalfReader(bytes.NewReader(b)), k)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return io.ReadAll(r)
}

func encodeStream(t *testing.T, k Kind, level string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, k, level)
	if err != nil {
		t.Fatal(err)
	}
	for rest := b; len(rest) > 0; {
		n := min(len(rest), 100_000)
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	for range 2 { // a second Close is harmless
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func TestRoundTrip(t *testing.T) {
	for _, k := range kinds {
		for _, level := range []string{"", "fastest", "default", "better", "best"} {
			for _, n := range []int{0, 1, 2048, 1<<20 + 9} {
				body := text(n)
				whole, err := AppendEncode([]byte("before"), k, level, body)
				if err != nil {
					t.Fatal(err)
				}
				whole, ok := bytes.CutPrefix(whole, []byte("before"))
				if !ok {
					t.Fatalf("%v %s: what was in dst is gone", k, level)
				}
				for how, enc := range map[string][]byte{"whole": whole, "stream": encodeStream(t, k, level, body)} {
					if got := Sniff(enc); n > 0 && got != k {
						t.Errorf("%v %s %s: Sniff gives %v", k, level, how, got)
					}
					got, err := decode(t, k, enc)
					if err != nil || !bytes.Equal(got, body) {
						t.Errorf("%v %s %s %d: got %d bytes, %v", k, level, how, n, len(got), err)
					}
				}
			}
		}
	}
}

func TestSameBytesEachTime(t *testing.T) {
	for _, k := range kinds {
		a, _ := AppendEncode(nil, k, "", text(5000))
		_, _ = AppendEncode(nil, k, "", text(70_000))
		b, _ := AppendEncode(nil, k, "", text(5000))
		if !bytes.Equal(a, b) {
			t.Errorf("%v: an encoder's earlier body shows in a later one", k)
		}
	}
}

func TestUnknownLevel(t *testing.T) {
	if _, err := AppendEncode(nil, Zstd, "ultra", nil); err == nil || !strings.Contains(err.Error(), `"ultra"`) {
		t.Errorf("got %v", err)
	}
	if _, err := NewWriter(io.Discard, Gzip, "ultra"); err == nil {
		t.Error("no error")
	}
}

func TestDamage(t *testing.T) {
	for _, k := range []Kind{Gzip, Zstd} {
		body := text(100_000)
		enc, _ := AppendEncode(nil, k, "", body)
		for _, n := range []int{0, 1, 3, 10, len(enc) / 2, len(enc) - 1} {
			if _, err := decode(t, k, enc[:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%v cut at %d of %d: %v", k, n, len(enc), err)
			}
		}
		if _, err := decode(t, k, append(bytes.Clone(enc), "junk that is no frame"...)); err == nil {
			t.Errorf("%v with junk after it: no error", k)
		}
		if _, err := decode(t, k, []byte("<html>not what it says</html>")); err == nil {
			t.Errorf("%v: plain text decodes", k)
		}
		flipped := bytes.Clone(enc)
		flipped[len(enc)/2] ^= 0x55
		if got, err := decode(t, k, flipped); err == nil && bytes.Equal(got, body) {
			t.Errorf("%v: a flipped byte changes nothing", k)
		}
		got, err := decode(t, k, append(bytes.Clone(enc), enc...))
		if err != nil || !bytes.Equal(got, append(bytes.Clone(body), body...)) {
			t.Errorf("%v: two members: %d bytes, %v", k, len(got), err)
		}
	}
}

// A frame says how much memory undoing it takes: what zstd --long makes is undone, and more is an error.
func TestWindow(t *testing.T) {
	for size, ok := range map[int]bool{20: true, 27: true, 28: false, 31: false} {
		// The frame: its magic number, its window, and one last block of the byte x as it is.
		frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, byte(size-10) << 3, 1<<3 | 1, 0, 0, 'x'}
		if got, err := decode(t, Zstd, frame); (err == nil) != ok || ok && string(got) != "x" {
			t.Errorf("a window of 2^%d: %q, %v", size, got, err)
		}
	}
}

func TestSourceErrorComesThrough(t *testing.T) {
	broken := errors.New("the line is dead")
	for _, k := range kinds {
		enc, _ := AppendEncode(nil, k, "", text(300_000))
		r, err := NewReader(io.MultiReader(bytes.NewReader(enc[:len(enc)/2]), iotest.ErrReader(broken)), k)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(r); !errors.Is(err, broken) {
			t.Errorf("%v: %v", k, err)
		}
		r.Close()
	}
}

func TestClosedReader(t *testing.T) {
	for _, k := range []Kind{Gzip, Zstd} {
		enc, _ := AppendEncode(nil, k, "", text(100))
		r, err := NewReader(bytes.NewReader(enc), k)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%v: %v", k, err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			k, body := kinds[1+i%2], text(200_000+i)
			got, err := decode(t, k, encodeStream(t, k, "", body))
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%v: %d bytes, %v", k, len(got), err)
			}
		})
	}
	wg.Wait()
}

func FuzzReader(f *testing.F) {
	for _, k := range []Kind{Gzip, Zstd} {
		enc, _ := AppendEncode(nil, k, "", text(300))
		f.Add(uint8(k), enc)
		f.Add(uint8(k), enc[:len(enc)-2])
	}
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		r, err := NewReader(bytes.NewReader(b), kinds[int(kind)%len(kinds)])
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
	})
}

func BenchmarkAppendEncode2K(b *testing.B) {
	body := text(2048)
	for _, k := range kinds {
		b.Run(k.String(), func(b *testing.B) {
			b.SetBytes(2048)
			var dst []byte
			for b.Loop() {
				dst, _ = AppendEncode(dst[:0], k, "", body)
			}
		})
	}
}
