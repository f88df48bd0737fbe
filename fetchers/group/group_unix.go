//go:build unix

package group

import (
	"os/exec"
	"syscall"
)

// Own has a command start as the head of a process group, so that whatever it starts can be ended with it.
func Own(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// Signal sends a signal to a command's group; all of it may have ended meanwhile.
func Signal(cmd *exec.Cmd, s syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, s) }
