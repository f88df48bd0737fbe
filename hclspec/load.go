package hclspec

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
)

var rootSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "asflow"},
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "locals"},
	{Type: "limit", LabelNames: []string{"name"}},
	{Type: "flow", LabelNames: []string{"name"}},
	{Type: "target", LabelNames: []string{"path"}},
}}

// loader collects what is said in all files, and all mistakes.
type loader struct {
	o     Options
	env   *environment
	spec  *Spec
	diags hcl.Diagnostics

	broken hcl.Diagnostics // of syntax
	unread []unread
}

// Load parses and checks a configuration. All mistakes are reported, not just the first; where there is an error the
// Spec holds what could be understood.
func Load(o Options) (*Spec, hcl.Diagnostics) {
	l := &loader{o: o, env: newEnvironment(o)}
	l.spec = &Spec{env: l.env, Files: map[string]*hcl.File{}}
	blocks := l.parse()
	for _, b := range blocks["asflow"] {
		l.version(b)
	}
	l.variables(blocks["variable"])
	l.locals(blocks["locals"])
	for _, b := range blocks["limit"] {
		l.limit(b)
	}
	for _, b := range blocks["target"] {
		l.target(b)
	}
	l.checkLimits(blocks["limit"])
	for _, b := range blocks["flow"] {
		l.flow(b)
	}
	l.checkNames()
	l.checkLoadReads()
	l.diags = append(l.broken, slices.DeleteFunc(l.diags, l.unreadable)...)
	sort.SliceStable(l.diags, func(i, j int) bool { return before(l.diags[i], l.diags[j]) })
	return l.spec, l.diags
}

// before orders diagnostics by where they are.
func before(a, b *hcl.Diagnostic) bool {
	if a.Subject == nil || b.Subject == nil {
		return a.Subject == nil && b.Subject != nil
	}
	if a.Subject.Filename != b.Subject.Filename {
		return a.Subject.Filename < b.Subject.Filename
	}
	if a.Subject.Start.Byte != b.Subject.Start.Byte {
		return a.Subject.Start.Byte < b.Subject.Start.Byte
	}
	return a.Detail < b.Detail // else it would differ from run to run
}

// parse reads all files and sorts their blocks by type.
func (l *loader) parse() map[string][]*hcl.Block {
	blocks := map[string][]*hcl.Block{}
	parser := hclparse.NewParser()
	for _, f := range l.o.Files {
		f.Bytes = lineEnds(f.Bytes)
		var file *hcl.File
		var diags hcl.Diagnostics
		if strings.HasSuffix(f.Name, ".json") {
			file, diags = parser.ParseJSON(f.Bytes, f.Name)
		} else {
			file, diags = parser.ParseHCL(f.Bytes, f.Name)
		}
		l.spec.Names = append(l.spec.Names, f.Name)
		l.syntax(f, file, diags)
		if file == nil || file.Body == nil {
			continue
		}
		l.spec.Files[f.Name] = file
		if body, ok := bodyOf(file); ok {
			keepResults(body)
		}
		content, diags := file.Body.Content(rootSchema)
		l.diags = append(l.diags, diags...)
		if content == nil {
			continue
		}
		for _, b := range content.Blocks {
			blocks[b.Type] = append(blocks[b.Type], b)
		}
	}
	return blocks
}

// lineEnds makes the line ends of Windows those of all others: a script in a heredoc is given to a shell as it is, and a
// checkout with other line ends changes no recipe.
func lineEnds(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }

func (l *loader) version(b *hcl.Block) {
	content := l.content(b.Body, &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "required_version"}}})
	a := content.Attributes["required_version"]
	if a == nil {
		return
	}
	text, ok := l.constString(a)
	if !ok {
		return
	}
	constraint, err := version.NewConstraint(text)
	if err != nil {
		l.err(a.Expr.Range(), "Bad version constraint", fmt.Sprintf("%q is not a constraint. Write one such as \">= 0.1\".", text))
		return
	}
	v, err := version.NewVersion(l.o.Version)
	if err == nil && !constraint.Check(v.Core()) {
		l.err(a.Expr.Range(), "Another version of asflow is required", fmt.Sprintf("This project asks for asflow %s, and this is %s. Install a version that fits, or change required_version.", text, l.o.Version))
	}
}

// content decodes a body by a schema; what doesn't fit is reported.
func (l *loader) content(body hcl.Body, schema *hcl.BodySchema) *hcl.BodyContent {
	content, diags := body.Content(schema)
	l.diags = append(l.diags, diags...)
	return content
}

func (l *loader) err(at hcl.Range, summary, detail string) {
	l.diags = append(l.diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at})
}

// checkNames holds labels, flows and depends_on against each other.
func (l *loader) checkNames() {
	labels := map[string]*Target{}
	var names []string
	for _, t := range l.spec.Targets {
		if other := labels[t.Label.Text]; other != nil {
			l.err(t.Range, "Two targets with one label", fmt.Sprintf("%q is the label of the target at %s:%d too. A path is made by one target.", t.Label.Text, other.Range.Filename, other.Range.Start.Line))
			continue
		}
		labels[t.Label.Text] = t
		names = append(names, t.Label.Text)
	}
	known := func(label string, at hcl.Range, where string) {
		if labels[label] == nil && !l.mayBeUnread(label) {
			l.err(at, "No such target", fmt.Sprintf("No target has the label %q, which %s names.%s", label, where, didYouMean(label, names)))
		}
	}
	for _, t := range l.spec.Targets {
		for _, label := range t.DependsOn {
			known(label, t.dependsAt, "depends_on")
		}
	}
	seen := map[string]bool{}
	for _, f := range l.spec.Flows {
		if labels[f.Name] != nil {
			l.err(f.Range, "A flow with the name of a target", fmt.Sprintf("%q is a target's label. Give the flow another name.", f.Name))
		}
		if seen[f.Name] {
			l.err(f.Range, "Two flows with one name", fmt.Sprintf("The flow %q is declared above. Give one of them another name, or put their targets into one.", f.Name))
		}
		seen[f.Name] = true
		for _, label := range f.Targets {
			known(label, f.Range, "the flow")
		}
	}
}

// checkLoadReads reports files that must be known before anything is built, and that a target makes.
func (l *loader) checkLoadReads() {
	for _, r := range l.env.loadReads {
		for _, t := range l.spec.Targets {
			if t.Label.CouldMake(r.path) {
				l.diags = slices.DeleteFunc(l.diags, func(d *hcl.Diagnostic) bool {
					return d.Summary == "Error in function call" && d.Subject != nil && r.at.Overlaps(*d.Subject)
				})
				l.err(r.at, "This must be known before anything is built", fmt.Sprintf("It waits for %s, which the target %q makes. Labels, limits, flows, depends_on, concurrency and variables' defaults can read source files only.", r.path, t.Label.Text))
				break
			}
		}
	}
}

// didYouMean suggests the name that is most like a misspelt one.
func didYouMean(name string, names []string) string {
	best, at := "", max(2, len(name)/3)+1
	for _, other := range names {
		if d := levenshtein.Distance(name, other, nil); d < at || d == at && best != "" && other < best {
			best, at = other, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}
