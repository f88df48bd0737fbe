package fetchers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/asflow/asflow/fetchers/group"
)

// tokenLimit is the most that a token's source may print.
const tokenLimit = 64 << 10

// tokens gets bearer tokens from elsewhere, one for all requests that name the same source.
type tokens struct {
	fetch   Fetcher // of the whole, for token servers
	now     func() time.Time
	environ []string
	dir     string
	secret  func(string)
	cut     func(string) string // takes secrets out of what was cut off

	mu       sync.Mutex
	bySource map[string]*token
}

func newTokens(o Options) *tokens {
	if o.Secret == nil {
		o.Secret = func(string) {}
	}
	if o.RedactCut == nil {
		o.RedactCut = func(text string) string { return text }
	}
	return &tokens{secret: o.Secret, cut: o.RedactCut, now: o.Now, environ: o.Environ, dir: o.Dir, bySource: map[string]*token{}}
}

// of gives the token of the source that credentials name.
func (ts *tokens) of(a *Auth) *token {
	key := strings.Join(append(append([]string{a.TokenURL, a.ClientID, a.ClientSecret}, a.Scopes...), a.Command...), "\x00")
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t := ts.bySource[key]
	if t == nil {
		t = &token{lock: make(chan struct{}, 1)}
		ts.bySource[key] = t
	}
	return t
}

// get gives a source's token, and a new one where the old one is known to be refused.
func (ts *tokens) get(ctx context.Context, r *Request, t *token, refused refusal) (string, error) {
	select {
	case t.lock <- struct{}{}:
	case <-ctx.Done():
		return "", cancelled(ctx, r)
	}
	defer func() { <-t.lock }()
	if value := t.good(ts.now(), refused); value != "" {
		return value, nil
	}
	var (
		value string
		until time.Time
		err   error
	)
	if len(r.Auth.Command) > 0 {
		value, err = ts.command(ctx, r)
	} else {
		value, until, err = ts.oauth(ctx, r, t)
	}
	if err != nil {
		return "", err
	}
	ts.secret(value)
	t.renew(value, until, refused)
	return value, nil
}

// command runs the program that prints a token. It has as long as an answer may take; where it does not end in time, or fails,
// nothing of what it has started is left.
func (ts *tokens) command(ctx context.Context, r *Request) (string, error) {
	args := r.Auth.Command
	timed := ctx
	if limit := r.Timeouts.Response; limit > 0 {
		var stop context.CancelFunc
		timed, stop = context.WithTimeout(ctx, limit)
		defer stop()
	}
	cmd := exec.CommandContext(timed, args[0], args[1:]...)
	cmd.Env, cmd.Dir, cmd.WaitDelay = ts.environ, ts.dir, time.Second
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	group.Own(cmd)
	cmd.Cancel = func() error { group.Signal(cmd, syscall.SIGTERM); return nil }
	out, err := cmd.Output()
	if err != nil && cmd.Process != nil {
		group.Signal(cmd, syscall.SIGKILL)
	}
	switch {
	case ctx.Err() != nil:
		return "", cancelled(ctx, r)
	case err != nil && timed.Err() != nil:
		return "", fail(r, ClassTimeout, final, fmt.Errorf("the command that prints a token, %s, printed none within %v (timeouts.response)", args[0], r.Timeouts.Response))
	case err != nil:
		var exit *exec.ExitError
		if errors.As(err, &exit) && len(exit.Stderr) > 0 {
			said := bytes.TrimSpace(exit.Stderr)
			err = fmt.Errorf("%w: %s", err, ts.cut(string(said[:min(len(said), 500)])))
		}
		return "", ts.fail(r, fmt.Errorf("the command that prints a token, %s: %w", args[0], err))
	}
	value := strings.TrimSpace(string(out))
	if value == "" || len(value) > tokenLimit || strings.ContainsAny(value, "\r\n") {
		return "", ts.fail(r, fmt.Errorf("the command that prints a token, %s, printed none: it must be one line", args[0]))
	}
	return value, nil
}

// oauth asks a token server, with the client's secret in the header, as the standard has it, and where that is refused
// in the body, as some servers do.
func (ts *tokens) oauth(ctx context.Context, r *Request, t *token) (string, time.Time, error) {
	value, until, err := ts.grant(ctx, r, t.inBody)
	if t.inBody || !refusesClient(err) {
		return value, until, err
	}
	value, until, again := ts.grant(ctx, r, true)
	if again != nil {
		return "", time.Time{}, err // of the way that all must know
	}
	t.inBody = true
	return value, until, nil
}

// refusesClient says that a token server may not have seen who asks.
func refusesClient(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusBadRequest || e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

// grant makes one request for a token, by OAuth 2 client credentials (RFC 6749, 4.4).
func (ts *tokens) grant(ctx context.Context, r *Request, inBody bool) (string, time.Time, error) {
	a := &r.Auth
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(a.Scopes) > 0 {
		form.Set("scope", strings.Join(a.Scopes, " "))
	}
	client := Auth{Basic: true, Username: url.QueryEscape(a.ClientID), Password: url.QueryEscape(a.ClientSecret)}
	if inBody {
		client = Auth{}
		form.Set("client_id", a.ClientID)
		form.Set("client_secret", a.ClientSecret)
	}
	asked := ts.now()
	resp, err := ts.fetch.Fetch(ctx, &Request{
		Method: http.MethodPost, URL: a.TokenURL, Body: []byte(form.Encode()),
		Header: []Field{{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
		Auth:   client,
		Small:  true, Expect: Expect{MaxSize: tokenLimit, JSON: true},
		Retry: r.Retry, Timeouts: r.Timeouts, HTTP: r.HTTP, Proxy: r.Proxy, TLS: r.TLS,
	})
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Err = fmt.Errorf("no token from %s: %w", HostOf(a.TokenURL), e.Err)
			e.verdict = final // it was tried again as the request itself would be
			if e.Status < 300 {
				e.Head = nil // there may be a token in it, of which nobody knows that it is a secret
			}
		}
		return "", time.Time{}, err
	}
	defer resp.Close()
	var answer struct {
		Token   string      `json:"access_token"`
		Expires json.Number `json:"expires_in"` // some write it as a string
	}
	if err := json.Unmarshal(resp.Bytes, &answer); err != nil || answer.Token == "" {
		return "", time.Time{}, ts.fail(r, fmt.Errorf("the token server %s answered without an access_token", HostOf(a.TokenURL)))
	}
	seconds, err := answer.Expires.Float64()
	if err != nil || seconds <= 0 {
		return answer.Token, time.Time{}, nil
	}
	// Renewed with a tenth of its life left, half a minute at most, so that none expires on its way.
	life := after(asked, seconds).Sub(asked)
	return answer.Token, asked.Add(life - min(life/10, 30*time.Second)), nil
}

func (ts *tokens) fail(r *Request, err error) *Error { return fail(r, ClassStatus, final, err) }
