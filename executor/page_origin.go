package executor

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/asflow/asflow/fetchers"
)

// follow makes w.req, the recipe's own request, one for the next URL. own is the recipe's URL.
func (w *fetchWorker) follow(own string) error {
	p, pg := &w.pages, w.job.task.Fetch.Paginate
	w.req.URL = p.next
	if sameOrigin(own, p.next) {
		if pg.AddQuery == nil {
			return nil
		}
		with, err := pg.AddQuery(p.next, p.number, w.sink.lines, p.cursor)
		w.req.URL = with
		return err
	}
	if len(w.req.Body) > 0 {
		return fmt.Errorf("paginate: the next URL %s is of another origin, and the request has a body, which is not sent there", p.next)
	}
	kept := w.header[:0]
	for _, h := range w.header {
		if strings.EqualFold(h.Name, "Accept") || strings.EqualFold(h.Name, "User-Agent") {
			kept = append(kept, h)
		}
	}
	dropped := len(w.header) > len(kept) || hasAuth(&w.req.Auth)
	w.req.Header, w.req.Auth, w.req.TLS.Cert, w.req.TLS.Key = kept, fetchers.Auth{}, "", ""
	if dropped && !p.far {
		p.far = true
		w.tell(w.job, Event{Kind: Note, Text: w.Redact("the next URL " + p.next + " is of another origin: headers and auth are not sent there")})
	}
	return nil
}

// sameOrigin tells whether two URLs have scheme, host and port in common.
func sameOrigin(a, b string) bool {
	u, err := url.Parse(a)
	if err != nil {
		return false
	}
	v, err := url.Parse(b)
	if err != nil {
		return false
	}
	return strings.EqualFold(u.Scheme, v.Scheme) && strings.EqualFold(u.Hostname(), v.Hostname()) && port(u) == port(v)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
}

func hasAuth(a *fetchers.Auth) bool {
	return a.Bearer != "" || a.Basic || a.Netrc || a.TokenURL != "" || len(a.Command) > 0
}
