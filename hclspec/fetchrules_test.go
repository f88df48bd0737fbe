package hclspec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/asflow/asflow/hclspec"
)

const ruled = `
target "*.bin" {
  for_each = json("list.json")
  key      = each.value.id
  fetch {
    url       = "http://127.0.0.1/${each.key}"
    expect    = { sha256 = each.value.sha, min_size = each.value.size, jq = ".ok" }
    timeouts  = { idle = each.value.idle }
    redirects = each.value.redirects
  }
}`

// TestRulesOfAnElement holds that what an answer must be may differ by element, but for its jq program.
func TestRulesOfAnElement(t *testing.T) {
	sha := strings.Repeat("ab", 32)
	list := `[{"id":"x","sha":"` + sha + `","size":"2KB","idle":"7s","redirects":0}]`
	p := newProject(t, ruled, map[string]string{"list.json": list})
	f := p.recipe(0, hclspec.Paths{}).Fetch
	if diff := cmp.Diff(hclspec.Expect{SHA256: sha, MinSize: 2000}, f.Expect, cmpopts.IgnoreFields(hclspec.Expect{}, "JQ"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if f.Expect.JQ == nil || f.Idle != 7*time.Second || f.Connect != 10*time.Second || f.Redirects != 0 {
		t.Errorf("jq %v, idle %v, connect %v, redirects %d", f.Expect.JQ, f.Idle, f.Connect, f.Redirects)
	}
	for _, c := range []struct{ old, new, want string }{
		{sha, "ab", "64 hex digits"},
		{"2KB", "2 bananas", "expect.min_size"},
		{"7s", "soon", "timeouts.idle"},
		{`"redirects":0`, `"redirects":-1`, "redirects takes a whole number"},
		{`"size":"2KB",`, ``, "size"},
	} {
		p := newProject(t, ruled, map[string]string{"list.json": strings.Replace(list, c.old, c.new, 1)})
		target := p.spec().Targets[0]
		els, _, _ := target.Expand(p)
		_, _, diags := target.Recipe(p, els, 0, hclspec.Paths{})
		if text := diags.Error(); !diags.HasErrors() || !strings.Contains(text, c.want) || !strings.Contains(text, "number 1") {
			t.Errorf("%v\ndoes not mention %s, and the element", diags, c.want)
		}
	}
	for _, c := range []struct{ old, new, want string }{
		{`".ok"`, `each.value.jq`, "each can't be used here"},
		{`".ok"`, `".["`, "does not parse"},
	} {
		_, diags := newProject(t, strings.Replace(ruled, c.old, c.new, 1), nil).load()
		if !diags.HasErrors() || !strings.Contains(diags.Error(), c.want) {
			t.Errorf("%v\ndoes not mention %s", diags, c.want)
		}
	}
}

// TestRulesFromAFile holds that a rule that reads what is not built yet is waited for.
func TestRulesFromAFile(t *testing.T) {
	p := newProject(t, "target \"a.bin\" {\n  fetch {\n    url = \"http://127.0.0.1/\"\n    expect = { sha256 = file(\"sums.txt\") }\n  }\n}", nil)
	p.unbuilt = map[string]bool{"sums.txt": true}
	target := p.spec().Targets[0]
	if reads, _ := target.Needs(p); len(reads.Unbuilt) != 1 {
		t.Errorf("needs %v", reads)
	}
	if r, reads, diags := target.Recipe(p, nil, 0, hclspec.Paths{}); r != nil || len(reads.Unbuilt) == 0 {
		t.Errorf("recipe %v waits for %v, %v", r, reads.Unbuilt, diags)
	}
}

// TestSecretsWhereTheyAreShown holds that a secret in what is kept and shown is a mistake, however deep.
func TestSecretsWhereTheyAreShown(t *testing.T) {
	for _, attrs := range []string{
		`depends_on = [secret("TOKEN")]`, `retry = { delay = secret("TOKEN") }`, `concurrency = secret("TOKEN")`, `absent = [sensitive(404)]`, `description = secret("TOKEN")`,
		"fetch {\nurl = \"http://127.0.0.1/\"\nrecords = \".\"\npaginate = { next = secret(\"TOKEN\") }\n}",
	} {
		t.Run(attrs, func(t *testing.T) {
			if !strings.Contains(attrs, "fetch") {
				attrs += "\nfetch { url = \"http://127.0.0.1/\" }"
			}
			p := newProject(t, "target \"a.jsonl\" {\n"+attrs+"\n}", nil)
			p.env = map[string]string{"TOKEN": "s3cret!"}
			_, diags := p.load()
			if text := diags.Error(); !strings.Contains(text, "A secret can't stand here") || strings.Contains(text, "s3cret!") {
				t.Error(diags)
			}
		})
	}
}
