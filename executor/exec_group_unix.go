//go:build unix

package executor

import (
	"os/exec"
	"syscall"
)

// ownGroup has a command start as the head of a process group, so that whatever it starts can be ended with it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// signalGroup sends a signal to a command's group; all of it may have ended meanwhile.
func signalGroup(cmd *exec.Cmd, s syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, s) }
