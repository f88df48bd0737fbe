package fetchers

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
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
		auth, err := f.lookUp(HostOf(r.URL))
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

// lookUp gives a host's credentials from the netrc file.
func (f *authorizer) lookUp(host string) (Auth, error) {
	if f.netrc == "" {
		return Auth{}, fmt.Errorf("there is no netrc file to look %s up in", host)
	}
	text, err := os.ReadFile(f.netrc)
	if err != nil {
		return Auth{}, fmt.Errorf("netrc: %w", err)
	}
	name := host
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		name = host[:i] // netrc knows no ports
	}
	auth, ok := parseNetrc(string(text), strings.Trim(name, "[]"))
	if !ok {
		return Auth{}, fmt.Errorf("%s has no entry for %s", filepath.Base(f.netrc), name)
	}
	return auth, nil
}

// parseNetrc finds a machine's entry, or the default one after all machines before it.
func parseNetrc(text, host string) (Auth, bool) {
	auth, here, macro := Auth{Basic: true}, false, false
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if macro = macro && len(words) > 0; macro {
			continue // up to a blank line
		}
		for i := 0; i < len(words); i++ {
			value := func() string {
				if i++; i < len(words) {
					return words[i]
				}
				return ""
			}
			switch word := words[i]; {
			case strings.HasPrefix(word, "#"):
				i = len(words)
			case word == "machine" || word == "default":
				if here {
					return auth, true
				}
				here = word == "default" || strings.EqualFold(value(), host)
			case word == "macdef":
				i, macro = len(words), true
			case word == "login":
				if v := value(); here {
					auth.Username = v
				}
			case word == "password":
				if v := value(); here {
					auth.Password = v
				}
			case word == "account":
				value()
			}
		}
	}
	return auth, here
}
