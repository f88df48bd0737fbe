package executor

import "strings"

// linkNext gives the target of the first link with the relation next in Link headers (RFC 8288); "" where there is
// none. What is malformed is passed over up to the next comma, as the RFC's own parser does.
func linkNext(headers []string) string {
	for _, h := range headers {
		for h = strings.TrimLeft(h, " \t,"); h != ""; h = strings.TrimLeft(h, " \t,") {
			target, rel, rest, ok := link(h)
			if !ok {
				i := strings.IndexByte(h, ',')
				if i < 0 {
					break
				}
				h = h[i:]
				continue
			}
			if hasNext(rel) {
				return target
			}
			h = rest
		}
	}
	return ""
}

// link reads one link-value: <target> and its parameters, up to the comma after it. Of several rel the first counts.
// A link whose context is another resource (anchor) says nothing of this one, and has no rel.
func link(h string) (target, rel, rest string, ok bool) {
	if h[0] != '<' {
		return "", "", h, false
	}
	end := strings.IndexByte(h, '>')
	if end < 0 {
		return "", "", h, false
	}
	target, h = strings.TrimSpace(h[1:end]), h[end+1:]
	anchored, seen := false, false
	for {
		h = strings.TrimLeft(h, " \t")
		if h == "" || h[0] == ',' {
			break
		}
		if h[0] != ';' {
			return "", "", h, false
		}
		var name, value string
		name, value, h = parameter(h[1:])
		switch {
		case strings.EqualFold(name, "anchor"):
			anchored = true
		case strings.EqualFold(name, "rel") && !seen:
			rel, seen = value, true
		}
	}
	if anchored {
		rel = ""
	}
	return target, rel, h, true
}

// parameter reads NAME, NAME=token or NAME="quoted".
func parameter(h string) (name, value, rest string) {
	h = strings.TrimLeft(h, " \t")
	i := strings.IndexAny(h, "=;, \t")
	if i < 0 {
		return h, "", ""
	}
	name, h = h[:i], strings.TrimLeft(h[i:], " \t")
	if h == "" || h[0] != '=' {
		return name, "", h
	}
	h = strings.TrimLeft(h[1:], " \t")
	if h == "" || h[0] != '"' {
		i := strings.IndexAny(h, ";,")
		if i < 0 {
			i = len(h)
		}
		return name, strings.TrimRight(h[:i], " \t"), h[i:]
	}
	value, rest = quoted(h[1:])
	return name, value, rest
}

// quoted reads a quoted string after its first quote; one that is not closed goes to the end.
func quoted(h string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(h); i++ {
		switch c := h[i]; {
		case c == '"':
			return b.String(), h[i+1:]
		case c == '\\' && i+1 < len(h):
			i++
			b.WriteByte(h[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// hasNext tells whether next is among relation types, which are separated by spaces.
func hasNext(rel string) bool {
	for _, r := range strings.Fields(rel) {
		if strings.EqualFold(r, "next") {
			return true
		}
	}
	return false
}
