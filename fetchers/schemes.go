package fetchers

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

func (s schemes) Fetch(ctx context.Context, r *Request) (*Response, error) {
	scheme, _, ok := strings.Cut(r.URL, ":")
	if !ok {
		return nil, fail(r, ClassURL, final, fmt.Errorf("the URL %q has no scheme: write https://… or file://…", r.URL))
	}
	f := s[scheme]
	if f == nil {
		f = s[strings.ToLower(scheme)]
	}
	if f == nil {
		return nil, fail(r, ClassURL, final, fmt.Errorf("nothing here can fetch %s: URLs, only %s", scheme, strings.Join(slices.Sorted(maps.Keys(s)), ", ")))
	}
	return f.Fetch(ctx, r)
}

// Close closes what the fetchers of schemes keep open for later.
func (s schemes) Close() error {
	for _, f := range s {
		if c, ok := f.(io.Closer); ok {
			_ = c.Close()
		}
	}
	return nil
}
