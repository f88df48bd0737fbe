package hclspec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// checkForms evaluates what a recipe says that is the same for all elements and asks nothing, so that a mistake in it
// comes with all others, before anything is made.
func (l *loader) checkForms(t *Target) {
	known := *t.decoded
	known.attrs = map[string]*expression{}
	for name, x := range t.attrs {
		if !x.bad && !x.info.mentionsEach() && !x.info.page && !x.info.io && !isAsking(x.info.calls) {
			known.attrs[name] = x
		}
	}
	half := *t
	half.decoded = &known
	m := &maker{t: &half, c: &call{env: l.env, reads: &Reads{}}}
	if t.IsFetch {
		m.forms()
	} else {
		m.exec(Paths{})
	}
	l.diags = append(l.diags, slices.DeleteFunc(m.diags, l.reported(len(l.diags)))...)
}

// reported tells whether one of the first n mistakes is of the same place, such as of a local that several recipes name.
func (l *loader) reported(n int) func(*hcl.Diagnostic) bool {
	return func(d *hcl.Diagnostic) bool {
		return d.Subject != nil && slices.ContainsFunc(l.diags[:n], func(o *hcl.Diagnostic) bool {
			return o.Subject != nil && o.Subject.Filename == d.Subject.Filename && o.Subject.Overlaps(*d.Subject)
		})
	}
}

// forms evaluates the attributes of a fetch one by one; a url that is not there yet is no mistake.
func (m *maker) forms() {
	m.at = firstPage
	for _, name := range []string{"url", "proxy"} {
		m.text(name)
	}
	m.form()
	m.pairs("query", true)
	m.pairs("headers", false)
	if v, ok := m.value("auth"); ok {
		m.auth(v, &Auth{})
	}
	if v, ok := m.value("tls"); ok {
		m.tls(v, &TLS{})
	}
}
