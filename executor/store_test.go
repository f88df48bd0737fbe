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
	var names []string
	if err := s.List("Z\u00fcrich", func(n []string) error { names = append(names, n...); return nil }); err != nil || len(names) != 1 {
		t.Errorf("the folder holds %q, %v", names, err)
	}
	if err := os.Rename(filepath.Join(dir, "b\xe4.txt"), filepath.Join(dir, "b\xe5.txt")); err != nil {
		t.Fatal(err)
	}
	if info, err := s.Stat("b\ufffd.txt"); err != nil || info.Size != 5 {
		t.Errorf("renamed: %v %v", info, err)
	}
	if _, err := s.Open("\u00fc.txt"); err == nil {
		t.Error("a file that isn't there was opened")
	}
}

// TestFoldsCase holds that it says what opening a file by another spelling says.
func TestFoldsCase(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"lower.hcl", "UPPER.HCL", "123"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(filepath.Join(dir, "Lower.hcl"))
	folds := err == nil
	for name, want := range map[string]bool{"lower.hcl": folds, "UPPER.HCL": folds, filepath.Join(dir, "lower.hcl"): folds, "123": false, "nothing": false} {
		if got := s.FoldsCase(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if err := os.Symlink("lower.hcl", filepath.Join(dir, "LOWER.HCL")); err == nil && !folds && s.FoldsCase("lower.hcl") {
		t.Error("a link of another spelling is taken as the file itself")
	}
}
