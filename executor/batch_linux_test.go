package executor

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

func TestBatch(t *testing.T) {
	policy := func(id int) uint32 {
		t.Helper()
		a, err := unix.SchedGetAttr(id, 0)
		if err != nil {
			t.Fatal(err)
		}
		return a.Policy
	}
	before := policy(os.Getpid())
	changed := asBatch()
	if changed != (before == unix.SCHED_NORMAL) {
		t.Fatalf("policy %d: changed %v", before, changed)
	}
	if !changed {
		return // whoever has chosen another policy keeps it
	}
	defer asUsual()
	if got := policy(os.Getpid()); got != unix.SCHED_BATCH {
		t.Errorf("policy %d", got)
	}
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if startedAsUsual(cmd.Process.Pid); policy(cmd.Process.Pid) != unix.SCHED_NORMAL {
		t.Error("the command is batch work, too")
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if asUsual(); policy(os.Getpid()) != unix.SCHED_NORMAL {
		t.Error("it is batch work for ever")
	}
}
