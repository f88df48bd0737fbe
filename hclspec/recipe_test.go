package hclspec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/asflow/asflow/hclspec"
)

// recipe evaluates the recipe of a target's only element, or of its first.
func (p *project) recipe(target int, paths hclspec.Paths) *hclspec.Recipe {
	p.t.Helper()
	t := p.spec().Targets[target]
	var els hclspec.Elements
	if t.HasForEach {
		var diags error
		e, _, d := t.Expand(p)
		if d.HasErrors() {
			diags = d
			p.t.Fatal(diags)
		}
		els = e
	}
	r, reads, diags := t.Recipe(p, els, 0, paths)
	if diags.HasErrors() || len(reads.Unbuilt) > 0 {
		p.t.Fatal(diags, reads.Unbuilt)
	}
	return r
}

var plain = cmp.Options{
	cmpopts.IgnoreFields(hclspec.Fetch{}, "Page", "Value", "Records"), cmpopts.IgnoreFields(hclspec.Paginate{}, "AddQuery", "Next", "Cursor"),
	cmpopts.IgnoreFields(hclspec.Expect{}, "JQ"), cmpopts.EquateEmpty(),
}

func TestFetchRecipe(t *testing.T) {
	p := newProject(t, `
limit "slow" { rate = "1/s" }
locals { base = "https://api.example.com" }
target "raw/*.jsonl.zst" {
  for_each = [{ key = "a b", n = 7 }]
  timeout  = "2m"
  limits   = ["slow"]
  fetch {
    url       = "${local.base}/items?x=1"
    method    = "POST"
    query     = { id = each.key, n = each.value.n, tag = ["p", "q"], none = null, page = page.number }
    headers   = { "X-Offset" = page.offset, "Accept" = "text/csv", "X-None" = null }
    body      = { cursor = page.cursor, n = each.value.n }
    auth      = { username = "me", password = secret("TOKEN") }
    records   = ".items[]"
    paginate  = { cursor = ".next", max_pages = 3, end = [404] }
    expect    = { status = [200, 201], content_type = "application/*", min_size = 2, max_size = "64MB", sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", json = true, jq = ".ok" }
    timeouts  = { connect = "1s", response = "2s", idle = "3s" }
    redirects = 2
    http      = "1"
    proxy     = "socks5://127.0.0.1:1"
    tls       = { ca = "ca.pem", insecure = true }
  }
}`, nil)
	p.env = map[string]string{"TOKEN": "s3cret!"}
	r := p.recipe(0, hclspec.Paths{})
	want := &hclspec.Recipe{
		Timeout: 2 * time.Minute, Limits: []string{"slow"},
		Fetch: &hclspec.Fetch{
			Key: "a b", Auth: hclspec.Auth{Basic: true, Username: "me", Password: "s3cret!"},
			Paginate: &hclspec.Paginate{MaxPages: 3, MaxSet: true, End: []int{404}},
			Expect:   hclspec.Expect{Status: []int{200, 201}, ContentType: "application/*", MinSize: 2, MaxSize: 64e6, SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", JSON: true},
			Connect:  time.Second, Response: 2 * time.Second, Idle: 3 * time.Second, Redirects: 2, HTTP: "1", Proxy: "socks5://127.0.0.1:1",
			TLS: hclspec.TLS{CA: "ca.pem", Insecure: true},
		},
	}
	if diff := cmp.Diff(want, r, plain); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		number, offset int64
		cursor         any
		body, query    string
	}{
		{1, 0, nil, `{"cursor":null,"n":7}`, "page=1"},
		{2, 30, map[string]any{"c": "x"}, `{"cursor":{"c":"x"},"n":7}`, "page=2"},
	} {
		req, err := r.Fetch.Page(c.number, c.offset, c.cursor)
		if err != nil {
			t.Fatal(err)
		}
		want := hclspec.Request{
			Method: "POST", URL: "https://api.example.com/items?x=1&id=a+b&n=7&" + c.query + "&tag=p&tag=q", Body: []byte(c.body),
			Header: []hclspec.Header{{Name: "Accept", Value: "text/csv"}, {Name: "X-Offset", Value: map[int64]string{0: "0", 30: "30"}[c.offset]}, {Name: "Content-Type", Value: "application/json"}},
		}
		if diff := cmp.Diff(want, req); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWaysOfAuth(t *testing.T) {
	for attr, want := range map[string]hclspec.Auth{
		`{ bearer = "t" }`:                    {Bearer: "t"},
		`{ netrc = true }`:                    {Netrc: true},
		`{ command = ["pass", "show", "x"] }`: {Command: []string{"pass", "show", "x"}},
		`{ username = "u", password = "p" }`:  {Basic: true, Username: "u", Password: "p"},
		`{ token_url = "https://a/t", client_id = "i", client_secret = "s", scopes = ["a", "b"] }`: {TokenURL: "https://a/t", ClientID: "i", ClientSecret: "s", Scopes: []string{"a", "b"}},
	} {
		p := newProject(t, "target \"a.json\" {\n  fetch {\n    url = \"http://127.0.0.1/\"\n    auth = "+attr+"\n  }\n}", nil)
		if diff := cmp.Diff(want, p.recipe(0, hclspec.Paths{}).Fetch.Auth); diff != "" {
			t.Errorf("%s: %s", attr, diff)
		}
	}
}

func TestFormOfARequest(t *testing.T) {
	p := newProject(t, `
target "a.json" {
  fetch {
    url  = "http://127.0.0.1/"
    form = { q = "a b", n = [1, 2] }
  }
}`, nil)
	req, _ := p.recipe(0, hclspec.Paths{}).Fetch.Page(1, 0, nil)
	want := hclspec.Request{Method: "POST", URL: "http://127.0.0.1/", Body: []byte("n=1&n=2&q=a+b"), Header: []hclspec.Header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}}
	if diff := cmp.Diff(want, req); diff != "" {
		t.Error(diff)
	}
}

func TestExecRecipe(t *testing.T) {
	for _, c := range []struct {
		name, body string
		paths      hclspec.Paths
		want       hclspec.Exec
	}{
		{"a command", `command = concat(["sort"], inputs, ["-o", output])`, hclspec.Paths{Inputs: []string{"a.txt", "-b.txt"}, Output: ".asflow/tmp/1/o"}, hclspec.Exec{Command: []string{"sort", "a.txt", "./-b.txt", "-o", ".asflow/tmp/1/o"}}},
		{"in a folder", "dir = \"src\"\ncommand = [\"cat\", inputs[0], output]", hclspec.Paths{Inputs: []string{"data/a.txt"}, Output: "out"}, hclspec.Exec{Dir: "src", Command: []string{"cat", "../data/a.txt", "../out"}}},
		{"a script", `shell = "sort < $${ASFLOW_INPUT} | uniq"`, hclspec.Paths{}, hclspec.Exec{Command: []string{"sh", "-eu", "-c", "sort < ${ASFLOW_INPUT} | uniq", "sh"}}},
		{"what it prints", "command = [\"echo\", 1.50, true]\nstdout = \"output\"\nenv = { B = 2, A = \"x\", N = null }", hclspec.Paths{}, hclspec.Exec{Command: []string{"echo", "1.5", "true"}, Stdout: true, Env: []string{"A=x", "B=2"}}},
		{"what it reads", "dir = \"src\"\ncommand = [\"cat\"]\nstdin = inputs[0]", hclspec.Paths{Inputs: []string{"a.gz"}}, hclspec.Exec{Dir: "src", Command: []string{"cat"}, Stdin: "a.gz"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, "target \"o\" {\n  inputs = [\"x\"]\n  exec {\n"+c.body+"\n}\n}", nil)
			if diff := cmp.Diff(&c.want, p.recipe(0, c.paths).Exec, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRecipeMistakes holds that a mistake that only an element's values show names the element.
func TestRecipeMistakes(t *testing.T) {
	for _, c := range []struct{ recipe, want string }{
		{`fetch { url = each.value.nothing }`, "nothing"},
		{`fetch { url = null }`, "url"},
		{"fetch {\nurl = \"http://127.0.0.1/\"\nheaders = { a = \"x\\ny\" }\n}", "line break"},
		{"fetch {\nurl = \"http://127.0.0.1/\"\nquery = [1]\n}", "query takes an object"},
		{"fetch {\nurl = \"http://127.0.0.1/\"\nauth = { bearer = \"\" }\n}", "bearer"},
		{"fetch {\nurl = \"http://127.0.0.1/\"\nauth = { token = \"x\" }\n}", "auth has token"},
		{"fetch {\nurl = \"http://127.0.0.1/\"\nauth = { bearer = secret(\"NOTHING\") }\n}", "NOTHING"},
		{"fetch {\nurl = \"http://127.0.0.1/\"\nhttp = \"3\"\n}", "auto"},
		{`exec { command = "ls -l" }`, "command takes a list"},
		{`exec { command = [] }`, "a program"},
		{`exec { command = each.value.nothing }`, "nothing"},
		{`exec { shell = env("NOTHING", "") }`, "null or empty"},
		{"exec {\ncommand = [\"a\"]\nstdin = \"${each.key}/../x\"\n}", "leaves the project"},
		{"exec {\ncommand = [\"a\"]\ndir = \"../${each.key}\"\n}", "leaves the project"},
		{"exec {\ncommand = [\"a\"]\nstdin = \"x\\u0000\"\n}", "stdin holds NUL"},
		{"exec {\ncommand = [\"a\"]\ndir = \"x\\u0000\"\n}", "dir holds NUL"},
		{`exec { shell = "echo \u0000" }`, "shell holds NUL"},
		{`exec { command = ["a", ["b"]] }`, "concat("},
		{"exec {\ncommand = [\"a\"]\nenv = { \"A=B\" = 1 }\n}", "A=B"},
	} {
		t.Run(c.recipe, func(t *testing.T) {
			p := newProject(t, "target \"*.json\" {\n  for_each = [{ key = \"the element\" }]\n"+c.recipe+"\n}", nil)
			spec, diags := p.load()
			if !diags.HasErrors() {
				els, _, _ := spec.Targets[0].Expand(p)
				_, _, diags = spec.Targets[0].Recipe(p, els, 0, hclspec.Paths{})
				if !strings.Contains(diags.Error(), "the element") {
					t.Errorf("%v\ndoes not name the element", diags)
				}
			}
			if !diags.HasErrors() || !strings.Contains(diags.Error(), c.want) {
				t.Errorf("%v\ndoes not mention %s", diags, c.want)
			}
		})
	}
}

// TestSecretsAreRedacted holds that a secret that has entered is shown nowhere, in none of its forms.
func TestSecretsAreRedacted(t *testing.T) {
	p := newProject(t, `
target "a.json" {
  fetch {
    url  = "http://127.0.0.1/?k=${urlencode(secret("TOKEN"))}"
    auth = { bearer = sensitive("p\"w/+") }
  }
}`, nil)
	p.env = map[string]string{"TOKEN": "s3cr et!"}
	spec := p.spec()
	if _, _, diags := spec.Targets[0].Recipe(p, nil, 0, hclspec.Paths{}); diags.HasErrors() {
		t.Fatal(diags)
	}
	got := spec.Redact(`s3cr et! s3cr+et%21 czNjciBldCE= "p\"w/+" p%22w%2F%2B plain`)
	if want := `<secret> <secret> <secret> "<secret>" <secret> plain`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestSecretOfALocal holds that a local that holds a secret has it when a recipe runs, though its target was looked at
// before without asking for it.
func TestSecretOfALocal(t *testing.T) {
	p := newProject(t, `
locals {
  token = secret("TOKEN")
  urls  = { a = "http://127.0.0.1/?k=${local.token}" }
}
target "{each.key}.json" {
  for_each = ["a"]
  fetch {
    url  = local.urls[each.key]
    auth = { bearer = local.token }
  }
}`, nil)
	p.env = map[string]string{"TOKEN": "s3cret!"}
	target := p.spec().Targets[0]
	if reads, diags := target.Needs(p); diags.HasErrors() || len(reads.Unbuilt) > 0 {
		t.Fatal(diags)
	}
	els, _, _ := target.Expand(p)
	r, _, diags := target.Recipe(p, els, 0, hclspec.Paths{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if req, err := r.Fetch.Page(1, 0, nil); err != nil || req.URL != "http://127.0.0.1/?k=s3cret!" || r.Fetch.Auth.Bearer != "s3cret!" {
		t.Errorf("%q with %+v, %v", req.URL, r.Fetch.Auth, err)
	}
}

// TestQueryOfANextURL holds that a next URL gets those names of query that it lacks, and keeps its own.
func TestQueryOfANextURL(t *testing.T) {
	p := newProject(t, `
target "a.jsonl" {
  fetch {
    url      = "http://127.0.0.1/"
    query    = { key = "a b", page = page.number, tag = ["p", "q"], none = null }
    records  = "."
    paginate = { next = "link" }
  }
}`, nil)
	pg := p.recipe(0, hclspec.Paths{}).Fetch.Paginate
	if !pg.Link || pg.MaxPages != 10000 || pg.MaxSet {
		t.Errorf("paginate %+v", pg)
	}
	for link, want := range map[string]string{
		"http://127.0.0.1/next":               "http://127.0.0.1/next?key=a+b&page=3&tag=p&tag=q",
		"http://127.0.0.1/next?page=7&tag=x":  "http://127.0.0.1/next?page=7&tag=x&key=a+b",
		"http://127.0.0.1/next?p%61ge=&key#f": "http://127.0.0.1/next?p%61ge=&key&tag=p&tag=q",
	} {
		if got, err := pg.AddQuery(link, 3, 20, nil); err != nil || got != want {
			t.Errorf("%s: %s, want %s, %v", link, got, want, err)
		}
	}
}
