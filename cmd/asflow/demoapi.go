package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// demoAPI is weather stations behind an API as one meets them: pages, a rate that is enforced, errors that go away, answers
// that take long. What it says depends on nothing but the request, and how often it came.
type demoAPI struct {
	url    string
	server *http.Server
	done   sync.WaitGroup

	mu    sync.Mutex
	asked map[string]int // how often, by path
	now   time.Time      // the second that is counted
	count int            // requests in it
}

const (
	demoStations = 150
	demoPage     = 30
	demoBurst    = 34 // answers in a second; what comes beyond gets a 429
)

// startDemoAPI listens on a port, or on a free one where that is taken.
func startDemoAPI(port string) (*demoAPI, error) {
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("no port on loopback for the demo's API: %w", err)
	}
	d := &demoAPI{url: "http://" + l.Addr().String(), asked: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stations", d.stations)
	mux.HandleFunc("GET /stations/{id}/readings", d.readings)
	d.server = &http.Server{Handler: d.throttled(mux), ReadHeaderTimeout: 5 * time.Second}
	d.done.Go(func() { _ = d.server.Serve(l) })
	return d, nil
}

func (d *demoAPI) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = d.server.Shutdown(ctx)
	_ = d.server.Close()
	d.done.Wait()
}

// throttled sends away what comes too fast.
func (d *demoAPI) throttled(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		if second := time.Now().Truncate(time.Second); !second.Equal(d.now) {
			d.now, d.count = second, 0
		}
		d.count++
		over := d.count > demoBurst
		if !over {
			d.asked[r.URL.Path]++
		}
		d.mu.Unlock()
		if over {
			w.Header().Set("Retry-After", "1")
			http.Error(w, `{"error":"slow down"}`, http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// stations is a page of the list. The next one is in the Link header.
func (d *demoAPI) stations(w http.ResponseWriter, r *http.Request) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = max(1, page)
	pause(r, 60*time.Millisecond)
	var items []string
	for i := (page - 1) * demoPage; i < min(page*demoPage, demoStations); i++ {
		items = append(items, fmt.Sprintf(`{"id":%q,"name":%q,"altitude":%d}`, demoID(i), demoName(i), 200+roll("altitude", i)%2600))
	}
	if page*demoPage < demoStations {
		w.Header().Set("Link", fmt.Sprintf(`<%s/stations?page=%d>; rel="next"`, d.url, page+1))
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"page":%d,"stations":[%s]}`, page, strings.Join(items, ","))
}

// readings is a station's day, hour by hour.
func (d *demoAPI) readings(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	i := demoIndex(id)
	d.mu.Lock()
	times := d.asked[r.URL.Path]
	d.mu.Unlock()
	pause(r, time.Duration(40+roll("pause", i)%160)*time.Millisecond)
	switch {
	case i < 0, roll("gone", i)%50 == 7:
		http.Error(w, `{"error":"no such station"}`, http.StatusNotFound)
		return
	case times == 1 && roll("broken", i)%16 == 3:
		http.Error(w, `{"error":"try again"}`, http.StatusInternalServerError)
		return
	case roll("slow", i)%60 == 11:
		pause(r, 1700*time.Millisecond)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"station":%q,"readings":[`, id)
	for hour := range 24 {
		if hour > 0 {
			_, _ = w.Write([]byte(","))
		}
		tenths := 60 + roll("warm", i)%180 - (hour-14)*(hour-14)/2 + roll(id, hour)%15
		fmt.Fprintf(w, `{"station":%q,"hour":%d,"temperature":%d.%d}`, id, hour, tenths/10, abs(tenths%10))
	}
	_, _ = w.Write([]byte("]}"))
}

// pause waits, or less where the client goes away.
func pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

// roll is a number that looks drawn, and is the same each time.
func roll(what string, i int) int {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %d", what, i)
	return int(h.Sum32() >> 3)
}

func abs(n int) int { return max(n, -n) }

var (
	demoFirst  = []string{"Nieder", "Ober", "Alt", "Neu", "Klein", "Gross", "Schön", "Weiss", "Hoch", "Rot"}
	demoSecond = []string{"bach", "berg", "dorf", "feld", "wald", "stein", "see", "tal", "brunn", "horn", "au", "egg", "wil", "brück", "matt"}
)

func demoName(i int) string { return demoFirst[i%10] + demoSecond[i/10%15] }

func demoID(i int) string {
	return strings.NewReplacer("ö", "oe", "ü", "ue").Replace(strings.ToLower(demoName(i)))
}

func demoIndex(id string) int {
	for i := range demoStations {
		if demoID(i) == id {
			return i
		}
	}
	return -1
}
