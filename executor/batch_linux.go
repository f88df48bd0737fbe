package executor

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// asBatch has the system schedule this process as batch work, where it is scheduled as any other: what wakes does not
// push aside at once who is running, such as a server on the same machine, or another of our threads. See sched(7).
// False: nothing was changed.
func asBatch() bool {
	a, err := unix.SchedGetAttr(0, 0)
	if err != nil || a.Policy != unix.SCHED_NORMAL {
		return false
	}
	schedule(unix.SCHED_BATCH)
	return true
}

// asUsual undoes asBatch.
func asUsual() { schedule(unix.SCHED_NORMAL) }

// startedAsUsual undoes asBatch for a command that was started, and all that it will start.
func startedAsUsual(pid int) { setPolicy(pid, unix.SCHED_NORMAL) }

// schedule sets the policy of all threads. Those that come later have that of the one that makes them.
func schedule(policy uint32) {
	threads, _ := os.ReadDir("/proc/self/task") // it is only about speed
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			setPolicy(id, policy)
		}
	}
}

func setPolicy(id int, policy uint32) {
	if a, err := unix.SchedGetAttr(id, 0); err == nil {
		a.Policy = policy
		_ = unix.SchedSetAttr(id, a, 0)
	}
}
