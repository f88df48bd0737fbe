package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestTheManifest holds what other programs read: each row has the same columns in all formats, null where there is nothing, numbers as
// numbers; keys and elements come back as they are, whatever is in them.
func TestTheManifest(t *testing.T) {
	size := int64(1 << 40)
	rows := []*output{
		{Path: "raw/1.jsonl.zst", Target: "raw/*.jsonl.zst", Key: "a", Element: json.RawMessage(`{"id":"a","n":1.50,"none":null}`), State: "up-to-date", Size: &size, Time: orNull[string]{"2026-01-02T03:04:05Z"}, Hash: orNull[string]{"00ff"}, Source: orNull[string]{"http://x/?a=1&b=<2>"}, Status: orNull[int]{200}, Attempts: orNull[int]{1}},
		{Path: "raw/2.jsonl.zst", Target: "raw/*.jsonl.zst", Key: "quote\" it's, a\nline\r\nand 東京 ", Element: json.RawMessage(`["x, \"y\"\n"]`), State: "failed", Reason: orNull[string]{"missing"}, Error: orNull[string]{"a \"b\", c"}, Log: orNull[string]{"log"}},
		{Path: "sum.csv", Target: "sum.csv", Element: json.RawMessage("null"), State: "absent"},
	}
	columns := []string{"path", "target", "key", "element", "state", "size", "time", "hash", "source", "status", "attempts", "reason", "error", "log"}
	write := func(format string) string {
		var b bytes.Buffer
		l := (&lsCmd{Format: format}).lister(&b, nil)
		for _, o := range rows {
			if err := l.row(o); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.end(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}

	table, err := csv.NewReader(strings.NewReader(write("csv"))).ReadAll()
	if err != nil || len(table) != 1+len(rows) || !slices.Equal(table[0], columns) {
		t.Fatalf("%v %q", err, table)
	}
	var fromList []json.RawMessage
	if err := json.Unmarshal([]byte(write("json")), &fromList); err != nil || len(fromList) != len(rows) {
		t.Fatalf("%d rows, %v", len(fromList), err)
	}
	lines := strings.Split(strings.TrimSuffix(write("jsonl"), "\n"), "\n")
	if len(lines) != len(rows) {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		if !bytes.Equal(bytes.TrimSpace(fromList[i]), []byte(line)) {
			t.Errorf("json and jsonl differ:\n%s\n%s", fromList[i], line)
		}
		names, values := members(t, line)
		if !slices.Equal(names, columns) {
			t.Errorf("row %d has the columns %q", i, names)
		}
		for k, v := range values {
			text := string(v)
			var s string
			if json.Unmarshal(v, &s) == nil && columns[k] != "element" {
				text = s // null gives nothing, as in CSV
			}
			if want := strings.ReplaceAll(table[i+1][k], "\r\n", "\n"); strings.ReplaceAll(text, "\r\n", "\n") != want { // csv.Reader makes \n of \r\n
				t.Errorf("row %d, %s: JSON has %q and CSV %q", i, columns[k], text, want)
			}
		}
	}
	if _, v := members(t, lines[0]); string(v[5]) != "1099511627776" || string(v[9]) != "200" || string(v[3]) != `{"id":"a","n":1.50,"none":null}` || !strings.Contains(string(v[8]), "&b=<2>") {
		t.Errorf("%s", lines[0])
	}
	if _, v := members(t, lines[2]); string(v[5]) != "null" || string(v[6]) != "null" || string(v[9]) != "null" || string(v[12]) != "null" {
		t.Errorf("%s", lines[2])
	}
}

// members gives an object's names and values in their order.
func members(t *testing.T, text string) (names []string, values []json.RawMessage) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		var v json.RawMessage
		if err == nil {
			err = d.Decode(&v)
		}
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		names, values = append(names, name.(string)), append(values, v)
	}
	return names, values
}
