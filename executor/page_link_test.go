package executor

import "testing"

func TestLinkNext(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []string
		want string
	}{
		{"none", nil, ""},
		{"empty", []string{""}, ""},
		{"plain", []string{`<https://a/?p=2>; rel="next"`}, "https://a/?p=2"},
		{"token", []string{`<https://a/2>; rel=next`}, "https://a/2"},
		{"github", []string{`<https://api.github.com/r?page=1>; rel="prev", <https://api.github.com/r?page=3>; rel="next", <https://api.github.com/r?page=9>; rel="last"`}, "https://api.github.com/r?page=3"},
		{"several headers", []string{`</a>; rel=prev`, `</b>; rel=next`}, "/b"},
		{"comma and semicolon in the target", []string{`<https://a/?q=1,2;3>; rel="next"`}, "https://a/?q=1,2;3"},
		{"comma and quote in a parameter", []string{`</a>; title="x, \"y\"; rel=next"; rel=prev, </b>; rel=next`}, "/b"},
		{"several relations", []string{`</a>; rel="start  NEXT"`}, "/a"},
		{"relation that contains it", []string{`</a>; rel="next-archive"`, `</b>; rel=nextish`}, ""},
		{"first rel counts", []string{`</a>; rel=prev; rel=next`}, ""},
		{"case and space", []string{`< /a > ; REL = "Next" ; x`}, "/a"},
		{"anchor", []string{`</a>; rel=next; anchor="/other", </b>; rel=next`}, "/b"},
		{"empty elements", []string{`, ,</a>; rel=next,`}, "/a"},
		{"no parameters", []string{`</a>, </b>; rel=next`}, "/b"},
		{"flag parameter", []string{`</a>; crossorigin; rel=next`}, "/a"},
		{"empty target", []string{`<>; rel=next`}, ""},
		{"not closed", []string{`</a; rel=next`}, ""},
		{"quote not closed", []string{`</a>; rel="next`}, "/a"},
		{"garbage before", []string{`garbage, </a>; rel=next`}, "/a"},
		{"garbage after the target", []string{`</a> x; rel=next, </b>; rel=next`}, "/b"},
		{"relative", []string{`<?cursor=a%2Cb>; rel="next"; results="true"; cursor="0:100:0"`}, "?cursor=a%2Cb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := linkNext(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzLinkNext(f *testing.F) {
	for _, s := range []string{`</a>; rel="next"`, `</a>;rel=prev,</b>;rel="x next"`, `<`, `</a>; a="\`, `,;<>;=`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { linkNext([]string{s}) }) // must end, and not panic
}
