// Package fetchers turns one request into a stream of verified bytes: http, https and file, later more. Retry, limits
// and checks are wrappers round one small interface.
//
// It knows nothing of targets, outputs or the project.
package fetchers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"
)

// Fetcher does one request. A fetcher of a scheme makes one attempt; the wrappers, in the order of [New], make of it
// what users see.
type Fetcher interface {
	Fetch(ctx context.Context, r *Request) (*Response, error)
}

// Request is one request and how its answer is judged. It is not changed by fetchers, and may be used again.
type Request struct {
	Method string // empty: GET
	URL    string // absolute; http, https or file
	Header []Field
	Body   []byte
	Auth   Auth

	Expect    Expect
	Absent    []int // statuses that mean 'there is nothing here'
	End       []int // statuses that end a list of pages
	Retry     Retry
	Timeouts  Timeouts
	Redirects int      // at most; 0: none
	Limits    []string // named limits, beside the host's
	HTTP      string   // "auto", "1", "2"
	Proxy     string   // empty: from the environment
	TLS       TLS

	// Begun says that an earlier request of the same fetch has something written: it goes before new ones.
	Begun bool
	// ETag and LastModified make the request conditional.
	ETag, LastModified string
	// Kept is what an earlier run got of the body; the fetch goes on after it where that can be done.
	Kept *Kept
	// Small asks for the whole body in memory (Response.Bytes) whatever its size, up to Expect.MaxSize or 64 MB, for a
	// page that a program reads. Otherwise bodies up to 1 MB come so, larger ones as a stream.
	Small bool
	// Trace is told what happens; nil: nobody.
	Trace *Trace

	own   []Field // headers of ours, which no redirect drops
	tries *tries  // of the fetch that this request is an attempt of
}

// Field is a header field.
type Field struct{ Name, Value string }

func canonicalName(name string) string { return http.CanonicalHeaderKey(name) }

// hasField says whether there is a header of that name.
func hasField(fields []Field, canonical string) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return canonicalName(f.Name) == canonical })
}

// Auth is credentials.
type Auth struct {
	Bearer             string
	Basic              bool
	Username, Password string
	Netrc              bool
	TokenURL, ClientID string
	ClientSecret       string
	Scopes             []string
	Command            []string
}

// TLS is certificates, by path.
type TLS struct {
	CA, Cert, Key string
	Insecure      bool
}

// Expect is what an answer must be; all of it of the decoded body.
type Expect struct {
	Status      []int  // empty: any 2xx but 204 to 206
	ContentType string // "image/*" works
	MinSize     int64
	MaxSize     int64 // 0: no more than 1 GB at over 200 to 1 (of a page in memory: 64 MB)
	SHA256      string
	JSON        bool
	Lines       bool                                                 // each line must be JSON
	Packed      bool                                                 // JSON, Lines and Check are of what a body decodes to that is gzip or zstd itself
	Check       func(ctx context.Context, body []byte) (bool, error) // nil: none; needs the body in memory
	// Unpack has a body that is gzip or zstd itself decoded, as if its Content-Encoding said so.
	Unpack bool
	// Whole says that who reads the body takes it for JSON, and notices where a value is cut. A body that ends with its
	// connection is refused unless that, another check or the body itself proves that it is whole.
	Whole bool
	// Values asks for JSON values, as many as there are.
	Values bool
}

// Retry is how attempts follow each other.
type Retry struct {
	Attempts        int           // the first counted; 0 counts as 1
	Delay, MaxDelay time.Duration // 0: 1 s, 1 min
	MaxPause        time.Duration // 0: 1 h; negative: no pause at all
	Statuses        []int
	Expect          bool
}

// Timeouts of one attempt. 0: none.
type Timeouts struct{ Connect, Response, Idle time.Duration }

// Response is an answer whose status is one that the request can use: expected, absent, or an end of pages.
type Response struct {
	URL      string // after redirects
	Status   int
	Header   http.Header
	Meaning  Meaning
	Bytes    []byte        // the whole decoded, checked body; else
	Body     io.ReadCloser // a stream. It is checked when Read has given io.EOF, and not before
	Attempts int
	Received func() int64 // bytes of body from the network so far
	// Keep is what to keep of a Body beside its bytes, should a later run go on with it; nil: none could. The Body begins
	// with KeptSize bytes of Request.Kept. ErrRestart changes both.
	Keep     *Kept
	KeptSize int64

	length   int64   // of the body as sent; -1: unknown
	unframed bool    // only the end of the connection says where the body ends
	hop      hop     // what its host made of the request
	release  func()  // gives back the places in limits; nil: none are held
	buf      *buffer // what Bytes is in
	sent     sent    // what Body is, below all that reads it
	closed   bool
}

// Close releases what the response holds, limits included; after it Bytes may be used again by others. Always call it;
// calling it again does nothing.
func (r *Response) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	var err error
	if r.Body != nil {
		err = r.Body.Close()
	}
	if r.release != nil {
		r.release()
		r.release = nil
	}
	if r.buf != nil {
		r.buf.put()
		r.buf, r.Bytes = nil, nil
	}
	return err
}

// Head gives up to the first 64 KB of the body as far as it has been read, before Close; valid until then.
func (r *Response) Head() []byte {
	if b, ok := r.Body.(interface{ firstBytes() []byte }); ok {
		return b.firstBytes()
	}
	return r.Bytes[:min(len(r.Bytes), headLimit)]
}

// Meaning is what a status means to the request.
type Meaning uint8

const (
	Wanted      Meaning = iota
	NotModified         // to a conditional request
	Gone                // one of Request.Absent
	End                 // one of Request.End
)

// ErrRestart is given once by a Body's Read when an attempt broke off and the next one starts from the beginning: what
// was read so far is void, and what Read gives from now on is the body from its first byte.
var ErrRestart = errors.New("the body starts over")

// Error is a request that failed for good.
type Error struct {
	URL      string // secrets and all: redact before showing
	Status   int    // 0: no answer
	Attempts int
	Class    Class
	NotTried bool      // given up without a request: the host is held back or its retry budget is spent
	Until    time.Time // of a host that holds everything back
	Header   http.Header
	Head     []byte // up to 64 KB of a rejected answer's body
	Err      error

	verdict verdict
	hop     hop
}

// Class is the kind of a failure.
type Class string

const (
	ClassURL      Class = "url" // no such scheme, malformed
	ClassDNS      Class = "dns"
	ClassConnect  Class = "connect" // refused, reset at connect, timed out
	ClassTLS      Class = "tls"
	ClassTimeout  Class = "timeout" // response or idle
	ClassReset    Class = "reset"
	ClassCut      Class = "cut" // fewer bytes than promised, a cut chunk, a stream that can't be decoded to its end
	ClassStatus   Class = "status"
	ClassRedirect Class = "redirect"
	ClassExpect   Class = "expect" // an answer with a good status that is not what was expected
	ClassSize     Class = "size"   // over max_size, or a bomb
	ClassHeld     Class = "held"   // the host holds back longer than max_pause
	ClassFile     Class = "file"
	ClassCancel   Class = "cancelled"
)

// Trace is told of what happens to a request; its functions may be nil and must not block.
type Trace struct {
	Attempt func(n int)                                      // an attempt begins
	Retry   func(n int, after time.Duration, cause error)    // attempt n failed, the next comes after
	Held    func(host string, until time.Time, cause string) // the host is held back
	Bytes   func(n int)                                      // so many more bytes of body came
	Note    func(text string)                                // for people: headers dropped at a redirect, and such
	Waits   func(begins bool)                                // it begins to wait for limits, or has ceased to
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }
