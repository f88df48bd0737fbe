package hclspec

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/unicode/norm"
)

// errUnbuilt says that what a function reads is noted as unbuilt, and its value unknown.
var errUnbuilt = errors.New("not built yet")

// read gives the text of a file: decompressed by its extension, UTF-8 in NFC, without byte-order mark and \r.
func (c *call) read(at string) ([]byte, error) {
	at, err := c.env.fillPath(at)
	if err != nil {
		return nil, err
	}
	if at == "" {
		return nil, fmt.Errorf("the path is empty")
	}
	if hasStep(at, "..") {
		return nil, fmt.Errorf("%s leaves the project: a path must have no .. in it", at)
	}
	c.reads.path(at)
	f, err := c.open(at)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	body, err := decompress(f, at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return cleanText(body, at)
}

// open opens a file, or notes what it waits for.
func (c *call) open(at string) (io.ReadCloser, error) {
	if c.world == nil {
		if c.env.open == nil {
			return nil, fmt.Errorf("%s can't be read here", at)
		}
		return c.env.open(at)
	}
	f, err := c.world.Open(at)
	var u *Unbuilt
	if errors.As(err, &u) {
		c.reads.Unbuilt = append(c.reads.Unbuilt, *u)
		return nil, errUnbuilt
	}
	return f, err
}

func decompress(r io.Reader, at string) ([]byte, error) {
	switch {
	case strings.HasSuffix(at, ".gz"):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	case strings.HasSuffix(at, ".zst"):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return io.ReadAll(z)
	}
	return io.ReadAll(r)
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// cleanText checks and normalises a text.
func cleanText(b []byte, at string) ([]byte, error) {
	b = bytes.TrimPrefix(b, byteOrderMark)
	if !utf8.Valid(b) {
		line := 1
		for rest := b; len(rest) > 0; {
			r, n := utf8.DecodeRune(rest)
			if r == utf8.RuneError && n == 1 {
				break
			}
			if r == '\n' {
				line++
			}
			rest = rest[n:]
		}
		return nil, fmt.Errorf("%s is not UTF-8 text: see line %d. Convert it, for example by iconv -t UTF-8", at, line)
	}
	if bytes.IndexByte(b, '\r') >= 0 {
		b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
		b = bytes.TrimSuffix(b, []byte("\r"))
	}
	if !norm.NFC.IsNormal(b) {
		b = norm.NFC.Bytes(b)
	}
	return b, nil
}
