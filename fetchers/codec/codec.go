// Package codec is what a file's extension or its first bytes mean, and the encoders and decoders that belong to it, all
// of them pooled.
//
// It knows nothing of HTTP: Content-Encoding is undone in package fetchers.
package codec

import (
	"bytes"
	"fmt"
	"strings"
)

// Kind is how a file is compressed.
type Kind uint8

const (
	None Kind = iota
	Gzip
	Zstd
)

// String gives the name that a user knows.
func (k Kind) String() string {
	switch k {
	case Gzip:
		return "gzip"
	case Zstd:
		return "zstd"
	}
	return "none"
}

// Of gives what a path's extension means: Gzip for .gz, Zstd for .zst, whatever stands before it.
func Of(path string) Kind {
	switch {
	case strings.HasSuffix(path, ".gz"):
		return Gzip
	case strings.HasSuffix(path, ".zst"):
		return Zstd
	}
	return None
}

var (
	gzipMagic = []byte{0x1f, 0x8b, 0x08}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// SniffLen is how many first bytes Sniff needs.
const SniffLen = 4

// Sniff tells a compressed body by its first bytes.
func Sniff(head []byte) Kind {
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		return Gzip
	case bytes.HasPrefix(head, zstdMagic):
		return Zstd
	}
	return None
}

// First is the byte that a kind of compressed body begins with.
func First(k Kind) byte {
	if k == Gzip {
		return gzipMagic[0]
	}
	return zstdMagic[0]
}

// level is an index into the tables of encoders.
type level int

const (
	fastest level = iota
	normal
	better
	best
	quick // has no name: it is what normal means for a small body

	levels = 5
)

// levelOf reads a level's name. Empty is the default.
func levelOf(name string) (level, error) {
	switch name {
	case "fastest":
		return fastest, nil
	case "", "default":
		return normal, nil
	case "better":
		return better, nil
	case "best":
		return best, nil
	}
	return 0, fmt.Errorf("no compression level is called %q: write fastest, default, better or best", name)
}
