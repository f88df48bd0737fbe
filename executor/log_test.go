package executor

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The secrets are of letters that nothing else has.
var logSecrets = []string{"QWERTYUIOPQWERTY", "-KEY-\nASDFGHJKL\nZXCVBNM\n-END-"}

const secretLetters = "QWERTYUIOPASDFGHJKLZXCVBNM-"

func redactLog(text string) string {
	for _, s := range logSecrets {
		text = strings.ReplaceAll(text, s, secretSign)
	}
	return text
}

func redactLogCut(text string) string {
	text = redactLog(text)
	for _, s := range logSecrets {
		for n := len(s) - 1; n >= 4; n-- {
			if strings.HasSuffix(text, s[:n]) {
				return text[:len(text)-n] + secretSign
			}
		}
	}
	return text
}

// printLog writes a text in pieces, and gives what is then in the log, and its tail.
func printLog(t *testing.T, text string, piece func() int) (log, tail string) {
	t.Helper()
	p := newProject(t)
	p.options.Redact, p.options.RedactCut = redactLog, redactLogCut
	l := &jobLog{run: &run{Options: p.options, dir: p.dir}, name: "log/x.log"}
	for len(text) > 0 {
		n := min(piece(), len(text))
		if _, err := l.Write([]byte(text[:n])); err != nil {
			t.Fatal(err)
		}
		text = text[n:]
	}
	tail = string(l.tail())
	if _, err := l.close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(p.dir, "log/x.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b), tail
}

// TestNoLogHoldsAPartOfASecret prints secrets over every place where a log is cut: between writes, between lines, in a line that
// is too long, where the log's head ends, where its tail begins, and where the command ends.
func TestNoLogHoldsAPartOfASecret(t *testing.T) {
	line, key := logSecrets[0], logSecrets[1]
	fill := func(n int) string { return strings.Repeat("x", n) }
	lines := func(n int) string { return strings.Repeat(strings.Repeat("x", 99)+"\n", n/100) }
	texts := map[string]string{
		"lines":      "a " + line + " b\n" + key + "\nc\n" + key + line + "\n",
		"end":        "a\n" + line[:9],
		"end of key": "a\n" + key[:17],
		"dense":      strings.Repeat(line+"xx", 3*lineMost/len(line)) + "\n",
	}
	for at := range 3 {
		n := 7 * (at - 1)
		texts[fmt.Sprint("ring", n)] = fill(logHead+logTail) + strings.Repeat(line+key, 3*logTail/(len(line)+len(key))) + fill(14+2*n) + "\n"
		texts[fmt.Sprint("long line", n)] = fill(lineMost-n) + line + fill(lineMost+secretMost) + key + fill(secretMost) + "\n"
		texts[fmt.Sprint("head", n)] = fill(logHead-n) + line + fill(100) + key + fill(2*logTail) + line + "\n"
		texts[fmt.Sprint("head of lines", n)] = lines(logHead-200) + fill(200+n%5) + key + lines(1000)
		texts[fmt.Sprint("tail", n)] = "x\n" + line + fill(50) + line + fill(tailMost-8+n)
		texts[fmt.Sprint("late tail", n)] = fill(logHead+tailMost) + strings.Repeat(line, 4*tailMost/len(line)) + fill(tailMost-8+n)
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for name, text := range texts {
		whole := redactLogCut(text)
		for how, piece := range map[string]func() int{
			"at once":     func() int { return len(text) },
			"in 32 KB":    func() int { return 32 << 10 },
			"at random":   func() int { return 1 + r.IntN(3<<r.IntN(16)) },
			"in 64 KB -1": func() int { return lineMost - 1 },
		} {
			log, tail := printLog(t, text, piece)
			if i := strings.IndexAny(log, secretLetters); i >= 0 {
				t.Errorf("%s %s, seed %d: the log holds %.40q at %d of %d", name, how, seed, log[i:], i, len(log))
			}
			if i := strings.IndexAny(tail, secretLetters); i >= 0 {
				t.Errorf("%s %s, seed %d: the tail holds %.40q", name, how, seed, tail[i:])
			}
			if len(whole) < logHead && strings.TrimSuffix(log, "\n") != strings.TrimSuffix(whole, "\n") {
				t.Errorf("%s %s, seed %d: the log has %d bytes, want %d", name, how, seed, len(log), len(whole))
			}
		}
	}
}

// TestLinesAreLoggedAtOnce holds that a line is in the log as soon as it is printed, unless a secret may begin with it.
func TestLinesAreLoggedAtOnce(t *testing.T) {
	p := newProject(t)
	p.options.Redact, p.options.RedactCut = redactLog, redactLogCut
	l := &jobLog{run: &run{Options: p.options, dir: p.dir}, name: "log/x.log"}
	for _, c := range []struct{ print, want string }{
		{"one\n", "one\n"},
		{"tw", "one\n"},
		{"o\nthree -KEY-\n", "one\ntwo\nthree "},
		{"ASDFGHJKL\nno\n", "one\ntwo\nthree -KEY-\nASDFGHJKL\nno\n"},
		{"-KEY-\nASDFGHJKL\n", "one\ntwo\nthree -KEY-\nASDFGHJKL\nno\n"},
		{"ZXCVBNM\n-END-\n", "one\ntwo\nthree -KEY-\nASDFGHJKL\nno\n<secret>\n"},
	} {
		if _, err := l.Write([]byte(c.print)); err != nil {
			t.Fatal(err)
		}
		if got := p.read("log/x.log"); got != c.want {
			t.Errorf("after %q the log has %q, want %q", c.print, got, c.want)
		}
	}
	if _, err := l.close(); err != nil {
		t.Fatal(err)
	}
}

// TestTheTailOfALongLine has a command draw its progress in one line, and say at its end what was wrong.
func TestTheTailOfALongLine(t *testing.T) {
	for _, end := range []string{"", "\n"} {
		text := "begin\n" + strings.Repeat("\r 50 %", 10_000) + "\rit broke"
		if _, tail := printLog(t, text+end, func() int { return 600 }); !strings.HasSuffix(tail, "\rit broke\n") || len(tail) > tailMost {
			t.Errorf("with %q: a tail of %d bytes: %.20q", end, len(tail), tail)
		}
	}
}
