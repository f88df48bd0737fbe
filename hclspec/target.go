package hclspec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

var targetSchema = &hcl.BodySchema{
	Attributes: attributes("for_each", "key", "inputs", "depends_on", "description", "retry", "timeout", "max_age", "absent", "allow_failed", "concurrency", "limits", "compression"),
	Blocks:     []hcl.BlockHeaderSchema{{Type: "fetch"}, {Type: "exec"}},
}

var fetchSchema = &hcl.BodySchema{Attributes: attributes("url", "method", "headers", "query", "body", "form", "auth", "records", "paginate", "expect", "timeouts", "redirects", "http", "proxy", "tls")}

var execSchema = &hcl.BodySchema{Attributes: attributes("command", "shell", "stdin", "stdout", "env", "dir")}

func attributes(names ...string) (out []hcl.AttributeSchema) {
	for _, n := range names {
		out = append(out, hcl.AttributeSchema{Name: n})
	}
	return out
}

// decoded is a target's expressions.
type decoded struct {
	env       *environment
	attrs     map[string]*expression // of the target and of its recipe, by name
	keyText   *template
	inputs    *inputList
	urlText   *template
	recipe    []string // names of the recipe's attributes that a fingerprint covers
	print     *fingerprint
	records   *Program
	paginate  *paginate
	rules     rules    // of a fetch, but for late
	late      []string // of expect, timeouts and redirects those that are known when the recipe is evaluated
	stdout    bool
	dependsAt hcl.Range
	recipeAt  hcl.Range
}

// expression is an attribute's expression and what it mentions.
type expression struct {
	hcl.Expression
	name string
	info *usage
	bad  bool // holds a mistake that has been reported
}

// target decodes a target block.
func (l *loader) target(b *hcl.Block) {
	t := &Target{
		Index: len(l.spec.Targets), Range: b.DefRange, Level: "default",
		decoded: &decoded{env: l.env, attrs: map[string]*expression{}},
	}
	content := l.content(b.Body, targetSchema)
	t.Label = l.label(b.Labels[0], b.LabelRanges[0])
	l.spec.Targets = append(l.spec.Targets, t)
	attrs := content.Attributes
	t.HasForEach = attrs["for_each"] != nil
	t.HasInputs = attrs["inputs"] != nil
	t.HasMaxAge = attrs["max_age"] != nil
	body := l.recipeBody(t, content, b)
	l.checkForEach(t, b)
	l.targetAttributes(t, attrs)
	if body == nil {
		return
	}
	recipeAttrs := l.content(body, map[bool]*hcl.BodySchema{true: fetchSchema, false: execSchema}[t.IsFetch]).Attributes
	if t.IsFetch {
		l.fetch(t, recipeAttrs)
	} else {
		l.exec(t, recipeAttrs)
	}
	l.checkForms(t)
	l.checkKind(t, attrs)
	t.print = newFingerprint(l, t)
}

// recipeBody finds the one recipe block.
func (l *loader) recipeBody(t *Target, content *hcl.BodyContent, b *hcl.Block) hcl.Body {
	switch len(content.Blocks) {
	case 0:
		l.err(b.DefRange, "A target without a recipe", "A target needs one block that says how its files come to be: fetch { url = … } or exec { command = […] }.")
		return nil
	case 1:
	default:
		l.err(content.Blocks[1].DefRange, "A target with two recipes", "A target has exactly one fetch or exec block. Make two targets of it, and let one's inputs name the other's label.")
	}
	r := content.Blocks[0]
	t.IsFetch, t.recipeAt = r.Type == "fetch", r.DefRange
	if t.IsFetch && t.Label.Dir {
		l.err(b.LabelRanges[0], "A directory can't be fetched", "A label that ends in / is a directory, which only an exec can make.")
	}
	return r.Body
}

// checkForEach holds the label's placeholders against for_each.
func (l *loader) checkForEach(t *Target, b *hcl.Block) {
	constant := t.Label.constant()
	switch {
	case t.Label.broken:
	case t.HasForEach && constant:
		l.err(b.LabelRanges[0], "A label that is the same for all elements", "With for_each the label needs a * (the hash of each.key) or {each.…}, so that each element has a path of its own.")
	case !t.HasForEach && !constant:
		l.err(b.LabelRanges[0], "A label that needs for_each", "* and {each.…} stand for an element's part of the path. Say which elements there are: for_each = ….")
	}
}

// expr checks an attribute's expression and keeps it.
func (l *loader) expr(t *Target, a *hcl.Attribute, s scope) *expression {
	if a == nil {
		return nil
	}
	if !t.HasForEach {
		s &^= scopeEach
	}
	info, ok := l.check(a.Expr, s)
	x := &expression{a.Expr, a.Name, info, !ok}
	t.attrs[a.Name] = x
	return x
}

func (l *loader) targetAttributes(t *Target, attrs hcl.Attributes) {
	l.expr(t, attrs["for_each"], scopeNone)
	if a := attrs["key"]; a != nil {
		if !t.HasForEach {
			l.err(a.NameRange, "key without for_each", "key says what identifies an element; this target has none.")
		} else if x := l.expr(t, a, scopeEach); x != nil {
			t.keyText = compile(l.env, a.Expr, x.info)
		}
	}
	if x := l.expr(t, attrs["inputs"], scopeEach); x != nil {
		t.inputs = compileInputs(l.env, x)
		l.checkInputs(t, x)
	}
	for _, name := range []string{"timeout", "max_age", "limits"} {
		if before := len(l.diags); l.expr(t, attrs[name], scopeEach) != nil && len(l.diags) == before {
			l.checkEarly(t, name)
		}
	}
	if a := attrs["description"]; a != nil {
		t.Description, _ = l.constString(a)
	}
	if a := attrs["depends_on"]; a != nil {
		t.dependsAt = a.Expr.Range()
		t.DependsOn = l.constStrings(a)
		for i, label := range t.DependsOn {
			t.DependsOn[i] = l.fillLabel(label, a.Expr.Range())
		}
	}
	if a := attrs["absent"]; a != nil {
		t.Absent = l.constStatuses(a)
	}
	if a := attrs["concurrency"]; a != nil {
		n, _ := l.constInt(a, 1)
		t.Concurrency = int(n)
	}
	if a := attrs["allow_failed"]; a != nil {
		t.AllowFailed = l.allowance(a)
	}
	t.Retry = Retry{Attempts: 1, Delay: time.Second, MaxDelay: time.Minute, MaxPause: time.Hour}
	if t.IsFetch {
		t.Retry.Attempts = 5
	}
	if a := attrs["retry"]; a != nil {
		l.retry(t, a)
	}
	if a := attrs["compression"]; a != nil {
		l.compression(t, a)
	}
}

// checkEarly evaluates an attribute that is the same for all elements, and that no file or host has a say in.
func (l *loader) checkEarly(t *Target, name string) {
	x := t.attrs[name]
	if x.info.mentionsEach() || isAsking(x.info.calls) {
		return
	}
	if name != "limits" {
		_, _, diags := t.duration(name, nil, nil, 0)
		l.diags = append(l.diags, diags...)
		return
	}
	m := &maker{t: t, c: &call{env: l.env, reads: &Reads{}}}
	m.limits()
	l.diags = append(l.diags, m.diags...)
}

// checkInputs reports labels' placeholders in inputs, which would be taken as text.
func (l *loader) checkInputs(t *Target, x *expression) {
	for _, node := range syntaxOf(x.Expression) {
		for _, text := range literals(node) {
			if !strings.Contains(text, "{each.") || !t.HasForEach {
				continue
			}
			l.err(x.Range(), "A label's placeholder in inputs", fmt.Sprintf("%q is text here. For the one file of this element write %q; for all files of a target, outputs(%q).", text, strings.ReplaceAll(text, "{each.", "${each."), text))
		}
	}
}

// fillLabel fills var and local into a label that is named elsewhere.
func (l *loader) fillLabel(text string, at hcl.Range) string {
	if !strings.Contains(text, "{var.") && !strings.Contains(text, "{local.") {
		return text
	}
	return l.label(text, at).Text
}

// allowance reads a number of jobs or a share.
func (l *loader) allowance(a *hcl.Attribute) Allowance {
	v, ok := l.constantOf(a, cty.String, "a number of jobs, or a share such as \"5%\"")
	if !ok {
		return Allowance{}
	}
	text := v.AsString()
	if share, isShare := strings.CutSuffix(text, "%"); isShare {
		if f, err := strconv.ParseFloat(strings.TrimSpace(share), 64); err == nil && f >= 0 && f <= 100 {
			return Allowance{Share: f / 100}
		}
	} else if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return Allowance{Count: n}
	}
	l.err(a.Expr.Range(), "Wrong value for allow_failed", "Write a number of jobs, such as 10, or a share, such as \"5%\".")
	return Allowance{}
}

// object gives the attributes of an object that must be known at load, and reports others.
func (l *loader) object(a *hcl.Attribute, names ...string) map[string]cty.Value {
	v, ok := l.constant(a.Expr)
	if !ok {
		return nil
	}
	return l.objectOf(v, a.Name, a.Expr.Range(), names)
}

func (l *loader) objectOf(v cty.Value, of string, at hcl.Range, names []string) map[string]cty.Value {
	if v.IsNull() || !v.Type().IsObjectType() && !v.Type().IsMapType() {
		l.err(at, "Wrong type for "+of, fmt.Sprintf("%s takes an object with %s.", of, sentence(names)))
		return nil
	}
	out := v.AsValueMap()
	for name, x := range out {
		if x.IsNull() {
			delete(out, name) // as if it were not said
		}
		if !slices.Contains(names, name) {
			l.err(at, "No such attribute of "+of, fmt.Sprintf("%s has %s, and no %q.%s", of, sentence(names), name, didYouMean(name, names)))
		}
	}
	return out
}

func sentence(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func (l *loader) retry(t *Target, a *hcl.Attribute) {
	v := l.object(a, "attempts", "delay", "max_delay", "max_pause", "statuses", "expect")
	at := a.Expr.Range()
	if x, ok := v["attempts"]; ok {
		if n, ok := l.whole(x, at, "retry.attempts", 1, 1000); ok {
			t.Retry.Attempts = n
		}
	}
	for name, to := range map[string]*time.Duration{"delay": &t.Retry.Delay, "max_delay": &t.Retry.MaxDelay, "max_pause": &t.Retry.MaxPause} {
		if x, ok := v[name]; ok {
			l.duration(x, at, "retry."+name, to)
		}
	}
	if x, ok := v["statuses"]; ok {
		t.Retry.Statuses = l.statuses(x, at, "retry.statuses")
	}
	if x, ok := v["expect"]; ok {
		b, err := convert.Convert(x, cty.Bool)
		if err != nil || b.IsNull() {
			l.err(at, "Wrong type for retry.expect", "retry.expect takes true or false.")
		} else {
			t.Retry.Expect = b.True()
		}
	}
}

func (l *loader) whole(v cty.Value, at hcl.Range, name string, least, most int) (int, bool) {
	n, err := convert.Convert(v, cty.Number)
	if err == nil && !n.IsNull() {
		if f := n.AsBigFloat(); f.IsInt() {
			if i, _ := f.Int64(); i >= int64(least) && i <= int64(most) {
				return int(i), true
			}
		}
	}
	l.err(at, "Wrong value for "+name, fmt.Sprintf("%s takes a whole number from %d to %d.", name, least, most))
	return 0, false
}

func (l *loader) duration(v cty.Value, at hcl.Range, name string, to *time.Duration) {
	s, err := convert.Convert(v, cty.String)
	if err != nil || s.IsNull() {
		l.err(at, "Wrong type for "+name, name+" takes a duration, such as \"30s\".")
		return
	}
	d, err := parseDuration(s.AsString())
	if err != nil {
		l.err(at, "Wrong value for "+name, err.Error()+".")
		return
	}
	*to = d
}

func (l *loader) statuses(v cty.Value, at hcl.Range, name string) (out []int) {
	list, err := convert.Convert(v, cty.List(cty.Number))
	if err != nil || list.IsNull() || !list.IsWhollyKnown() {
		l.err(at, "Wrong type for "+name, name+" takes a list of statuses, such as [404].")
		return nil
	}
	for _, x := range list.AsValueSlice() {
		if n, ok := l.whole(x, at, name, 0, 999); ok {
			out = append(out, n)
		}
	}
	return out
}

func (l *loader) compression(t *Target, a *hcl.Attribute) {
	v := l.object(a, "level")
	x, ok := v["level"]
	if !ok {
		return
	}
	levels := []string{"fastest", "default", "better", "best"}
	s, err := convert.Convert(x, cty.String)
	if err != nil || s.IsNull() || !slices.Contains(levels, s.AsString()) {
		l.err(a.Expr.Range(), "Wrong value for compression.level", "compression.level is one of \"fastest\", \"default\", \"better\" and \"best\".")
		return
	}
	t.Level = s.AsString()
}

// checkKind reports attributes that mean nothing for this kind of recipe or output.
func (l *loader) checkKind(t *Target, attrs hcl.Attributes) {
	if a := attrs["inputs"]; a != nil && t.IsFetch {
		l.err(a.NameRange, "inputs of a fetch", "inputs is what an exec reads. A fetch takes values from files by functions: json(path), lines(path); what must only be built first goes into depends_on.")
	}
	if a := attrs["compression"]; a != nil && (!compresses(t.Label.Text) || !t.IsFetch && !t.stdout) {
		l.err(a.NameRange, "compression where asflow compresses nothing", "asflow compresses outputs in .gz and .zst that are fetched, or are what a command prints (stdout = \"output\").")
	}
}

func compresses(path string) bool {
	return strings.HasSuffix(path, ".gz") || strings.HasSuffix(path, ".zst")
}
