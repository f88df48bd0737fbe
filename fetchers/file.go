package fetchers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// files fetches file: URLs. file:///a/b is absolute, file:a/b and file://a/b relative to the project, and inside it. A file that is not there
// counts as a 404 to requests that know what to do with one.
type files struct{ dir string }

func (f *files) Fetch(ctx context.Context, r *Request) (*Response, error) {
	if ctx.Err() != nil {
		return nil, cancelled(ctx, r)
	}
	if r.Method != "" && r.Method != http.MethodGet || len(r.Body) > 0 {
		return nil, fail(r, ClassURL, final, errors.New("a file can only be read: its request has no method and no body"))
	}
	path, err := f.path(r.URL)
	if err != nil {
		return nil, fail(r, ClassURL, final, err)
	}
	file, info, err := openFile(path)
	if err != nil {
		return f.missing(r, err)
	}
	modified := info.ModTime().UTC().Format(http.TimeFormat)
	etag := `"` + strconv.FormatInt(info.Size(), 36) + "-" + strconv.FormatInt(info.ModTime().UnixNano(), 36) + `"`
	resp := &Response{
		URL: r.URL, Status: http.StatusOK, length: info.Size(),
		Header: http.Header{"Etag": {etag}, "Last-Modified": {modified}, "Content-Length": {strconv.FormatInt(info.Size(), 10)}, "Accept-Ranges": {"none"}},
	}
	if r.ETag == etag || r.ETag == "" && r.LastModified == modified {
		file.Close()
		resp.Status, resp.length = http.StatusNotModified, 0
		return resp, nil
	}
	body := &fileBody{ctx: ctx, r: r, f: file, left: info.Size()}
	resp.Body, resp.Received = body, body.read.Load
	return resp, nil
}

// openFile opens a file of bytes that lie there: one that others write into, such as a pipe, might keep us waiting for
// ever.
func openFile(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		what := "no regular file"
		if info.IsDir() {
			what = "a directory"
		}
		err = fmt.Errorf("%s is %s", path, what)
	}
	if err != nil {
		return nil, nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// path gives the path that a file: URL means.
func (f *files) path(text string) (string, error) {
	_, rest, _ := strings.Cut(text, ":")
	rest = strings.TrimPrefix(rest, "//")
	if host, local, ok := strings.Cut(rest, "/"); ok && strings.EqualFold(host, "localhost") {
		rest = "/" + local
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		what, written := "query", "%3F"
		if rest[i] == '#' {
			what, written = "fragment", "%23"
		}
		return "", fmt.Errorf("the URL %q: a file has no %s: write %s where its name has a %c", text, what, written, rest[i])
	}
	path, err := url.PathUnescape(rest)
	if err != nil {
		return "", fmt.Errorf("the URL %q: %w", text, err)
	}
	if path == "" || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("the URL %q names no file", text)
	}
	path = filepath.FromSlash(path)
	switch {
	case filepath.IsAbs(path):
		return path, nil
	case !filepath.IsLocal(path):
		return "", fmt.Errorf("the URL %q leaves the project: write the whole path of a file elsewhere, such as file:///data/a.csv", text)
	}
	return filepath.Join(f.dir, path), nil
}

func (f *files) missing(r *Request, err error) (*Response, error) {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		resp := &Response{URL: r.URL, Status: http.StatusNotFound, Header: http.Header{}}
		if m, e := judge(r, resp); e == nil && m != Wanted {
			return resp, nil
		}
	}
	return nil, fail(r, ClassFile, final, err)
}

// fileBody is a file that must have the size that it had when it was opened.
type fileBody struct {
	ctx  context.Context
	r    *Request
	f    *os.File
	left int64
	read atomic.Int64
}

func (b *fileBody) Read(p []byte) (int, error) {
	if b.ctx.Err() != nil {
		return 0, cancelled(b.ctx, b.r)
	}
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.f.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.read.Add(int64(n))
	if t := b.r.Trace; t != nil && t.Bytes != nil && n > 0 {
		t.Bytes(n)
	}
	switch {
	case err == io.EOF && b.left > 0:
		return n, fail(b.r, ClassCut, again, fmt.Errorf("the file lost %d bytes while it was read", b.left))
	case err != nil && err != io.EOF:
		return n, fail(b.r, ClassFile, final, err)
	}
	return n, nil
}

func (b *fileBody) Close() error { return b.f.Close() }
