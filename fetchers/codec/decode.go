package codec

import (
	"bufio"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is the largest window that a zstd stream may ask for: what `zstd --long` makes, and no more, since it is
// taken as memory before a byte is decoded.
const maxWindow = 128 << 20

const readBuffer = 64 << 10

var (
	zstdReaders sync.Pool // of *zstdReader
	gzipReaders sync.Pool // of *gzipReader
)

// NewReader decompresses a stream to the end of r, through all its frames or members. A stream that is cut off, or that
// is empty, ends with io.ErrUnexpectedEOF; anything after the last frame that is not another is an error. Close gives the
// decoder back and leaves r open.
func NewReader(r io.Reader, k Kind) (io.ReadCloser, error) {
	switch k {
	case Zstd:
		return newZstdReader(r)
	case Gzip:
		return newGzipReader(r), nil
	}
	return io.NopCloser(r), nil
}

// zstdReader guards a decoder that takes an empty stream for a whole one.
type zstdReader struct {
	dec  *zstd.Decoder
	src  source
	open bool
}

// source notes whether anything came, and the error that ended it.
type source struct {
	r   io.Reader
	any bool
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.any = s.any || n > 0
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func newZstdReader(r io.Reader) (io.ReadCloser, error) {
	z, ok := zstdReaders.Get().(*zstdReader)
	if !ok {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		z = &zstdReader{dec: dec}
	}
	z.src, z.open = source{r: r}, true
	if err := z.dec.Reset(&z.src); err != nil {
		return nil, err
	}
	return z, nil
}

func (z *zstdReader) Read(p []byte) (int, error) {
	if !z.open {
		return 0, io.ErrClosedPipe
	}
	n, err := z.dec.Read(p)
	switch {
	case err == nil:
	case z.src.err != nil:
		err = z.src.err // the cause, not what the decoder makes of it
	case errors.Is(err, io.EOF) && !z.src.any:
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (z *zstdReader) Close() error {
	if !z.open {
		return nil
	}
	z.open = false
	err := z.dec.Reset(nil)
	z.src = source{}
	if err == nil {
		zstdReaders.Put(z)
	}
	return nil
}

// gzipReader reads the first header when it is first read, so that opening never blocks.
type gzipReader struct {
	dec     *gzip.Reader
	buf     *bufio.Reader
	started bool
	open    bool
	err     error
}

func newGzipReader(r io.Reader) *gzipReader {
	g, ok := gzipReaders.Get().(*gzipReader)
	if !ok {
		g = &gzipReader{dec: new(gzip.Reader), buf: bufio.NewReaderSize(nil, readBuffer)}
	}
	g.buf.Reset(r)
	g.started, g.open, g.err = false, true, nil
	return g
}

func (g *gzipReader) Read(p []byte) (int, error) {
	switch {
	case !g.open:
		return 0, io.ErrClosedPipe
	case g.err != nil:
		return 0, g.err
	case !g.started:
		g.started = true
		if err := g.dec.Reset(g.buf); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			g.err = err
			return 0, err
		}
	}
	n, err := g.dec.Read(p)
	g.err = err
	return n, err
}

func (g *gzipReader) Close() error {
	if !g.open {
		return nil
	}
	g.open = false
	g.buf.Reset(nil)
	gzipReaders.Put(g)
	return nil
}
