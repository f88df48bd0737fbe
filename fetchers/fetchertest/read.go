package fetchertest

import (
	"bytes"
	"errors"
	"io"

	"github.com/asflow/asflow/fetchers"
)

// ReadAll gives a response's whole body, however it comes, and closes it.
func ReadAll(r *fetchers.Response) ([]byte, error) {
	defer r.Close()
	if r.Body == nil {
		return bytes.Clone(r.Bytes), nil
	}
	var all bytes.Buffer
	p := make([]byte, 64<<10)
	for {
		n, err := r.Body.Read(p)
		switch {
		case errors.Is(err, fetchers.ErrRestart):
			all.Reset()
			continue
		case err == io.EOF:
			all.Write(p[:n])
			return all.Bytes(), nil
		case err != nil:
			return all.Bytes(), err
		}
		all.Write(p[:n])
	}
}
