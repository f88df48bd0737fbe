package fetchers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// redirector follows redirects. What leaves the origin takes no header of the user's along but Accept and User-Agent,
// no credentials, and never a body.
type redirector struct{ next Fetcher }

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func (f *redirector) Fetch(ctx context.Context, r *Request) (*Response, error) {
	var seen []string
	for {
		resp, err := f.next.Fetch(ctx, r)
		if err != nil || !isRedirect(resp.Status) || r.Redirects <= 0 {
			return resp, err
		}
		if _, e := judge(r, resp); e == nil {
			return resp, nil // the request has a use for it
		}
		location := resp.Header.Get("Location")
		if location == "" {
			return resp, nil
		}
		seen = append(seen, r.URL)
		next, note, err := follow(r, resp.Status, location)
		if err == nil && len(seen) > r.Redirects {
			err = fmt.Errorf("more than %d redirects, the last to %s", r.Redirects, location)
		}
		if err == nil && next.Method == r.Method && slices.Contains(seen, next.URL) {
			err = fmt.Errorf("redirects in a circle, to %s again", next.URL)
		}
		if err != nil {
			return nil, reject(resp, &Error{URL: r.URL, Status: resp.Status, Class: ClassRedirect, Header: resp.Header, Err: err, hop: resp.hop})
		}
		readHead(resp)
		resp.Close()
		if t := r.Trace; note != "" && t != nil && t.Note != nil {
			t.Note(note)
		}
		r = next
	}
}

// follow gives the request that a redirect asks for, and a note of what it had to leave behind.
func follow(r *Request, status int, location string) (_ *Request, note string, _ error) {
	from, err := url.Parse(EscapeURL(r.URL))
	if err != nil {
		return nil, "", err
	}
	to, err := from.Parse(EscapeURL(location))
	if err != nil {
		return nil, "", fmt.Errorf("the redirect's Location, %q, is not a URL", location)
	}
	if to.Scheme != "http" && to.Scheme != "https" {
		return nil, "", fmt.Errorf("a redirect leads to %s, and only http and https are followed", to)
	}
	next := *r
	if to.User == nil && origin(from) == origin(to) {
		to.User = from.User
	}
	to.Fragment = ""
	next.URL = to.String()
	if _, err := url.Parse(next.URL); err != nil {
		return nil, "", fmt.Errorf("the redirect's Location, %q, is not a URL", location)
	}
	if (status == http.StatusMovedPermanently || status == http.StatusFound || status == http.StatusSeeOther) && (r.Method == http.MethodPost || status == http.StatusSeeOther) {
		next.Method, next.Body = http.MethodGet, nil
		next.Header = slices.DeleteFunc(slices.Clone(next.Header), func(f Field) bool { return strings.HasPrefix(canonicalName(f.Name), "Content-") })
	}
	if origin(from) == origin(to) {
		return &next, "", nil
	}
	if len(next.Body) > 0 {
		return nil, "", errors.New("a redirect would take the request's body to another origin, " + origin(to) + ": name that URL itself if it is to be trusted")
	}
	var dropped []string
	next.Header = slices.DeleteFunc(slices.Clone(next.Header), func(f Field) bool {
		name := canonicalName(f.Name)
		if name == "Accept" || name == "User-Agent" {
			return false
		}
		dropped = append(dropped, name)
		return true
	})
	if r.Auth.any() || from.User != nil {
		dropped = append(dropped, "Authorization")
		next.Auth = Auth{}
	}
	next.TLS.Cert, next.TLS.Key = "", ""
	if len(dropped) > 0 {
		note = fmt.Sprintf("a redirect leaves %s for %s: dropped %s", origin(from), origin(to), strings.Join(dropped, ", "))
	}
	return &next, note, nil
}

// origin is what decides who sees credentials: scheme, host and port.
func origin(u *url.URL) string {
	scheme := strings.ToLower(u.Scheme)
	return scheme + "://" + HostOf(scheme+"://"+u.Host)
}
