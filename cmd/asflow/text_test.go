package main

import (
	"testing"
	"time"
)

func TestShorten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"short", 10, "short"},
		{"raw/0123456789abcdef.jsonl.zst", 20, "raw/0123…f.jsonl.zst"},
		{"日本語日本語日本語", 10, "日本…本語"},
		{"abc", 2, "ab"},
		{"abc", 0, ""},
		{"e\u0301e\u0301e\u0301e\u0301e\u0301", 4, "e\u0301e\u0301…e\u0301"},
	} {
		got := shorten(c.text, c.width, "…")
		if got != c.want {
			t.Errorf("shorten(%q, %d) = %q, not %q", c.text, c.width, got, c.want)
		}
		if cells(got) > c.width {
			t.Errorf("shorten(%q, %d) = %q takes %d columns", c.text, c.width, got, cells(got))
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		count(0): "0", count(999): "999", count(1000): "1,000", count(1234567): "1,234,567", count(-1000): "-1,000",
		size(0): "0 B", size(999): "999 B", size(1000): "1.0 kB", size(9949): "9.9 kB", size(123456): "123 kB",
		size(999_600): "1.0 MB", size(5_000_000_000): "5.0 GB",
		clock(0): "0:00", clock(62 * time.Second): "1:02", clock(3725 * time.Second): "1:02:05", clock(400 * time.Hour): "16d",
		took(80 * time.Millisecond): "0.08 s", took(4200 * time.Millisecond): "4.2 s", took(200 * time.Second): "3 min 20 s",
		took(125 * time.Minute): "2 h 5 min",
		about(42 * time.Second): "42s", about(250 * time.Second): "4m10s", about(11 * time.Minute): "11m", about(200 * time.Minute): "3h20m",
		about(-time.Second): "0s", about(100 * time.Hour): "4d",
		rate(0): "", rate(42.4): "42/s", rate(1.25): "1.2/s", rate(0.5): "30/min", rate(0.001): "4/h", rate(12345): "12,345/s",
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestUntilWhen(t *testing.T) {
	t.Parallel()
	here := time.FixedZone("here", 3*3600)
	now := time.Date(2026, 11, 28, 22, 30, 0, 0, here)
	for until, want := range map[time.Time]string{
		now.Add(time.Hour):                               "23:30:00",
		now.Add(time.Hour).UTC():                         "23:30:00",
		now.Add(2 * time.Hour):                           "2026-11-29 00:30:00",
		time.Date(9999, 12, 31, 4, 28, 0, 0, time.UTC):   "9999-12-31 07:28:00",
		time.Date(2027, 11, 28, 19, 30, 0, 0, time.UTC):  "2027-11-28 22:30:00",
		time.Date(2026, 11, 28, 21, 0, 0, 0, time.UTC):   "2026-11-29 00:00:00",
		time.Date(2026, 11, 28, 20, 59, 59, 0, time.UTC): "23:59:59",
	} {
		if got := untilWhen(until, now); got != want {
			t.Errorf("%v: %s, want %s", until, got, want)
		}
	}
}
