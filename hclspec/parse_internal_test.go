package hclspec

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// FuzzParsers holds that no duration, size, rate, step or placeholder panics, and that none gives less than nothing.
func FuzzParsers(f *testing.F) {
	for _, text := range []string{"10s", "1h30m", "2d", "0.5d", "64MB", "1GiB", "9e99TB", "-1", "10/s", "600/m", "1e400/h", "NaN/s", "1mo", "2w", "", "..", "a/b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := parseDuration(text); err == nil && d < 0 {
			t.Errorf("duration %v", d)
		}
		if n, err := parseSize(cty.StringVal(text)); err == nil && n < 0 {
			t.Errorf("size %d", n)
		}
		if r, err := parseRate(text); err == nil && !(r > 0) {
			t.Errorf("rate %v", r)
		}
		if months, seconds, err := parseStep(text); err == nil && (months < 0 || seconds < 0 || months+int(seconds) == 0) {
			t.Errorf("step of %d months and %d seconds", months, seconds)
		}
		if err := pathText(text, false); err == nil && (text == "" || text == ".." || strings.ContainsAny(text, "/\\\x00\n")) {
			t.Errorf("%q is part of a path", text)
		}
	})
}

// FuzzLabel holds that a label that is taken is a path inside the project, and could make what it does make.
func FuzzLabel(f *testing.F) {
	for _, text := range []string{"a.txt", "a/*.json", "{each.key}/x", "{var.v}/", "../a", "a//b", "{each.value[0].a}", "{", "}", "{var}", "{each.key", "*{each.key}*", "/", ".", "é/\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l := &loader{env: newEnvironment(Options{})}
		l.env.vars["v"] = cty.StringVal("x")
		l.env.root.Variables["var"] = cty.ObjectVal(l.env.vars)
		label := l.label(text, hcl.Range{Filename: "f", Start: hcl.InitialPos, End: hcl.InitialPos})
		if l.diags.HasErrors() {
			return
		}
		made := ""
		for _, p := range label.Parts {
			switch {
			case p.Star:
				made += "0123456789abcdef01234567"
			case p.Each != "":
				made += "k"
			default:
				made += p.Literal
			}
		}
		if hasStep(made, "..") || made == "" || strings.ContainsRune(made, 0) {
			t.Errorf("%q makes %q", text, made)
		}
		if !label.CouldMake(made) {
			t.Errorf("%q could not make %q", text, made)
		}
	})
}

func TestParsers(t *testing.T) {
	for text, want := range map[string]string{"30s": "30s", "1h30m": "1h30m0s", "7d": "168h0m0s", "0.5d": "12h0m0s", "0s": "0s"} {
		if d, err := parseDuration(text); err != nil || d.String() != want {
			t.Errorf("%s is %v, %v", text, d, err)
		}
	}
	for text, want := range map[string]int64{"0": 0, "1500": 1500, "64MB": 64e6, "64 MiB": 64 << 20, "1.5KB": 1500, "2B": 2, "1TB": 1e12} {
		if n, err := parseSize(cty.StringVal(text)); err != nil || n != want {
			t.Errorf("%s is %d, %v", text, n, err)
		}
	}
	for text, want := range map[string]float64{"10/s": 10, "600/m": 10, "36000 / h": 10, "0.5/s": 0.5} {
		if r, err := parseRate(text); err != nil || r != want {
			t.Errorf("%s is %v, %v", text, r, err)
		}
	}
	for _, text := range []string{"", "s", "-1s", "1e9d", "1 parsec"} {
		if _, err := parseDuration(text); err == nil {
			t.Errorf("%q is a duration", text)
		}
	}
}
