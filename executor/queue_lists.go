package executor

import "github.com/asflow/asflow/planner"

// turns is the hosts that have a job that may start, in the order of their turns.
type turns struct{ first, last *host }

func (t *turns) push(h *host) {
	h.turn, h.next = true, nil
	if t.first == nil {
		t.first = h
	} else {
		t.last.next = h
	}
	t.last = h
}

func (t *turns) pop() *host {
	h := t.first
	if h != nil {
		t.first = h.next
		h.turn, h.next = false, nil
	}
	return h
}

// ids is a first-in, first-out list of jobs.
type ids struct {
	list []planner.ID
	head int
}

func (q *ids) len() int           { return len(q.list) - q.head }
func (q *ids) rest() []planner.ID { return q.list[q.head:] }

func (q *ids) push(id planner.ID) {
	if q.head > 1024 && q.head > len(q.list)/2 {
		q.list = q.list[:copy(q.list, q.list[q.head:])]
		q.head = 0
	}
	q.list = append(q.list, id)
}

func (q *ids) pop() planner.ID {
	id := q.list[q.head]
	q.head++
	if q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
	return id
}
