//go:build !unix

package fetchers

import "net"

// quiet can't be told here, so that a connection that was idle for a while is not used again.
func quiet(net.Conn) bool { return false }
