package fetchers

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/asflow/asflow/fetchers/limit"
)

// Options is what all requests of a run share.
type Options struct {
	Limits    *limit.Set // nil: as limit.New makes it without rules
	PerHost   int        // idle connections kept for a host: the most requests at once; 0: 8
	Idle      int        // idle connections kept for all hosts; 0: four times as many
	UserAgent string     // "asflow/0.1 (+https://github.com/asflow/asflow)"
	Now       func() time.Time
	// Dir is what a relative file: URL and certificates' paths are relative to.
	Dir string
	// Proxy gives the proxy of requests that name none; nil: none. A program passes Proxies.
	Proxy func(*http.Request) (*url.URL, error)
	// Netrc is the file that netrc credentials are looked up in.
	Netrc string
	// Secret is told of tokens and passwords that come up; nil: nobody.
	Secret func(text string)
	// RedactCut takes secrets out of a text that may end in the midst of one; nil: it has none.
	RedactCut func(text string) string
	// Counts is told what is done; nil: nobody asks.
	Counts *Counts
	// Environ is what commands that print tokens have as their environment.
	Environ []string
}

// Counts is what a run has done by HTTP. Few connections for many requests means that they were used again.
type Counts struct{ Requests, Connections atomic.Int64 }

// New gives the fetcher that users see: one that makes of single requests, by a table of schemes, what can be relied
// on. Each part is a wrapper round the next, and sees what the next makes of a request:
//
//	retry     tries again, after a while, what may succeed then; gives ErrRestart where a stream starts over
//	check     says what the answer means, undoes Content-Encoding and judges the body
//	resume    goes on by Range where a large body broke off
//	redirect  follows, within the origin with all headers, beyond it with few
//	auth      adds credentials, and renews them once where they are refused
//	limit     waits for the places of host and names, and notes how the host fares
//	scheme    makes one request
//
// The fetcher is an io.Closer too, which closes the connections that nobody uses.
func New(o Options) Fetcher {
	web := newWeb(o)
	return assemble(o, schemes{"http": web, "https": web, "file": &files{dir: o.Dir}})
}

// assemble puts the wrappers round a table of schemes.
func assemble(o Options, table schemes) Fetcher {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Limits == nil {
		o.Limits = limit.New(limit.Options{Now: o.Now})
	}
	limited := &limited{next: table, set: o.Limits, hosts: newHosts(o.Limits.Concurrency), now: o.Now}
	tokens := newTokens(o)
	full := &retrier{table: table, next: &checker{next: &resumer{next: &redirector{next: &authorizer{next: limited, tokens: tokens, netrc: o.Netrc, secret: tokens.secret}}}}, now: o.Now}
	tokens.fetch = full
	return full
}

// schemes is the fetchers of single requests, by the scheme of the URL.
type schemes map[string]Fetcher

// HostOf gives the host that a URL's limits go by: host, and the port if it is not the scheme's; "" for file.
func HostOf(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || strings.EqualFold(scheme, "file") {
		return ""
	}
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	switch {
	case strings.EqualFold(scheme, "http"):
		rest = strings.TrimSuffix(rest, ":80")
	case strings.EqualFold(scheme, "https"):
		rest = strings.TrimSuffix(rest, ":443")
	}
	return strings.ToLower(strings.TrimSuffix(rest, ":"))
}
