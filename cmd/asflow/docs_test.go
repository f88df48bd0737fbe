package main

import (
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/asflow/asflow/hclspec"
)

// documents gives the project's own documents, by their path from the top.
func documents(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*/*.md"} {
		names, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rel, _ := filepath.Rel(top, name)
			out[filepath.ToSlash(rel)] = string(b)
		}
	}
	return out
}

const top = "../.."

var (
	linkPattern    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headingPattern = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	blockPattern   = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")
	notInAnchor    = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinks holds that each link of the documents leads to a file that is there, and to a heading in it.
func TestLinks(t *testing.T) {
	t.Parallel()
	docs := documents(t)
	for name, text := range docs {
		for _, m := range linkPattern.FindAllStringSubmatch(blockPattern.ReplaceAllString(text, ""), -1) {
			u, err := url.Parse(m[1])
			if err != nil || u.Scheme != "" {
				continue
			}
			to := name
			if u.Path != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(name), u.Path))
				if _, err := os.Stat(filepath.Join(top, to)); err != nil {
					t.Errorf("%s: a link leads to %s, which is not there", name, m[1])
					continue
				}
			}
			if u.Fragment != "" && !slices.Contains(anchors(docs[to]), u.Fragment) {
				t.Errorf("%s: a link leads to %s, and there is no such heading", name, m[1])
			}
		}
	}
}

// anchors are the headings of a document as links name them, as GitHub does.
func anchors(text string) (out []string) {
	for _, m := range headingPattern.FindAllStringSubmatch(blockPattern.ReplaceAllString(text, ""), -1) {
		plain := strings.ToLower(notInAnchor.ReplaceAllString(linkPattern.ReplaceAllString(m[1], "]"), ""))
		out = append(out, strings.ReplaceAll(plain, " ", "-"))
	}
	return out
}

// TestConfigurationsOfDocuments holds that each configuration that the documents show is valid.
func TestConfigurationsOfDocuments(t *testing.T) {
	t.Parallel()
	for name, text := range documents(t) {
		for _, m := range blockPattern.FindAllStringSubmatch(text, -1) {
			if m[1] != "hcl" && !strings.HasPrefix(m[1], "hcl ") {
				continue
			}
			_, diags := hclspec.Load(hclspec.Options{
				Files: []hclspec.File{{Name: name, Bytes: []byte(m[2])}}, Version: version,
				Open: func(at string) (io.ReadCloser, error) { return nil, fs.ErrNotExist },
			})
			if diags.HasErrors() {
				t.Errorf("%v\n%s", diags, m[2])
			}
		}
	}
}

var timePattern = regexp.MustCompile(`\d+(\.\d+)? (s|min)\b`)

// TestSessions runs the terminal sessions of the documents, in a copy of the examples, and compares what they print but for times.
func TestSessions(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh here")
	}
	for name, text := range documents(t) {
		for _, m := range blockPattern.FindAllStringSubmatch(text, -1) {
			if m[1] != "console run" {
				continue
			}
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS(filepath.Join(top, "examples"))); err != nil {
				t.Fatal(err)
			}
			got := playSession(t, dir, m[2])
			if diff := cmp.Diff(timePattern.ReplaceAllString(m[2], "# s"), timePattern.ReplaceAllString(got, "# s")); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

// playSession runs the commands of a session one after the other.
func playSession(t *testing.T, dir, session string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(session) {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		b.WriteString(line)
		if to, ok := strings.CutPrefix(strings.TrimSpace(command), "cd "); ok {
			dir = filepath.Join(dir, to)
			continue
		}
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "NO_COLOR=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s%v\n%s", line, err, out)
		}
		b.Write(out)
	}
	return b.String()
}

// TestCommandReference holds that the reference has each command and each of its flags, and no other.
func TestCommandReference(t *testing.T) {
	t.Parallel()
	text := documents(t)["docs/commands.md"]
	var c cli
	parser, err := kong.New(&c, kong.Vars{"version": ""})
	if err != nil {
		t.Fatal(err)
	}
	flags := []string{"--help"}
	for _, command := range parser.Model.Children {
		if command.Hidden {
			continue
		}
		if !strings.Contains(text, "asflow "+command.Name) {
			t.Errorf("docs/commands.md lacks asflow %s", command.Name)
		}
		for _, group := range command.AllFlags(true) {
			for _, f := range group {
				flags = append(flags, "--"+f.Name)
				short := f.Short != 0 && strings.Contains(text, "`-"+string(f.Short))
				if f.Name != "help" && !short && !strings.Contains(text, "--"+f.Name) {
					t.Errorf("docs/commands.md lacks --%s of %s", f.Name, command.Name)
				}
			}
		}
	}
	for name, text := range documents(t) {
		if name == "CONTRIBUTING.md" {
			continue
		}
		for _, line := range regexp.MustCompile("(?:^|[`$ ])asflow (?:-C \\S+ )?([a-z]+)([^`\n#]*)").FindAllStringSubmatch(text, -1) {
			known := slices.ContainsFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == line[1] })
			for _, f := range regexp.MustCompile(`--[a-z][a-z-]*`).FindAllString(line[2], -1) {
				if known && !slices.Contains(flags, f) {
					t.Errorf("%s: asflow %s has no %s", name, line[1], f)
				}
			}
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^|]*)` \\|").FindAllStringSubmatch(text, -1) {
		for _, f := range regexp.MustCompile(`--[a-z][a-z-]*`).FindAllString(m[1], -1) {
			if !slices.Contains(flags, f) {
				t.Errorf("docs/commands.md has %s, and no command does", f)
			}
		}
	}
}
