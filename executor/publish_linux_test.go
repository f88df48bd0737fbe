package executor

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

func TestMakeRoom(t *testing.T) {
	makeRoom(900)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("there is no /proc: ", err)
	}
	m := regexp.MustCompile(`(?m)^FDSize:\s*(\d+)$`).FindSubmatch(status)
	if m == nil {
		t.Fatalf("%s", status)
	}
	if n, _ := strconv.Atoi(string(m[1])); n < 900 {
		t.Errorf("there is room for %d open files", n)
	}
}
