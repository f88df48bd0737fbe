package limit

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// pace is what a host was found to bear, where nobody wrote it down: how many requests at once, and how many a second.
//
// At once: a host that is allowed many begins with a few, and is given one more for each that ends, so that their number
// doubles with each round. A refusal sets that back to one, from where it doubles again up to three quarters of what was
// under way when the host refused. A second: a refusal gives what the host has let through since the one before, holds
// included; where that is much less than what was tried, what lies between. From there on both grow, slowly first, until
// the next refusal, or until they need not be kept. A rate that was found by few requests grows with each that is let
// through. One that is refused again and again, however slowly it is asked, has no limit that asking less would keep: it
// is asked about as often as it has let one through so soon after a refusal. One that refuses a request after it was asked
// for less than half of what it has borne before refuses by chance, and is asked as much as then.
type pace struct {
	window float64 // most requests under way
	room   float64 // up to which the window doubles
	rate   float64 // a second; 0: any
	from   time.Time
	found  bool    // by a refusal, at from
	wait   float64 // seconds after a refusal until one was let through, of late
	vain   int     // refusals in a row, each of the first or second request since the one before
	few    bool    // of few requests, so that it may be far from what the host bears
	borne  float64 // the most a second that the host has let through from one refusal to the next, holds included,
	beside float64 // and how many were under way then
	doubts int     // refusals to come that must not be by chance, for what was found to be told
	last   Found   // what was found then
}

// Found is what a host was found to bear that no rule speaks of by name, and that refused some of what it was asked.
type Found struct {
	Host    string
	Refused int     // requests
	AtOnce  int     // requests under way when it last refused one, without that
	Rate    float64 // a second, that it let through before that; 0: not known
}

const (
	slowStart  = 8                // requests at once to a host that nothing is known of
	firstGrown = 15 * time.Second // until a rate has doubled; it is five times as much after twice that
	forgotten  = 50               // times the rate that was found: where it is kept no longer
	slowest    = 1.0 / 60         // requests a second
	noRoom     = 1 << 20          // more than anybody has under way
	many       = 8                // requests let through, of which a rate is known well
	patience   = 1.0 / 3          // of the requests that a host seems to bear are asked for at least,
	inVain     = 8                // after so many refusals that asking less did not help against
	fading     = 0.9              // of what was waited for is left at the next time
	chance     = 2                // times as much must have been borne before, for a refusal to be one by chance
	disproving = 8                // refusals that are not by chance must follow one that was, for a limit to be believed in
	stride     = 1.5              // times as much is tried with each that is let through, where it was found by fewer
)

// begin makes a new host's gate begin slowly.
func (g *gate) begin() *gate {
	g.adapts = true
	if g.places > slowStart {
		g.pace = &pace{window: slowStart, room: noRoom}
	}
	return g
}

// grown says how many times more than what was found is tried by now.
func (p *pace) grown(now time.Time) float64 {
	if !p.found || !now.After(p.from) {
		return 1
	}
	t := float64(now.Sub(p.from)) / float64(firstGrown)
	return 1 + t*t
}

// now gives the rate, which has grown since it was found. 0: any.
func (p *pace) now(now time.Time) float64 {
	if p.rate == 0 {
		return 0
	}
	grown := p.grown(now)
	if grown > forgotten {
		p.rate = 0
	}
	return p.rate * grown
}

// every gives the time between two requests, by the rule or by what was found. 0: none.
func (g *gate) every(now time.Time) (interval, slack time.Duration) {
	if g.pace != nil {
		if rate := g.pace.now(now); rate > 0 {
			if found := time.Duration(float64(time.Second) / rate); found > g.interval {
				return found, 0
			}
		}
	}
	return g.interval, g.slack
}

// count notes that a request goes. Time without any demand says nothing of what a host bears.
func (g *gate) count(now time.Time, waited bool) {
	switch {
	case g.cycle.IsZero():
		g.cycle = now
	case g.active == 0 && !waited:
		last := g.last
		if g.held.After(last) {
			last = g.held
		}
		g.idled += max(0, now.Sub(last))
	}
	g.last = now
}

// refused learns from an answer that said that there are too many requests, and whose place is still taken. Those that
// come while the host is held back were under way when it began, and say nothing new.
func (g *gate) refused(now time.Time) {
	if !g.adapts {
		return
	}
	g.ended-- // of those that were let through
	g.refusals++
	if g.held.After(now) {
		return
	}
	p := g.pace
	if p == nil {
		p = &pace{room: noRoom}
		g.pace = p
	}
	rate, first := p.now(now), !p.found
	p.found, p.window, p.from = true, 1, now
	through := g.ended + 1 // this one is under way, too
	if through <= 0 {
		return // nothing was let through to learn from
	}
	took := now.Sub(g.cycle) - g.idled
	g.cycle, g.ended, g.idled = now, -1, 0
	p.few = through < many && rate == 0
	p.room = float64(max(1, (3*g.active+3)/4))
	p.last = Found{AtOnce: max(1, g.active-1)}
	if took <= 0 {
		return
	}
	borne := float64(through) / took.Seconds()
	if !first && p.byChance(through, borne, float64(g.active)) {
		return
	}
	p.rate = max(slowest, lower(rate, borne))
	if p.vain++; through > 2 {
		p.vain = 0
	}
	if p.vain > inVain && p.wait > 0 {
		p.rate = max(p.rate, patience/p.wait)
	}
	p.last.Rate = p.rate
	p.doubts = max(0, p.doubts-1)
}

// byChance says that a refusal has nothing to do with how much was asked: the host has borne much more before. It is then
// asked as much again as if it had no limit. In case it has become slow that takes more each time.
func (p *pace) byChance(through int, borne, active float64) bool {
	if borne >= p.borne {
		p.borne, p.beside = borne, active
	}
	if through < many || borne > p.borne/chance {
		return false
	}
	p.borne *= fading
	p.rate, p.vain = 0, 0
	p.room = max(p.room, p.beside)
	p.window = p.room
	p.doubts = disproving
	return true
}

// disproven is how many times more than what was found a host must have borne by its last request without a refusal, for
// that to have been no limit of its own.
const disproven = 4

// Found gives what hosts were found to bear, those that refused most first. A host that has refused nothing for long, in
// view of what it was asked since, is not among them, nor one that has refused but once, or has let nothing through since.
func (s *Set) Found() (all []Found) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, g := range s.hosts {
		if _, ruled := s.rules[name]; ruled || g.pace == nil || g.refusals < 2 || !g.since.IsZero() || g.pace.last.AtOnce == 0 || g.pace.doubts > 0 || g.pace.grown(g.last) > disproven {
			continue
		}
		f := g.pace.last
		f.Host, f.Refused = name, g.refusals
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b Found) int {
		return cmp.Or(cmp.Compare(b.Refused, a.Refused), strings.Compare(a.Host, b.Host))
	})
	return all
}

// anew counts the pace from when the host may be asked again, but for what a rule says: what it has refused took nothing
// of what it bears.
func (g *gate) anew(now time.Time) {
	if latest := now.Add(g.interval); g.due.After(latest) {
		g.due = latest
	}
	if g.due.Before(g.held) {
		g.due = g.held
	}
}

// bears learns from a request that was let through after refusals.
func (g *gate) bears(now time.Time) {
	if g.since.IsZero() || g.pace == nil || g.held.After(now) {
		return // it was under way when the host refused another
	}
	// One that came when the host had almost had enough rest shows little: longer waits count for a while.
	g.pace.wait = max(now.Sub(g.since).Seconds(), fading*g.pace.wait)
}

// lower gives the rate to go on with after a refusal, by what the host has let through.
func lower(rate, through float64) float64 {
	switch {
	case rate == 0:
		return through // the first; where it had been saved up, the next will tell
	case through < rate/2:
		return math.Sqrt(through * rate) // between what it has borne, holds included, and what it has not
	}
	return max(through, rate*0.7)
}

// grow notes that a request has ended, and gives its host one more place where nothing is refused.
func (g *gate) grow(now func() time.Time) {
	if !g.adapts {
		return
	}
	g.ended++
	p := g.pace
	if p == nil || !g.since.IsZero() {
		return
	}
	if p.few && p.rate > 0 {
		if p.rate *= stride; p.rate > forgotten*p.last.Rate {
			p.rate = 0
		}
	}
	if most := p.room * p.grown(now()); p.window < most {
		p.window = min(p.window+1, most)
	}
	if p.rate == 0 && (g.places > 0 && p.window >= float64(g.places) || p.window >= noRoom) {
		g.pace = nil
	}
}

// keeps says that there is something to remember of a host.
func (p *pace) keeps(now time.Time) bool {
	return p != nil && p.found && now.Sub(p.from) < 10*time.Minute
}
