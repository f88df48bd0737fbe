package hclspec_test

import (
	"strings"
	"testing"

	"github.com/asflow/asflow/hclspec"
)

// TestDates holds steps of every kind, how dates are written, and that a long way comes to its end.
func TestDates(t *testing.T) {
	for call, want := range map[string]string{
		`dates("2024-01-31", "2024-03-30", "1mo")`:                           `["2024-01-31","2024-02-29"]`,
		`dates("2024-02-29", "2027-03-01", "1y")`:                            `["2024-02-29","2025-02-28","2026-02-28","2027-02-28"]`,
		`dates("2023-11-30", "2024-03-01", "3mo")`:                           `["2023-11-30","2024-02-29"]`,
		`dates("2024-01-31T10:00:00Z", "2024-02-29T10:00:00Z", "1mo")`:       `["2024-01-31T10:00:00Z","2024-02-29T10:00:00Z"]`,
		`dates("2024-01-01T22:00:00+02:00", "2024-01-01T21:00:00Z", "30m")`:  `["2024-01-01T22:00:00+02:00","2024-01-01T22:30:00+02:00","2024-01-01T23:00:00+02:00"]`,
		`dates("2024-02-28", "2024-03-01")`:                                  `["2024-02-28","2024-02-29","2024-03-01"]`,
		`dates("2024-01-01", "2024-01-02", "12h")`:                           `["2024-01-01T00:00:00","2024-01-01T12:00:00","2024-01-02T00:00:00"]`,
		`dates("2024-01-01T00:00", "2024-01-01T00:01", "30s")`:               `["2024-01-01T00:00:00","2024-01-01T00:00:30","2024-01-01T00:01:00"]`,
		`dates("2024-01", "2024-03", "1mo")`:                                 `["2024-01","2024-02","2024-03"]`,
		`dates("2024-01", "2024-02", "2w")`:                                  `["2024-01-01","2024-01-15","2024-01-29"]`,
		`dates("2024-01-01", "2024-01-01")`:                                  `["2024-01-01"]`,
		`dates("2024-01-02", "2024-01-01", "1mo")`:                           `[]`,
		`dates("2024-01-01", "2024-01-02", "1000000w")`:                      `["2024-01-01"]`,
		`dates("2024-01-01", "2024-01-02", "1000000y")`:                      `["2024-01-01"]`,
		`reverse(dates("1024-01-01", "2024-01-03"))[0]`:                      `"2024-01-03"`,
		`length(dates("0001-01-01", "9999-12-31", "1y"))`:                    `9999`,
		`length(toset(dates("2024-01-01T00:00", "2024-01-01T00:10", "1s")))`: `601`,
	} {
		t.Run(call, func(t *testing.T) {
			got, diags := newProject(t, "", nil).value(call)
			if diags.HasErrors() || got != want {
				t.Errorf("got %s, want %s, %v", got, want, diags)
			}
		})
	}
}

// FuzzDates holds that no dates and no step hang, and that what they give is sorted, begins with the first and ends at the last.
func FuzzDates(f *testing.F) {
	f.Add("2024-01-31", "2024-12-31", "1mo")
	f.Add("1700-01-01", "2024-01-01", "1w")
	f.Add("2024-01-01T22:00", "2024-01-02", "1h")
	f.Add("2024-01", "0000-01-01T00:00:00Z", "9999999s")
	f.Fuzz(func(t *testing.T, from, to, step string) {
		p := newProject(t, "target \"{each.key}.json\" {\n  for_each = dates(var.from, var.to, var.step)\n  fetch { url = each.key }\n}\nvariable \"from\" {}\nvariable \"to\" {}\nvariable \"step\" {}", nil)
		p.vars = []string{"from=" + from, "to=" + to, "step=" + step}
		if strings.HasSuffix(step, "s") || strings.HasSuffix(step, "m") {
			return // right, and too many to hold
		}
		spec, diags := hclspec.Load(p.options())
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		els, _, diags := spec.Targets[0].Expand(p)
		if diags.HasErrors() || els.Len() == 0 {
			return
		}
		last := ""
		for i := range els.Len() {
			key, diags := els.Key(i)
			if diags.HasErrors() || key <= last {
				t.Fatalf("%q after %q, %v", key, last, diags)
			}
			last = key
		}
	})
}
