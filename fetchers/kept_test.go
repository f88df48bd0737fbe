package fetchers_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/asflow/asflow/fetchers"
	"github.com/asflow/asflow/fetchers/codec"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

// TestGoOnWithWhatWasKept has fetches begin with what an earlier run got of the body.
func TestGoOnWithWhatWasKept(t *testing.T) {
	body, newer := noise(3<<20), "newer"+noise(2<<20)
	const etag = `ETag: "v1"`
	n := 2 << 20
	part := func(from, to, total int, fields ...string) string {
		return ft.Head(206, append(fields, fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, to, total), fmt.Sprintf("Content-Length: %d", len(body)-from))...)
	}
	whole := ft.Reply(200, body, etag)
	good := rest(body, etag)
	for name, c := range map[string]struct {
		answers  []ft.Answer
		kept     string // what is there now
		want     string
		requests []string // their ranges
		restarts int
		keptSize int64 // as the first answer told
	}{
		"goes on":              {[]ft.Answer{good}, body[:n], body, []string{"bytes=2097152-"}, 0, int64(n)},
		"says nothing of it":   {[]ft.Answer{rest(body), whole}, body[:n], body, []string{"bytes=2097152-", ""}, 0, 0},
		"after a 500":          {[]ft.Answer{ft.Reply(500, "oh"), good}, body[:n], body, []string{"bytes=2097152-", "bytes=2097152-"}, 0, int64(n)},
		"cut again":            {[]ft.Answer{ft.Raw(part(n, len(body)-1, len(body), etag)+body[n:n+1000], ft.Close), good}, body[:n], body, []string{"bytes=2097152-", "bytes=2098152-"}, 0, int64(n)},
		"a new version":        {[]ft.Answer{ft.Reply(200, newer, `ETag: "v2"`)}, body[:n], newer, []string{"bytes=2097152-"}, 0, 0},
		"a small new version":  {[]ft.Answer{ft.Reply(200, "tiny", `ETag: "v2"`)}, body[:n], "tiny", []string{"bytes=2097152-"}, 0, 0},
		"no ranges there":      {[]ft.Answer{whole}, body[:n], body, []string{"bytes=2097152-"}, 0, 0},
		"another offset":       {[]ft.Answer{ft.Raw(part(n-1, len(body)-1, len(body), etag)+body[n-1:], ft.Keep), whole}, body[:n], body, []string{"bytes=2097152-", ""}, 0, 0},
		"another size":         {[]ft.Answer{ft.Raw(part(n, len(body), len(body)+1, etag)+body[n:], ft.Close), whole}, body[:n], body, []string{"bytes=2097152-", ""}, 0, 0},
		"another validator":    {[]ft.Answer{ft.Raw(part(n, len(body)-1, len(body), `ETag: "v2"`)+body[n:], ft.Close), whole}, body[:n], body, []string{"bytes=2097152-", ""}, 0, 0},
		"no Content-Range":     {[]ft.Answer{ft.Reply(206, body[n:], etag), whole}, body[:n], body, []string{"bytes=2097152-", ""}, 0, 0},
		"encoded":              {[]ft.Answer{ft.Raw(part(n, len(body)-1, len(body), etag, "Content-Encoding: gzip")+body[n:], ft.Close), whole}, body[:n], body, []string{"bytes=2097152-", ""}, 0, 0},
		"416":                  {[]ft.Answer{ft.Reply(416, "", "Content-Range: bytes */5"), whole}, body[:n], body, []string{"bytes=2097152-", ""}, 0, 0},
		"what is there is cut": {[]ft.Answer{good, whole}, body[:n-1], body, []string{"bytes=2097152-", ""}, 1, int64(n)},
		"and is too much":      {[]ft.Answer{good, whole}, body[:n+1], body, []string{"bytes=2097152-", ""}, 1, int64(n)},
		"the rest can't go on": {[]ft.Answer{ft.Raw(part(n, len(body)-1, len(body), etag)+body[n:n+1000], ft.Close), ft.Reply(416, ""), whole}, body[:n], body, []string{"bytes=2097152-", "bytes=2098152-", ""}, 1, int64(n)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := ft.NewServer(t, c.answers...)
			r := quick(srv.URL)
			r.Kept = &fetchers.Kept{
				Size: int64(n), Length: int64(len(body)), Validator: `"v1"`, Header: http.Header{"Etag": {`"v1"`}, "Content-Type": {"text/plain"}},
				Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(c.kept)), nil },
			}
			resp, err := fetchers.New(fetchers.Options{}).Fetch(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Status != 200 || resp.KeptSize != c.keptSize {
				t.Errorf("status %d, the first %d bytes are those that were kept", resp.Status, resp.KeptSize)
			}
			if k := resp.Keep; resp.Body != nil && (k == nil || k.Length != int64(len(c.want))) {
				t.Errorf("to be kept: %+v", k)
			}
			got, restarts, err := readCounting(resp)
			if err != nil || got != c.want || restarts != c.restarts {
				t.Errorf("%d bytes of %d after %d restarts, %v", len(got), len(c.want), restarts, err)
			}
			var asked []string
			for _, q := range srv.Requests() {
				asked = append(asked, q.Header.Get("Range"))
				if ranged := q.Header.Get("Range") != ""; ranged != (q.Header.Get("If-Range") == `"v1"`) {
					t.Errorf("asked with %v", q.Header)
				}
			}
			if fmt.Sprint(asked) != fmt.Sprint(c.requests) {
				t.Errorf("asked for %q, want %q", asked, c.requests)
			}
		})
	}
}

// readCounting reads all, and says how often the body began anew.
func readCounting(r *fetchers.Response) (text string, restarts int, err error) {
	defer r.Close()
	if r.Body == nil {
		return string(r.Bytes), 0, nil
	}
	var b strings.Builder
	for p := make([]byte, 64<<10); ; {
		n, err := r.Body.Read(p)
		b.Write(p[:n])
		switch {
		case errors.Is(err, fetchers.ErrRestart):
			b.Reset()
			restarts++
		case err == io.EOF:
			return b.String(), restarts, nil
		case err != nil:
			return b.String(), restarts, err
		}
	}
}

// TestWhatMayBeKept: a later run can go on only with bytes that are those of the file, of a length and a version that are
// known.
func TestWhatMayBeKept(t *testing.T) {
	body := noise(3 << 20)
	const etag = `ETag: "v1"`
	for name, c := range map[string]struct {
		answer ft.Answer
		ok     bool
	}{
		"by its tag":    {ft.Reply(200, body, etag), true},
		"compressed":    {ft.Reply(200, packed(t, codec.Gzip, body), etag, "Content-Encoding: gzip"), false},
		"of any length": {ft.Raw(ft.Head(200, etag, "Transfer-Encoding: chunked")+ft.Chunks(body)+"0\r\n\r\n", ft.Keep), false},
		"by a weak tag": {ft.Reply(200, body, `ETag: W/"v1"`), false},
		"of no version": {ft.Reply(200, body), false},
	} {
		resp, err := fetchers.New(fetchers.Options{}).Fetch(t.Context(), quick(ft.NewServer(t, c.answer).URL))
		if err != nil {
			t.Fatal(name, err)
		}
		if k := resp.Keep; (k != nil) != c.ok || c.ok && (k.Length != int64(len(body)) || k.Validator != `"v1"`) {
			t.Errorf("%s: %+v", name, k)
		}
		if got, _, err := readCounting(resp); err != nil || got != body {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// TestKeptIsForNobodyElse: what was kept is no answer to a request that has another use for the status.
func TestKeptIsForNobodyElse(t *testing.T) {
	srv := ft.NewServer(t, ft.Reply(404, "gone"))
	r := quick(srv.URL)
	r.Absent = []int{404}
	r.Kept = &fetchers.Kept{Size: 5, Length: 9, Validator: `"v1"`, Open: func() (io.ReadCloser, error) { return nil, errors.New("not to be asked for") }}
	resp, err := fetchers.New(fetchers.Options{}).Fetch(t.Context(), r)
	if err != nil || resp.Meaning != fetchers.Gone {
		t.Fatalf("%v", err)
	}
	resp.Close()
}
