package fetchers

import (
	"sync"
	"time"
)

// token is one source's. A 401 may mean the token, which then is renewed, or what was asked for, where a new one is of no
// use: each time that one was of none, it takes twice as many refusals in a row, with nothing let through between them,
// until the source is asked again.
type token struct {
	lock   chan struct{} // held while it is asked for, so that it is asked once
	inBody bool          // its server takes the client's secret in the body; of who holds lock

	mu       sync.Mutex
	value    string
	until    time.Time // zero: for good
	renewed  bool      // because the one before was refused, and whether this one is let through isn't known yet
	refusals int       // in a row
	patience int       // how many of them are put up with
}

// refusal is a token that was refused, and the patience that there was by then.
type refusal struct {
	value    string
	patience int
}

// good gives the token if it can be used; after a refusal only if it is another by now, or if somebody else has found since
// that a new one is of no use.
func (t *token) good(now time.Time, refused refusal) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == refused.value && t.patience == refused.patience || !t.until.IsZero() && !now.Before(t.until) {
		return ""
	}
	return t.value
}

// renew takes what the source has given.
func (t *token) renew(value string, until time.Time, refused refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.renewed = t.value != "" && t.value == refused.value
	same := t.renewed && t.value == value
	t.value, t.until = value, until
	if same {
		t.useless()
	}
}

// passed notes that a request was not refused.
func (t *token) passed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refusals = 0
}

// refused notes that a request was refused, and tells whether another token is worth a try.
func (t *token) refused(value string) (refusal, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == value {
		t.refusals++
	}
	return refusal{value, t.patience}, t.value != value || t.refusals > t.patience
}

// judge notes whether a request that was refused passed with another token.
func (t *token) judge(value string, passed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.value != value:
	case passed:
		t.renewed, t.refusals, t.patience = false, 0, 0
	case t.renewed:
		t.useless()
	}
}

// useless notes that to ask for another token did not help.
func (t *token) useless() {
	t.renewed, t.refusals, t.patience = false, 0, 2*t.patience+1
}
