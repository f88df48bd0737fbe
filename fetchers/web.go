package fetchers

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/asflow/asflow/fetchers/limit"
)

const acceptEncoding = "gzip, deflate, zstd"

// web makes single requests by HTTP.
type web struct {
	pool  *transports
	made  *atomic.Int64
	agent string
	plain http.Header // of requests without headers of their own; shared, and never changed
}

func newWeb(o Options) *web {
	if o.UserAgent == "" {
		o.UserAgent = "asflow"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Counts == nil {
		o.Counts = new(Counts)
	}
	if o.PerHost <= 0 {
		o.PerHost = limit.DefaultConcurrency
	}
	if o.Idle <= 0 {
		o.Idle = 4 * o.PerHost
	}
	return &web{
		pool:  newTransports(o),
		made:  &o.Counts.Requests,
		agent: o.UserAgent,
		plain: http.Header{"User-Agent": {o.UserAgent}, "Accept-Encoding": {acceptEncoding}},
	}
}

func (w *web) Fetch(ctx context.Context, r *Request) (*Response, error) {
	req, err := w.request(r)
	if err != nil {
		return nil, fail(r, ClassURL, final, err)
	}
	connections, err := w.pool.get(r)
	if err != nil {
		return nil, fail(r, ClassTLS, final, err)
	}
	w.made.Add(1)
	resp, err := connections.fetch(ctx, req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, cancelled(ctx, r)
		}
		return nil, dialError(r, err)
	}
	body := &webBody{ctx: ctx, r: r, body: resp.Body}
	return &Response{
		URL: r.URL, Status: resp.StatusCode, Header: resp.Header, Body: body, Received: body.Received,
		length: resp.ContentLength,
		// HTTP/2 says itself that a stream ends. TLS might, but one that doesn't is accepted by crypto/tls.
		unframed: resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && resp.ProtoMajor == 1,
	}, nil
}

// Close closes idle connections.
func (w *web) Close() error {
	w.pool.closeIdle()
	return nil
}

func (w *web) request(r *Request) (*http.Request, error) {
	u, err := url.Parse(EscapeURL(r.URL))
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err // its text would repeat the URL
		}
		return nil, fmt.Errorf("the URL is malformed: %w", err)
	}
	if u.Hostname() == "" {
		return nil, errors.New("the URL names no host")
	}
	req := &http.Request{Method: r.Method, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if req.Method == "" {
		req.Method = http.MethodGet
	}
	if req.Header, err = w.header(r, u, req); err != nil {
		return nil, err
	}
	if r.Body != nil {
		req.ContentLength = int64(len(r.Body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
		req.Body, _ = req.GetBody()
	}
	return req, nil
}

func (w *web) header(r *Request, u *url.URL, req *http.Request) (http.Header, error) {
	if len(r.Header) == 0 && len(r.own) == 0 && r.Auth.Bearer == "" && !r.Auth.Basic && u.User == nil && r.ETag == "" && r.LastModified == "" {
		return w.plain, nil
	}
	h := make(http.Header, 4+len(r.Header))
	for _, fields := range [...][]Field{r.Header, r.own} {
		for _, f := range fields {
			if !httpguts.ValidHeaderFieldName(f.Name) || !httpguts.ValidHeaderFieldValue(f.Value) {
				return nil, fmt.Errorf("the header %q can't be sent: it holds a character that headers can't have", f.Name)
			}
			h.Add(f.Name, f.Value)
		}
	}
	if host := h.Get("Host"); host != "" {
		req.Host = host
		h.Del("Host")
	}
	switch {
	case r.Auth.Bearer != "":
		h.Set("Authorization", "Bearer "+r.Auth.Bearer)
	case r.Auth.Basic:
		h.Set("Authorization", basic(r.Auth.Username, r.Auth.Password))
	case u.User != nil && h.Get("Authorization") == "":
		password, _ := u.User.Password()
		h.Set("Authorization", basic(u.User.Username(), password))
	}
	if v := h.Get("Authorization"); v != "" && !httpguts.ValidHeaderFieldValue(v) {
		return nil, errors.New("the credentials hold a character that headers can't have, such as a line break")
	}
	u.User = nil
	if r.ETag != "" {
		h.Set("If-None-Match", r.ETag)
	}
	if r.LastModified != "" {
		h.Set("If-Modified-Since", r.LastModified)
	}
	for name, values := range w.plain {
		if _, ok := h[name]; !ok {
			h[name] = values
		}
	}
	return h, nil
}

func basic(username, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}
