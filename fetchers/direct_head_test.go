package fetchers_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

func TestWhichHeadsAreReadQuickly(t *testing.T) {
	long := "Content-Length: 5"
	for name, c := range map[string]struct {
		answer string
		quick  bool
	}{
		"with a length":        {ft.Head(200, long, "ETag: \"a\"") + "whole", true},
		"with nothing":         {ft.Head(200, "Content-Length: 0"), true},
		"no length":            {ft.Head(200) + "whole", false},
		"two lengths":          {ft.Head(200, long, long) + "whole", false},
		"no number":            {ft.Head(200, "Content-Length: five") + "whole", false},
		"less than nothing":    {ft.Head(200, "Content-Length: -5") + "whole", false},
		"in chunks":            {ft.Head(200, long, "Transfer-Encoding: chunked") + "0\r\n\r\n", false},
		"of another status":    {ft.Head(404, long) + "whole", false},
		"of HTTP/1.0":          {"HTTP/1.0 200 OK\r\n" + long + "\r\n\r\nwhole", false},
		"the last of its kind": {ft.Head(200, long, "Connection: close") + "whole", false},
		"one that stays":       {ft.Head(200, "Connection: Keep-Alive", long) + "whole", true},
		"a folded line":        {ft.Head(200, long, "X: a\r\n b") + "whole", false},
		"no name":              {ft.Head(200, long, ": a") + "whole", false},
		"a space in a name":    {ft.Head(200, long, "X : a") + "whole", false},
		"a control character":  {ft.Head(200, long, "X: a\x01b") + "whole", false},
		"not whole":            {strings.TrimSuffix(ft.Head(200, long), "\n"), false},
	} {
		if got := fetchers.QuickHead([]byte(c.answer)) != nil; got != c.quick {
			t.Errorf("%s: quick is %t", name, got)
		}
	}
}

// FuzzQuickHead holds that what is read quickly is what net/http reads.
func FuzzQuickHead(f *testing.F) {
	for _, fields := range [][]string{
		{"Content-Length: 5"},
		{"content-length:5 ", "Set-Cookie: a=1", "set-cookie: b=2", "Date: Sat, 28 Nov 2026 10:00:00 GMT"},
		{"Content-Length: 50", "X-\xe4: \xe4", "ETag:"},
		{"Content-Length: 05", "Pragma: no-cache"},
	} {
		f.Add([]byte(ft.Head(200, fields...) + "whole"))
	}
	f.Add([]byte(ft.Head(200, "Connection: keep-alive", "Connection: close", "Content-Length: 5") + "whole"))
	f.Add([]byte("HTTP/1.1 200 \n\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		if len(answer) > 4<<10 {
			return
		}
		got := fetchers.QuickHead(answer)
		if got == nil {
			return
		}
		want, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), &http.Request{Method: http.MethodGet})
		if err != nil {
			t.Fatalf("net/http refuses %q: %v", answer, err)
		}
		if diff := cmp.Diff(want.Header, got.Header); diff != "" {
			t.Errorf("%q: %s", answer, diff)
		}
		if got.StatusCode != want.StatusCode || got.ContentLength != want.ContentLength || want.Close || len(want.TransferEncoding) > 0 {
			t.Errorf("%q: %d with %d bytes, not %d with %d (close %t)", answer, got.StatusCode, got.ContentLength, want.StatusCode, want.ContentLength, want.Close)
		}
		gotBody, gotErr := io.ReadAll(got.Body)
		wantBody, wantErr := io.ReadAll(want.Body)
		if !bytes.Equal(gotBody, wantBody) || !errors.Is(gotErr, wantErr) {
			t.Errorf("%q: body %q (%v), not %q (%v)", answer, gotBody, gotErr, wantBody, wantErr)
		}
	})
}
