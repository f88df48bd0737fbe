package main

import "fmt"

// jsonDepth is how deep JSON may be nested, as the standard library has it.
const jsonDepth = 10_000

// jsonLines tells whether each line of what is written to it is JSON, or blank. It keeps nothing of a line but where in
// its structure it is, so that a line may have any length.
type jsonLines struct {
	line   int
	at     jsonPlace
	inside []byte // the brackets that are open: { or [
	key    bool   // the string that is being read is the name of a member
	rest   string // what must come of a literal, or how many hex digits of an escape
	marked int    // bytes of a byte-order mark that were skipped at the beginning of the text; 3 once it can't come any more
}

// jsonPlace is what may come next.
type jsonPlace uint8

const (
	jsonValue  jsonPlace = iota // a value
	jsonFirst                   // a value, or the end of an array
	jsonMember                  // a name, or the end of an object
	jsonName                    // a name
	jsonColon
	jsonAfter // what stands behind a value
	jsonString
	jsonEscape
	jsonHex
	jsonLiteral
	jsonMinus // digits after a minus
	jsonZero  // a number that is 0 so far
	jsonInt
	jsonPoint // digits after a point
	jsonFraction
	jsonE // digits or a sign after an e
	jsonSign
	jsonExponent
)

const byteOrderMark = "\uFEFF"

// Write takes a piece of the text.
func (j *jsonLines) Write(p []byte) (int, error) {
	for i := 0; i < len(p); i++ {
		c := p[i]
		if j.marked < len(byteOrderMark) {
			if c == byteOrderMark[j.marked] {
				j.marked++
				continue
			}
			if j.marked > 0 {
				return i, j.wrong()
			}
			j.marked = len(byteOrderMark)
		}
		if c == '\n' {
			if !j.ended() {
				return i, j.wrong()
			}
			j.line++
			j.at = jsonValue
			continue
		}
		if j.at == jsonString { // most of most texts
			for i < len(p) && p[i] >= ' ' && p[i] != '"' && p[i] != '\\' {
				i++
			}
			if i == len(p) {
				break
			}
			c = p[i]
		}
		if !j.next(c) {
			return i, j.wrong()
		}
	}
	return len(p), nil
}

// end tells whether the last line is whole.
func (j *jsonLines) end() error {
	if !j.ended() || j.marked > 0 && j.marked < len(byteOrderMark) {
		return j.wrong()
	}
	return nil
}

func (j *jsonLines) wrong() error { return fmt.Errorf("line %d is not JSON", j.line+1) }

// ended tells whether a line may end here.
func (j *jsonLines) ended() bool {
	if len(j.inside) > 0 {
		return false
	}
	return j.at == jsonValue || j.at == jsonAfter || j.number()
}

// number tells whether a number may end here.
func (j *jsonLines) number() bool {
	return j.at == jsonZero || j.at == jsonInt || j.at == jsonFraction || j.at == jsonExponent
}

// next takes a byte, and tells whether it may stand there.
func (j *jsonLines) next(c byte) bool {
	switch {
	case j.at >= jsonMinus:
		return j.digit(c)
	case j.at >= jsonString:
		return j.text(c)
	case c == ' ' || c == '\t' || c == '\r':
		return true
	}
	switch j.at {
	case jsonFirst:
		if c == ']' {
			return j.leave()
		}
		return j.begin(c)
	case jsonValue:
		return j.begin(c)
	case jsonMember, jsonName:
		if c == '}' && j.at == jsonMember {
			return j.leave()
		}
		j.at, j.key = jsonString, true
		return c == '"'
	case jsonColon:
		j.at = jsonValue
		return c == ':'
	default:
		return j.follow(c)
	}
}

// begin takes the first byte of a value.
func (j *jsonLines) begin(c byte) bool {
	switch {
	case c == '{' || c == '[':
		j.at = jsonFirst
		if c == '{' {
			j.at = jsonMember
		}
		j.inside = append(j.inside, c)
		return len(j.inside) <= jsonDepth
	case c == '"':
		j.at, j.key = jsonString, false
	case c == '-':
		j.at = jsonMinus
	case c == '0':
		j.at = jsonZero
	case '1' <= c && c <= '9':
		j.at = jsonInt
	case c == 't':
		j.at, j.rest = jsonLiteral, "true"[1:]
	case c == 'f':
		j.at, j.rest = jsonLiteral, "false"[1:]
	case c == 'n':
		j.at, j.rest = jsonLiteral, "null"[1:]
	default:
		return false
	}
	return true
}

// follow takes what stands behind a value.
func (j *jsonLines) follow(c byte) bool {
	if len(j.inside) == 0 {
		return false
	}
	object := j.inside[len(j.inside)-1] == '{'
	switch {
	case c == ',' && object:
		j.at = jsonName
	case c == ',':
		j.at = jsonValue
	case c == '}' && object, c == ']' && !object:
		return j.leave()
	default:
		return false
	}
	return true
}

// leave closes a bracket.
func (j *jsonLines) leave() bool {
	j.inside = j.inside[:len(j.inside)-1]
	j.at = jsonAfter
	return true
}

// text takes a byte of a string or a literal.
func (j *jsonLines) text(c byte) bool {
	switch j.at {
	case jsonString:
		switch {
		case c == '"' && j.key:
			j.at = jsonColon
		case c == '"':
			j.at = jsonAfter
		case c == '\\':
			j.at = jsonEscape
		}
		return c >= ' '
	case jsonEscape:
		j.at = jsonString
		switch c {
		case 'b', 'f', 'n', 'r', 't', '\\', '/', '"':
			return true
		case 'u':
			j.at, j.rest = jsonHex, "hhhh"
			return true
		}
		return false
	case jsonHex:
		if j.rest = j.rest[1:]; j.rest == "" {
			j.at = jsonString
		}
		return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
	default:
		ok := c == j.rest[0]
		if j.rest = j.rest[1:]; j.rest == "" {
			j.at = jsonAfter
		}
		return ok
	}
}

// digit takes a byte of a number, or the one behind it.
func (j *jsonLines) digit(c byte) bool {
	digit := '0' <= c && c <= '9'
	switch {
	case j.at == jsonMinus && c == '0':
		j.at = jsonZero
	case j.at == jsonMinus && digit:
		j.at = jsonInt
	case j.at == jsonPoint && digit:
		j.at = jsonFraction
	case (j.at == jsonE || j.at == jsonSign) && digit:
		j.at = jsonExponent
	case j.at == jsonE && (c == '+' || c == '-'):
		j.at = jsonSign
	case !j.number(), digit && j.at == jsonZero:
		return false
	case digit:
	case c == '.' && (j.at == jsonZero || j.at == jsonInt):
		j.at = jsonPoint
	case (c == 'e' || c == 'E') && j.at != jsonExponent:
		j.at = jsonE
	default:
		j.at = jsonAfter
		return j.next(c)
	}
	return true
}
