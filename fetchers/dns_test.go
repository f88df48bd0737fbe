package fetchers

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestNamesAreLookedUpOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, broken := 0, errors.New("no answer")
		n := newNames(time.Now)
		n.look = func(_ context.Context, host string) ([]string, error) {
			time.Sleep(time.Second)
			if asked++; host == "broken" {
				return nil, broken
			}
			return []string{"192.0.2.1"}, nil
		}
		all := func(want int) {
			t.Helper()
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if addrs, err := n.get(t.Context(), "a"); err != nil || len(addrs) != 1 {
						t.Error(addrs, err)
					}
				})
			}
			wg.Wait()
			if asked != want {
				t.Errorf("looked up %d times, not %d", asked, want)
			}
		}
		all(1)
		time.Sleep(50 * time.Second)
		all(1)
		time.Sleep(11 * time.Second)
		all(2)
		n.forget("a")
		all(3)
		for range 2 {
			if _, err := n.get(t.Context(), "broken"); !errors.Is(err, broken) {
				t.Error(err)
			}
		}
		if addrs, err := n.get(t.Context(), "::1"); err != nil || addrs[0] != "::1" || asked != 5 {
			t.Errorf("an address was looked up: %v, %v, %d", addrs, err, asked)
		}
	})
}

// Connections of any way are opened by what is known of a name, which is asked anew where none of its addresses answers.
func TestConnectionsShareWhatIsKnownOfAName(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "body") }))
	srv.Config.SetKeepAlivesEnabled(false)
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	var counts Counts
	web, asked := newWeb(Options{Counts: &counts}), 0
	web.pool.names.look = func(context.Context, string) ([]string, error) { asked++; return []string{"127.0.0.1"}, nil }
	fetch := func(method string) error {
		resp, err := web.Fetch(t.Context(), &Request{Method: method, URL: "http://a.example:" + port + "/"})
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Close()
		}
		return err
	}
	for i := range 6 {
		if err := fetch([]string{"GET", "POST"}[i%2]); err != nil {
			t.Fatal(err)
		}
	}
	if n := counts.Connections.Load(); asked != 1 || n != 6 {
		t.Errorf("asked %d times for %d connections", asked, n)
	}
	srv.Close()
	for want := 1; want <= 2; want++ { // the first is by what is known
		if err := fetch("GET"); err == nil || asked != want {
			t.Errorf("asked %d times, not %d: %v", asked, want, err)
		}
	}
}

func TestAddressesAreTriedInTurn(t *testing.T) {
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		addrs []string
		want  string
		took  time.Duration
	}{
		"one":           {[]string{"good"}, "good", 0},
		"first":         {[]string{"good", "bad"}, "good", 0},
		"second":        {[]string{"bad", "good"}, "good", 0},
		"while it lags": {[]string{"hangs", "hangs", "good"}, "good", 2 * nextAfter},
		"none":          {[]string{"bad", "bad"}, "", 0},
		"no address":    {nil, "", 0},
		"out of time":   {[]string{"hangs", "bad"}, "", 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start, got := time.Now(), ""
				conn, err := race(ctx, c.addrs, func(ctx context.Context, addr string) (net.Conn, error) {
					switch addr {
					case "hangs":
						<-ctx.Done()
						return nil, ctx.Err()
					case "bad":
						return nil, refused
					}
					got = addr
					here, there := net.Pipe()
					_ = there.Close()
					return here, nil
				})
				if took := time.Since(start); got != c.want || (err == nil) != (c.want != "") || took != c.took {
					t.Errorf("%q after %v: %v", got, took, err)
				}
				if conn != nil {
					_ = conn.Close()
				}
			})
		})
	}
}
