package planner_test

import (
	"testing"

	"github.com/asflow/asflow/planner"
)

// TestNoJobMakesWhatIsReserved holds that no job makes what is read as configuration, or would be, or is in asflow's own folder.
func TestNoJobMakesWhatIsReserved(t *testing.T) {
	const exec = "\n  exec { command = [\"x\"] }\n}\n"
	one := func(label string) string { return "target \"" + label + "\" {" + exec }
	each := func(label, list string) string {
		return "target \"" + label + "\" {\n  for_each = " + list + exec
	}
	const config, state = "A job can't make a configuration file", "A job can't make anything in .asflow"
	for name, c := range map[string]struct {
		config, mistake, part string
		folds                 bool
	}{
		"that is there":              {one("asflow.hcl"), config, "asflow.hcl is read", false},
		"a new one":                  {one("gen.asflow.hcl"), config, "gen.asflow.hcl has a name", false},
		"in JSON":                    {one("asflow.hcl.json"), config, "asflow.hcl.json has a name", false},
		"a new one in JSON":          {one("gen.asflow.hcl.json"), config, "gen.asflow.hcl.json has a name", false},
		"of an element":              {each("{each.key}.hcl", `["a", "sub.asflow"]`), config, `"sub.asflow"`, false},
		"of a hash":                  {each("*.asflow.hcl", `["a"]`), config, ".asflow.hcl has a name", false},
		"as a folder":                {one("gen.asflow.hcl/"), config, "gen.asflow.hcl has a name", false},
		"as a folder that is made":   {one("gen.asflow.hcl/a.txt"), config, "gen.asflow.hcl/a.txt has a name", false},
		"as an element's folder":     {each("{each.key}/a.txt", `["a", "gen.asflow.hcl"]`), config, `"gen.asflow.hcl"`, false},
		"in capitals, folded":        {one("Gen.ASFLOW.hcl"), config, "Gen.ASFLOW.hcl has a name", true},
		"in capitals":                {one("Gen.ASFLOW.hcl"), "", "", false},
		"in a folder":                {one("sub/gen.asflow.hcl"), "", "", false},
		"in an element's folder":     {each("{each.key}/asflow.hcl", `["a", "b"]`), "", "", false},
		"another hcl":                {each("{each.key}.hcl", `["a", "b"]`), "", "", false},
		"asflow's folder":            {one(".asflow"), state, ".asflow is asflow's own", false},
		"asflow's folder, whole":     {one(".asflow/"), state, ".asflow is asflow's own", false},
		"in asflow's folder":         {one(".asflow/journal.jsonl"), state, ".asflow/journal.jsonl is asflow's own", false},
		"in asflow's folder, folded": {one(".Asflow/lock"), state, ".Asflow/lock is asflow's own", true},
		"an element's folder":        {each("{each.key}/lock", `["a", ".asflow"]`), state, `".asflow"`, false},
		"a name that begins so":      {one(".asflow.txt"), "", "", false},
		"deeper":                     {one("sub/.asflow/lock"), "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := newProject(t, c.config, nil).plan(planner.Options{FoldsCase: c.folds})
			if c.mistake == "" {
				if diags.HasErrors() {
					t.Error(diags)
				}
				return
			}
			wantMistake(t, diags, c.mistake, c.part)
		})
	}
}
