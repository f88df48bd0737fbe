package executor

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// partDir holds what has come of large bodies, so that a later run can go on with them: each under the hash of its
// output's path, and beside it a note of what it is. Bytes without a note mean nothing.
const partDir = ".asflow/partial"

const (
	partFrom = 64 << 20           // bytes that a body must have
	partStep = 64 << 20           // after so many more the note says that they are there
	partLife = 7 * 24 * time.Hour // after which nobody will go on
)

// partNote says of what the bytes of a part are the beginning.
type partNote struct {
	Path      string      `json:"path"`
	URL       string      `json:"url"`    // secrets out
	Recipe    string      `json:"recipe"` // fingerprint
	Validator string      `json:"validator"`
	Header    http.Header `json:"header"` // of the answer
	Length    int64       `json:"length"` // of the whole
	Size      int64       `json:"size"`   // bytes that are there for certain; the file may have more
	Hash      string      `json:"hash"`   // SHA-256 of them
}

// partName gives where a part of an output is; its note is there too, with .json.
func (s *Store) partName(output string) string {
	sum := sha256.Sum256([]byte(output))
	return s.abs(partDir) + "/" + hex.EncodeToString(sum[:12])
}

// readPart gives the note of an output's part; nil: there is none that could be used.
func (s *Store) readPart(output string) *partNote {
	text, err := os.ReadFile(s.partName(output) + ".json")
	if err != nil {
		return nil
	}
	var n partNote
	if json.Unmarshal(text, &n) != nil || n.Path != output || n.Size <= 0 || n.Size >= n.Length {
		return nil
	}
	if info, err := os.Stat(s.partName(output)); err != nil || info.Size() < n.Size {
		return nil
	}
	return &n
}

// dropPart removes an output's part, the note first.
func (s *Store) dropPart(output string) error {
	name := s.partName(output)
	for _, name := range [...]string{name + ".json", name} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// openPart gives the bytes that a note tells of. At their end its reader says whether they are what they were.
func (s *Store) openPart(n *partNote) (io.ReadCloser, error) {
	f, err := os.Open(s.partName(n.Path))
	if err != nil {
		return nil, err
	}
	return &partReader{f: f, from: io.LimitReader(f, n.Size), sum: sha256.New(), want: n.Hash}, nil
}

type partReader struct {
	f    *os.File
	from io.Reader
	sum  hash.Hash
	want string
}

var errDamaged = errors.New("its bytes are not those that were written")

func (r *partReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.sum.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(r.sum.Sum(nil)) != r.want {
		err = errDamaged
	}
	return n, err
}

func (r *partReader) Close() error { return r.f.Close() }

// sweepParts removes parts that are of no use any more.
func (s *Store) sweepParts(now time.Time) error {
	entries, err := os.ReadDir(s.abs(partDir))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".json"); ok {
			info, err := e.Info()
			keep[name] = err == nil && now.Sub(info.ModTime()) < partLife
		}
	}
	for _, e := range entries {
		if keep[strings.TrimSuffix(e.Name(), ".json")] {
			continue
		}
		if err := os.Remove(filepath.Join(s.abs(partDir), e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// part is the file of an output that is kept if it doesn't come to be whole.
type part struct {
	s      *Store
	note   partNote // of the body that is being written; Size and Hash as they were last told
	off    bool     // it can't be gone on with
	noSync bool
}

// told says how much the note tells of. A nil part has none.
func (p *part) told() int64 {
	if p == nil {
		return 0
	}
	return p.note.Size
}

// tell lets the note tell of more bytes, which are in the file.
func (p *part) tell(f *os.File, size int64, sum string) error {
	if p.off || size <= p.note.Size {
		return nil
	}
	if !p.noSync {
		if err := p.s.step("sync", f.Name(), func() error { return syncData(f) }); err != nil {
			return err
		}
	}
	n := p.note
	n.Size, n.Hash = size, sum
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if err := p.s.replaceFile(p.s.partName(n.Path)+".json", written(text)); err != nil {
		return err
	}
	p.note = n
	return nil
}
