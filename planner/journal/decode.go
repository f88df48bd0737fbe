package journal

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// decode reads a line into a record, whose texts are pieces of it.
//
// A plan asks for the record of every output of a command, so that the lines that asflow itself writes are read by a
// decoder that knows no more than their form; any other valid JSON is left to the library.
func decode(r *Record, line []byte) bool {
	d := decoder{text: unsafe.String(unsafe.SliceData(line), len(line))}
	*r = Record{Parts: r.Parts[:0], Reads: r.Reads[:0], Asked: r.Asked[:0]}
	if d.record(r); !d.bad && d.at == len(d.text) {
		return true
	}
	*r = Record{}
	return json.Unmarshal(line, r) == nil
}

// decoder reads compact JSON whose texts have no escapes. Where it meets anything else it is bad, and what it gave is
// worth nothing.
type decoder struct {
	text string
	at   int
	bad  bool
}

// take passes over a byte that must be next.
func (d *decoder) take(c byte) {
	if d.at < len(d.text) && d.text[d.at] == c {
		d.at++
		return
	}
	d.bad = true
}

// more passes over a byte if it is next.
func (d *decoder) more(c byte) bool {
	if d.at < len(d.text) && d.text[d.at] == c {
		d.at++
		return true
	}
	return false
}

// str reads a text.
func (d *decoder) str() string {
	d.take('"')
	for i := d.at; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			s := d.text[d.at:i]
			d.at = i + 1
			d.bad = d.bad || !utf8.ValidString(s)
			return s
		case c == '\\' || c < ' ':
			d.bad = true
			return ""
		}
	}
	d.bad = true
	return ""
}

// number reads a whole number.
func (d *decoder) number() int64 {
	from := d.at
	for d.at < len(d.text) && (d.text[d.at] == '-' || '0' <= d.text[d.at] && d.text[d.at] <= '9') {
		d.at++
	}
	n, err := strconv.ParseInt(d.text[from:d.at], 10, 64)
	d.bad = d.bad || err != nil || d.text[from] == '0' && d.at-from > 1
	return n
}

func (d *decoder) boolean() bool {
	for _, word := range []string{"true", "false"} {
		if len(d.text)-d.at >= len(word) && d.text[d.at:d.at+len(word)] == word {
			d.at += len(word)
			return word == "true"
		}
	}
	d.bad = true
	return false
}

// object reads an object, and calls with each of its names.
func (d *decoder) object(field func(name string)) {
	d.take('{')
	for first := true; !d.bad; first = false {
		if !first {
			d.take(',')
		}
		name := d.str()
		d.take(':')
		field(name)
		if d.more('}') {
			return
		}
	}
}

// array reads an array that has something in it, and calls for each element.
func (d *decoder) array(element func()) {
	d.take('[')
	for first := true; !d.bad; first = false {
		if !first {
			d.take(',')
		}
		element()
		if d.more(']') {
			return
		}
	}
}

func (d *decoder) record(r *Record) {
	d.object(func(name string) {
		switch name {
		case "path":
			r.Path = d.str()
		case "target":
			r.Target = d.str()
		case "key":
			r.Key = d.str()
		case "kind":
			r.Kind = Kind(d.str())
		case "state":
			r.State = Outcome(d.str())
		case "recipe":
			r.Recipe = d.str()
		case "source":
			r.Source = d.str()
		case "hash":
			r.Hash = d.str()
		case "etag":
			r.ETag = d.str()
		case "modified":
			r.Modified = d.str()
		case "error":
			r.Error = d.str()
		case "log":
			r.Log = d.str()
		case "run":
			r.Run = d.str()
		case "size":
			r.Size = d.number()
		case "inputs":
			r.Inputs = int(d.number())
		case "status":
			r.Status = int(d.number())
		case "mtime":
			r.Mtime = d.number()
		case "received":
			r.Received = d.number()
		case "began":
			r.Began = d.number()
		case "took":
			r.Took = d.number()
		case "attempts":
			r.Attempts = int(d.number())
		case "pages":
			r.Pages = int(d.number())
		case "records":
			r.Records = d.number()
		case "parts":
			d.array(func() { r.Parts = append(r.Parts, d.part()) })
		case "reads":
			d.array(func() { r.Reads = append(r.Reads, d.read()) })
		case "asked":
			d.array(func() { r.Asked = append(r.Asked, d.asked()) })
		default:
			d.bad = true
		}
	})
}

func (d *decoder) part() (p Part) {
	d.object(func(name string) {
		switch name {
		case "name":
			p.Name = d.str()
		case "hash":
			p.Hash = d.str()
		default:
			d.bad = true
		}
	})
	return p
}

func (d *decoder) read() (r Read) {
	d.object(func(name string) {
		switch name {
		case "path":
			r.Path = d.str()
		case "size":
			r.Size = d.number()
		case "mtime":
			r.Mtime = d.number()
		case "hash":
			r.Hash = d.str()
		case "missing":
			r.Missing = d.boolean()
		default:
			d.bad = true
		}
	})
	return r
}

func (d *decoder) asked() (a Asked) {
	d.object(func(name string) {
		switch name {
		case "kind":
			a.Kind = d.str()
		case "name":
			a.Name = d.str()
		case "value":
			a.Value = d.str()
		default:
			d.bad = true
		}
	})
	return a
}
