//go:build !unix

package fetchers

import "net"

// quiet can't be told here, so that a connection that was idle for a while is not used again.
func quiet(net.Conn) bool { return false }

// exchange can't be had here.
type exchange struct{}

func newExchange(net.Conn) *exchange { return nil }

func (*exchange) do([]byte, []byte) (n int, rest []byte, err error) { panic("there is none") }
