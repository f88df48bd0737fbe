package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recipe is how a block of docs/fetching.md is run: against which API, and what must come of it.
type recipe struct {
	api   http.HandlerFunc
	args  []string
	files map[string]string // outputs, decoded
}

const (
	usgs   = "time,latitude,longitude,depth,mag\n"
	golang = `{"number":1,"title":"a"}` + "\n" + `{"number":3,"title":"c"}` + "\n"
)

func recipes() map[string]recipe {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	day := func(ago int) string { return today.AddDate(0, 0, -ago).Format(time.DateOnly) }
	return map[string]recipe{
		"github": {api: github, files: map[string]string{
			"issues/golang-go.jsonl.zst": golang, "issues/ninja-build-ninja.jsonl.zst": golang,
		}},
		"wikipedia": {api: wikipedia, files: map[string]string{
			"category/Lakes of Switzerland.jsonl": `{"pageid":1,"ns":0,"title":"Aegerisee"}` + "\n" + `{"pageid":2,"ns":0,"title":"Bielersee"}` + "\n" + `{"pageid":3,"ns":0,"title":"Caumasee"}` + "\n",
		}},
		"open-meteo": {api: openMeteo, files: map[string]string{
			"forecast/bern.jsonl": `{"celsius":46.95,"place":"bern","time":"2026-01-01T00:00"}` + "\n" + `{"celsius":null,"place":"bern","time":"2026-01-01T01:00"}` + "\n",
		}},
		"cursor": {api: trials, files: map[string]string{"studies/asthma.jsonl.zst": trial(1, "COMPLETED") + "\n" + trial(2, "RECRUITING") + "\n" + trial(3, "COMPLETED") + "\n"}},
		"s3": {api: bucket, files: map[string]string{
			"ghcn/2020.csv.zst": "of /csv/by_year/2020.csv\n", "ghcn/2021.csv.zst": "of /csv/by_year/2021.csv\n",
		}},
		"dates": {api: quakes, files: map[string]string{
			"quakes/2024-01-01.csv.zst": usgs + "2024-01-01 to 2024-02-01,1,2,10,5.1\n", "quakes/2024-02-01.csv.zst": usgs, "quakes/2024-03-01.csv.zst": usgs + "2024-03-01 to 2024-04-01,1,2,10,5.1\n",
		}},
		"new": {api: quakes, args: []string{"--var", "since=" + day(2)}, files: map[string]string{
			"quakes/" + day(2) + ".csv": usgs + day(2) + " to " + day(2) + "T23:59:59.999,1,2,10,5.1\n",
			"quakes/" + day(1) + ".csv": usgs + day(1) + " to " + day(1) + "T23:59:59.999,1,2,10,5.1\n",
		}},
	}
}

var publicHost = regexp.MustCompile(`https://[a-z0-9.-]+`)

// TestRecipesOfDocuments builds each recipe of docs/fetching.md, against a server that answers as the API documents, twice:
// the second time there is nothing to do.
func TestRecipesOfDocuments(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh here")
	}
	known := recipes()
	seen := 0
	for _, m := range blockPattern.FindAllStringSubmatch(documents(t)["docs/fetching.md"], -1) {
		name, ok := strings.CutPrefix(m[1], "hcl ")
		if !ok {
			t.Errorf("a block of docs/fetching.md has no name by which it is run: %q", m[1])
			continue
		}
		r, ok := known[name]
		if !ok {
			t.Errorf("the recipe %s is not run", name)
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r.run(t, m[2])
		})
	}
	if seen != len(known) {
		t.Errorf("%d recipes are run, and %d known", seen, len(known))
	}
}

func (r recipe) run(t *testing.T, text string) {
	srv := httptest.NewServer(r.api)
	defer srv.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "asflow.hcl"), []byte(publicHost.ReplaceAllString(text, srv.URL)), 0o644); err != nil {
		t.Fatal(err)
	}
	asflow := func(args ...string) (string, string) {
		t.Helper()
		cmd := exec.Command("asflow", args...)
		var out, said bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &said
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "NO_COLOR=1", "GITHUB_TOKEN=ghp_token")
		if err := cmd.Run(); err != nil {
			t.Fatalf("asflow %q: %v\n%s", args, err, said.String())
		}
		return out.String(), said.String()
	}
	asflow("fmt", "--check")
	asflow(append([]string{"build"}, r.args...)...)
	for path, want := range r.files {
		got, _ := asflow("cat", path)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if _, said := asflow(append([]string{"build"}, r.args...)...); !strings.Contains(said, "up to date") {
		t.Errorf("the second build has something to do:\n%s", said)
	}
}

// github answers as GitHub documents: pages by Link, with what is left of the rate limit.
func github(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if r.Header.Get("Authorization") != "Bearer ghp_token" || r.Header.Get("User-Agent") == "" || q.Get("state") != "all" || q.Get("per_page") != "100" {
		http.Error(w, `{"message":"Requires authentication"}`, http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-RateLimit-Remaining", "4998")
	w.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))
	at := "http://" + r.Host + r.URL.Path + "?state=all&per_page=100&page="
	if q.Get("page") == "2" {
		w.Header().Set("Link", fmt.Sprintf(`<%s1>; rel="prev", <%s1>; rel="first"`, at, at))
		fmt.Fprint(w, `[{"number":3,"title":"c"}]`)
		return
	}
	w.Header().Set("Link", fmt.Sprintf(`<%s2>; rel="next", <%s2>; rel="last"`, at, at))
	fmt.Fprint(w, `[{"number":1,"title":"a"},{"number":2,"title":"b","pull_request":{"url":"u"}}]`)
}

// wikipedia answers as MediaWiki documents: the names of continue are to come back as they are, all of them.
func wikipedia(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if q.Get("list") != "categorymembers" || q.Get("cmtitle") != "Category:Lakes of Switzerland" || !strings.Contains(r.Header.Get("User-Agent"), "@") {
		fmt.Fprint(w, `{"error":{"code":"badvalue","info":"no"}}`)
		return
	}
	page := func(n int, title string) string { return fmt.Sprintf(`{"pageid":%d,"ns":0,"title":%q}`, n, title) }
	switch {
	case !q.Has("cmcontinue") && !q.Has("continue"):
		fmt.Fprintf(w, `{"batchcomplete":true,"continue":{"cmcontinue":"page|42|2","continue":"-||"},"query":{"categorymembers":[%s,%s]}}`, page(1, "Aegerisee"), page(2, "Bielersee"))
	case q.Get("cmcontinue") == "page|42|2" && q.Get("continue") == "-||":
		fmt.Fprintf(w, `{"batchcomplete":true,"query":{"categorymembers":[%s]}}`, page(3, "Caumasee"))
	default:
		fmt.Fprint(w, `{"error":{"code":"badcontinue","info":"no"}}`)
	}
}

// openMeteo answers as Open-Meteo documents: columns, with null where there is no value.
func openMeteo(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if q.Get("hourly") != "temperature_2m" || q.Get("longitude") == "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":true,"reason":"no"}`)
		return
	}
	fmt.Fprintf(w, `{"latitude":%[1]s,"hourly_units":{"time":"iso8601","temperature_2m":"°C"},"hourly":{"time":["2026-01-01T00:00","2026-01-01T01:00"],"temperature_2m":[%[1]s,null]}}`, q.Get("latitude"))
}

// trial is a study as the server of the examples gives it.
func trial(n int, status string) string {
	return fmt.Sprintf(`{"protocolSection":{"identificationModule":{"nctId":"NCT%d"},"statusModule":{"overallStatus":%q}}}`, n, status)
}

// bucket answers as S3 documents ListObjectsV2, all in one line, and has what it lists.
func bucket(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		fmt.Fprintf(w, "of %s\n", r.URL.Path)
		return
	}
	if r.URL.Query().Get("list-type") != "2" {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>noaa-ghcn-pds</Name><Prefix>csv/by_year/202</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>`)
	for _, year := range []string{"2020", "2021"} {
		fmt.Fprintf(w, `<Contents><Key>csv/by_year/%s.csv</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>&quot;x&quot;</ETag><Size>24</Size><StorageClass>STANDARD</StorageClass></Contents>`, year)
	}
	fmt.Fprint(w, `</ListBucketResult>`)
}

// quakes answers as the catalogue of the USGS documents; in February of 2024 there was nothing.
func quakes(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("format") != "csv" || q.Get("minmagnitude") != "5" {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/csv;charset=utf-8")
	fmt.Fprint(w, usgs)
	if q.Get("starttime") != "2024-02-01" {
		fmt.Fprintf(w, "%s to %s,1,2,10,5.1\n", q.Get("starttime"), q.Get("endtime"))
	}
}
