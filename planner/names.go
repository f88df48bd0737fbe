package planner

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/maphash"
	"strings"
	"unsafe"
)

// names finds a target's jobs by the names of their outputs, in 16 to 20 bytes a job: by the key's hash where the star is all
// that differs, else by a hash of the path.
type names struct {
	sums  [][12]byte // of keys
	paths []uint64   // of paths
	seed  maphash.Seed
	fold  bool     // paths that differ in case alone are one
	slots []uint32 // job + 1, open addressing
	mask  uint64
}

// sumOf is the part of a key's SHA-256 that names its output.
func sumOf(key string) (out [12]byte) {
	full := sha256.Sum256(unsafe.Slice(unsafe.StringData(key), len(key)))
	copy(out[:], full[:])
	return out
}

func (t *names) grow(n int) {
	size := uint64(8)
	for size < uint64(n)*3/2 {
		size *= 2
	}
	t.slots, t.mask = make([]uint32, size), size-1
}

// addSum adds job i under a key's hash, or gives the job that is there.
func (t *names) addSum(sum [12]byte, i int) (other int, taken bool) {
	at := binary.LittleEndian.Uint64(sum[:]) & t.mask
	for ; t.slots[at] != 0; at = (at + 1) & t.mask {
		if j := t.slots[at] - 1; t.sums[j] == sum {
			return int(j), true
		}
	}
	t.slots[at] = uint32(i) + 1
	return 0, false
}

func (t *names) findSum(sum [12]byte) (int, bool) {
	if t.slots == nil {
		return 0, false
	}
	for at := binary.LittleEndian.Uint64(sum[:]) & t.mask; t.slots[at] != 0; at = (at + 1) & t.mask {
		if j := t.slots[at] - 1; t.sums[j] == sum {
			return int(j), true
		}
	}
	return 0, false
}

// addPath adds job i under its path, or gives the job that makes the same.
func (t *names) addPath(n *node, path []byte, i int) (other int, taken bool) {
	path = t.folded(path)
	h := maphash.Bytes(t.seed, path)
	at := h & t.mask
	for ; t.slots[at] != 0; at = (at + 1) & t.mask {
		if j := int(t.slots[at] - 1); t.paths[j] == h && string(t.folded(n.appendPath(nil, j))) == string(path) {
			return j, true
		}
	}
	t.paths[i] = h
	t.slots[at] = uint32(i) + 1
	return 0, false
}

// folded gives a path as paths are told apart here.
func (t *names) folded(path []byte) []byte {
	if t.fold {
		return bytes.ToLower(path)
	}
	return path
}

func (t *names) findPath(n *node, path string) (int, bool) {
	if !t.fold {
		return t.findFolded(n, path)
	}
	i, ok := t.findFolded(n, strings.ToLower(path))
	return i, ok && n.path(i) == path
}

// findFolded finds the job of a path that is given as paths are told apart here.
func (t *names) findFolded(n *node, path string) (int, bool) {
	if t.slots == nil {
		return 0, false
	}
	h := maphash.String(t.seed, path)
	for at := h & t.mask; t.slots[at] != 0; at = (at + 1) & t.mask {
		if j := int(t.slots[at] - 1); t.paths[j] == h && string(t.folded(n.appendPath(nil, j))) == path {
			return j, true
		}
	}
	return 0, false
}

// bitset is a set of jobs of one target.
type bitset []uint64

func newBitset(n int) bitset    { return make(bitset, (n+63)/64) }
func (b bitset) has(i int) bool { return b != nil && b[i/64]&(1<<(i%64)) != 0 }
func (b bitset) add(i int)      { b[i/64] |= 1 << (i % 64) }
