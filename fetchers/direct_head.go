package fetchers

import (
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// quickHead reads the head of the answer that nearly all are: a 200 of HTTP/1.1 with a Content-Length and nothing else
// that says how its body or connection ends, all of it there already. It makes one text of it, where net/http makes one
// of each line. Of every other head it reads nothing, and gives nil: net/http is to read it, or to say what is wrong.
func (c *directConn) quickHead(req *http.Request) *http.Response {
	there, _ := c.r.Peek(c.r.Buffered())
	end := bytes.Index(there, []byte("\r\n\r\n"))
	if end < 0 || req.Method != http.MethodGet {
		return nil
	}
	text := string(there[:end])
	line, rest, _ := strings.Cut(text, "\r\n")
	if !strings.HasPrefix(line, "HTTP/1.1 200 ") || !httpguts.ValidHeaderFieldValue(line) {
		return nil
	}
	n := strings.Count(rest, "\r\n") + 1
	resp := &http.Response{
		Status: line[len("HTTP/1.1 "):], StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, n), ContentLength: -1, Request: req,
	}
	values := make([]string, 0, n)
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		name, value, ok := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		if !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil
		}
		switch name = textproto.CanonicalMIMEHeaderKey(name); name {
		case "Transfer-Encoding", "Trailer", "Pragma":
			return nil
		case "Connection":
			if !strings.EqualFold(value, "keep-alive") {
				return nil
			}
		case "Content-Length":
			n, err := strconv.ParseUint(value, 10, 63)
			if err != nil || resp.ContentLength >= 0 {
				return nil
			}
			resp.ContentLength = int64(n)
		}
		if before, ok := resp.Header[name]; ok {
			resp.Header[name] = append(before, value)
			continue
		}
		values = append(values, value)
		resp.Header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	if resp.ContentLength < 0 {
		return nil
	}
	_, _ = c.r.Discard(end + len("\r\n\r\n"))
	resp.Body = http.NoBody
	if resp.ContentLength > 0 {
		resp.Body = &sizedBody{r: c.r, left: resp.ContentLength}
	}
	return resp
}

// sizedBody is a body of so many bytes.
type sizedBody struct {
	r    io.Reader
	left int64
}

// Read gives io.EOF with the last bytes, and io.ErrUnexpectedEOF where they don't come.
func (b *sizedBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case b.left == 0:
		return n, io.EOF
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (b *sizedBody) Close() error { return nil }
