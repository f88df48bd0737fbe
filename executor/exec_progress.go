package executor

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// lookEvery is how often the progress files of running commands are looked at.
const lookEvery = 500 * time.Millisecond

// progress looks at what running commands append to the files that ASFLOW_PROGRESS names. It looks only while there
// are any.
type progress struct {
	mu      sync.Mutex
	running map[*execWorker]*told
	looking bool
	done    sync.WaitGroup
}

// told is how much has been read of a job's progress file.
type told struct {
	path string
	at   int64
	rest []byte // of a line that is not whole yet
}

// watch looks at a job's progress file from now on.
func (w *execWorker) watch(file string) {
	p := &w.progress
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		p.running = map[*execWorker]*told{}
	}
	p.running[w] = &told{path: w.abs(file)}
	if !p.looking {
		p.looking = true
		p.done.Go(func() { p.look(w.ctx.Done()) })
	}
}

func (w *execWorker) unwatch() {
	w.progress.mu.Lock()
	defer w.progress.mu.Unlock()
	delete(w.progress.running, w)
}

// look reads what is new, again and again, until there has been nothing to look at or the run ends.
func (p *progress) look(end <-chan struct{}) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-end:
		}
		p.mu.Lock()
		for w, t := range p.running {
			if line := t.news(); line != "" {
				w.onProgress(line)
			}
		}
		idle := len(p.running) == 0
		if idle || ended(end) {
			p.looking = ended(end)
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
	}
}

func ended(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// news gives the last whole line that has been added; "" where there is none.
func (t *told) news() string {
	f, err := os.Open(t.path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() == t.at {
		return ""
	} else if info.Size() < t.at || info.Size() > t.at+1<<20 {
		t.rest, t.at = nil, max(0, info.Size()-1<<16) // written anew, or far behind
	}
	more, err := io.ReadAll(io.NewSectionReader(f, t.at, 1<<20))
	if err != nil {
		return ""
	}
	t.at += int64(len(more))
	t.rest = append(t.rest, more...)
	end := bytes.LastIndexByte(t.rest, '\n')
	if end < 0 {
		return ""
	}
	lines := bytes.TrimRight(t.rest[:end], "\n")
	last := string(lines[bytes.LastIndexByte(lines, '\n')+1:])
	t.rest = append([]byte(nil), t.rest[end+1:]...)
	return last
}

// onProgress takes a line "DONE TOTAL text". A line that is not like that is text.
func (w *execWorker) onProgress(line string) {
	var done, total int64
	text := strings.TrimSpace(line)
	if first, rest, _ := strings.Cut(text, " "); first != "" {
		second, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
		d, err1 := strconv.ParseFloat(first, 64)
		t, err2 := strconv.ParseFloat(second, 64)
		if err1 == nil && err2 == nil {
			done, total, text = int64(d), int64(t), strings.TrimSpace(rest)
		}
	}
	text = w.Redact(text)
	w.slot.progress(done, total, text)
	w.tell(w.job, Event{Kind: Progress, Done: done, Total: total, Text: text})
}
