package hclspec_test

import (
	"testing"
	"time"

	"github.com/asflow/asflow/hclspec"
)

// TestNullIsAsIfNotSaid holds that an attribute that is null has its default, as in Terraform, also inside of an object.
func TestNullIsAsIfNotSaid(t *testing.T) {
	p := newProject(t, `
locals { none = true ? null : "x" }
target "{each.key}.json.zst" {
  for_each     = ["a"]
  description  = null
  depends_on   = null
  timeout      = local.none
  max_age      = null
  absent       = null
  allow_failed = null
  concurrency  = null
  limits       = null
  retry        = { attempts = null, delay = null, statuses = null, expect = null }
  compression  = { level = null }
  fetch {
    url       = "http://127.0.0.1/${each.key}"
    method    = null
    query     = { q = null }
    headers   = null
    body      = null
    auth      = null
    proxy     = null
    tls       = { ca = null }
    redirects = null
    timeouts  = { connect = null }
    expect    = { content_type = each.key == "b" ? "text/plain" : null, min_size = null, json = null, status = null }
  }
}`, nil)
	spec, diags := p.load()
	if diags.HasErrors() {
		t.Fatal(shown(diags))
	}
	target := spec.Targets[0]
	if target.Retry.Attempts != 5 || target.Retry.Delay != time.Second || target.Level != "default" || target.Concurrency != 0 {
		t.Errorf("not the defaults: %+v, %s, %d", target.Retry, target.Level, target.Concurrency)
	}
	els, _, diags := target.Expand(p)
	if diags.HasErrors() {
		t.Fatal(shown(diags))
	}
	r, _, diags := target.Recipe(p, els, 0, hclspec.Paths{})
	if diags.HasErrors() {
		t.Fatal(shown(diags))
	}
	if f := r.Fetch; f.Connect != 10*time.Second || f.Redirects != 10 || f.Expect.ContentType != "" || f.Expect.MinSize != 1 {
		t.Errorf("not the defaults: %v, %d, %+v", f.Connect, f.Redirects, f.Expect)
	}
}
