package hclspec

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// fetch evaluates the attributes of a fetch that are the same for all its pages, and the first page where there is but one.
func (m *maker) fetch() *Fetch {
	t := m.t
	r := m.lateRules()
	f := &Fetch{
		Records: t.records, Expect: r.expect, HTTP: "auto", Redirects: r.redirects,
		Connect: r.timeouts[0], Response: r.timeouts[1], Idle: r.timeouts[2],
	}
	if m.els != nil {
		f.Key, _ = m.els.Key(m.i) // checked when the list was expanded
		f.Value = func() any { return goValue(m.els.Value(m.i)) }
	} else {
		f.Value = func() any { return nil }
	}
	if text := m.text("http"); text != "" {
		if f.HTTP = text; text != "auto" && text != "1" && text != "2" {
			m.mistake("http", "http is one of \"auto\", \"1\" and \"2\".")
		}
	}
	f.Proxy = m.text("proxy")
	if v, ok := m.value("auth"); ok {
		m.auth(v, &f.Auth)
	}
	if v, ok := m.value("tls"); ok {
		m.tls(v, &f.TLS)
	}
	method := m.method()
	form, hasForm := m.form()
	if t.Paged {
		f.Page = func(number, offset int64, cursor any) (Request, error) {
			return m.page(method, form, hasForm, number, offset, cursor)
		}
		f.Paginate = &Paginate{Link: t.paginate.link, Next: t.paginate.next, Cursor: t.paginate.cursor, MaxPages: t.paginate.maxPages, MaxSet: t.paginate.maxSet, End: t.paginate.end}
		f.Paginate.AddQuery = func(link string, number, offset int64, cursor any) (string, error) {
			p := m.forPage(number, offset, cursor)
			query := p.pairs("query", true)
			if p.diags.HasErrors() {
				return "", m.t.named(m.els, m.i, p.diags)
			}
			return addQuery(link, query, true)
		}
	}
	first := m.forPage(1, 0, nil)
	req := first.request(method, form, hasForm)
	m.diags = append(m.diags, first.diags...)
	if !t.Paged {
		f.Page = func(int64, int64, any) (Request, error) { return req, nil }
	}
	return f
}

// method is what the request is, before its body is known.
func (m *maker) method() string {
	text := strings.ToUpper(m.text("method"))
	if text != "" && text != "GET" && text != "POST" {
		m.mistake("method", "method is one of \"GET\" and \"POST\".")
	}
	return text
}

func (m *maker) form() ([]byte, bool) {
	v, ok := m.value("form")
	if !ok {
		return nil, false
	}
	values := url.Values{}
	for _, p := range m.flatten("form", v, true) {
		values.Add(p.Name, p.Value)
	}
	return []byte(values.Encode()), true
}

// forPage is the maker of one page's request.
func (m *maker) forPage(number, offset int64, cursor any) *maker {
	p := *m
	p.diags, p.names, p.at = nil, nil, firstPage
	if number != 1 || offset != 0 || cursor != nil {
		p.at = cty.ObjectVal(map[string]cty.Value{
			"number": cty.NumberIntVal(number), "offset": cty.NumberIntVal(offset), "cursor": ctyValue(cursor),
		})
	}
	return &p
}

func (m *maker) page(method string, form []byte, hasForm bool, number, offset int64, cursor any) (Request, error) {
	p := m.forPage(number, offset, cursor)
	p.c = &call{world: m.c.world, reads: &Reads{}, env: m.c.env}
	r := p.request(method, form, hasForm)
	if p.diags.HasErrors() {
		return r, m.t.named(m.els, m.i, p.diags)
	}
	return r, nil
}

// URL gives the URL of an element's first request without evaluating the rest of its recipe; "" where it can't be told without
// what is not there, or a secret.
func (t *Target) URL(w World, els Elements, i int) string {
	m := &maker{t: t, els: els, i: i, c: &call{world: w, reads: &Reads{}, env: t.env, lenient: true}}
	m = m.forPage(1, 0, nil)
	at := m.url()
	if m.unknown || m.diags.HasErrors() || len(m.c.reads.Unbuilt) > 0 {
		return ""
	}
	return at
}

// url evaluates url and query.
func (m *maker) url() string {
	at := ""
	if t := m.t.urlText; t != nil && t.fix(m.t.env) {
		if s, err := t.text(m.els, m.i); err == nil {
			at = s
		}
	}
	if at == "" {
		at = m.text("url")
	}
	if at == "" && !m.unknown && !m.diags.HasErrors() && len(m.c.reads.Unbuilt) == 0 {
		m.mistake("url", "url is empty or null.")
	}
	at, err := addQuery(at, m.pairs("query", true), false)
	if err != nil {
		m.mistake("query", err.Error()+".")
	}
	return at
}

// request evaluates url, query, headers and body.
func (m *maker) request(method string, form []byte, hasForm bool) Request {
	r := Request{Method: method, URL: m.url()}
	r.Header = m.pairs("headers", false)
	kind := ""
	if hasForm {
		r.Body, kind = form, "application/x-www-form-urlencoded"
	} else if v, ok := m.value("body"); ok {
		r.Body, kind = m.body(v)
	}
	if r.Method == "" {
		r.Method = "GET"
		if r.Body != nil {
			r.Method = "POST"
		}
	}
	has := func(h Header) bool { return strings.EqualFold(h.Name, "content-type") }
	if kind != "" && !slices.ContainsFunc(r.Header, has) {
		r.Header = append(r.Header, Header{"Content-Type", kind})
	}
	return r
}

// body gives a string as it is, any other value as JSON.
func (m *maker) body(v cty.Value) ([]byte, string) {
	plain, _ := v.Unmark()
	if plain.Type() == cty.String {
		return []byte(plain.AsString()), "text/plain; charset=utf-8"
	}
	text, err := jsonText(v)
	if err != nil {
		m.mistake("body", fmt.Sprintf("It can't be written as JSON: %v.", err))
	}
	return text, "application/json"
}

// pairs evaluates an object of names and values; null leaves a name out, and a list repeats it where that is allowed.
func (m *maker) pairs(name string, lists bool) []Header {
	v, ok := m.value(name)
	if !ok {
		return nil
	}
	return m.flatten(name, v, lists)
}

func (m *maker) flatten(name string, v cty.Value, lists bool) (out []Header) {
	v, _ = v.Unmark()
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		m.mistake(name, name+" takes an object: { name = \"value\" }.")
		return nil
	}
	values := v.AsValueMap()
	names := make([]string, 0, len(values))
	for k := range values {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		x, _ := values[k].Unmark()
		if x.IsNull() {
			continue
		}
		items := []cty.Value{x}
		if lists && x.IsKnown() && x.CanIterateElements() && !x.Type().IsObjectType() && !x.Type().IsMapType() {
			items = x.AsValueSlice()
		}
		for _, item := range items {
			s, err := plainText(item)
			if err == nil && !lists {
				err = headerFault(k, s)
			}
			if err != nil {
				m.mistake(name, fmt.Sprintf("%s.%s %v.", name, k, err))
				continue
			}
			out = append(out, Header{k, s})
		}
	}
	return out
}

// headerFault says why a header can't be sent; nil: it can.
func headerFault(name, value string) error {
	if strings.ContainsAny(name+value, "\r\n\x00") {
		return errors.New("holds a line break")
	}
	switch strings.ToLower(name) {
	case "connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade":
		return errors.New("can't be set: asflow itself frames requests and keeps connections. Leave it out")
	}
	return nil
}

// auth takes one way of proving who asks.
func (m *maker) auth(v cty.Value, a *Auth) {
	v, _ = v.Unmark()
	if !v.Type().IsObjectType() {
		m.mistake("auth", "auth takes one of { bearer }, { username, password }, { netrc = true }, { token_url, client_id, client_secret, scopes } and { command }.")
		return
	}
	values := v.AsValueMap()
	var names []string
	for k := range values {
		names = append(names, k)
	}
	slices.Sort(names)
	text := func(k string) string {
		x, ok := values[k]
		if !ok || x.IsNull() {
			return ""
		}
		s, err := plainText(x)
		if err != nil {
			m.mistake("auth", fmt.Sprintf("auth.%s %v.", k, err))
		}
		return s
	}
	switch ways := strings.Join(names, " "); ways {
	case "bearer":
		if a.Bearer = text("bearer"); a.Bearer == "" {
			m.mistake("auth", "auth.bearer is empty.")
		}
	case "password username":
		a.Basic, a.Username, a.Password = true, text("username"), text("password")
	case "netrc":
		b, err := convert.Convert(values["netrc"], cty.Bool)
		if err != nil || b.IsNull() || !b.True() {
			m.mistake("auth", "Write auth = { netrc = true }, or leave it out.")
		}
		a.Netrc = true
	case "client_id client_secret token_url", "client_id client_secret scopes token_url":
		a.TokenURL, a.ClientID, a.ClientSecret = text("token_url"), text("client_id"), text("client_secret")
		if x, ok := values["scopes"]; ok {
			var err error
			if a.Scopes, err = m.t.env.strings(x); err != nil {
				m.mistake("auth", fmt.Sprintf("auth.scopes takes a list of strings: %v.", err))
			}
		}
	case "command":
		a.Command = m.argv(values["command"])
	default:
		m.mistake("auth", fmt.Sprintf("auth has %s. It takes one of { bearer }, { username, password }, { netrc = true }, { token_url, client_id, client_secret, scopes } and { command }.", sentence(names)))
	}
}

func (m *maker) tls(v cty.Value, out *TLS) {
	v, _ = v.Unmark()
	if !v.Type().IsObjectType() {
		m.mistake("tls", "tls takes an object with ca, cert, key and insecure.")
		return
	}
	for name, x := range v.AsValueMap() {
		if x.IsNull() {
			continue
		}
		s, err := plainText(x)
		if err != nil {
			m.mistake("tls", fmt.Sprintf("tls.%s %v.", name, err))
			continue
		}
		switch name {
		case "ca":
			out.CA = s
		case "cert":
			out.Cert = s
		case "key":
			out.Key = s
		case "insecure":
			if out.Insecure = s == "true"; s != "true" && s != "false" {
				m.mistake("tls", "tls.insecure takes true or false.")
			}
		default:
			m.diags = append(m.diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "No such attribute of tls", Detail: fmt.Sprintf("tls has ca, cert, key and insecure, and no %q.", name), Subject: m.t.attrs["tls"].Range().Ptr()})
		}
	}
}
