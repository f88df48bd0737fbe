package hclspec

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format gives the canonical form of a file, as terraform fmt does; a file that does not parse gives diagnostics.
func Format(f File) ([]byte, hcl.Diagnostics) {
	if strings.HasSuffix(f.Name, ".json") {
		var out bytes.Buffer
		if err := json.Indent(&out, bytes.TrimSpace(f.Bytes), "", "  "); err != nil {
			return nil, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Not JSON", Detail: f.Name + ": " + err.Error() + ".", Subject: &hcl.Range{Filename: f.Name, Start: hcl.InitialPos, End: hcl.InitialPos}}}
		}
		out.WriteByte('\n')
		return out.Bytes(), nil
	}
	if _, diags := hclsyntax.ParseConfig(f.Bytes, f.Name, hcl.InitialPos); diags.HasErrors() {
		return nil, diags
	}
	return hclwrite.Format(f.Bytes), nil
}

// Redact replaces each secret that has entered so far, and its encoded forms, by <secret>.
func (s *Spec) Redact(text string) string { return s.env.secrets.redact(text) }

// RedactCut is Redact of a text that was cut off, and may end in the midst of a secret: four bytes of it or more are
// replaced, too.
func (s *Spec) RedactCut(text string) string { return s.env.secrets.redactCut(text) }

// ReadAsked asks again what a recipe asked before (see [Asked]) and gives the answer's hash.
func (s *Spec) ReadAsked(w World, a Asked) (string, error) {
	switch a.Kind {
	case "env":
		return askedEnv(s.env, a.Name), nil
	case "today":
		return answer(s.env.now.UTC().Format("2006-01-02")), nil
	case "glob":
		paths, _, err := w.Glob(a.Name)
		return answer(paths...), err
	}
	return "", fmt.Errorf("%s is not something that a recipe asks", a.Kind)
}

// askedEnv is the answer that an environment variable gives; none and an empty one differ. Behind the name and a = may stand
// the answer that is given in the place of none.
func askedEnv(e *environment, asked string) string {
	name, instead, given := strings.Cut(asked, "=")
	v, ok := e.lookupEnv(name)
	switch {
	case ok:
		return answer(v)
	case given:
		return instead
	}
	return answer()
}

// answer hashes an answer from outside.
func answer(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		writeText(h, p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Secret notes a secret that came up during the run, a token for instance, for [Spec.Redact].
func (s *Spec) Secret(text string) { s.env.secrets.add(text) }
