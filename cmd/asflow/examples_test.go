package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// example is how a project of the examples is run: against which server, with which arguments, and what must be there in the end.
type example struct {
	api   http.HandlerFunc // nil: none
	args  []string
	files map[string]string // outputs, decoded
}

var examples = map[string]example{
	"quickstart": {files: map[string]string{
		"report.csv": "station,name,readings,mean_celsius\nbas,Basel,4,2.5\nber,Bern,4,0.4\ngve,Geneva,4,3.1\nzrh,Zürich,4,1.2\n",
	}},
	"paged-api": {api: trials, files: map[string]string{
		"statuses.csv": "condition,status,studies\n\"asthma\",COMPLETED,2\n\"asthma\",RECRUITING,1\n\"lupus\",COMPLETED,2\n\"lupus\",RECRUITING,1\n\"migraine\",COMPLETED,2\n\"migraine\",RECRUITING,1\n",
	}, args: []string{"table"}},
	"daily": {api: earthquakes, files: map[string]string{
		"months/2026-01.csv": "time,latitude,longitude,magnitude\n2026-01-30T01:00:00.000Z,1.0,2.0,5.1\n2026-01-31T01:00:00.000Z,1.0,2.0,5.1\n",
		"months/2026-02.csv": "time,latitude,longitude,magnitude\n2026-02-01T01:00:00.000Z,1.0,2.0,5.1\n",
	}, args: []string{"daily", "--var", "from=2026-01-30", "--var", "to=2026-02-02"}},
}

// trials answers as ClinicalTrials.gov documents: pages of studies, with a token for the next.
func trials(w http.ResponseWriter, r *http.Request) {
	study := func(n int, status string) string {
		return fmt.Sprintf(`{"protocolSection":{"identificationModule":{"nctId":"NCT%d"},"statusModule":{"overallStatus":%q}}}`, n, status)
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Path != "/api/v2/studies" || r.URL.Query().Get("query.cond") == "":
		http.Error(w, "no such page", http.StatusBadRequest)
	case r.URL.Query().Get("pageToken") == "":
		fmt.Fprintf(w, `{"studies":[%s,%s],"nextPageToken":"two"}`, study(1, "COMPLETED"), study(2, "RECRUITING"))
	default:
		fmt.Fprintf(w, `{"studies":[%s]}`, study(3, "COMPLETED"))
	}
}

// earthquakes answers as the service of the USGS documents: a day as CSV, and the status of nodata for a day without any.
func earthquakes(w http.ResponseWriter, r *http.Request) {
	day := r.URL.Query().Get("starttime")
	if day == "2026-02-02" {
		http.Error(w, "no data", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	fmt.Fprintf(w, "time,latitude,longitude,depth,mag\n%sT01:00:00.000Z,1.0,2.0,10,5.1\n", day)
}

// TestExamples builds each project of the examples twice: all is made, and then there is nothing to do.
func TestExamples(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh here")
	}
	folders, err := os.ReadDir(filepath.Join(top, "examples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		t.Run(folder.Name(), func(t *testing.T) {
			t.Parallel()
			e, ok := examples[folder.Name()]
			if !ok {
				t.Fatal("there is no test of it: add one to the table above")
			}
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(top, "examples", folder.Name()))); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"build"}, e.args...)
			if e.api != nil {
				s := httptest.NewServer(e.api)
				defer s.Close()
				args = append(args, "--var", "api="+s.URL)
			}
			run := func(args ...string) string {
				cmd := exec.Command("asflow", args...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("asflow %s: %v\n%s", strings.Join(args, " "), err, out)
				}
				return string(out)
			}
			run(args...)
			if out := run(args...); !strings.Contains(out, "up to date") {
				t.Errorf("the second build: %s", out)
			}
			for name, want := range e.files {
				if got := run("cat", name); got != want {
					t.Errorf("%s is %q, not %q", name, got, want)
				}
			}
			run("fmt", "--check")
		})
	}
}
