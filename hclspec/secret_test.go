package hclspec

import (
	"encoding/base64"
	"strings"
	"testing"
)

// A secret is not shown where it is a part of what is in base64, wherever in it.
func TestSecretsWithinBase64(t *testing.T) {
	s := newSecrets()
	s.add("correct horse battery")
	for _, before := range []string{"a:", "ab:", "abc:", "abcd:"} {
		for _, after := range []string{"", "x", "xy"} {
			for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
				text := e.EncodeToString([]byte(before + "correct horse battery" + after))
				if got := s.redact("Authorization: Basic " + text); !strings.Contains(got, "<secret>") || len(got) > 50 {
					t.Errorf("%q%q: %s", before, after, got)
				}
			}
		}
	}
}

// What is cut off in the midst of a secret shows no more of it than a secret must have at least, in any of its forms.
func TestSecretsThatAreCut(t *testing.T) {
	s := newSecrets()
	s.add("correct horse/battery")
	s.add("other")
	for _, form := range []string{"correct horse/battery", "correct+horse%2Fbattery", base64.StdEncoding.EncodeToString([]byte("correct horse/battery"))} {
		for n := secretMin; n <= len(form); n++ {
			if got := s.redactCut("it is " + form[:n]); got != "it is <secret>" {
				t.Errorf("%q: %s", form[:n], got)
			}
		}
	}
	for text, want := range map[string]string{"": "", "cor": "cor", "correct, it is": "correct, it is", "the other": "the <secret>", "other, corr": "<secret>, <secret>"} {
		if got := s.redactCut(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := newSecrets().redactCut("text"); got != "text" {
		t.Errorf("without secrets: %q", got)
	}
}

// JSON may be written with what HTML would take amiss escaped, or not.
func TestSecretsInJSON(t *testing.T) {
	s := newSecrets()
	s.add("a&b\"c<d")
	for _, text := range []string{`{"k":"a&b\"c<d"}`, `{"k":"a\u0026b\"c\u003cd"}`} {
		if got := s.redact(text); got != `{"k":"<secret>"}` {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// The names of hosts are written small.
func TestASecretWithinAHostsName(t *testing.T) {
	s := newSecrets()
	s.add("Hunter2")
	if got := s.redact("hunter2.example.com: HUNTER2 Hunter2"); got != "<secret>.example.com: HUNTER2 <secret>" {
		t.Error(got)
	}
}
