package hclspec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// limit decodes a limit block.
func (l *loader) limit(b *hcl.Block) {
	out := Limit{Name: b.Labels[0], Burst: 1, Range: b.DefRange}
	content := l.content(b.Body, &hcl.BodySchema{Attributes: attributes("rate", "burst", "concurrency")})
	for _, other := range l.spec.Limits {
		if other.Name == out.Name {
			l.err(b.DefRange, "Two limits with one name", fmt.Sprintf("%q is declared at %s:%d too.", out.Name, other.Range.Filename, other.Range.Start.Line))
		}
	}
	if out.Name == "" {
		l.err(b.LabelRanges[0], "A limit without a name", "The name is a host, such as \"api.example.com\", \"*\" for every host, or one that a target's limits name.")
	}
	if strings.Contains(out.Name, "://") {
		l.err(b.LabelRanges[0], "A limit's name is a host, not a URL", fmt.Sprintf("Write the host alone, with its port if it isn't the scheme's: limit %q.", strings.TrimRight(out.Name[strings.Index(out.Name, "://")+3:], "/")))
	}
	if a := content.Attributes["rate"]; a != nil {
		if text, ok := l.constString(a); ok {
			rate, err := parseRate(text)
			if err != nil {
				l.err(a.Expr.Range(), "Wrong value for rate", err.Error()+".")
			}
			out.Rate = rate
		}
	}
	if a := content.Attributes["burst"]; a != nil {
		if n, ok := l.constInt(a, 1); ok {
			out.Burst = int(n)
		}
	}
	if a := content.Attributes["concurrency"]; a != nil {
		n, _ := l.constInt(a, 1)
		out.Concurrency = int(n)
	}
	l.spec.Limits = append(l.spec.Limits, out)
	l.env.limits = append(l.env.limits, out.Name)
}

// checkLimits reports names that look like hosts, and that requests don't go by. A name that a target may take is free.
func (l *loader) checkLimits(blocks hcl.Blocks) {
	var taken []string
	for _, t := range l.spec.Targets {
		x := t.attrs["limits"]
		if x == nil {
			continue
		}
		if len(x.Variables()) > 0 || len(x.info.calls) > 0 {
			return
		}
		for _, node := range syntaxOf(x.Expression) {
			taken = append(taken, literals(node)...)
		}
	}
	for _, b := range blocks {
		name := b.Labels[0]
		if slices.Contains(taken, name) || strings.Contains(name, "://") {
			continue
		}
		host, _, _ := strings.Cut(name, "/")
		switch {
		case !strings.ContainsAny(host, ".:"):
		case strings.Contains(host, "*"):
			l.err(b.LabelRanges[0], "A limit for a pattern of hosts", fmt.Sprintf("%q is no host. Write one host, \"*\" for each host, or have the targets that it is for name it: limits = [%q].", name, name))
		case requestHost(host) != name:
			l.err(b.LabelRanges[0], "A limit's name is not as hosts are written", fmt.Sprintf("Write the host alone, with its port if it isn't the scheme's: limit %q.", requestHost(host)))
		}
	}
}

// requestHost gives a host as requests have it.
func requestHost(host string) string {
	host = strings.TrimSuffix(strings.TrimSuffix(host, ":80"), ":443")
	name, port, ok := strings.Cut(host, ":")
	if name = strings.TrimSuffix(name, "."); ok {
		return name + ":" + port
	}
	return name
}

// parseRate reads "10/s", "600/m", "5000/h" as requests a second.
func parseRate(text string) (float64, error) {
	bad := fmt.Errorf("%q is not a rate: write one such as \"10/s\", \"600/m\" or \"5000/h\"", text)
	count, unit, ok := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(strings.TrimSpace(count), 64)
	if !ok || err != nil || !(n > 0 && n <= 1e9) {
		return 0, bad
	}
	switch strings.TrimSpace(unit) {
	case "s":
		return n, nil
	case "m":
		return n / 60, nil
	case "h":
		return n / 3600, nil
	}
	return 0, bad
}

// flow decodes a flow block.
func (l *loader) flow(b *hcl.Block) {
	f := Flow{Name: b.Labels[0], Range: b.DefRange}
	if f.Name == "" {
		l.err(b.LabelRanges[0], "A flow without a name", "The name is what asflow build is told, such as \"daily\".")
	}
	content := l.content(b.Body, &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "targets", Required: true}, {Name: "description"}}})
	if a := content.Attributes["description"]; a != nil {
		f.Description, _ = l.constString(a)
	}
	if a := content.Attributes["targets"]; a != nil {
		for _, label := range l.constStrings(a) {
			f.Targets = append(f.Targets, l.fillLabel(label, a.Expr.Range()))
		}
	}
	l.spec.Flows = append(l.spec.Flows, f)
}
