//go:build !unix

package group

import (
	"os/exec"
	"syscall"
)

// Own does nothing where there are no process groups.
func Own(*exec.Cmd) {}

// Signal ends the command itself, since there is no asking, and no group.
func Signal(cmd *exec.Cmd, _ syscall.Signal) { _ = cmd.Process.Kill() }
