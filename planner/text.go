package planner

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Text gives a file's name as the language has it: its texts are UTF-8 in NFC, and file systems keep names as bytes.
func Text(name string) string {
	if norm.NFC.IsNormalString(name) && utf8.ValidString(name) {
		return name
	}
	return norm.NFC.String(strings.ToValidUTF8(name, string(utf8.RuneError)))
}
