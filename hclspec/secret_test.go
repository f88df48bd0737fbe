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
