package fetchers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
)

func (a *Auth) any() bool {
	return a.Bearer != "" || a.Basic || a.Netrc || a.TokenURL != "" || len(a.Command) > 0
}

// authorizer brings credentials into a form that the fetcher of a scheme can send: a bearer token, or a user and a
// password. A token that comes from elsewhere is renewed once where it is refused, unless that is known to be of no use.
type authorizer struct {
	next   Fetcher
	tokens *tokens
	netrc  string
	secret func(string)
}

func (f *authorizer) Fetch(ctx context.Context, r *Request) (*Response, error) {
	switch {
	case r.Auth.TokenURL != "" || len(r.Auth.Command) > 0:
		return f.withToken(ctx, r)
	case r.Auth.Netrc:
		auth, err := f.lookUp(r.URL)
		if err != nil {
			return nil, fail(r, ClassStatus, final, err)
		}
		f.secret(auth.Password)
		known := *r
		known.Auth = auth
		return f.next.Fetch(ctx, &known)
	}
	return f.next.Fetch(ctx, r)
}

func (f *authorizer) withToken(ctx context.Context, r *Request) (*Response, error) {
	t := f.tokens.of(&r.Auth)
	value, err := f.tokens.get(ctx, r, t, refusal{})
	if err != nil {
		return nil, err
	}
	known := *r
	known.Auth = Auth{Bearer: value}
	resp, err := f.next.Fetch(ctx, &known)
	if err != nil {
		return resp, err
	}
	if resp.Status != http.StatusUnauthorized {
		t.passed()
		return resp, nil
	}
	refused, ok := t.refused(value)
	if !ok {
		return resp, nil
	}
	readHead(resp)
	resp.Close()
	if value, err = f.tokens.get(ctx, r, t, refused); err != nil {
		return nil, err
	}
	known.Auth.Bearer = value
	resp, err = f.next.Fetch(ctx, &known)
	if err == nil {
		t.judge(value, resp.Status != http.StatusUnauthorized)
	}
	return resp, err
}

// lookUp gives the credentials that the netrc file has for a URL's host, and its user if it names one.
func (f *authorizer) lookUp(text string) (Auth, error) {
	u, err := url.Parse(text)
	if err != nil {
		return Auth{}, errors.Unwrap(err) // without the URL, which the failure shows
	}
	host, user, whose := u.Hostname(), u.User.Username(), u.Hostname()
	if user != "" {
		whose = user + " at " + host
	}
	if f.netrc == "" {
		return Auth{}, fmt.Errorf("there is no netrc file to look %s up in", whose)
	}
	content, err := os.ReadFile(f.netrc)
	if err != nil {
		return Auth{}, fmt.Errorf("netrc: %w", err)
	}
	auth, ok, err := parseNetrc(string(content), host, user) // netrc knows no ports
	switch {
	case err != nil:
		return Auth{}, fmt.Errorf("%s, %w", filepath.Base(f.netrc), err)
	case !ok:
		return Auth{}, fmt.Errorf("%s has no entry for %s", filepath.Base(f.netrc), whose)
	}
	return auth, nil
}
