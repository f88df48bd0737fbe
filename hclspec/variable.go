package hclspec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

var variableSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "default"}, {Name: "description"}, {Name: "sensitive"}}}

// variable is a declared variable while its value is found.
type variable struct {
	name      string
	fallback  cty.Value
	from      string // as Variable.From
	at        hcl.Range
	sensitive bool
}

// variables decodes variable blocks and finds their values: the default, the environment, --var-file, --var.
func (l *loader) variables(blocks hcl.Blocks) {
	declared := map[string]*variable{}
	for _, b := range blocks {
		v := l.variable(b)
		if other := declared[v.name]; other != nil {
			l.err(v.at, "Two variables with one name", fmt.Sprintf("%q is declared at %s:%d too.", v.name, other.at.Filename, other.at.Start.Line))
			continue
		}
		declared[v.name] = v
	}
	values := map[string]cty.Value{}
	for name, v := range declared {
		values[name] = v.fallback
		if text, ok := l.env.lookupEnv("ASFLOW_VAR_" + name); ok {
			values[name], v.from = l.given(v, text, "the environment variable ASFLOW_VAR_"+name), "ASFLOW_VAR_"+name
		}
	}
	for _, f := range l.o.VarFiles {
		l.varFile(f, declared, values)
	}
	for _, a := range l.o.Vars {
		v := declared[a.Name]
		if v == nil {
			l.diags = append(l.diags, unknownVariable(a.Name, "--var "+a.Name+"=…", nil, declared))
			continue
		}
		values[a.Name], v.from = l.given(v, a.Value, "--var "+a.Name), "--var"
	}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		v, value := declared[name], values[name]
		l.spec.Variables = append(l.spec.Variables, Variable{Name: name, From: v.from, Sensitive: v.sensitive, Range: v.at})
		if value == cty.NilVal {
			l.err(v.at, "A variable without a value", fmt.Sprintf("%q has no default. Give it a value: --var %s=…, ASFLOW_VAR_%s=… or a --var-file.", name, name, name))
			value = cty.DynamicVal
		}
		if v.sensitive {
			l.env.secrets.addValue(value)
			value = value.Mark(sensitiveMark)
		}
		l.env.vars[name] = value
	}
	l.env.root.Variables["var"] = cty.ObjectVal(l.env.vars)
}

func (l *loader) variable(b *hcl.Block) *variable {
	v := &variable{name: b.Labels[0], from: "default", at: b.DefRange}
	if !hclsyntax.ValidIdentifier(v.name) {
		l.err(b.LabelRanges[0], "Bad name of a variable", fmt.Sprintf("var.%s can't be written: a name is letters, digits, _ and -, and begins with a letter.", v.name))
	}
	content := l.content(b.Body, variableSchema)
	if a := content.Attributes["sensitive"]; a != nil {
		v.sensitive, _ = l.constBool(a)
	}
	if a := content.Attributes["description"]; a != nil {
		l.constString(a)
	}
	if a := content.Attributes["default"]; a != nil {
		if value, ok := l.constant(a.Expr); ok {
			v.fallback = value
		} else {
			v.fallback = cty.DynamicVal
		}
	}
	return v
}

// given converts a value that came as text: where the default is a list or an object it is JSON; where it is a scalar
// it is converted to its type; else it is a string.
func (l *loader) given(v *variable, text, from string) cty.Value {
	if v.fallback == cty.NilVal || !v.fallback.IsKnown() || v.fallback.IsNull() {
		return cty.StringVal(text)
	}
	t := v.fallback.Type()
	if t.IsPrimitiveType() {
		value, err := convert.Convert(cty.StringVal(text), t)
		if err != nil {
			l.err(v.at, "Wrong value for a variable", fmt.Sprintf("%s gives %q, and %q is a %s by its default.", from, text, v.name, t.FriendlyName()))
			return v.fallback
		}
		return value
	}
	value, err := jsonValue([]byte(text))
	if err != nil || value.IsNull() || value.Type().IsPrimitiveType() {
		l.err(v.at, "Wrong value for a variable", fmt.Sprintf("%s gives %q, and %q is a list or an object by its default: write one in JSON.", from, text, v.name))
		return v.fallback
	}
	return value
}

// jsonValue reads a JSON text as a value, numbers exactly.
func jsonValue(text []byte) (cty.Value, error) {
	t, err := ctyjson.ImpliedType(text)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(text, t)
}

// varFile reads a file of values: attributes of HCL, or a JSON object.
func (l *loader) varFile(f File, declared map[string]*variable, values map[string]cty.Value) {
	parser := hclparse.NewParser()
	var file *hcl.File
	var diags hcl.Diagnostics
	f.Bytes = lineEnds(f.Bytes)
	if strings.HasSuffix(f.Name, ".json") {
		file, diags = parser.ParseJSON(f.Bytes, f.Name)
	} else {
		file, diags = parser.ParseHCL(f.Bytes, f.Name)
	}
	l.diags = append(l.diags, diags...)
	if file == nil || file.Body == nil {
		return
	}
	l.spec.Files[f.Name] = file
	attrs, diags := file.Body.JustAttributes()
	l.diags = append(l.diags, diags...)
	for name, a := range attrs {
		v := declared[name]
		if v == nil {
			l.diags = append(l.diags, unknownVariable(name, f.Name, &a.NameRange, declared))
			continue
		}
		value, diags := a.Expr.Value(nil)
		l.diags = append(l.diags, diags...)
		if !diags.HasErrors() {
			values[name], v.from = l.fit(v, value, a), f.Name
		}
	}
}

// fit converts a value from a file to the type that the default gives.
func (l *loader) fit(v *variable, value cty.Value, a *hcl.Attribute) cty.Value {
	want := cty.String
	if v.fallback != cty.NilVal && v.fallback.IsKnown() && !v.fallback.IsNull() {
		if want = v.fallback.Type(); !want.IsPrimitiveType() {
			if value.IsNull() || value.Type().IsPrimitiveType() {
				l.err(a.Expr.Range(), "Wrong value for a variable", fmt.Sprintf("%q is a list or an object by its default.", v.name))
			}
			return value
		}
	}
	got, err := convert.Convert(value, want)
	if err != nil || got.IsNull() {
		l.err(a.Expr.Range(), "Wrong value for a variable", fmt.Sprintf("%q takes a %s.", v.name, want.FriendlyName()))
		return cty.DynamicVal
	}
	return got
}

func unknownVariable(name, from string, at *hcl.Range, declared map[string]*variable) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "No such variable", Subject: at,
		Detail: fmt.Sprintf("%s gives a value to %q, which no variable block declares.%s", from, name, didYouMean(name, slices.Sorted(maps.Keys(declared)))),
	}
}

// locals declares the names of locals blocks; they are evaluated when used.
func (l *loader) locals(blocks hcl.Blocks) {
	for _, b := range blocks {
		attrs, diags := b.Body.JustAttributes()
		l.diags = append(l.diags, diags...)
		for name, a := range attrs {
			if other := l.env.locals[name]; other != nil {
				l.err(a.NameRange, "Two locals with one name", fmt.Sprintf("%q is declared at %s:%d too.", name, other.at.Filename, other.at.Start.Line))
				continue
			}
			l.env.locals[name] = &local{name: name, expr: a.Expr, at: a.NameRange, info: l.env.look(a.Expr)}
		}
	}
	order := map[string]int{} // 1: being looked at, 2: done
	for _, name := range slices.Sorted(maps.Keys(l.env.locals)) {
		l.visitLocal(name, order, nil)
	}
	for _, name := range slices.Sorted(maps.Keys(l.env.locals)) {
		l.check(l.env.locals[name].expr, scopeNone)
	}
}

// visitLocal reports cycles among locals, and lets each know what those that it names call.
func (l *loader) visitLocal(name string, order map[string]int, path []string) {
	lo := l.env.locals[name]
	if lo == nil || order[name] == 2 {
		return
	}
	path = append(path, "local."+name)
	if order[name] == 1 {
		l.err(lo.at, "A cycle", fmt.Sprintf("local.%s needs itself: %s.", name, strings.Join(path, " → ")))
		lo.info.locals = nil
		return
	}
	order[name] = 1
	for _, other := range slices.Clone(lo.info.locals) {
		l.visitLocal(other, order, path)
		if o := l.env.locals[other]; o != nil {
			for _, c := range o.info.calls {
				lo.info.calls = appendNew(lo.info.calls, c)
			}
		}
	}
	order[name] = 2
}
