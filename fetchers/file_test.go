package fetchers_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asflow/asflow/fetchers"
)

// TestFiles has file: URLs that are not those of files.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.WriteFile(filepath.Join(dir, "a.json"), []byte(doc), 0o644),
		os.WriteFile(filepath.Join(dir, "a b#c?d%e"), []byte(doc), 0o644),
		os.WriteFile(filepath.Join(dir, "secret"), []byte(doc), 0),
		os.Symlink("a.json", filepath.Join(dir, "link")),
		os.Symlink("nowhere", filepath.Join(dir, "dangling")),
		os.Mkdir(filepath.Join(dir, "folder"), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	pipe := exec.Command("mkfifo", filepath.Join(dir, "pipe")).Run() == nil
	f := fetchers.New(fetchers.Options{Dir: dir})
	for _, c := range []struct {
		url   string
		class fetchers.Class // "": it is there
		gone  bool           // as 404 is
		text  string
	}{
		{"file://a.json", "", false, ""},
		{"file://link", "", false, ""},
		{"file://a%20b%23c%3Fd%25e", "", false, ""},
		{"file://folder/../a.json", "", false, ""},
		{"file:a.json", "", false, ""},
		{"FILE://LocalHost" + filepath.ToSlash(dir) + "/a.json", "", false, ""},
		{"file://folder/../../a.json", fetchers.ClassURL, false, "leaves the project"},
		{"file:../a.json", fetchers.ClassURL, false, "leaves the project"},
		{"file:%2e%2e/a.json", fetchers.ClassURL, false, "leaves the project"},
		{"file://" + filepath.ToSlash(dir) + "/folder/../a.json", "", false, ""},
		{"file://a%20b%23c?d%25e", fetchers.ClassURL, false, "a file has no query: write %3F where its name has a ?"},
		{"file:a.json?page=1", fetchers.ClassURL, false, "a file has no query"},
		{"file:a.json#part", fetchers.ClassURL, false, "a file has no fragment: write %23 where its name has a #"},
		{"file://none.json", fetchers.ClassFile, true, "none.json"},
		{"file:///no/such/folder/at/all", fetchers.ClassFile, true, "no such file"},
		{"file://dangling", fetchers.ClassFile, true, "dangling"},
		{"file://a.json/b", fetchers.ClassFile, true, "a.json"},
		{"file://folder", fetchers.ClassFile, false, "is a directory"},
		{"file://folder/", fetchers.ClassFile, false, "is a directory"},
		{"file://pipe", fetchers.ClassFile, false, "no regular file"},
		{"file:///dev/null", fetchers.ClassFile, false, "no regular file"},
		{"file://secret", fetchers.ClassFile, false, "permission denied"},
		{"file://", fetchers.ClassURL, false, "names no file"},
		{"file://a%00b", fetchers.ClassURL, false, "names no file"},
		{"file://a%zz", fetchers.ClassURL, false, "invalid URL escape"},
	} {
		if c.url == "file://pipe" && !pipe || c.url == "file://secret" && os.Getuid() == 0 {
			continue
		}
		body, resp, err := get(t, f, quick(c.url))
		if c.class == "" {
			if err != nil || body != doc || resp.Attempts != 1 {
				t.Errorf("%s: %v", c.url, err)
			}
			continue
		}
		if e := failure(t, err); e.Class != c.class || e.Attempts != 1 || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: class %s after %d attempts: %v", c.url, e.Class, e.Attempts, err)
		}
		r := quick(c.url)
		r.Absent = []int{404}
		if _, resp, err := get(t, f, r); (err == nil) != c.gone || err == nil && resp.Meaning != fetchers.Gone {
			t.Errorf("%s, which may be absent: %v", c.url, err)
		}
	}
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, make([]byte, 2<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	resp, err := fetchers.Files(fetchers.Options{Dir: dir}).Fetch(t.Context(), quick("file://large"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 1<<20); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); failure(t, err).Class != fetchers.ClassCut || len(b) != 1<<20 {
		t.Errorf("one that is cut while it is read: %d bytes, %v", len(b), err)
	}
	resp.Close()
	r := quick("file://a.json")
	r.Method, r.Body = "POST", []byte("x")
	if _, _, err := get(t, f, r); failure(t, err).Class != fetchers.ClassURL {
		t.Errorf("a body for a file: %v", err)
	}
}
