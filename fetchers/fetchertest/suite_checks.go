package fetchertest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/asflow/asflow/fetchers"
)

// checks has bodies judged, small ones and streams.
func checks(t *testing.T, s Source, docs map[string][]byte) {
	sum := func(name string) string { h := sha256.Sum256(docs[name]); return hex.EncodeToString(h[:]) }
	size := func(name string) int64 { return int64(len(docs[name])) }
	holds := func(_ context.Context, body []byte) (bool, error) { return bytes.Contains(body, []byte(`"id"`)), nil }
	for what, c := range map[string]struct {
		name   string
		expect fetchers.Expect
		class  fetchers.Class // "": all is well
	}{
		"sha256":            {"small.json", fetchers.Expect{SHA256: sum("small.json")}, ""},
		"another sha256":    {"small.json", fetchers.Expect{SHA256: sum("edge.bin")}, fetchers.ClassExpect},
		"sha256, stream":    {"large.bin", fetchers.Expect{SHA256: sum("large.bin")}, ""},
		"another, stream":   {"large.bin", fetchers.Expect{SHA256: sum("edge.bin")}, fetchers.ClassExpect},
		"json":              {"small.json", fetchers.Expect{JSON: true}, ""},
		"no json":           {"edge.bin", fetchers.Expect{JSON: true}, fetchers.ClassExpect},
		"no json, stream":   {"large.bin", fetchers.Expect{JSON: true}, fetchers.ClassExpect},
		"lines":             {"small.json", fetchers.Expect{Lines: true}, ""},
		"no lines, stream":  {"large.bin", fetchers.Expect{Lines: true}, fetchers.ClassExpect},
		"min_size":          {"edge.bin", fetchers.Expect{MinSize: 1 << 20}, ""},
		"too small":         {"edge.bin", fetchers.Expect{MinSize: 1<<20 + 1}, fetchers.ClassExpect},
		"too small, stream": {"large.bin", fetchers.Expect{MinSize: size("large.bin") + 1}, fetchers.ClassExpect},
		"empty":             {"empty", fetchers.Expect{MinSize: 1}, fetchers.ClassExpect},
		"max_size":          {"edge.bin", fetchers.Expect{MaxSize: 1 << 20}, ""},
		"max_size, stream":  {"large.bin", fetchers.Expect{MaxSize: size("large.bin")}, ""},
		"too large":         {"edge.bin", fetchers.Expect{MaxSize: 1<<20 - 1}, fetchers.ClassSize},
		"too large, stream": {"large.bin", fetchers.Expect{MaxSize: size("large.bin") - 1}, fetchers.ClassSize},
		"jq":                {"small.json", fetchers.Expect{Check: holds}, ""},
		"jq says no":        {"edge.bin", fetchers.Expect{Check: holds}, fetchers.ClassExpect},
		"jq says no, large": {"large.bin", fetchers.Expect{Check: holds}, fetchers.ClassExpect},
		"status":            {"small.json", fetchers.Expect{Status: []int{200, 201}}, ""},
		"another status":    {"small.json", fetchers.Expect{Status: []int{201}}, fetchers.ClassStatus},
	} {
		t.Run(what, func(t *testing.T) {
			r := &fetchers.Request{URL: s.URL(c.name), Expect: c.expect}
			resp, err := s.Fetch(t.Context(), r)
			var body []byte
			if err == nil {
				body, err = ReadAll(resp)
			}
			if c.class == "" {
				if err != nil || !bytes.Equal(body, docs[c.name]) {
					t.Errorf("%d bytes of %d, %v", len(body), len(docs[c.name]), err)
				}
				return
			}
			if e := Failure(t, err); e.Class != c.class || e.Status != 200 || e.URL != r.URL {
				t.Errorf("class %s, status %d of %s: %v", e.Class, e.Status, e.URL, err)
			}
			if e := Failure(t, err); len(docs[c.name]) > 0 && !(len(e.Head) > 0 && bytes.HasPrefix(docs[c.name], e.Head)) {
				t.Errorf("%d bytes of its head were kept", len(e.Head))
			}
		})
	}
	t.Run("small", func(t *testing.T) {
		resp, err := s.Fetch(t.Context(), &fetchers.Request{URL: s.URL("large.bin"), Small: true})
		if err != nil || resp.Body != nil || !bytes.Equal(resp.Bytes, docs["large.bin"]) {
			t.Fatalf("not in memory: %v", err)
		}
		resp.Close()
	})
}

func cancelled(t *testing.T, s Source) {
	why := errors.New("the run is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	resp, err := s.Fetch(ctx, &fetchers.Request{URL: s.URL("large.bin")})
	if err != nil {
		t.Fatal(err)
	}
	cancel(why)
	_, bodyErr := ReadAll(resp)
	_, fetchErr := s.Fetch(ctx, &fetchers.Request{URL: s.URL("small.json")})
	for what, err := range map[string]error{"body": bodyErr, "fetch": fetchErr} {
		if e := Failure(t, err); e.Class != fetchers.ClassCancel || !errors.Is(err, why) {
			t.Errorf("%s: %#v", what, err)
		}
	}
}
