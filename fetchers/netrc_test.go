package fetchers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asflow/asflow/fetchers"
	ft "github.com/asflow/asflow/fetchers/fetchertest"
)

// A netrc file is read as curl reads it: words may be quoted, and of a machine's entries the one of the URL's user counts.
func TestNetrcIsReadAsCurlDoes(t *testing.T) {
	srv := ft.NewServer(t, ft.Reply(200, doc))
	for name, c := range map[string]struct {
		netrc, user string
		login, word string // what is sent
		fault       string // else
	}{
		"quoted":                 {netrc: `machine 127.0.0.1 login bob password "pa ss\"x\\\ty#"`, login: "bob", word: "pa ss\"x\\\ty#"},
		"a quote within":         {netrc: `machine 127.0.0.1 login bob password pa"ss`, login: "bob", word: `pa"ss`},
		"a quoted machine":       {netrc: `machine "127.0.0.1" login "bob" password "x"`, login: "bob", word: "x"},
		"quoted words of its":    {netrc: `machine other login "machine 127.0.0.1" password "login x"` + "\nmachine 127.0.0.1 login bob password x", login: "bob", word: "x"},
		"over lines":             {netrc: "machine\n127.0.0.1\nlogin\n  bob\npassword\r\n\"a b\"\r\n", login: "bob", word: "a b"},
		"a number sign":          {netrc: "# machine 127.0.0.1 login no\nmachine 127.0.0.1 # login no\n login bob password #x", login: "bob", word: "#x"},
		"the user's":             {netrc: "machine 127.0.0.1 login bob password no\nmachine 127.0.0.1 login alice password x", user: "alice@", login: "alice", word: "x"},
		"the user's, with word":  {netrc: "machine 127.0.0.1 password no login bob\nmachine 127.0.0.1 password x login alice", user: "alice:y@", login: "alice", word: "x"},
		"the user's, by default": {netrc: "machine 127.0.0.1 login bob password no\ndefault login alice password x", user: "alice@", login: "alice", word: "x"},
		"whoever the user is":    {netrc: "machine 127.0.0.1 password x", user: "al%20ice@", login: "al ice", word: "x"},
		"the first":              {netrc: "machine 127.0.0.1 login bob password x\nmachine 127.0.0.1 login alice password no", login: "bob", word: "x"},
		"nobody's":               {netrc: "machine 127.0.0.1 login bob password no\ndefault login ftp password no", user: "alice@", fault: "no entry for alice at 127.0.0.1"},
		"an open quote":          {netrc: "machine 127.0.0.1 login bob password \"hunter2\nmachine x", fault: "line 1: a quoted word does not end there"},
	} {
		file := filepath.Join(t.TempDir(), "netrc")
		if err := os.WriteFile(file, []byte(c.netrc), 0o600); err != nil {
			t.Fatal(err)
		}
		r := quick(strings.Replace(srv.URL, "//", "//"+c.user, 1))
		r.Auth = fetchers.Auth{Netrc: true}
		_, _, err := get(t, fetchers.New(fetchers.Options{Netrc: file}), r)
		if c.fault != "" {
			if e := failure(t, err); !strings.Contains(e.Error(), c.fault) || strings.Contains(e.Error(), "hunter2") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sent := srv.Requests()
		if login, word, _ := sent[len(sent)-1].BasicAuth(); login != c.login || word != c.word {
			t.Errorf("%s: sent %q and %q", name, login, word)
		}
	}
}
