//go:build unix

package fetchers_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/asflow/asflow/fetchers"
)

// Nothing is left of a command that prints a token, where the run ends first or the command takes too long.
func TestTokenCommandIsEndedWithItsChildren(t *testing.T) {
	for name, script := range map[string]string{
		"cancelled":            "exec 3>pipe; sleep 77 & echo >&3; wait",
		"cancelled, and stays": "trap '' TERM; exec 3>pipe; sleep 77 & echo >&3; wait; sleep 77",
		"too late":             "exec 3>pipe; sleep 77 & echo >&3; wait",
		"failed":               "exec 3>pipe; sleep 77 >/dev/null 2>&1 & echo >&3; exit 3",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			pipe := filepath.Join(dir, "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r := quick("http://127.0.0.1:1/")
			r.Timeouts.Response = time.Minute
			if name == "too late" {
				r.Timeouts.Response = 100 * time.Millisecond
			}
			r.Auth.Command = []string{"sh", "-c", script}
			ended := make(chan error, 1)
			go func() {
				_, err := fetchers.New(fetchers.Options{Dir: dir, Environ: os.Environ()}).Fetch(ctx, r)
				ended <- err
			}()
			f, err := os.Open(pipe)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if strings.HasPrefix(name, "cancelled") {
				if _, err := f.Read(make([]byte, 1)); err != nil {
					t.Fatal(err)
				}
				cancel()
			}
			_ = f.SetReadDeadline(time.Now().Add(time.Minute))
			if _, err := io.ReadAll(f); err != nil { // to the end, which comes when nobody has it open any more
				t.Error("something of the command is still there:", err)
			}
			e := failure(t, <-ended)
			if name == "too late" && (e.Class != fetchers.ClassTimeout || !strings.Contains(e.Error(), "sh, printed none within 100ms (timeouts.response)")) {
				t.Error(e)
			}
		})
	}
}
