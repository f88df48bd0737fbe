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

// Any part of a secret may be encoded, once or more often, in small letters or in capitals.
func TestSecretsAsOthersEncodeThem(t *testing.T) {
	s := newSecrets()
	s.add("abc/def+ghi")
	s.add("caf\u00e9 & cr\u00e8me\U0001f600")
	s.add(`back\slash "quoted"`)
	s.add("100%25 of it")
	for _, text := range []string{
		"abc%2fdef%2bghi", "abc%2Fdef%2bghi", "abc/def%2Bghi", "abc%252Fdef%252Bghi", "abc%25252fdef%25252bghi", "%61bc%2fdef+%67hi",
		`abc\/def+ghi`, `\u0061bc\u002Fdef\u002bghi`,
		`caf\u00e9 \u0026 cr\u00E8me\ud83d\ude00`, "caf%c3%a9+%26+cr%C3%A8me%f0%9f%98%80", "caf%25C3%25A9%2B%2526%2Bcr%25C3%25A8me%25F0%259F%2598%2580",
		`back\\slash \"quoted\"`, `back\u005cslash \u0022quoted\u0022`, "back%5cslash%20%22quoted%22",
		"100%25 of it", "100%2525+of%20it",
	} {
		if got := s.redact("?k=" + text + "&x=%2f"); got != "?k=<secret>&x=%2f" {
			t.Errorf("%s: %s", text, got)
		}
		for n := secretMin; n < len(text); n++ {
			if got := s.redactCut("?k=" + text[:n]); got != "?k=<secret>" {
				t.Errorf("%s, cut: %s", text[:n], got)
			}
		}
	}
	for _, text := range []string{"", "%", `\`, "%2", `\u00`, "abc%2", "abc%2xdef%2bghi", `abc\u002`, "abc\\", `caf\u00e9 \u0026 cr\u00E8me\ud83d`, `\ud83d\ud83d`, "a%c3"} {
		if got := s.redact(text); got != text {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// The token server's own header holds the client's secret URL-encoded, within base64.
func TestASecretEncodedWithinBase64(t *testing.T) {
	s := newSecrets()
	s.add("abc/def+ghi")
	text := base64.StdEncoding.EncodeToString([]byte("client:abc%2Fdef%2Bghi"))
	for _, text := range []string{text, strings.ReplaceAll(text, "=", "%3D")} {
		if got := s.redact("Basic " + text); !strings.Contains(got, "<secret>") || len(got) > 32 {
			t.Error(got)
		}
	}
}

// A text that could be read in two ways at each of its places is read in little time.
func TestSecretsThatLookEncoded(t *testing.T) {
	for _, one := range []string{`\`, "%25"} {
		s := newSecrets()
		s.add(strings.Repeat(one, 200) + "x")
		text := strings.Repeat(one, 300)
		if got := s.redact(text); got != text {
			t.Errorf("%s: %s", one, got)
		}
	}
}
