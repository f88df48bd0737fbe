package hclspec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asflow/asflow/hclspec"
)

// TestElements holds what a list gives: elements, their keys and paths.
func TestElements(t *testing.T) {
	files := map[string]string{
		"ids.txt":    "\ufeffa\r\nb\r\n\r\nc",
		"t.csv":      "id,name\n1,\"Zürich, HB\"\n02,Bern\n",
		"t.tsv":      "id\tname\n1\tx\n",
		"list.json":  `[{"key":"k1","n":1},{"key":"k2","n":2}]`,
		"list.jsonl": "{\"id\":1.50}\n\n{\"id\":10000000000000000000001}\n",
		"map.json":   `{"x":{"n":1},"y":{"n":2}}`,
	}
	for _, c := range []struct {
		name, attrs, label string
		want               []element
	}{
		{"list of strings", `for_each = ["a", "b"]`, "*", []element{{"a", "HASH", `"a"`}, {"b", "HASH", `"b"`}}},
		{"an empty list", `for_each = []`, "*", nil},
		{"a tuple of many types", `for_each = ["1", 1, true, 1.5]`, "*", []element{{"1", "HASH", `"1"`}, {"1", "HASH", "1"}, {"true", "HASH", "true"}, {"1.5", "HASH", "1.5"}}},
		{"a set", `for_each = toset(["b", "a", "b"])`, "{each.key}", []element{{"a", "a", `"a"`}, {"b", "b", `"b"`}}},
		{"a map", `for_each = tomap({ x = "1", y = "2" })`, "{each.key}-{each.value}", []element{{"x", "x-1", `"1"`}, {"y", "y-2", `"2"`}}},
		{"an object", `for_each = { x = { n = 1 }, y = { n = 2 } }`, "{each.key}.{each.value.n}", []element{{"x", "x.1", `{"n":1}`}, {"y", "y.2", `{"n":2}`}}},
		{"an object's own key", `for_each = json("list.json")`, "{each.key}", []element{{"k1", "k1", `{"key":"k1","n":1}`}, {"k2", "k2", `{"key":"k2","n":2}`}}},
		{"key before all else", "for_each = json(\"list.json\")\nkey = each.value.n", "{each.key}", []element{{"1", "1", `{"key":"k1","n":1}`}, {"2", "2", `{"key":"k2","n":2}`}}},
		{"key of a map's element", "for_each = { x = { n = 1 } }\nkey = \"${each.value.n}!\"", "{each.key}", []element{{"1!", "1!", `{"n":1}`}}},
		{"lists of scalars", `for_each = [[1, "a"], [2, "b"]]`, "*", []element{{`[1,"a"]`, "HASH", `[1,"a"]`}, {`[2,"b"]`, "HASH", `[2,"b"]`}}},
		{"integers in full", `for_each = [1e21, 12345678901234567890, -1]`, "{each.key}", []element{{"1000000000000000000000", "1000000000000000000000", "1000000000000000000000"}, {"12345678901234567890", "12345678901234567890", "12345678901234567890"}, {"-1", "-1", "-1"}}},
		{"lines", `for_each = lines("ids.txt")`, "{each.value}", []element{{"a", "a", `"a"`}, {"b", "b", `"b"`}, {"c", "c", `"c"`}}},
		{"csv", "for_each = csv(\"t.csv\")\nkey = each.value.id", "{each.key}/x", []element{{"1", "1/x", `{"id":"1","name":"Zürich, HB"}`}, {"02", "02/x", `{"id":"02","name":"Bern"}`}}},
		{"tsv", "for_each = csv(\"t.tsv\")\nkey = each.value.name", "{each.key}", []element{{"x", "x", `{"id":"1","name":"x"}`}}},
		{"jsonl", "for_each = jsonl(\"list.jsonl\")\nkey = each.value.id", "{each.key}", []element{{"1.5", "1.5", `{"id":1.50}`}, {"10000000000000000000001", "10000000000000000000001", `{"id":10000000000000000000001}`}}},
		{"a json object", `for_each = json("map.json")`, "{each.key}{each.value.n}", []element{{"x", "x1", `{"n":1}`}, {"y", "y2", `{"n":2}`}}},
		{"a for expression over a file", `for_each = [for r in csv("t.csv") : r.name]`, "*", []element{{"Zürich, HB", "HASH", `"Zürich, HB"`}, {"Bern", "HASH", `"Bern"`}}},
		{"composed text", "for_each = [\"e\u0301\"]", "{each.key}", []element{{"é", "é", `"é"`}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, "target \""+c.label+"\" {\n"+c.attrs+"\nexec { command = [\"true\"] }\n}", files)
			got, diags := p.elements(p.spec().Targets[0])
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestElementMistakes holds that a bad element is named, with what to do.
func TestElementMistakes(t *testing.T) {
	long := strings.Repeat("x", 201)
	for _, c := range []struct{ name, attrs, label, want string }{
		{"a null element", `for_each = ["a", null]`, "*", "null"},
		{"null", `for_each = null`, "*", "null"},
		{"a string", `for_each = "abc"`, "*", "for_each"},
		{"a number", `for_each = 3`, "*", "for_each"},
		{"an object without a key", `for_each = [{ id = 1 }]`, "*", "key = each.value."},
		{"a key that is an object", "for_each = [\"a\"]\nkey = { x = 1 }", "*", "key"},
		{"a null key", "for_each = [{ id = null }]\nkey = each.value.id", "*", "null"},
		{"an attribute that some lack", "for_each = [{ id = 1 }, { it = 2 }]\nkey = each.value.id", "*", `{"it":2}`},
		{"a number without an end", "for_each = [1" + strings.Repeat("0", 154) + "]", "*", "154 digits"},
		{"an empty name", `for_each = [""]`, "{each.key}", "is empty"},
		{"a folder's own name", `for_each = [".."]`, "{each.key}", `".."`},
		{"a slash", `for_each = ["a/b"]`, "{each.key}", "replace("},
		{"a backslash", `for_each = ["a\\b"]`, "{each.key}", "backslash"},
		{"a control character", `for_each = ["a\nb"]`, "{each.key}", "control character"},
		{"a long name", `for_each = ["` + long + `"]`, "{each.key}", "201"},
		{"a list in a label", "for_each = [{ key = \"a\", l = [1] }]", "{each.value.l}", "not a string, number or bool"},
		{"a secret list", `for_each = [secret("TOKEN")]`, "*", "secret"},
		{"a secret key", "for_each = [\"a\"]\nkey = \"${each.value}-${secret(\"TOKEN\")}\"", "*", "secret"},
		{"no such file", `for_each = lines("nothing.txt")`, "*", "nothing.txt"},
		{"bad JSON", `for_each = json("bad.json")`, "*", "bad.json"},
		{"bad lines", `for_each = jsonl("bad.jsonl")`, "*", "line 2"},
		{"not UTF-8", `for_each = lines("latin1.txt")`, "*", "line 2"},
		{"a ragged table", "for_each = csv(\"ragged.csv\")\nkey = each.value.a", "*", "line 3"},
		{"an empty table", "for_each = csv(\"empty.csv\")\nkey = each.value.a", "*", "empty"},
		{"two columns of one name", "for_each = csv(\"twice.csv\")\nkey = each.value.a", "*", `"a"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, "target \""+c.label+"\" {\n"+c.attrs+"\nexec { command = [\"true\"] }\n}", map[string]string{
				"bad.json": "{", "bad.jsonl": "1\n{\n", "latin1.txt": "ok\nZ\xfcrich\n", "ragged.csv": "a,b\n1,2\n3\n", "empty.csv": "", "twice.csv": "a,a\n1,2\n",
			})
			p.env = map[string]string{"TOKEN": "s3cret!"}
			spec, diags := p.load()
			if !diags.HasErrors() {
				_, diags = p.elements(spec.Targets[0])
			}
			if !diags.HasErrors() {
				t.Fatal("no mistake was found")
			}
			if text := diags.Error(); !strings.Contains(text, c.want) || !strings.Contains(text, "asflow.hcl:") || strings.Contains(text, "s3cret!") {
				t.Errorf("%s\ndoes not mention %s, and where", text, c.want)
			}
		})
	}
}

// TestOutputsOfAnotherTarget holds that a list of outputs carries path, name, key and value.
func TestOutputsOfAnotherTarget(t *testing.T) {
	p := newProject(t, `
target "raw/{each.key}.jsonl" {
  for_each = ["a", "b"]
  fetch { url = "http://127.0.0.1/${each.key}" }
}
target "clean/{each.value.name}.csv" {
  for_each = outputs("raw/{each.key}.jsonl")
  inputs   = [each.value.path]
  exec { command = ["true"] }
}`, nil)
	clean := p.spec().Targets[1]
	if _, reads, _ := clean.Expand(p); len(reads.Unbuilt) != 1 || reads.Unbuilt[0].Label != "raw/{each.key}.jsonl" {
		t.Fatalf("waits for %v", reads.Unbuilt)
	}
	p.outputs = map[string]hclspec.Outputs{"raw/{each.key}.jsonl": list{{"a", "raw/a.jsonl", "A"}, {"b", "raw/b.jsonl", "B"}}}
	got, diags := p.elements(clean)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := []element{
		{"a", "clean/a.csv", `{"key":"a","name":"a","path":"raw/a.jsonl","value":"A"}`},
		{"b", "clean/b.csv", `{"key":"b","name":"b","path":"raw/b.jsonl","value":"B"}`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	els, _, _ := clean.Expand(p)
	inputs, _, _ := clean.Inputs(p, els, 1)
	if diff := cmp.Diff([]string{"raw/b.jsonl"}, inputs); diff != "" {
		t.Error(diff)
	}
}
