package fetchers_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

// TestExpect has each expectation of a body in memory and of one that streams.
func TestExpect(t *testing.T) {
	row := `{"id": 1, "text": "0123456789abcdef"}` + "\n"
	lines := strings.Repeat(row, 60_000)
	array := "[" + strings.Repeat(strings.TrimSpace(row)+",\n", 60_000) + "0]"
	for name, c := range map[string]struct {
		body   string
		expect fetchers.Expect
		class  fetchers.Class // empty: met
		text   string         // in the error
	}{
		"size":                 {row, fetchers.Expect{MinSize: int64(len(row)), MaxSize: int64(len(row))}, "", ""},
		"too small":            {row, fetchers.Expect{MinSize: int64(len(row)) + 1}, fetchers.ClassExpect, "min_size"},
		"too large":            {row, fetchers.Expect{MaxSize: int64(len(row)) - 1}, fetchers.ClassSize, "max_size"},
		"stream, size":         {lines, fetchers.Expect{MinSize: int64(len(lines)), MaxSize: int64(len(lines))}, "", ""},
		"stream, too small":    {lines, fetchers.Expect{MinSize: int64(len(lines)) + 1}, fetchers.ClassExpect, "min_size"},
		"stream, too large":    {lines, fetchers.Expect{MaxSize: int64(len(lines)) - 1}, fetchers.ClassSize, "max_size"},
		"sum":                  {row, fetchers.Expect{SHA256: strings.ToUpper(sum(row))}, "", ""},
		"another sum":          {row, fetchers.Expect{SHA256: sum(lines)}, fetchers.ClassExpect, sum(row)},
		"stream, sum":          {lines, fetchers.Expect{SHA256: sum(lines)}, "", ""},
		"stream, another sum":  {lines, fetchers.Expect{SHA256: sum(row)}, fetchers.ClassExpect, sum(lines)},
		"JSON":                 {row, fetchers.Expect{JSON: true}, "", ""},
		"JSON, BOM":            {"\ufeff" + row, fetchers.Expect{JSON: true}, "", ""},
		"JSON, same names":     {`{"a": 1, "a": 2}`, fetchers.Expect{JSON: true}, "", ""},
		"JSON, half a pair":    {`{"a": "\ud83d x", "\udc00": "\ud83d\u0041"}`, fetchers.Expect{JSON: true}, "", ""},
		"JSON, no UTF-8":       {"[\"\xed\xa0\xbd\"]", fetchers.Expect{JSON: true}, fetchers.ClassExpect, "UTF-8"},
		"lines, half a pair":   {row + `["\ud83d"]` + "\n", fetchers.Expect{Lines: true}, "", ""},
		"lines, no UTF-8":      {row + "[\"\xff\"]\n", fetchers.Expect{Lines: true}, fetchers.ClassExpect, "line 2: invalid UTF-8"},
		"stream, half a pair":  {array[:len(array)-2] + `"\ud83d"]`, fetchers.Expect{JSON: true}, "", ""},
		"stream, no UTF-8":     {array[:len(array)-2] + "\"\xff\"]", fetchers.Expect{JSON: true}, fetchers.ClassExpect, "UTF-8"},
		"two values":           {row + row, fetchers.Expect{JSON: true}, fetchers.ClassExpect, "JSON"},
		"cut JSON":             {row[:20], fetchers.Expect{JSON: true}, fetchers.ClassExpect, "JSON"},
		"no JSON":              {"", fetchers.Expect{JSON: true}, fetchers.ClassExpect, "JSON"},
		"stream of no JSON":    {strings.Repeat(" ", 2<<20), fetchers.Expect{JSON: true}, fetchers.ClassExpect, "JSON"},
		"stream, JSON":         {array, fetchers.Expect{JSON: true}, "", ""},
		"stream, BOM":          {"\ufeff" + array, fetchers.Expect{JSON: true}, "", ""},
		"stream, cut JSON":     {array[:len(array)-1], fetchers.Expect{JSON: true}, fetchers.ClassExpect, "JSON"},
		"stream, two values":   {array + " 1", fetchers.Expect{JSON: true}, fetchers.ClassExpect, "JSON"},
		"stream, NaN":          {array[:len(array)-2] + "NaN]", fetchers.Expect{JSON: true}, fetchers.ClassExpect, "JSON"},
		"lines":                {row + "\n" + row, fetchers.Expect{Lines: true}, "", ""},
		"lines, CRLF":          {"1\r\n2\r\n", fetchers.Expect{Lines: true}, "", ""},
		"lines, no last break": {row + "2", fetchers.Expect{Lines: true}, "", ""},
		"lines, none":          {"", fetchers.Expect{Lines: true}, "", ""},
		"bad line":             {row + row + "oops\n" + row, fetchers.Expect{Lines: true}, fetchers.ClassExpect, "line 3"},
		"cut line":             {row + row[:9], fetchers.Expect{Lines: true}, fetchers.ClassExpect, "line 2"},
		"stream, lines":        {lines, fetchers.Expect{Lines: true}, "", ""},
		"stream, bad line":     {lines + "{]\n" + row, fetchers.Expect{Lines: true}, fetchers.ClassExpect, "line 60001"},
		"stream, cut line":     {lines + row[:9], fetchers.Expect{Lines: true}, fetchers.ClassExpect, "line 60001"},
		"check":                {row, fetchers.Expect{Check: holds("id")}, "", ""},
		"check fails":          {row, fetchers.Expect{Check: holds("name")}, fetchers.ClassExpect, "expect.jq"},
		"check goes wrong":     {row, fetchers.Expect{Check: func(context.Context, []byte) (bool, error) { return false, errors.New("no such field") }}, fetchers.ClassExpect, "no such field"},
		"large check":          {lines, fetchers.Expect{Check: holds("id")}, "", ""},
		"large check fails":    {lines, fetchers.Expect{Check: holds("name")}, fetchers.ClassExpect, "expect.jq"},
	} {
		for _, framing := range []string{"length", "chunks"} {
			t.Run(name+" "+framing, func(t *testing.T) {
				t.Parallel()
				answer := ft.Reply(200, c.body)
				if framing == "chunks" {
					text := ft.Head(200, "Transfer-Encoding: chunked")
					for rest := c.body; rest != ""; {
						n := min(len(rest), 70_001)
						text += ft.Chunks(rest[:n])
						rest = rest[n:]
					}
					answer = ft.Raw(text+"0\r\n\r\n", ft.Keep)
				}
				r := quick(ft.NewServer(t, answer).URL)
				r.Expect = c.expect
				body, _, err := get(t, fetchers.New(fetchers.Options{}), r)
				if c.class == "" {
					if err != nil || body != c.body {
						t.Errorf("%d bytes of %d, %v", len(body), len(c.body), err)
					}
					return
				}
				if e := failure(t, err); e.Class != c.class || e.Attempts != 1 || e.Status != 200 || !strings.Contains(err.Error(), c.text) || len(err.Error()) > 300 {
					t.Errorf("class %s after %d attempts: %v", e.Class, e.Attempts, err)
				}
			})
		}
	}
}

func holds(text string) func(context.Context, []byte) (bool, error) {
	return func(_ context.Context, body []byte) (bool, error) { return bytes.Contains(body, []byte(text)), nil }
}

func TestContentTypes(t *testing.T) {
	f := fetchers.New(fetchers.Options{})
	for _, c := range []struct {
		got, want string
		ok        bool
	}{
		{"application/json", "application/json", true},
		{"Application/JSON; charset=utf-8", "application/json", true},
		{"image/png", "image/*", true},
		{"text/html", "image/*", false},
		{"text/html", "text/csv", false},
		{"text/html", "*/*", true},
		{"", "*/*", false},
		{"", "text/csv", false},
	} {
		r := quick(ft.NewServer(t, ft.Reply(200, doc, "Content-Type: "+c.got)).URL)
		r.Expect.ContentType = c.want
		_, _, err := get(t, f, r)
		if c.ok != (err == nil) {
			t.Errorf("%q for %q: %v", c.got, c.want, err)
		}
		if err != nil && string(failure(t, err).Head) != doc {
			t.Errorf("the head is %q", failure(t, err).Head)
		}
	}
}

// max_size is of what a body decodes to, however it was sent.
func TestMaxSizeIsOfWhatIsDecoded(t *testing.T) {
	srv := ft.NewServer(t, ft.Reply(200, packed(t, codec.Gzip, doc), "Content-Encoding: gzip"))
	f := fetchers.New(fetchers.Options{})
	for less, class := range []fetchers.Class{"", fetchers.ClassSize} {
		r := quick(srv.URL)
		r.Expect.MaxSize = int64(len(doc) - less)
		body, _, err := get(t, f, r)
		if class == "" && (err != nil || body != doc) || class != "" && failure(t, err).Class != class {
			t.Errorf("with room for all but %d: %q, %v", less, body, err)
		}
	}
}

func TestPageInMemory(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 200_000)
	srv := ft.NewServer(t, ft.Reply(200, large))
	f := fetchers.New(fetchers.Options{})
	r := quick(srv.URL)
	r.Small = true
	resp, err := f.Fetch(t.Context(), r)
	if err != nil || resp.Body != nil || string(resp.Bytes) != large {
		t.Fatalf("%v", err)
	}
	resp.Close()
	r.Expect.MaxSize = 2 << 20
	_, _, err = get(t, f, r)
	if e := failure(t, err); e.Class != fetchers.ClassSize {
		t.Error(err)
	}
}

func TestHeadOfARejectedAnswer(t *testing.T) {
	long := strings.Repeat("sorry ", 20_000)
	f := fetchers.New(fetchers.Options{})
	_, _, err := get(t, f, quick(ft.NewServer(t, ft.Reply(404, long, "X-Why: closed")).URL))
	e := failure(t, err)
	if len(e.Head) != 64<<10 || !strings.HasPrefix(long, string(e.Head)) || e.Header.Get("X-Why") != "closed" || e.Status != 404 {
		t.Errorf("status %d, %d bytes", e.Status, len(e.Head))
	}
}

// TestAMillionBytesInPieces feeds the check of a stream in pieces of every size.
func TestStreamChecksAreBlindToPieces(t *testing.T) {
	text := "\ufeff" + strings.Repeat(`{"a": [1, 2.5e3, "x\u00e9\n", null, {"b": {}}]}`+"\r\n", 30)
	for size := 1; size < 60; size++ {
		for _, lines := range []bool{true, false} {
			body := text
			if !lines {
				body = strings.Split(text, "\n")[0]
			}
			if err := fetchers.Feed(body, size, lines); err != nil {
				t.Fatalf("in pieces of %d, lines %v: %v", size, lines, err)
			}
			if err := fetchers.Feed(body[:len(body)-4], size, lines); err == nil {
				t.Fatalf("in pieces of %d, lines %v: a cut body passes", size, lines)
			}
		}
	}
}

func FuzzFeed(f *testing.F) {
	f.Add(`{"a": [1, "b"]}`+"\n[]\n", 3)
	f.Add("\"\xff\"", 1)
	f.Add("\ufeff1", 2)
	f.Add("\xef1", 1)
	f.Add(`"\ud83d"`, 1)
	f.Add("\"\xed\xa0\xbd\"", 1)
	f.Fuzz(func(t *testing.T, body string, size int) {
		size = max(1, size)
		for _, lines := range []bool{true, false} {
			whole, pieces := fetchers.Feed(body, len(body)+1, lines), fetchers.Feed(body, size, lines)
			if (whole == nil) != (pieces == nil) {
				t.Errorf("whole: %v; in pieces of %d: %v", whole, size, pieces)
			}
			direct := fetchers.Verify(body, lines)
			if (direct == nil) != (pieces == nil) {
				t.Errorf("in memory: %v; in pieces of %d: %v", direct, size, pieces)
			}
		}
	})
}

func TestManyDocumentsFewConnections(t *testing.T) {
	chunked := ft.Raw(ft.Head(404, "Transfer-Encoding: chunked")+ft.Chunks("none")+"0\r\n\r\n", ft.Keep)
	for _, method := range []string{"GET", "POST"} {
		srv := ft.NewServer(t, ft.Reply(200, doc), ft.Reply(404, "none"), ft.Reply(500, "oh"), chunked, ft.Reply(200, doc))
		var counts fetchers.Counts
		f := fetchers.New(fetchers.Options{Counts: &counts})
		for i := range 50 {
			r := quick(fmt.Sprint(srv.URL, "/", i))
			r.Method, r.Absent = method, []int{404}
			if _, _, err := get(t, f, r); err != nil {
				t.Fatal(err)
			}
		}
		if n := srv.Connections(); n != 1 {
			t.Errorf("%s: %d connections for 50 documents one after the other", method, n)
		}
		if r, c := counts.Requests.Load(), counts.Connections.Load(); r < 50 || c != 1 {
			t.Errorf("%s: counted %d requests over %d connections", method, r, c)
		}
	}
}
