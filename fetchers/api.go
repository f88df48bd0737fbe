package fetchers

import (
	"time"

	"github.com/asflow/asflow/fetchers/limit"
)

// Options is what all requests of a run share.
type Options struct {
	Limits    *limit.Set
	PerHost   int    // idle connections kept for a host: the most requests at once
	UserAgent string // "asflow/0.1 (+https://github.com/asflow/asflow)"
	Now       func() time.Time
	// Dir is what a relative file: URL and certificates' paths are relative to.
	Dir string
}

// New gives the fetcher that users see: schemes by a table, each attempt limited, checked, and tried again.
func New(o Options) Fetcher { panic("contract") }

// HostOf gives the host that a URL's limits go by: host, and the port if it is not the scheme's; "" for file.
func HostOf(url string) string { panic("contract") }
