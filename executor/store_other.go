//go:build !linux

package executor

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

func listNames(f *os.File, each func([]string) error) error {
	for {
		entries, err := f.ReadDir(4096)
		names := make([]string, 0, len(entries))
		for _, e := range entries {
			if e.Type()&os.ModeSymlink != 0 {
				if _, err := os.Stat(filepath.Join(f.Name(), e.Name())); err != nil {
					continue
				}
			}
			names = append(names, e.Name())
		}
		if len(names) > 0 {
			if err := each(names); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
