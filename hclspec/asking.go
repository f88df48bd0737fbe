package hclspec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// functions gives the functions that ask something of the project or its surroundings, for one evaluation.
func (c *call) functions() map[string]function.Function {
	one := []function.Parameter{text("path")}
	return map[string]function.Function{
		"lines":   c.asking(one, nil, c.rowsOf("lines")),
		"csv":     c.asking(one, sep, c.rowsOf("csv")),
		"jsonl":   c.asking(one, nil, c.rowsOf("jsonl")),
		"outputs": c.asking([]function.Parameter{text("label")}, nil, c.rowsOf("outputs")),
		"json":    c.asking(one, nil, c.json),
		"file":    c.asking(one, nil, c.file),
		"glob":    c.asking([]function.Parameter{text("pattern")}, nil, c.glob),
		"env":     c.asking([]function.Parameter{text("name")}, fallback, c.envVar),
		"secret":  c.asking([]function.Parameter{text("name")}, nil, c.secret),
		"today": c.asking(nil, nil, func([]cty.Value) (cty.Value, error) {
			day := c.env.now.UTC().Format("2006-01-02")
			c.reads.Asked = append(c.reads.Asked, Asked{"today", "", answer(day)})
			return cty.StringVal(day), nil
		}),
	}
}

func text(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.String, AllowUnknown: true, AllowDynamicType: true}
}

var (
	sep      = &function.Parameter{Name: "separator", Type: cty.String, AllowUnknown: true}
	fallback = &function.Parameter{Name: "default", Type: cty.String, AllowNull: true, AllowUnknown: true, AllowDynamicType: true}
)

// asking makes a function whose value is unknown while an argument, or what it reads, is.
func (c *call) asking(params []function.Parameter, rest *function.Parameter, f func([]cty.Value) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params: params, VarParam: rest,
		Type: func([]cty.Value) (cty.Type, error) { return cty.DynamicPseudoType, nil },
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			for _, a := range args {
				if !a.IsKnown() {
					return cty.DynamicVal, nil
				}
			}
			if rest != nil && len(args) > len(params)+1 {
				return cty.DynamicVal, fmt.Errorf("too many arguments: %d at most", len(params)+1)
			}
			v, err := f(args)
			if errors.Is(err, errUnbuilt) {
				return cty.DynamicVal, nil
			}
			if err != nil {
				return cty.DynamicVal, err
			}
			return v, nil
		},
	})
}

// stream gives the rows of a for_each that is just one call.
func (c *call) stream(name string, args []cty.Value) (rows, error) {
	if len(args) == 0 || len(args) > 2 || len(args) == 2 && name != "csv" {
		return nil, fmt.Errorf("it takes one argument")
	}
	for _, a := range args {
		if a.IsMarked() {
			return nil, fmt.Errorf("a secret can't be a path")
		}
		if a.IsNull() || !a.IsKnown() || a.Type() != cty.String {
			return nil, fmt.Errorf("its argument is a text")
		}
	}
	r, err := c.rows(name, args)
	if errors.Is(err, errUnbuilt) {
		return nil, nil
	}
	return r, err
}

func (c *call) rows(name string, args []cty.Value) (rows, error) {
	at := args[0].AsString()
	if name == "outputs" {
		return c.outputs(at)
	}
	body, err := c.read(at)
	if err != nil {
		return nil, err
	}
	switch name {
	case "lines":
		r, err := splitLines(body)
		return lineRows{r}, err
	case "csv":
		comma, err := separator(at, args[1:])
		if err != nil {
			return nil, err
		}
		return newCSVRows(body, comma, at)
	default:
		return newJSONRows(body, at)
	}
}

// separator is a tab for .tsv, else a comma, unless it is said.
func separator(at string, args []cty.Value) (rune, error) {
	if len(args) == 0 {
		if strings.HasSuffix(strings.TrimSuffix(strings.TrimSuffix(at, ".gz"), ".zst"), ".tsv") {
			return '\t', nil
		}
		return ',', nil
	}
	r := []rune(args[0].AsString())
	if len(r) != 1 || r[0] == '"' || r[0] == '\n' || r[0] == '\r' {
		return 0, fmt.Errorf("a separator is one character, such as \";\"")
	}
	return r[0], nil
}

// rowsOf gives rows as a value of the language.
func (c *call) rowsOf(name string) func([]cty.Value) (cty.Value, error) {
	return func(args []cty.Value) (cty.Value, error) {
		r, err := c.rows(name, args)
		if err != nil {
			return cty.DynamicVal, err
		}
		out := make([]cty.Value, r.Len())
		for i := range out {
			out[i] = r.Value(i)
		}
		switch {
		case len(out) == 0 && name == "lines":
			return cty.ListValEmpty(cty.String), nil
		case len(out) == 0:
			return cty.EmptyTupleVal, nil
		case name == "lines" || name == "csv":
			return cty.ListVal(out), nil
		}
		return cty.TupleVal(out), nil
	}
}

func (c *call) outputs(label string) (rows, error) {
	label, err := c.env.fillPath(label)
	if err != nil {
		return nil, err
	}
	c.reads.Labels = append(c.reads.Labels, label)
	if c.world == nil {
		return nil, fmt.Errorf("outputs(%q) is not known before anything is built", label)
	}
	o, err := c.world.Outputs(label)
	var u *Unbuilt
	if errors.As(err, &u) {
		c.reads.Unbuilt = append(c.reads.Unbuilt, *u)
		return nil, errUnbuilt
	}
	if err != nil {
		return nil, err
	}
	return outputRows{o}, nil
}

func (c *call) json(args []cty.Value) (cty.Value, error) {
	at := args[0].AsString()
	body, err := c.read(at)
	if err != nil {
		return cty.DynamicVal, err
	}
	v, err := jsonValue(body)
	if err != nil {
		return cty.DynamicVal, fmt.Errorf("%s is not JSON%s: %w", at, lineOf(body), err)
	}
	return v, nil
}

// lineOf says at which line a text stops being JSON.
func lineOf(body []byte) string {
	var syntax *json.SyntaxError
	if !errors.As(json.Unmarshal(body, new(any)), &syntax) {
		return ""
	}
	return fmt.Sprintf(", see line %d", 1+bytes.Count(body[:min(int(syntax.Offset), len(body))], []byte("\n")))
}

func (c *call) file(args []cty.Value) (cty.Value, error) {
	body, err := c.read(args[0].AsString())
	if err != nil {
		return cty.DynamicVal, err
	}
	return cty.StringVal(string(body)), nil
}

// glob gives the files that match and no label could make.
func (c *call) glob(args []cty.Value) (cty.Value, error) {
	pattern, err := c.env.fillPath(args[0].AsString())
	if err != nil {
		return cty.DynamicVal, err
	}
	if c.world == nil {
		return cty.DynamicVal, fmt.Errorf("glob can't be used in what must be known before anything is built")
	}
	if hasStep(pattern, "..") {
		return cty.DynamicVal, fmt.Errorf("%s leaves the project: a pattern must have no .. in it", pattern)
	}
	paths, left, err := c.world.Glob(pattern)
	if err != nil {
		return cty.DynamicVal, err
	}
	c.reads.Asked = append(c.reads.Asked, Asked{"glob", pattern, answer(paths...)})
	if left > 0 {
		c.reads.Warnings = append(c.reads.Warnings, fmt.Sprintf("glob(%q) leaves out %d files that a target makes, or could make. For a target's outputs write outputs(LABEL).", pattern, left))
	}
	if len(paths) == 0 {
		return cty.EmptyTupleVal, nil
	}
	out := make([]cty.Value, len(paths))
	for i, p := range paths {
		name, _, _ := strings.Cut(path.Base(p), ".")
		if name == "" {
			name = path.Base(p)
		}
		out[i] = cty.ObjectVal(map[string]cty.Value{"path": cty.StringVal(p), "name": cty.StringVal(name), "key": cty.StringVal(p)})
	}
	return cty.TupleVal(out), nil
}

func (c *call) envVar(args []cty.Value) (cty.Value, error) {
	name := args[0].AsString()
	asked := name
	if len(args) > 1 && args[1].IsKnown() && !args[1].IsNull() && args[1].Type() == cty.String {
		asked += "=" + answer(args[1].AsString()) // what it gives where the variable is not set: no name has a =
	}
	c.reads.Asked = append(c.reads.Asked, Asked{"env", asked, askedEnv(c.env, asked)})
	if v, ok := c.env.lookupEnv(name); ok {
		return cty.StringVal(v), nil
	}
	if len(args) > 1 {
		return args[1], nil
	}
	return cty.DynamicVal, fmt.Errorf("the environment variable %s is not set; set it, or give a default: env(%q, \"…\")", name, name)
}

// secret gives an environment variable, or what the file that NAME_FILE names holds. Without the value it is asked for
// later: only a recipe that runs needs it.
func (c *call) secret(args []cty.Value) (cty.Value, error) {
	name := args[0].AsString()
	if c.lenient {
		return cty.UnknownVal(cty.String).Mark(sensitiveMark), nil
	}
	v, ok := c.env.lookupEnv(name)
	if !ok {
		file, given := c.env.lookupEnv(name + "_FILE")
		if !given || c.env.open == nil {
			return cty.DynamicVal, fmt.Errorf("the secret %s is not set: set the environment variable %s, or %s_FILE to the name of a file that holds it", name, name, name)
		}
		f, err := c.env.open(file)
		if err != nil {
			return cty.DynamicVal, fmt.Errorf("the secret %s: %w", name, err)
		}
		defer f.Close()
		body, err := decompress(f, "")
		if err != nil {
			return cty.DynamicVal, fmt.Errorf("the secret %s: %w", name, err)
		}
		v = strings.TrimRight(string(body), "\r\n")
	}
	c.env.secrets.add(v)
	return cty.StringVal(v).Mark(sensitiveMark), nil
}
