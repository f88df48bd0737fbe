package fetchers

import (
	"context"
	"errors"
	"net"
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
