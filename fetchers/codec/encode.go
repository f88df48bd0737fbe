package codec

import (
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	smallWindow = 1 << 20 // of bodies in memory, and of streams when many are open
	largeWindow = 8 << 20

	// quickBody is up to which size a body is compressed by looking for matches in one small table instead of two, the
	// larger of which is 1 MB and out of the caches by the next body. The outcome is 0 to 5 % larger, in a third to nine
	// tenths of the time; where there are few matches it is smaller, since letters are coded all the same.
	quickBody = 16 << 10
)

// The pools hold idle encoders and nothing that a caller could see. An encoder is taken for one body; a new one costs
// more than compressing a small body does.
var (
	zstdSmall [levels]sync.Pool
	zstdLarge [levels]sync.Pool
	gzipPool  [levels]sync.Pool

	// wide counts the streams that are compressed with a large window and several cores.
	wide = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))
)

// AppendEncode appends src, compressed as one frame or member, to dst. An empty src makes a whole, empty frame.
// Safe for use from many goroutines.
func AppendEncode(dst []byte, k Kind, levelName string, src []byte) ([]byte, error) {
	l, err := levelOf(levelName)
	if err != nil {
		return dst, err
	}
	switch k {
	case Zstd:
		if l == normal && len(src) <= quickBody {
			l = quick
		}
		enc, err := takeZstd(&zstdSmall[l], l, smallWindow, 1)
		if err != nil {
			return dst, err
		}
		dst = enc.EncodeAll(src, dst)
		zstdSmall[l].Put(enc)
		return dst, nil
	case Gzip:
		enc, err := takeGzip(l)
		if err != nil {
			return dst, err
		}
		w := appender{dst}
		enc.Reset(&w)
		if _, err = enc.Write(src); err == nil {
			err = enc.Close()
		}
		gzipPool[l].Put(enc)
		return w.b, err
	}
	return append(dst, src...), nil
}

type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// NewWriter compresses a stream into w, as one frame or member. The first streams that are open at once have a large
// window and the cores that are idle; others make do with little. Close ends the frame, gives the encoder back and leaves w open.
func NewWriter(w io.Writer, k Kind, levelName string) (io.WriteCloser, error) {
	l, err := levelOf(levelName)
	if err != nil {
		return nil, err
	}
	switch k {
	case Zstd:
		return newZstdWriter(w, l)
	case Gzip:
		enc, err := takeGzip(l)
		if err != nil {
			return nil, err
		}
		enc.Reset(w)
		return &writer{enc: enc, put: func() { enc.Reset(io.Discard); gzipPool[l].Put(enc) }}, nil
	}
	return plainWriter{w}, nil
}

func newZstdWriter(w io.Writer, l level) (io.WriteCloser, error) {
	pool, window, cores, isWide := &zstdSmall[l], smallWindow, 1, false
	select {
	case wide <- struct{}{}:
		pool, window, cores, isWide = &zstdLarge[l], largeWindow, min(2, runtime.GOMAXPROCS(0)), true
	default:
	}
	enc, err := takeZstd(pool, l, window, cores)
	if err != nil {
		return nil, err
	}
	enc.Reset(w)
	return &writer{enc: enc, put: func() {
		enc.Reset(nil)
		pool.Put(enc)
		if isWide {
			<-wide
		}
	}}, nil
}

func takeZstd(pool *sync.Pool, l level, window, cores int) (*zstd.Encoder, error) {
	if enc, ok := pool.Get().(*zstd.Encoder); ok {
		return enc, nil
	}
	speeds := [levels]zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedDefault, zstd.SpeedBetterCompression, zstd.SpeedBestCompression, zstd.SpeedFastest}
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(speeds[l]), zstd.WithWindowSize(window), zstd.WithEncoderConcurrency(cores),
		zstd.WithZeroFrames(true), zstd.WithAllLitEntropyCompression(l > fastest))
}

func takeGzip(l level) (*gzip.Writer, error) {
	if enc, ok := gzipPool[l].Get().(*gzip.Writer); ok {
		return enc, nil
	}
	numbers := [levels]int{fastest: gzip.BestSpeed, normal: gzip.DefaultCompression, better: 7, best: gzip.BestCompression}
	return gzip.NewWriterLevel(io.Discard, numbers[l])
}

// writer is a pooled encoder in use.
type writer struct {
	enc io.WriteCloser
	put func()
	err error
}

func (w *writer) Write(p []byte) (int, error) {
	if w.enc == nil {
		return 0, io.ErrClosedPipe
	}
	return w.enc.Write(p)
}

// Close may be called again, and gives what it gave first.
func (w *writer) Close() error {
	if w.enc == nil {
		return w.err
	}
	w.err = w.enc.Close()
	w.enc = nil
	w.put()
	return w.err
}

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }
