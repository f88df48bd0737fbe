package hclspec

import (
	"io"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// environment is what all evaluations of a configuration share.
type environment struct {
	lookupEnv func(string) (string, bool)
	open      func(string) (io.ReadCloser, error)
	list      func(string) ([]string, error)
	now       time.Time
	secrets   *secrets

	root   *hcl.EvalContext // functions that ask for nothing, and var
	vars   map[string]cty.Value
	locals map[string]*local
	limits []string // names of limit blocks

	loadReads []loadRead // what was read before anything is built
}

// loadRead is a path that was read while the configuration was loaded, and where it says so.
type loadRead struct {
	path string
	at   hcl.Range
}

// local is one name of a locals block.
type local struct {
	name string
	expr hcl.Expression
	info *usage
	at   hcl.Range

	mu    sync.Mutex // never held while something is evaluated: that may have to wait for the plan
	done  bool
	value cty.Value
	reads Reads
}

func newEnvironment(o Options) *environment {
	e := &environment{
		lookupEnv: o.LookupEnv, open: o.Open, list: o.List, now: o.Now, secrets: newSecrets(),
		vars: map[string]cty.Value{}, locals: map[string]*local{},
	}
	if e.lookupEnv == nil {
		e.lookupEnv = func(string) (string, bool) { return "", false }
	}
	e.root = &hcl.EvalContext{Functions: plainFunctions(e.secrets), Variables: map[string]cty.Value{}}
	return e
}

// eval evaluates an expression. names are the values beside var and local.
func (e *environment) eval(expr hcl.Expression, info *usage, c *call, names map[string]cty.Value) (cty.Value, hcl.Diagnostics) {
	ctx := e.root.NewChild()
	ctx.Variables = names
	if len(info.locals) > 0 {
		object, diags := e.localsObject(info.locals, c)
		if diags.HasErrors() {
			return cty.DynamicVal, diags
		}
		if ctx.Variables == nil {
			ctx.Variables = map[string]cty.Value{}
		}
		ctx.Variables["local"] = object
	}
	if info.asks {
		ctx.Functions = c.functions()
	}
	return expr.Value(ctx)
}

// localsObject evaluates the locals that an expression names.
func (e *environment) localsObject(names []string, c *call) (cty.Value, hcl.Diagnostics) {
	values := make(map[string]cty.Value, len(names))
	for _, name := range names {
		l := e.locals[name]
		if l == nil {
			continue // reported when the configuration was checked
		}
		v, diags := e.localValue(l, c)
		if diags.HasErrors() {
			return cty.DynamicVal, diags
		}
		values[name] = v
	}
	return cty.ObjectVal(values), nil
}

// localValue evaluates a local once; it is asked again only while something that it reads is unbuilt, or a secret in it
// is not known yet.
func (e *environment) localValue(l *local, c *call) (cty.Value, hcl.Diagnostics) {
	l.mu.Lock()
	done, value, reads := l.done, l.value, l.reads
	l.mu.Unlock()
	if done {
		c.reads.add(reads)
		return value, nil
	}
	inner := *c
	inner.reads = &Reads{}
	v, diags := e.eval(l.expr, l.info, &inner, nil)
	c.reads.add(*inner.reads)
	if !diags.HasErrors() && len(inner.reads.Unbuilt) == 0 && v.IsWhollyKnown() {
		l.mu.Lock()
		l.done, l.value, l.reads = true, v, *inner.reads
		l.mu.Unlock()
	}
	return v, diags
}

// add takes over what another evaluation has read.
func (r *Reads) add(o Reads) {
	for _, p := range o.Paths {
		r.path(p)
	}
	r.Labels = append(r.Labels, o.Labels...)
	r.Asked = append(r.Asked, o.Asked...)
	r.Unbuilt = append(r.Unbuilt, o.Unbuilt...)
	r.Warnings = append(r.Warnings, o.Warnings...)
}

// path notes a path, once.
func (r *Reads) path(p string) {
	for _, other := range r.Paths {
		if other == p {
			return
		}
	}
	r.Paths = append(r.Paths, p)
}
