package executor

import (
	"testing"
	"time"

	"github.com/asflow/asflow/planner"
)

func TestMetersLongest(t *testing.T) {
	m := NewMeters(2)
	now := time.Unix(1000, 0)
	for i := range 5 {
		s := m.slot()
		s.begin(RunningJob{ID: planner.ID(i), Since: now.Add(time.Duration(7*i%5) * time.Second)})
		s.got.Add(int64(i))
		if i == 0 {
			s.end()
		}
	}
	got := m.Longest(3)
	if len(got) != 3 || got[0].ID != 3 || got[1].ID != 1 || got[2].ID != 4 || got[0].Done != 3 {
		t.Errorf("%+v", got)
	}
}

func TestMetersHeldHosts(t *testing.T) {
	m := NewMeters(0)
	now := time.Unix(1000, 0)
	if !m.hold(HeldHost{"a", now.Add(time.Minute), "429"}) || m.hold(HeldHost{"a", now.Add(time.Minute), "429"}) {
		t.Error("a hold is news once")
	}
	m.hold(HeldHost{"b", now.Add(2 * time.Minute), "503"})
	if got := m.HeldHosts(now); len(got) != 2 || got[0].Host != "b" {
		t.Errorf("%+v", got)
	}
	if got := m.HeldHosts(now.Add(time.Minute)); len(got) != 1 || got[0].Host != "b" {
		t.Errorf("after a minute: %+v", got)
	}
}
