package executor

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asflow/asflow/planner"
)

// Meters shows a run while it goes on. Workers write, anyone may read at any time; reading is meant for a display that
// is painted a few times a second.
type Meters struct {
	targets []traffic

	mu    sync.Mutex
	slots []*slot
	held  map[string]HeldHost
}

// traffic is a target's counters, on a cache line of their own.
type traffic struct {
	bytes, retries, running atomic.Int64
	_                       [40]byte
}

// RunningJob is a job that runs.
type RunningJob struct {
	ID          planner.ID
	Target      int
	Since       time.Time
	Done, Total int64  // of a command, as told through ASFLOW_PROGRESS; of a fetch, Done is the bytes received
	Text        string // told with them
	Host        string // of a fetch, scheme://host; "" unknown
}

// HeldHost is a host that holds requests back.
type HeldHost struct {
	Host  string
	Until time.Time
	Cause string
}

// NewMeters makes the meters of a plan with n targets.
func NewMeters(n int) *Meters {
	return &Meters{targets: make([]traffic, n), held: map[string]HeldHost{}}
}

// Bytes is how many bytes of bodies a target's fetches have received.
func (m *Meters) Bytes(target int) int64 { return m.targets[target].bytes.Load() }

// Retries is how often a target's jobs were tried again.
func (m *Meters) Retries(target int) int64 { return m.targets[target].retries.Load() }

// Running is how many of a target's jobs have a worker just now.
func (m *Meters) Running(target int) int64 { return m.targets[target].running.Load() }

// Longest gives up to n of the jobs that run, those that have run longest first.
func (m *Meters) Longest(n int) []RunningJob {
	m.mu.Lock()
	slots := m.slots
	m.mu.Unlock()
	var out []RunningJob
	for _, s := range slots {
		if j, ok := s.read(); ok {
			out = append(out, j)
		}
	}
	sort.Slice(out, func(i, k int) bool { return out[i].Since.Before(out[k].Since) })
	return out[:min(n, len(out))]
}

// HeldHosts gives the hosts that hold requests back at a time, the longest first.
func (m *Meters) HeldHosts(now time.Time) []HeldHost {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []HeldHost
	for name, h := range m.held {
		if h.Until.After(now) {
			out = append(out, h)
		} else {
			delete(m.held, name)
		}
	}
	sort.Slice(out, func(i, k int) bool { return out[i].Until.After(out[k].Until) })
	return out
}

// hold notes a host that is held back, and tells whether that is news: many requests are told of one hold.
func (m *Meters) hold(h HeldHost) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.held[h.Host]
	if ok && h.Until.Sub(old.Until).Abs() < time.Second {
		return false
	}
	m.held[h.Host] = h
	return true
}

// slot is where a worker shows its job.
type slot struct {
	mu   sync.Mutex
	busy bool
	job  RunningJob
	got  atomic.Int64 // bytes received for it
}

func (m *Meters) slot() *slot {
	s := &slot{}
	m.mu.Lock()
	m.slots = append(m.slots[:len(m.slots):len(m.slots)], s)
	m.mu.Unlock()
	return s
}

func (s *slot) begin(j RunningJob) {
	s.mu.Lock()
	s.job, s.busy = j, true
	s.mu.Unlock()
	s.got.Store(0)
}

func (s *slot) progress(done, total int64, text string) {
	s.mu.Lock()
	s.job.Done, s.job.Total, s.job.Text = done, total, text
	s.mu.Unlock()
}

func (s *slot) end() {
	s.mu.Lock()
	s.busy = false
	s.mu.Unlock()
}

func (s *slot) read() (RunningJob, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.job
	if n := s.got.Load(); n > 0 {
		j.Done = n
	}
	return j, s.busy
}
