package hclspec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// TestFunctions holds what each function gives, as JSON.
func TestFunctions(t *testing.T) {
	files := map[string]string{
		"ids.txt": "\ufeffa\r\n\r\nb\n", "t.csv": "id;name\n1;x\n", "v.json": `{"b":[1.50,null],"a":"x"}`, "v.jsonl": "1\n\"two\"\n",
		"note.txt": "\ufeffone\r\ntwo", "ids.txt.gz": gz("a\nb\n"), "ids.txt.zst": zst("a\nb\n"), "sql/a.sql": "", "sql/b.x.sql": "", "empty.txt": "",
	}
	for expr, want := range map[string]string{
		`lines("ids.txt")`:                                    `["a","b"]`,
		`lines("ids.txt.gz")`:                                 `["a","b"]`,
		`lines("ids.txt.zst")`:                                `["a","b"]`,
		`lines("empty.txt")`:                                  `[]`,
		`csv("t.csv", ";")`:                                   `[{"id":"1","name":"x"}]`,
		`json("v.json")`:                                      `{"a":"x","b":[1.5,null]}`,
		`json("v.json").b[0]`:                                 `1.5`,
		`jsonl("v.jsonl")`:                                    `[1,"two"]`,
		`file("note.txt")`:                                    `"one\ntwo"`,
		`try(glob("../*.sql"), "leaves")`:                     `"leaves"`,
		`glob("sql/*.sql")`:                                   `[{"key":"sql/a.sql","name":"a","path":"sql/a.sql"},{"key":"sql/b.x.sql","name":"b","path":"sql/b.x.sql"}]`,
		`dates("2024-01-30", "2024-02-01")`:                   `["2024-01-30","2024-01-31","2024-02-01"]`,
		`dates("2024-01-31", "2024-04-30", "1mo")`:            `["2024-01-31","2024-02-29","2024-03-31","2024-04-30"]`,
		`dates("2024-01-01", "2024-01-10", "1w")`:             `["2024-01-01","2024-01-08"]`,
		`dates("2024-01-02", "2024-01-01")`:                   `[]`,
		`dates("2024-01-01T22:00", "2024-01-02T00:00", "1h")`: `["2024-01-01T22:00","2024-01-01T23:00","2024-01-02T00:00"]`,
		`today()`:                                                  `"2026-03-31"`,
		`env("HOME")`:                                              `"/root"`,
		`env("NOTHING", "else")`:                                   `"else"`,
		`secret("TOKEN")`:                                          `"s3cret!"`,
		`secret("KEY")`:                                            `"from a file"`,
		`sensitive("x")`:                                           `"x"`,
		`length(range(5000))`:                                      `5000`,
		`range(3)`:                                                 `[0,1,2]`,
		`range(2, 8, 3)`:                                           `[2,5]`,
		`range(3, 0)`:                                              `[3,2,1]`,
		`range(0, 0)`:                                              `[]`,
		`try(json("nothing.json"), "none")`:                        `"none"`,
		`can(json("v.json").nothing)`:                              `false`,
		`tostring(1.0)`:                                            `"1"`,
		`tonumber("007")`:                                          `7`,
		`tobool("true")`:                                           `true`,
		`toset(["b", "a", "b"])`:                                   `["a","b"]`,
		`tolist([1, "a"])`:                                         `["1","a"]`,
		`tomap({ a = 1, b = "x" })`:                                `{"a":"1","b":"x"}`,
		`urlencode("a b/é&")`:                                      `"a+b%2F%C3%A9%26"`,
		`base64encode("hé")`:                                       `"aMOp"`,
		`base64decode("aMOp")`:                                     `"hé"`,
		`sha256("abc")`:                                            `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`,
		`basename("a/b.txt")`:                                      `"b.txt"`,
		`dirname("a/b.txt")`:                                       `"a"`,
		`startswith("abc", "ab")`:                                  `true`,
		`endswith("abc", "ab")`:                                    `false`,
		`upper("é")`:                                               `"É"`,
		`replace("a.b.c", ".", "-")`:                               `"a-b-c"`,
		`replace("a1b22", "/[0-9]+/", "#")`:                        `"a#b#"`,
		`join("-", ["a", "b"])`:                                    `"a-b"`,
		`split(",", "a,b")`:                                        `["a","b"]`,
		`distinct([])`:                                             `[]`,
		`distinct(["1", 1, true])`:                                 `["1","true"]`,
		`distinct(toset(["b", "a"]))`:                              `["a","b"]`,
		`distinct([{ a = 1 }, { a = 2 }, { a = 1 }])`:              `[{"a":1},{"a":2}]`,
		`distinct([null, "a", null])`:                              `[null,"a"]`,
		`length(distinct([for i in range(100000) : i]))`:           `100000`,
		`length(toset([for i in range(20000) : "x${i}"]))`:         `20000`,
		`length(tolist([for i in range(20000) : i]))`:              `20000`,
		`length(join(",", [for i in range(20000) : "x"]))`:         `39999`,
		`length(join(",", [for i in range(20000) : i % 10]))`:      `39999`,
		`length(sort([for i in range(20000) : "x${i}"]))`:          `20000`,
		`length(compact([for i in range(20000) : "x${i}"]))`:       `20000`,
		`length(setunion([for i in range(2000) : i], [-1]))`:       `2001`,
		`length(setsubtract([for i in range(2000) : i], [1]))`:     `1999`,
		`length(tomap({ for i in range(20000) : "x${i}" => i }))`:  `20000`,
		`length(setproduct([for i in range(20000) : i], ["a"]))`:   `20000`,
		`sum([for i in range(20000) : 1])`:                         `20000`,
		`setsubtract(["b", "a", "c"], ["b", "d"])`:                 `["a","c"]`,
		`setintersection(["b", "a", "c"], ["c", "a"], ["a", "b"])`: `["a"]`,
		`setunion(["b", 1], [true])`:                               `["1","b","true"]`,
		`setsubtract([], ["b"])`:                                   `[]`,
		`join("-", ["a", 1, true])`:                                `"a-1-true"`,
		`toset([1, "a"])`:                                          `["1","a"]`,
		`tolist([null, "a"])`:                                      `[null,"a"]`,
		`distinct([1, 1, 2])`:                                      `[1,2]`,
		`compact(["a", "", null])`:                                 `["a"]`,
		`flatten([[1], [2, [3]]])`:                                 `[1,2,3]`,
		`merge({ a = 1 }, { b = 2 })`:                              `{"a":1,"b":2}`,
		`jsonencode({ a = [1, null] })`:                            `"{\"a\":[1,null]}"`,
		`jsondecode("{\"a\":1}").a`:                                `1`,
		`format("%03d-%s", 7, "x")`:                                `"007-x"`,
		`coalesce("", "b")`:                                        `"b"`,
		`[for x in [1, 2, 3] : x * 2 if x > 1]`:                    `[4,6]`,
		`setproduct(["a"], [1, 2])`:                                `[["a",1],["a",2]]`,
		`regex("[0-9]+", "ab12")`:                                  `"12"`,
		`formatdate("YYYY", "2024-05-06T00:00:00Z")`:               `"2024"`,
	} {
		t.Run(expr, func(t *testing.T) {
			p := newProject(t, "", files)
			p.env = map[string]string{"HOME": "/root", "TOKEN": "s3cret!", "KEY_FILE": "key"}
			p.files["key"] = "from a file\n"
			got, diags := p.value(expr)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// TestFunctionMistakes holds that a wrong call says what was wrong with what.
func TestFunctionMistakes(t *testing.T) {
	files := map[string]string{"latin1.txt": "a\nZ\xfcrich\n", "bad.json": "{\n\"a\": }", "ids.txt": "a", "torn.txt.gz": gz("a\nb\n")[:12]}
	for expr, want := range map[string]string{
		`lines("nothing.txt")`:                    "nothing.txt",
		`lines("../up.txt")`:                      "leaves the project",
		`lines("")`:                               "empty",
		`lines("latin1.txt")`:                     "line 2",
		`lines("torn.txt.gz")`:                    "torn.txt.gz",
		`json("bad.json")`:                        "see line 2",
		`csv("ids.txt", ",,")`:                    "separator",
		`dates("yesterday", "2024-01-01")`:        `"yesterday" is not a date`,
		`dates("2024-01-01", "2024-01-02", "0d")`: "not a step",
		`dates("0001-01-01", "9999-01-01", "1s")`: "more than",
		`env("NOTHING")`:                          "NOTHING",
		`secret("NOTHING")`:                       "NOTHING_FILE",
		`range(0, 10, 0)`:                         "step",
		`range()`:                                 "one to three",
		`base64decode("!")`:                       "base64",
	} {
		t.Run(expr, func(t *testing.T) {
			p := newProject(t, "", files)
			_, diags := p.value(expr)
			if !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
				t.Errorf("%v\ndoes not mention %s", diags, want)
			}
		})
	}
}

// TestReads holds that an evaluation notes what it read and asked, and that what is not built yet is waited for.
func TestReads(t *testing.T) {
	p := newProject(t, `
target "a.txt" {
  exec {
    command = ["echo", file("note.txt"), env("HOME", ""), today(), length(glob("*.sql")), file("made.txt")]
  }
}`, map[string]string{"note.txt": "x"})
	p.unbuilt = map[string]bool{"made.txt": true}
	target := p.spec().Targets[0]
	reads, diags := target.Needs(p)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var asked []string
	for _, a := range reads.Asked {
		name, _, _ := strings.Cut(a.Name, "=") // behind it is the hash of a default
		asked = append(asked, a.Kind+" "+name)
	}
	if diff := cmp.Diff([]string{"note.txt", "made.txt"}, reads.Paths); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"env HOME", "today ", "glob *.sql"}, asked); diff != "" {
		t.Error(diff)
	}
	if len(reads.Unbuilt) != 1 || reads.Unbuilt[0].Path != "made.txt" {
		t.Errorf("waits for %v", reads.Unbuilt)
	}
}

func gz(text string) string {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func zst(text string) string {
	w, _ := zstd.NewWriter(nil)
	return string(w.EncodeAll([]byte(text), nil))
}
