package fetchers_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

// TestPackedText has bodies that are compressed themselves, as files often are, and holds that it is what they decode to
// that is judged as JSON where that is asked for.
func TestPackedText(t *testing.T) {
	var rows strings.Builder
	text := noise(64 * 40_000) // so that it is large when it is compressed, too
	for i := range 40_000 {
		fmt.Fprintf(&rows, "{\"id\": %d, \"text\": %q}\n", i, text[64*i:64*i+64])
	}
	if n := len(packed(t, codec.Zstd, rows.String())); n < 5<<18 {
		t.Fatalf("compressed it has %d bytes, and is not large", n)
	}
	small, large := `{"id": 1}`+"\n"+`{"id": 2}`+"\n", rows.String()
	array := func(lines string) string { return "[" + strings.ReplaceAll(strings.TrimSpace(lines), "\n", ",") + "]" }
	for name, c := range map[string]struct {
		text         string
		lines, other bool // judged as lines; not packed
		cut          int  // bytes that are missing
		class        fetchers.Class
		say          string
	}{
		"lines":             {text: small, lines: true},
		"many lines":        {text: large, lines: true},
		"JSON":              {text: array(small)},
		"much JSON":         {text: array(large)},
		"a bad line":        {text: small + "{]\n", lines: true, class: fetchers.ClassExpect, say: "line 3"},
		"a late bad line":   {text: large + "{]\n", lines: true, class: fetchers.ClassExpect, say: "line 40001"},
		"an early bad line": {text: "{]\n" + large, lines: true, class: fetchers.ClassExpect, say: "line 1"},
		"two values":        {text: small, class: fetchers.ClassExpect, say: "something follows"},
		"cut JSON":          {text: array(large)[:3_000_000], class: fetchers.ClassExpect, say: "not JSON"},
		"a cut file":        {text: array(small), cut: 3, class: fetchers.ClassExpect, say: "is not whole"},
		"a large cut file":  {text: large, cut: 3, lines: true, class: fetchers.ClassExpect, say: "is not whole"},
		"as it is":          {text: small, lines: true, other: true, class: fetchers.ClassExpect, say: "not JSON"},
		"much, as it is":    {text: large, other: true, class: fetchers.ClassExpect, say: "not JSON"},
	} {
		for _, kind := range []codec.Kind{codec.Gzip, codec.Zstd} {
			t.Run(name+" "+kind.String(), func(t *testing.T) {
				t.Parallel()
				body := packed(t, kind, c.text)
				body = body[:len(body)-c.cut]
				r := quick(ft.NewServer(t, ft.Reply(200, body)).URL)
				r.Expect = fetchers.Expect{JSON: !c.lines, Lines: c.lines, Packed: !c.other}
				got, _, err := get(t, fetchers.New(fetchers.Options{}), r)
				if c.class == "" {
					if err != nil || got != body {
						t.Errorf("%d bytes of %d, %v", len(got), len(body), err)
					}
					return
				}
				if e := failure(t, err); e.Class != c.class || e.Attempts != 1 || !strings.Contains(err.Error(), c.say) {
					t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
				}
			})
		}
	}
	// One that is given up leaves nobody waiting.
	r := quick(ft.NewServer(t, ft.Reply(200, packed(t, codec.Gzip, large))).URL)
	r.Expect = fetchers.Expect{Lines: true, Packed: true}
	resp, err := fetchers.New(fetchers.Options{}).Fetch(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := resp.Body.Read(make([]byte, 1000)); err != nil {
		t.Error(err)
	}
	resp.Close()
	// A piece may be a byte.
	for _, kind := range []codec.Kind{codec.Gzip, codec.Zstd} {
		if err := fetchers.FeedPacked(packed(t, kind, small), 1); err != nil {
			t.Errorf("%v in pieces of a byte: %v", kind, err)
		}
		if err := fetchers.FeedPacked(packed(t, kind, small+"oops"), 1); err == nil {
			t.Errorf("%v in pieces of a byte: what is no JSON passes", kind)
		}
	}
}

// TestPackedChecks has a body that is compressed itself be asked whether it will do, and holds that it is what it
// decodes to that is asked, where it is stored compressed.
func TestPackedChecks(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		expect fetchers.Expect
		cut    int
		class  fetchers.Class
		say    string
	}{
		"it will do":        {text: doc, expect: fetchers.Expect{Packed: true, Check: begins("{")}},
		"it won't":          {text: doc, expect: fetchers.Expect{Packed: true, Check: begins("[")}, class: fetchers.ClassExpect, say: "expect.jq"},
		"it is JSON, too":   {text: doc, expect: fetchers.Expect{Packed: true, JSON: true, Check: begins("{")}},
		"it is no JSON":     {text: doc + "{", expect: fetchers.Expect{Packed: true, JSON: true, Check: begins("{")}, class: fetchers.ClassExpect, say: "not JSON"},
		"it is cut":         {text: doc, cut: 3, expect: fetchers.Expect{Packed: true, Check: begins("{")}, class: fetchers.ClassExpect, say: "is not whole"},
		"too much":          {text: strings.Repeat("0", 70<<20), expect: fetchers.Expect{Packed: true, Check: begins("0")}, class: fetchers.ClassSize, say: "max_size"},
		"more than allowed": {text: strings.Repeat("0", 5000), expect: fetchers.Expect{Packed: true, Check: begins("0"), MaxSize: 4999}, class: fetchers.ClassSize, say: "max_size"},
		"much, and allowed": {text: strings.Repeat("0", 70<<20), expect: fetchers.Expect{Packed: true, Check: begins("0"), MaxSize: 80 << 20}},
		"it stays as it is": {text: doc, expect: fetchers.Expect{Check: begins("{")}, class: fetchers.ClassExpect, say: "expect.jq"},
	} {
		for _, kind := range []codec.Kind{codec.Gzip, codec.Zstd} {
			t.Run(name+" "+kind.String(), func(t *testing.T) {
				t.Parallel()
				body := packed(t, kind, c.text)
				body = body[:len(body)-c.cut]
				r := quick(ft.NewServer(t, ft.Reply(200, body)).URL)
				r.Expect = c.expect
				got, _, err := get(t, fetchers.New(fetchers.Options{}), r)
				if c.class == "" {
					if err != nil || got != body {
						t.Errorf("%d bytes of %d, %v", len(got), len(body), err)
					}
					return
				}
				if e := failure(t, err); e.Class != c.class || e.Attempts != 1 || e.Status != 200 || !strings.Contains(err.Error(), c.say) {
					t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
				}
			})
		}
	}
}

func begins(text string) func(context.Context, []byte) (bool, error) {
	return func(_ context.Context, body []byte) (bool, error) { return bytes.HasPrefix(body, []byte(text)), nil }
}

// TestUnpacked has bodies that are compressed themselves come as what they decode to, where that is asked for.
func TestUnpacked(t *testing.T) {
	large := strings.Repeat(`{"id": 1}`+"\n", 300_000)
	deep := noise(3 << 20)
	f := fetchers.New(fetchers.Options{})
	for _, kind := range []codec.Kind{codec.Gzip, codec.Zstd} {
		for name, c := range map[string]struct {
			answer   ft.Answer
			want     string
			class    fetchers.Class
			attempts int
			most     int64
		}{
			"small":           {answer: ft.Reply(200, packed(t, kind, doc)), want: doc},
			"plain":           {answer: ft.Reply(200, doc), want: doc},
			"short":           {answer: ft.Reply(200, "1"), want: "1"},
			"none":            {answer: ft.Reply(200, ""), want: ""},
			"large":           {answer: ft.Reply(200, packed(t, kind, large)), want: large},
			"large as sent":   {answer: ft.Reply(200, packed(t, kind, deep)), want: deep},
			"large and plain": {answer: ft.Reply(200, deep), want: deep},
			"chunks":          {answer: ft.Raw(ft.Head(200, "Transfer-Encoding: chunked")+ft.Chunks(packed(t, kind, doc)[:1], packed(t, kind, doc)[1:])+"0\r\n\r\n", ft.Keep), want: doc},
			"said, too":       {answer: ft.Reply(200, packed(t, codec.Gzip, packed(t, kind, doc)), "Content-Encoding: gzip"), want: doc},
			"by its own end":  {answer: ft.Raw(ft.Head(200)+packed(t, kind, doc), ft.Close), want: doc},
			"cut":             {answer: ft.Reply(200, packed(t, kind, doc)[:20]), class: fetchers.ClassCut, attempts: 3},
			"large and cut":   {answer: ft.Reply(200, packed(t, kind, deep)[:3<<19]), class: fetchers.ClassCut, attempts: 3},
			"and junk":        {answer: ft.Reply(200, packed(t, kind, doc)+"junk, and more of it"), class: fetchers.ClassCut, attempts: 3},
			"over max_size":   {answer: ft.Reply(200, packed(t, kind, large)), class: fetchers.ClassSize, attempts: 1, most: int64(len(large)) - 1},
			"at max_size":     {answer: ft.Reply(200, packed(t, kind, large)), want: large, most: int64(len(large))},
		} {
			t.Run(name+" "+kind.String(), func(t *testing.T) {
				t.Parallel()
				r := quick(ft.NewServer(t, c.answer).URL)
				r.Expect.Unpack, r.Expect.MaxSize = true, c.most
				got, _, err := get(t, f, r)
				if c.class == "" {
					if err != nil || got != c.want {
						t.Errorf("%d bytes of %d, %v", len(got), len(c.want), err)
					}
					return
				}
				e := failure(t, err)
				if e.Class != c.class || e.Attempts != c.attempts || e.Status != 200 {
					t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
				}
				if c.class == fetchers.ClassCut && !strings.Contains(err.Error(), kind.String()) {
					t.Errorf("it doesn't say what the body is: %v", err)
				}
			})
		}
	}
}
