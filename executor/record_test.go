package executor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/planner"
)

// cutAll cuts a body both ways, in memory and as a stream that comes byte by byte, which must give the same. (How a
// decoder shows an invalid character depends on how many of its bytes it has.)
func cutAll(t *testing.T, body string, iterate bool, keys ...string) (string, error) {
	t.Helper()
	var got [2]strings.Builder
	var errs [2]error
	for i := range got {
		c := cutter{pool: new(sync.Pool), keys: keys, iterate: iterate}
		c.emit = func(v []byte) error {
			if bytes.IndexByte(v, '\n') >= 0 {
				t.Errorf("a record holds a line break: %q", v)
			}
			got[i].Write(v)
			got[i].WriteByte('\n')
			return nil
		}
		if i == 0 {
			errs[i] = c.bytes([]byte(body))
		} else {
			errs[i] = c.reader(iotest.OneByteReader(strings.NewReader(body)), 0)
		}
	}
	if got[0].String() != got[1].String() || (errs[0] == nil) != (errs[1] == nil) {
		t.Fatalf("in memory %q, %v\nstreamed  %q, %v", got[0].String(), errs[0], got[1].String(), errs[1])
	}
	return got[0].String(), errs[0]
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		name, body string
		iterate    bool
		keys       []string
		want       string
		err        string
	}{
		{"elements", `[{"b":1.50,"a":"\u00e9"}, 12345678901234567890, null]`, true, nil, "{\"b\":1.50,\"a\":\"\\u00e9\"}\n12345678901234567890\nnull\n", ""},
		{"inner space stays", `[{"a": 1,  "b":2}]`, true, nil, "{\"a\": 1,  \"b\":2}\n", ""},
		{"line breaks go", "[{\n  \"a\": \"x  y\",\n \"a\": 1e400\n}]", true, nil, "{\"a\":\"x  y\",\"a\":1e400}\n", ""},
		{"empty array", `[ ]`, true, nil, "", ""},
		{"empty body", "", true, nil, "", ""},
		{"values of an object", `{"x":1,"y":[2]}`, true, nil, "1\n[2]\n", ""},
		{"the whole", ` {"a":[1]} `, false, nil, "{\"a\":[1]}\n", ""},
		{"several values", "{\"a\":1}\n{\"a\":2}", false, nil, "{\"a\":1}\n{\"a\":2}\n", ""},
		{"several arrays", "[1][2,3]", true, nil, "1\n2\n3\n", ""},
		{"deep", `{"z":{"a":[9]},"a":{"c":0,"b":[1,2]},"y":1}`, true, []string{"a", "b"}, "1\n2\n", ""},
		{"escaped name", `{"\u0061":[1]}`, true, []string{"a"}, "1\n", ""},
		{"member", `{"a":{"b":7}}`, false, []string{"a"}, "{\"b\":7}\n", ""},
		{"no member", `{"b":1}`, false, []string{"a"}, "null\n", ""},
		{"null all the way", `{"a":null}`, false, []string{"a", "b"}, "null\n", ""},
		{"no member to iterate", `{"b":1}`, true, []string{"a"}, "", `records = ".a[]" needs an array, but there is nothing, or null, at the top`},
		{"null to iterate", `{"r":{"a":null}}`, true, []string{"r", "a"}, "", `records = ".r.a[]" needs an array, but there is null at /r/a`},
		{"string to iterate", `{"a":"x"}`, true, []string{"a"}, "", `needs an array, but there is a string at /a`},
		{"array for an object", `[1]`, true, []string{"a"}, "", `needs an object, but there is an array at the top`},
		{"twice", `{"a":[1],"a":[2]}`, true, []string{"a"}, "1\n", `there are two members "a"`},
		{"cut", `[1,{"a":`, true, nil, "1\n", "ends inside a value, at byte 8"},
		{"cut after an element", `[1`, true, nil, "1\n", "ends inside a value"},
		{"cut before the path ends", `{"a":[1],"b"`, true, []string{"a"}, "1\n", "ends inside a value"},
		{"not JSON", `[1,<html>]`, true, nil, "1\n", "not JSON at byte 3"},
		{"NaN", `[NaN]`, true, nil, "", "not JSON at byte 1"},
		{"invalid UTF-8", "[\"ab\xff\"]", true, nil, "", "not JSON at byte 4: invalid UTF-8"},
		{"invalid UTF-8, later", "[1,\"é\",\"\xed\xa0\xbd\"]", true, nil, "1\n\"é\"\n", "not JSON at byte 9: invalid UTF-8"},
		{"invalid UTF-8, apart", "{\"b\":\"\xff\",\"a\":1}", false, []string{"a"}, "", "not JSON at byte 6: invalid UTF-8"},
		{"half a pair", `[{"a":"\ud83d x"},"\udc00\ud83d"]`, true, nil, "{\"a\":\"\\ud83d x\"}\n\"\\udc00\\ud83d\"\n", ""},
		{"half a pair, and lines", "[{\n\"a\":\"\\ud83d x\"}]", true, nil, "{\"a\":\"\\ud83d x\"}\n", ""},
		{"mark", "\ufeff[1]", true, nil, "1\n", ""},
		{"mark, and little", "\ufeff1", false, nil, "1\n", ""},
		{"half a mark", "\xef\xbb", false, nil, "", "not"},
		{"two marks", "\ufeff\ufeff1", false, nil, "", "not JSON at byte"},
		{"html", `<html>`, false, nil, "", "not JSON at byte 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := cutAll(t, c.body, c.iterate, c.keys...)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

// The decoder asks on after what it was given with an error.
func TestCutStopsAtWhatIsNoText(t *testing.T) {
	c := cutter{pool: new(sync.Pool), iterate: true, emit: func([]byte) error { return nil }}
	err := c.reader(iotest.HalfReader(strings.NewReader("[\"abc\xff\", 1, 2]")), 0)
	if err == nil || err.Error() != "the body is not JSON at byte 5: invalid UTF-8" {
		t.Errorf("error %v", err)
	}
}

func TestCutTooLarge(t *testing.T) {
	c := cutter{pool: new(sync.Pool), iterate: true, emit: func([]byte) error { return nil }}
	body := `[1,"` + strings.Repeat("x", 2<<20) + `"]`
	err := c.reader(strings.NewReader(body), 1<<20)
	if err == nil || !strings.Contains(err.Error(), "larger than 1048576 bytes") {
		t.Errorf("error %v", err)
	}
	if err := c.reader(strings.NewReader(body), 4<<20); err != nil {
		t.Errorf("within bounds: %v", err)
	}
}

func TestCutGivesTheReadersError(t *testing.T) {
	c := cutter{pool: new(sync.Pool), iterate: true, emit: func([]byte) error { return nil }}
	for _, body := range []string{"", "[", "[1,", `[1,{"a":`, "[1] "} {
		err := c.reader(io.MultiReader(strings.NewReader(body), iotest.ErrReader(fetchers.ErrRestart)), 0)
		if !errors.Is(err, fetchers.ErrRestart) {
			t.Errorf("after %q: %v", body, err)
		}
	}
}

// A page that breaks off and comes again is in the output once.
func TestSinkRestart(t *testing.T) {
	var s sink
	s.open(nil, "x", "", false)
	add := func(lines ...string) {
		t.Helper()
		for _, l := range lines {
			if err := s.line([]byte(l)); err != nil {
				t.Fatal(err)
			}
		}
	}
	add("1", "2")
	s.page()
	add("3", "4")
	if err := s.restart(); err != nil {
		t.Fatal(err)
	}
	add("3", "4", "5")
	if err := s.pageDone(); err != nil {
		t.Fatal(err)
	}
	if got := string(s.buf); got != "1\n2\n3\n4\n5\n" || s.lines != 5 {
		t.Errorf("%q, %d lines", got, s.lines)
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{`[1,{"a":2}]`, `{"a":[1]}`, "[{\n}]", "[1][2]", `{"a":{"a":`, "[\"\xff\"]", "[1,\"\xed\xa0\xbd\",2]", `["\ud83d"]`, "\ufeff[1]", "\xef\xbb", "", "nul"} {
		f.Add(s, true, "a")
		f.Add(s, false, "")
	}
	f.Fuzz(func(t *testing.T, body string, iterate bool, key string) {
		var keys []string
		if key != "" {
			keys = []string{key}
		}
		_, _ = cutAll(t, body, iterate, keys...)
	})
}

func BenchmarkCut(b *testing.B) {
	var body bytes.Buffer
	body.WriteByte('[')
	for i := range 40000 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"id":%d,"name":"station %d","position":{"lat":47.%04d,"lon":8.5},"tags":["a","bc"],"note":"the quick brown fox jumps over it"}`, i, i, i%10000)
	}
	body.WriteByte(']')
	for _, how := range []string{"memory", "stream"} {
		b.Run(how, func(b *testing.B) {
			var s sink
			s.open(nil, "x", "", false)
			c := cutter{pool: new(sync.Pool), iterate: true, emit: func(v []byte) error {
				err := s.line(v)
				if len(s.buf) > spillAt/2 {
					s.buf = s.buf[:0]
				}
				return err
			}}
			b.SetBytes(int64(body.Len()))
			for b.Loop() {
				var err error
				if how == "memory" {
					err = c.bytes(body.Bytes())
				} else {
					err = c.reader(bytes.NewReader(body.Bytes()), 0)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What came first of a large answer that is not what records needs is kept, though it was cut as it streamed.
func TestRecordsOfARejectedStream(t *testing.T) {
	body := `{"items": [` + strings.Repeat(`{"text": "0123456789abcdef"},`, 100_000) + `oops]}`
	p, url := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) })
	plan := newPlan([]planner.Target{{Fetch: true, Retry: fast}}, fakeJob{path: "a.jsonl", host: url, recipe: get(url, func(task *planner.Task) {
		task.Fetch.Records = program(t, ".items[]")
	})})
	p.run(within(t, 20*time.Second), plan)
	e := p.one(Ended)
	if e.State != planner.Failed || e.Log == "" || p.exists("a.jsonl") {
		t.Fatalf("%+v", e)
	}
	if _, kept, _ := strings.Cut(p.read(e.Log), "\n\n"); len(kept) != 64<<10 || !strings.HasPrefix(body, kept) {
		t.Errorf("%d bytes were kept", len(kept))
	}
}
