package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// linesOK checks a text that comes in pieces of n bytes.
func linesOK(text []byte, n int) error {
	var j jsonLines
	for len(text) > 0 {
		m := min(n, len(text))
		if _, err := j.Write(text[:m]); err != nil {
			return err
		}
		text = text[m:]
	}
	return j.end()
}

// linesValid says of a text what the standard library says of its lines.
func linesValid(text []byte) bool {
	for _, line := range bytes.Split(bytes.TrimPrefix(text, []byte(byteOrderMark)), []byte("\n")) {
		if len(bytes.Trim(line, " \t\r")) > 0 && !json.Valid(line) {
			return false
		}
	}
	return true
}

var jsonTexts = []string{
	"", "\n", " \t\r\n", "1", "1\n", "1\n2", "1 2", "{}", "[]", "[1,2]", "[1,]", "[,1]", "{\"a\":1}", "{\"a\":1,}", "{\"a\"}", "{a:1}", "{\"a\":{\"b\":[true,false,null]}}",
	"tru", "truee", "nul\n", "-", "-1", "-0", "01", "0.5", "0.", ".5", "1e5", "1e+5", "1e", "1e+", "1E-05", "1.5e3.2", "-0.1]", "[1", "]", "}", "[}", "{]", "\"", "\"a\"", "\"\\\"", "\"\\n\\u00e9\"",
	"\"\\u00g0\"", "\"\\x\"", "\"\x01\"", "\"a\tb\"", "[1]\n[2]\n", "[1\n]", "\"a\nb\"", "{\"a\":1}{\"b\":2}", "[1 2]", "{\"a\":1 \"b\":2}", "[\"a\" , \"b\" ]", "{\"a\" : 1}", "\xef\xbb\xbf1", "\xef\xbb", "\xef\xbb1", "1\n\xef\xbb\xbf2",
	"[[[[]]]]", "[[[]]", "{\"\":{}}", "[{}]", "[{},{}]", "true false", "null\r\nnull\r\n", "é", "\"é\"", "\v", "\u00a0",
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	for _, text := range append(jsonTexts, strings.Repeat("[", jsonDepth)+strings.Repeat("]", jsonDepth), strings.Repeat("[", jsonDepth+1)+strings.Repeat("]", jsonDepth+1)) {
		want := linesValid([]byte(text))
		for _, n := range []int{1, 3, 1 << 20} {
			if err := linesOK([]byte(text), n); (err == nil) != want {
				t.Errorf("%.40q in pieces of %d: %v, and valid is %v", text, n, err, want)
			}
		}
	}
	if err := linesOK([]byte("1\n\n[2,\n"), 100); err == nil || err.Error() != "line 3 is not JSON" {
		t.Error(err)
	}
}

// A line is not kept, whatever its length. Not parallel: allocations are counted.
func TestJSONLinesKeepNothing(t *testing.T) {
	var j jsonLines
	write := func(text []byte) {
		if _, err := j.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	text, digits := bytes.Repeat([]byte("long \\u0041 "), 1<<10), bytes.Repeat([]byte("1234567890"), 1<<10)
	write([]byte(`["`))
	if n := testing.AllocsPerRun(1000, func() { write(text) }); n > 0 {
		t.Errorf("a piece of a string costs %v allocations", n)
	}
	write([]byte(`", `))
	if n := testing.AllocsPerRun(1000, func() { write(digits) }); n > 0 {
		t.Errorf("a piece of a number costs %v allocations", n)
	}
	write([]byte("]\n"))
	if err := j.end(); err != nil {
		t.Fatal(err)
	}
}

// FuzzJSONLines holds that the lines of a text are JSON where the standard library says so.
func FuzzJSONLines(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add([]byte(text), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		if err := linesOK(text, max(1, n)); (err == nil) != linesValid(text) {
			t.Errorf("%q: %v, and valid is %v", text, err, linesValid(text))
		}
	})
}
