//go:build !linux

package executor

func asBatch() bool      { return false }
func asUsual()           {}
func startedAsUsual(int) {}
