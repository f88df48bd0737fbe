package fetchers_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

// guarded answers those who have one of the tokens.
func guarded(tokens ...string) ft.Answer {
	return func(e *ft.Exchange) ft.End {
		for _, t := range tokens {
			if e.Header.Get("Authorization") == t {
				return ft.Reply(200, doc)(e)
			}
		}
		return ft.Reply(401, "who are you?")(e)
	}
}

func TestPlainCredentials(t *testing.T) {
	dir := t.TempDir()
	netrc := filepath.Join(dir, "netrc")
	if err := os.WriteFile(netrc, []byte("# comment\nmachine other login no password no\nmacdef x\nmachine 127.0.0.1 login no password no\n\nmachine 127.0.0.1\n login me\n password pa:ss\ndefault login nobody password none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "Basic bWU6cGE6c3M="
	for name, c := range map[string]struct {
		auth fetchers.Auth
		user string
		want string
	}{
		"none":              {fetchers.Auth{}, "", ""},
		"bearer":            {fetchers.Auth{Bearer: "abc"}, "", "Bearer abc"},
		"basic":             {fetchers.Auth{Basic: true, Username: "me", Password: "pa:ss"}, "", want},
		"in the URL":        {fetchers.Auth{}, "me:pa%3Ass@", want},
		"netrc":             {fetchers.Auth{Netrc: true}, "", want},
		"command":           {fetchers.Auth{Command: []string{"sh", "-c", `echo "token $X"`}}, "", "Bearer token 5"},
		"bearer before URL": {fetchers.Auth{Bearer: "abc"}, "me:x@", "Bearer abc"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := ft.NewServer(t, ft.Reply(200, doc))
			r := quick(strings.Replace(srv.URL, "//", "//"+c.user, 1))
			r.Auth = c.auth
			told := ""
			f := fetchers.New(fetchers.Options{Netrc: netrc, Environ: append(os.Environ(), "X=5"), Secret: func(text string) { told += text }})
			if _, _, err := get(t, f, r); err != nil {
				t.Fatal(err)
			}
			if want := map[string]string{"netrc": "pa:ss", "command": "token 5"}[name]; told != want {
				t.Errorf("told of the secrets %q, not %q", told, want)
			}
			q := srv.Requests()[0]
			if got := q.Header.Get("Authorization"); got != c.want || strings.Contains(q.Host, "@") {
				t.Errorf("sent %q to %q, want %q", got, q.Host, c.want)
			}
		})
	}
}

func TestCredentialFaults(t *testing.T) {
	srv := ft.NewServer(t, ft.Reply(200, doc))
	srv.Handle("/no-token", ft.Reply(200, `{"error": "secret"}`))
	srv.Handle("/refuses", ft.Reply(401, "no"))
	for name, auth := range map[string]fetchers.Auth{
		"a line break":         {Bearer: "a\nX-Evil: b"},
		"no netrc":             {Netrc: true},
		"no such command":      {Command: []string{"/no/such/command"}},
		"a command that fails": {Command: []string{"sh", "-c", "echo because >&2; exit 3"}},
		"prints nothing":       {Command: []string{"true"}},
		"prints two lines":     {Command: []string{"sh", "-c", "echo a; echo b"}},
		"no token":             {TokenURL: srv.URL + "/no-token", ClientID: "id", ClientSecret: "secret"},
		"refuses":              {TokenURL: srv.URL + "/refuses", ClientID: "id", ClientSecret: "secret"},
	} {
		r := quick(srv.URL)
		r.Auth = auth
		_, _, err := get(t, fetchers.New(fetchers.Options{}), r)
		if e := failure(t, err); e.Attempts != 1 || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "X-Evil") {
			t.Errorf("%s: %d attempts: %v", name, e.Attempts, err)
		}
	}
	for _, q := range srv.Requests() {
		if q.URL.Path == "/" {
			t.Error("the request went without its credentials")
		}
	}
}

func TestTokenIsSharedAndRenewed(t *testing.T) {
	srv := ft.NewServer(t)
	srv.Handle("/token",
		ft.Reply(200, `{"access_token": "one", "expires_in": 3600}`),
		ft.Reply(200, `{"access_token": "two", "expires_in": "100"}`), // a string, as some have it
		ft.Reply(200, `{"access_token": "three"}`))
	srv.Handle("/first", guarded("Bearer one"))
	srv.Handle("/then", guarded("Bearer two"))
	srv.Handle("/last", guarded("Bearer three"))
	srv.Handle("/never", guarded())
	var mu sync.Mutex
	now := time.Unix(1e9, 0)
	var told []string
	f := fetchers.New(fetchers.Options{
		Now:    func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
		Secret: func(text string) { mu.Lock(); defer mu.Unlock(); told = append(told, text) },
	})
	fetch := func(path string) error {
		r := quick(srv.URL + path)
		r.Auth = fetchers.Auth{TokenURL: srv.URL + "/token", ClientID: "i:d", ClientSecret: "s", Scopes: []string{"a", "b"}}
		_, _, err := get(t, f, r)
		return err
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := fetch("/first"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := fetch("/then"); err != nil { // refused once, then with a new one
		t.Error(err)
	}
	later := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
	later(89 * time.Second)
	if err := fetch("/then"); err != nil || len(told) != 2 {
		t.Error(err, told)
	}
	later(2 * time.Second) // the second has not expired yet, and is renewed
	if err := fetch("/last"); err != nil {
		t.Error(err)
	}
	e := failure(t, fetch("/never"))
	if e.Status != 401 {
		t.Error(e)
	}
	if want := []string{"one", "two", "three", "three"}; !slices.Equal(told, want) {
		t.Errorf("told of the secrets %q, not %q", told, want)
	}
	asked, last := 0, 0
	for _, q := range srv.Requests() {
		if q.URL.Path == "/last" {
			last++
		}
		if q.URL.Path == "/token" {
			asked++
			if user, _, _ := q.BasicAuth(); user != "i%3Ad" || q.Method != http.MethodPost || q.Text != "grant_type=client_credentials&scope=a+b" {
				t.Errorf("asked as %q with %q", user, q.Text)
			}
		}
	}
	if last != 1 {
		t.Errorf("asked %d times with a token that expires, before it was renewed", last-1)
	}
	if asked != 4 { // one for all, one refused, one expired, one more for /never
		t.Errorf("asked for a token %d times", asked)
	}
}

// A command that prints a token is asked once by all, and again where its token is refused.
func TestCommandIsAskedOnce(t *testing.T) {
	dir := t.TempDir()
	srv := ft.NewServer(t, guarded("Bearer x", "Bearer xx"))
	srv.Handle("/then", guarded("Bearer xx"))
	srv.Handle("/never", guarded())
	f := fetchers.New(fetchers.Options{Dir: dir, Environ: os.Environ()})
	fetch := func(path string) error {
		r := quick(srv.URL + path)
		r.Auth.Command = []string{"sh", "-c", "printf x >> asked; cat asked"}
		_, _, err := get(t, f, r)
		return err
	}
	asked := func() string {
		b, _ := os.ReadFile(filepath.Join(dir, "asked"))
		return string(b)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if err := fetch(fmt.Sprint("/", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if asked() != "x" {
		t.Errorf("asked %d times by 20", len(asked()))
	}
	for range 8 {
		wg.Go(func() {
			if err := fetch("/then"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if asked() != "xx" {
		t.Errorf("asked %d times, after the first was refused", len(asked()))
	}
	if e := failure(t, fetch("/never")); e.Status != 401 || e.Attempts != 1 || asked() != "xxx" {
		t.Errorf("asked %d times, status %d after %d attempts", len(asked()), e.Status, e.Attempts)
	}
}

// What a token's source says may hold a secret: of an answer that should have been a token nothing is kept, and what a
// command says of its failure is cut where no part of a secret is left.
func TestSourcesOfTokensTellNoSecrets(t *testing.T) {
	srv := ft.NewServer(t, ft.Reply(200, `{"access_token": "hunter2", "expires_in"`))
	srv.Handle("/refuses", ft.Reply(400, `{"error": "invalid_client"}`))
	f := fetchers.New(fetchers.Options{Environ: os.Environ(), RedactCut: func(text string) string { return strings.TrimSuffix(text, "hunt") }})
	r := quick(srv.URL + "/x")
	r.Auth = fetchers.Auth{TokenURL: srv.URL + "/token", ClientID: "id", ClientSecret: "s"}
	_, _, err := get(t, f, r)
	if e := failure(t, err); len(e.Head) > 0 || e.Status != 200 {
		t.Errorf("status %d, kept is %q", e.Status, e.Head)
	}
	r.Auth.TokenURL = srv.URL + "/refuses"
	_, _, err = get(t, f, r)
	if e := failure(t, err); e.Status != 400 || !strings.Contains(string(e.Head), "invalid_client") {
		t.Errorf("status %d, kept is %q", e.Status, e.Head)
	}
	r.Auth = fetchers.Auth{Command: []string{"sh", "-c", "printf '%0496dhunter2' 7 >&2; exit 1"}}
	if _, _, err = get(t, f, r); !strings.HasSuffix(failure(t, err).Error(), "007") {
		t.Error(err)
	}
}

// TestTokenServersWantTheSecretTheirWay has token servers that take the client's secret in the header, or in the body,
// or not at all.
func TestTokenServersWantTheSecretTheirWay(t *testing.T) {
	const token = `{"access_token": "one", "expires_in": 10}`
	ways := map[string]ft.Answer{
		"in the header": func(e *ft.Exchange) ft.End {
			if user, password, _ := e.BasicAuth(); user == "i%3Ad" && password == "s+%26" && !strings.Contains(e.Text, "client_secret") {
				return ft.Reply(200, token)(e)
			}
			return ft.Reply(401, `{"error": "invalid_client"}`)(e)
		},
		"in the body": func(e *ft.Exchange) ft.End {
			if e.Header.Get("Authorization") == "" && e.Text == "client_id=i%3Ad&client_secret=s+%26&grant_type=client_credentials" {
				return ft.Reply(200, token)(e)
			}
			return ft.Reply(400, `{"error": "invalid_request", "error_description": "there is no client_id"}`)(e)
		},
		"another": func(e *ft.Exchange) ft.End {
			if e.Header.Get("Authorization") != "" {
				return ft.Reply(401, `{"error": "invalid_client"}`)(e)
			}
			return ft.Reply(400, `{"error": "no credentials"}`)(e)
		},
		"broken": ft.Reply(500, "oh"),
	}
	for name, answer := range ways {
		srv := ft.NewServer(t, guarded("Bearer one"))
		srv.Handle("/token", answer)
		now := time.Unix(1e9, 0)
		f := fetchers.New(fetchers.Options{Now: func() time.Time { return now }})
		r := quick(srv.URL + "/x")
		r.Auth = fetchers.Auth{TokenURL: srv.URL + "/token", ClientID: "i:d", ClientSecret: "s &"}
		var err error
		for range 3 {
			_, _, err = get(t, f, r)
			now = now.Add(time.Minute) // each wants a new one
		}
		asked := 0
		for _, q := range srv.Requests() {
			if q.URL.Path == "/token" {
				asked++
			}
		}
		// The way that is found is kept to.
		want := map[string]int{"in the header": 3, "in the body": 4, "another": 6, "broken": 9}[name]
		if asked != want || (err == nil) != strings.HasPrefix(name, "in the") {
			t.Errorf("%s: asked %d times, not %d: %v", name, asked, want, err)
		}
		if err != nil {
			if e := failure(t, err); name == "another" && (e.Status != 401 || !strings.Contains(string(e.Head), "invalid_client")) {
				t.Errorf("%s: status %d, %q", name, e.Status, e.Head)
			}
		}
	}
}

// A 401 of a good token is not the token's fault: its source is asked once whether it has another, and not for each.
func TestSourcesAreNotAskedForEachRefusal(t *testing.T) {
	for name, command := range map[string]string{"the same token": "printf x >> asked; echo x", "another token": "printf x >> asked; cat asked"} {
		dir := t.TempDir()
		srv := ft.NewServer(t, func(e *ft.Exchange) ft.End {
			if strings.HasSuffix(e.URL.Path, "0") {
				return ft.Reply(401, "not you")(e)
			}
			return ft.Reply(200, doc)(e)
		})
		f := fetchers.New(fetchers.Options{Dir: dir, Environ: os.Environ()})
		fetch := func(n int) error {
			r := quick(srv.URL + fmt.Sprint("/", n))
			r.Auth.Command = []string{"sh", "-c", command}
			_, _, err := get(t, f, r)
			return err
		}
		asked := func() int {
			b, _ := os.ReadFile(filepath.Join(dir, "asked"))
			return len(b)
		}
		for n := 1; n <= 50; n++ {
			if err := fetch(n); (err == nil) != (n%10 != 0) {
				t.Errorf("%s, %d: %v", name, n, err)
			}
		}
		if asked() != 2 {
			t.Errorf("%s: asked %d times for 5 refusals", name, asked())
		}
		var wg sync.WaitGroup
		for n := range 64 { // where all are refused it is asked now and then
			wg.Go(func() {
				if err := fetch(1000 + 10*n); err == nil {
					t.Errorf("%s: %d was not refused", name, 1000+10*n)
				}
			})
		}
		wg.Wait()
		if got := asked(); got > 2+7 {
			t.Errorf("%s: asked %d times after 64 refusals more", name, got)
		}
	}
}

// A token that is refused in its turn, after others were without reason, is renewed.
func TestTokenIsRenewedAfterDoubts(t *testing.T) {
	dir := t.TempDir()
	srv := ft.NewServer(t, guarded("Bearer xx"))
	srv.Handle("/never", guarded())
	srv.Handle("/then", guarded("Bearer xxx"))
	f := fetchers.New(fetchers.Options{Dir: dir, Environ: os.Environ()})
	for _, c := range []struct {
		path   string
		passes bool
		asked  string
	}{
		{"/never", false, "xx"}, {"/a", true, "xx"}, {"/never", false, "xx"}, {"/then", true, "xxx"}, {"/never", false, "xxxx"},
	} {
		r := quick(srv.URL + c.path)
		r.Auth.Command = []string{"sh", "-c", "printf x >> asked; cat asked"}
		_, _, err := get(t, f, r)
		if b, _ := os.ReadFile(filepath.Join(dir, "asked")); (err == nil) != c.passes || string(b) != c.asked {
			t.Errorf("%s: %v, asked %d times", c.path, err, len(b))
		}
	}
}
