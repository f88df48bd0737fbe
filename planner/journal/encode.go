package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Version is the version of the format; a file begins with it.
const Version = 1

// Header is the first line of each file of the journal.
func Header() []byte { return fmt.Appendf(nil, `{"asflow":%d}`+"\n", Version) }

var (
	recordStart = []byte(`{"path":"`)
	runStart    = []byte(`{"run":`)
	fetchMade   = []byte(`,"kind":"fetch","state":"made"`)
	targetStart = []byte(`,"target":"`)
)

// AppendLine appends the record as a line of the journal. The path comes first, so that a reader finds it without
// decoding the rest; then target, key, kind and state, in this order.
func (r *Record) AppendLine(dst []byte) []byte {
	dst = append(dst, `{"path":`...)
	dst = quote(dst, r.Path)
	dst = text(dst, `,"target":`, r.Target)
	if r.Key != "" {
		dst = text(dst, `,"key":`, r.Key)
	}
	dst = text(dst, `,"kind":`, string(r.Kind))
	dst = text(dst, `,"state":`, string(r.State))
	for _, f := range []struct{ name, value string }{
		{`,"recipe":`, r.Recipe},
		{`,"source":`, r.Source},
		{`,"hash":`, r.Hash},
		{`,"etag":`, r.ETag},
		{`,"modified":`, r.Modified},
		{`,"error":`, r.Error},
		{`,"log":`, r.Log},
		{`,"run":`, r.Run},
	} {
		if f.value != "" {
			dst = text(dst, f.name, f.value)
		}
	}
	dst = append(dst, `,"size":`...)
	dst = strconv.AppendInt(dst, r.Size, 10)
	for _, f := range []struct {
		name  string
		value int64
	}{
		{`,"inputs":`, int64(r.Inputs)},
		{`,"status":`, int64(r.Status)},
		{`,"mtime":`, r.Mtime},
		{`,"received":`, r.Received},
		{`,"began":`, r.Began},
		{`,"took":`, r.Took},
		{`,"attempts":`, int64(r.Attempts)},
		{`,"pages":`, int64(r.Pages)},
		{`,"records":`, r.Records},
	} {
		if f.value != 0 {
			dst = append(dst, f.name...)
			dst = strconv.AppendInt(dst, f.value, 10)
		}
	}
	dst = list(dst, `,"parts":`, r.Parts)
	dst = list(dst, `,"reads":`, r.Reads)
	dst = list(dst, `,"asked":`, r.Asked)
	return append(dst, '}', '\n')
}

func text(dst []byte, name, value string) []byte {
	return quote(append(dst, name...), value)
}

// quote writes a JSON string; what is not UTF-8 in it is replaced, as it can't be written.
func quote(dst []byte, s string) []byte {
	if plain(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	out, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		out, _ = jsontext.AppendQuote(dst, string(bytes.ToValidUTF8([]byte(s), []byte("\uFFFD"))))
	}
	return out
}

// plain says that a string is written as it is, as nearly all are.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func list[T any](dst []byte, name string, values []T) []byte {
	if len(values) == 0 {
		return dst
	}
	text, err := json.Marshal(values)
	if err != nil {
		return dst
	}
	return append(append(dst, name...), text...)
}

// AppendLine appends the run as a line of the journal.
func (r *Run) AppendLine(dst []byte) ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return dst, err
	}
	return append(append(append(dst, `{"run":`...), text...), '}', '\n'), nil
}

// IsFetchMade tells of a line whether it records a successful fetch, which planning needs nothing of.
func IsFetchMade(line []byte) bool { return bytes.Contains(line, fetchMade) }
