package executor

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestNamesInAnySpelling holds that a file whose name is not UTF-8 in NFC is found by the text that it reads as.
func TestNamesInAnySpelling(t *testing.T) {
	dir := t.TempDir()
	for at, text := range map[string]string{"Zu\u0308rich/e\u0301.txt": "composed", "b\xe4.txt": "bytes", "plain.txt": "plain"} {
		at = filepath.Join(dir, at)
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o666); err != nil {
			t.Skip("the file system takes no such name:", err)
		}
	}
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{"Z\u00fcrich/\u00e9.txt": "composed", "b\ufffd.txt": "bytes", "plain.txt": "plain"} {
		f, err := s.Open(at)
		if err != nil {
			t.Errorf("open %s: %v", at, err)
			continue
		}
		got, _ := io.ReadAll(f)
		f.Close()
		if info, err := s.Stat(at); string(got) != want || err != nil || info.Size != int64(len(want)) {
			t.Errorf("%s holds %q, %v %v", at, got, info, err)
		}
	}
	if _, err := s.Open("\u00fc.txt"); err == nil {
		t.Error("a file that isn't there was opened")
	}
}
