package hclspec

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// constant evaluates what must be known before anything is built.
func (l *loader) constant(expr hcl.Expression) (cty.Value, bool) {
	info, ok := l.check(expr, scopeNone)
	if !ok {
		return cty.DynamicVal, false
	}
	c := &call{env: l.env, reads: &Reads{}}
	v, diags := l.env.eval(expr, info, c, nil)
	l.diags = append(l.diags, diags...)
	for _, p := range c.reads.Paths {
		l.env.loadReads = append(l.env.loadReads, loadRead{p, expr.Range()})
	}
	if diags.HasErrors() || !v.IsWhollyKnown() {
		return cty.DynamicVal, false
	}
	if v.ContainsMarked() {
		l.err(expr.Range(), "A secret can't stand here", "This value is shown and stored as it is. Keep secrets to headers, query, body, form, auth, url, env and command.")
		return cty.DynamicVal, false
	}
	return v, true
}

// constantOf evaluates and converts. False without a mistake: it is null, and so as if it were not said.
func (l *loader) constantOf(a *hcl.Attribute, want cty.Type, form string) (cty.Value, bool) {
	v, ok := l.constant(a.Expr)
	if !ok || v.IsNull() {
		return v, false
	}
	got, err := convert.Convert(v, want)
	if err != nil || got.IsNull() || !got.IsWhollyKnown() {
		l.err(a.Expr.Range(), "Wrong type for "+a.Name, fmt.Sprintf("%s takes %s.", a.Name, form))
		return cty.DynamicVal, false
	}
	return got, true
}

func (l *loader) constString(a *hcl.Attribute) (string, bool) {
	v, ok := l.constantOf(a, cty.String, "a string")
	if !ok {
		return "", false
	}
	return v.AsString(), true
}

func (l *loader) constBool(a *hcl.Attribute) (bool, bool) {
	v, ok := l.constantOf(a, cty.Bool, "true or false")
	return ok && v.True(), ok
}

// constInt evaluates a whole number that is at least least.
func (l *loader) constInt(a *hcl.Attribute, least int64) (int64, bool) {
	v, ok := l.constantOf(a, cty.Number, "a whole number")
	if !ok {
		return 0, false
	}
	n, acc := v.AsBigFloat().Int64()
	if acc != big.Exact || n < least {
		l.err(a.Expr.Range(), "Wrong value for "+a.Name, fmt.Sprintf("%s takes a whole number, %d or more.", a.Name, least))
		return 0, false
	}
	return n, true
}

func (l *loader) constStrings(a *hcl.Attribute) []string {
	v, ok := l.constantOf(a, cty.List(cty.String), "a list of strings")
	if !ok {
		return nil
	}
	var out []string
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			l.err(a.Expr.Range(), "Null in "+a.Name, "Take it out of the list, for example by compact(…).")
			return nil
		}
		out = append(out, e.AsString())
	}
	return out
}

// constStatuses evaluates a list of statuses.
func (l *loader) constStatuses(a *hcl.Attribute) []int {
	v, ok := l.constantOf(a, cty.List(cty.Number), "a list of numbers, such as [404]")
	if !ok {
		return nil
	}
	var out []int
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			l.err(a.Expr.Range(), "Null in "+a.Name, "Take it out of the list.")
			return nil
		}
		n, acc := e.AsBigFloat().Int64()
		if acc != big.Exact || n < 0 || n > 999 {
			l.err(a.Expr.Range(), "Wrong status in "+a.Name, "A status is a whole number, such as 404.")
			return nil
		}
		out = append(out, int(n))
	}
	return out
}

// parseDuration reads "10s", "1h30m", "24h", "2d".
func parseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n >= 0 && n < 36500 {
			return time.Duration(n * 24 * float64(time.Hour)), nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration: write one such as \"30s\", \"10m\", \"24h\" or \"7d\"", text)
	}
	return d, nil
}

// parseSize reads a number of bytes, or "64KB", "64MB", "1GB" (powers of ten) and "64KiB", "64MiB", "1GiB" (of two).
func parseSize(v cty.Value) (int64, error) {
	bad := fmt.Errorf("write a size in bytes, or one such as \"64MB\"")
	s, err := convert.Convert(v, cty.String)
	if err != nil || s.IsNull() || !s.IsKnown() {
		return 0, bad
	}
	text := strings.TrimSpace(s.AsString())
	unit := int64(1)
	for _, u := range []struct {
		name string
		size int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(text, u.name); ok {
			text, unit = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0 && n*float64(unit) <= 1<<60) {
		return 0, bad
	}
	return int64(n * float64(unit)), nil
}
