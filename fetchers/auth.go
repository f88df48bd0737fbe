package fetchers

import (
	"context"
)

func (a *Auth) any() bool {
	return a.Bearer != "" || a.Basic || a.Netrc || a.TokenURL != "" || len(a.Command) > 0
}

// authorizer brings credentials into a form that the fetcher of a scheme can send.
type authorizer struct {
	next   Fetcher
	tokens *tokens
}

func (f *authorizer) Fetch(ctx context.Context, r *Request) (*Response, error) {
	return f.next.Fetch(ctx, r)
}

type tokens struct{ fetch Fetcher }

func newTokens(Options) *tokens { return &tokens{} }
