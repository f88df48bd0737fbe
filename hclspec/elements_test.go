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
		"ids.txt":       "\ufeffa\r\nb\r\n\r\nc",
		"t.csv":         "id,name\n1,\"Zürich, HB\"\n02,Bern\n",
		"t.tsv":         "id\tname\n1\tx\n",
		"list.json":     `[{"key":"k1","n":1},{"key":"k2","n":2}]`,
		"list.jsonl":    "{\"id\":1.50}\n\n{\"id\":10000000000000000000001}\n",
		"numbers.jsonl": "1.50\n1E3\n[1.0,2]\ntrue\n", "head.csv": "a,b\n", "semi.csv": "a;b\n1;2,3\n", "ids.txt.gz": gz("x\ny\n"), "t.tsv.zst": zst("a\tb\n1\t2\n"),
		"nfd.txt": "e\u0301\n", "nfd.jsonl": `{"a":"e\u0301"}`,
		"map.json": `{"x":{"n":1},"y":{"n":2}}`,
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
		{"an index in a label", `for_each = [["x", 1], ["y", 2]]`, "{each.value[0]}/{each.value[1]}", []element{{`["x",1]`, "x/1", `["x",1]`}, {`["y",2]`, "y/2", `["y",2]`}}},
		{"an attribute by an index", `for_each = [{ key = "k", "a b" = [{ c = true }] }]`, `{each.value[\"a b\"][0].c}`, []element{{"k", "true", `{"a b":[{"c":true}],"key":"k"}`}}},
		{"a column by an index", "for_each = csv(\"t.csv\")\nkey = each.value.id", `{each.value[\"name\"]}`, []element{{"1", "Zürich, HB", `{"id":"1","name":"Zürich, HB"}`}, {"02", "Bern", `{"id":"02","name":"Bern"}`}}},
		{"zeros", `for_each = [-0, 0, 0.0]`, "*", []element{{"0", "HASH", "-0"}, {"0", "HASH", "0"}, {"0", "HASH", "0"}}},
		{"decimals", `for_each = [0.1, 1e-7, 1.10, 123456789.123456789123456789]`, "*", []element{{"0.1", "HASH", "0.1"}, {"0.0000001", "HASH", "0.0000001"}, {"1.1", "HASH", "1.1"}, {"123456789.123456789123456789", "HASH", "123456789.123456789123456789"}}},
		{"JSON's own numbers", `for_each = jsonl("numbers.jsonl")`, "{each.key}", []element{{"1.5", "1.5", "1.50"}, {"1000", "1000", "1E3"}, {"[1,2]", "[1,2]", "[1.0,2]"}, {"true", "true", "true"}}},
		{"154 digits", "for_each = [" + strings.Repeat("9", 154) + "]", "*", []element{{strings.Repeat("9", 154), "HASH", strings.Repeat("9", 154)}}},
		{"a null in a map", `for_each = { a = null }`, "{each.key}", []element{{"a", "a", "null"}}},
		{"a list of nothing", `for_each = [[], [null, 1.50]]`, "*", []element{{"[]", "HASH", "[]"}, {"[null,1.5]", "HASH", "[null,1.5]"}}},
		{"an object without elements", `for_each = {}`, "*", nil},
		{"a header without rows", "for_each = csv(\"head.csv\")\nkey = each.value.a", "*", nil},
		{"a separator", "for_each = csv(\"semi.csv\", \";\")\nkey = each.value.a", "{each.value.b}", []element{{"1", "2,3", `{"a":"1","b":"2,3"}`}}},
		{"a chosen list", `for_each = true ? ["a", 1] : []`, "*", []element{{"a", "HASH", `"a"`}, {"1", "HASH", "1"}}},
		{"a chosen object", "for_each = (false ? [] : [{ a = 1, b = \"x\" }])\nkey = each.value.b", "*", []element{{"x", "HASH", `{"a":1,"b":"x"}`}}},
		{"chosen rows of many types", "for_each = 1 == 1 ? jsonl(\"numbers.jsonl\") : []", "{each.key}", []element{{"1.5", "1.5", "1.5"}, {"1000", "1000", "1000"}, {"[1,2]", "[1,2]", "[1,2]"}, {"true", "true", "true"}}},
		{"no list chosen", `for_each = false ? lines("ids.txt") : []`, "*", nil},
		{"a list chosen by what is no truth", `for_each = "true" ? { a = 1 } : { b = "x" }`, "{each.key}", []element{{"a", "a", "1"}}},
		{"compressed", `for_each = lines("ids.txt.gz")`, "*", []element{{"x", "HASH", `"x"`}, {"y", "HASH", `"y"`}}},
		{"compressed tsv", "for_each = csv(\"t.tsv.zst\")\nkey = each.value.a", "*", []element{{"1", "HASH", `{"a":"1","b":"2"}`}}},
		{"a list key", "for_each = [true]\nkey = [each.value, 1, \"x\"]", "*", []element{{`[true,1,"x"]`, "HASH", "true"}}},
		{"composed in a file", `for_each = lines("nfd.txt")`, "{each.key}", []element{{"é", "é", `"é"`}}},
		{"composed in escapes", "for_each = jsonl(\"nfd.jsonl\")\nkey = each.value.a", "{each.value.a}", []element{{"é", "é", `{"a":"e\u0301"}`}}},
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
		{"an object's null key", `for_each = [{ key = null }]`, "*", "The element's attribute key is null"},
		{"an object's own key that is an object", `for_each = [{ key = { a = 1 } }]`, "*", "The element's attribute key is an object"},
		{"lists within a list", `for_each = [[[1]]]`, "*", "a list that holds more than"},
		{"an index beyond the end", `for_each = [["a"]]`, "{each.value[1]}", "has no element 1"},
		{"an index of a text", `for_each = ["a"]`, "{each.value[0]}", "has no attribute \"0\""},
		{"behind a key", `for_each = ["a"]`, "{each.key.x}", "Bad placeholder"},
		{"each alone", `for_each = ["a"]`, "{each}", "each.key or each.value"},
		{"var alone", `for_each = ["a"]`, "*/{var}", "var.NAME"},
		{"null in a label", `for_each = [{ key = "a", n = null }]`, "{each.value.n}", "is null"},
		{"NUL", `for_each = jsonl("nul.jsonl")`, "{each.key}", "control character"},
		{"secret elements", `for_each = sensitive(["a"])`, "*", "secret"},
		{"bad text in a table", "for_each = csv(\"latin1.csv\")\nkey = each.value.a", "*", "line 3"},
		{"a table without a header", "for_each = csv(\"blank.csv\")\nkey = each.value.a", "*", "first row"},
		{"a long number in a file", `for_each = jsonl("long.jsonl")`, "*", "154 digits"},
		{"null in a file", `for_each = jsonl("null.jsonl")`, "*", "number 2: null"},
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
				"nul.jsonl": `"a\u0000b"`, "latin1.csv": "a,b\n1,2\nx,\xff\n", "blank.csv": "\n\n", "long.jsonl": "1" + strings.Repeat("0", 200), "null.jsonl": "1\nnull\n",
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
