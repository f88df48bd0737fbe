package hclspec

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/itchyny/gojq"
)

// Program is a compiled jq program. Safe for use from many goroutines.
type Program struct {
	Source string

	code    *gojq.Code
	keys    []string
	iterate bool
	plain   bool
}

// NewProgram compiles a jq program, with $key and $value declared; no $ENV, no modules, no input functions.
func NewProgram(source string) (*Program, error) {
	q, err := gojq.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("%q does not parse: %w", source, err)
	}
	code, err := gojq.Compile(q, gojq.WithVariables([]string{"$key", "$value"}), gojq.WithEnvironLoader(func() []string { return nil }))
	if err != nil {
		return nil, fmt.Errorf("%q does not compile: %w", source, err)
	}
	p := &Program{Source: source, code: code}
	p.keys, p.iterate, p.plain = plainPath(source)
	return p, nil
}

var step = regexp.MustCompile(`^\.([A-Za-z_][A-Za-z0-9_]*)`)

// plainPath reads a program that is only a path.
func plainPath(source string) (keys []string, iterate, ok bool) {
	s := strings.TrimSpace(source)
	if s == "." {
		return nil, false, true
	}
	if rest, cut := strings.CutSuffix(s, "[]"); cut {
		s, iterate = rest, true
	}
	if s == "." && iterate {
		return nil, true, true
	}
	for s != "" {
		m := step.FindStringSubmatch(s)
		if m == nil {
			return nil, false, false
		}
		keys = append(keys, m[1])
		s = s[len(m[0]):]
	}
	return keys, iterate, len(keys) > 0
}

// Path gives the steps of a program that is only a path (., .[], .items[], .a.b[]): keys, and whether it iterates at
// the end. ok is false for any other program. A body is cut by such a path as it streams.
func (p *Program) Path() (keys []string, iterate, ok bool) { return p.keys, p.iterate, p.plain }

// Run runs the program over each JSON value of input, which may begin with a byte-order mark, and yields each result as
// compact JSON: numbers as they were written, keys of objects sorted.
func (p *Program) Run(ctx context.Context, input []byte, key string, value func() any, yield func([]byte) error) error {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(input, byteOrderMark)))
	d.UseNumber()
	for {
		var v any
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("not JSON: %w", err)
		}
		if err := p.results(ctx, v, key, value, yield); err != nil {
			return err
		}
	}
}

func (p *Program) results(ctx context.Context, v any, key string, value func() any, yield func([]byte) error) error {
	var element any
	if value != nil && strings.Contains(p.Source, "$value") {
		element = value()
	}
	it := p.code.RunWithContext(ctx, v, key, element)
	for {
		r, ok := it.Next()
		if !ok {
			return nil
		}
		if err, bad := r.(error); bad {
			var halt *gojq.HaltError
			if errors.As(err, &halt) && halt.Value() == nil {
				return nil
			}
			return fmt.Errorf("jq %q: %w", p.Source, err)
		}
		text, err := gojq.Marshal(r)
		if err != nil {
			return fmt.Errorf("jq %q: %w", p.Source, err)
		}
		if err := yield(text); err != nil {
			return err
		}
	}
}
