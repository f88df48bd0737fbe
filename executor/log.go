package executor

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/asflow/asflow/fetchers"
)

// logDir holds the logs of jobs, each under its output's path, and the answers to fetches that were rejected.
const (
	logDir    = ".asflow/log"
	answerExt = ".answer"
)

// A log holds the first logHead bytes of what a command printed and the last logTail; what lies between is cut out,
// and the log says how much that was.
const (
	logHead = 4 << 20
	logTail = 1 << 20
	// tailMost is how much of it is shown when the job fails.
	tailMost = 8 << 10
	// lineMost is how long a line may grow before it is written though it has not ended.
	lineMost = 64 << 10
	// secretMost is how long a secret may be that is taken out wherever the text is cut.
	secretMost = 16 << 10
	// headMost is how much is kept of the body of an answer that was rejected.
	headMost = 64 << 10
)

// jobLog is what a job's command prints. The file is made when there is something to write; secrets are taken out
// line by line. Not for use from several goroutines.
type jobLog struct {
	run  *run
	name string // relative to the project
	file *os.File
	err  error

	line    []byte // what is not ready to be written: the last line, while it has not ended
	size    int64  // written to the file
	ring    []byte // what came after logHead: at most twice logTail, of which the last logTail count
	cut     int64  // bytes that ring has lost
	latest  []byte // the last of everything
	printed bool
}

// newLog prepares the job's log. One that an earlier run left is removed.
func (w *execWorker) newLog() *jobLog {
	l := &jobLog{run: w.run, name: logName(w.job.path, ".log")}
	l.err = w.dropLog(l.name)
	return l
}

// dropLog removes what an earlier run left for a job.
func (r *run) dropLog(name string) error {
	if !r.oldLogs() {
		return nil
	}
	if err := os.Remove(r.abs(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// oldLogs tells whether there was a folder of logs when the run began.
func (r *run) oldLogs() bool {
	r.logsOnce.Do(func() {
		_, err := os.Stat(r.abs(logDir))
		r.logs = err == nil
	})
	return r.logs
}

// logName is where the log of an output is kept.
func logName(output, ext string) string {
	if strings.HasPrefix(output, "/") {
		output = "_root" + output
	}
	return path.Join(logDir, output) + ext
}

// Write takes what the command prints. It never fails: a log that can't be written must not end a command.
func (l *jobLog) Write(p []byte) (int, error) {
	l.printed = true
	l.line = append(l.line, p...)
	if n := l.ready(); n > 0 {
		l.put(l.line[:n])
		l.line = l.line[:copy(l.line, l.line[n:])]
	}
	return len(p), nil
}

// note adds a line of asflow's own.
func (l *jobLog) note(text string) {
	l.flush()
	if l.printed {
		l.put([]byte("asflow: " + text + "\n"))
	}
}

// flush writes a last line that has not ended, as if it had. The command may have been ended in the midst of a secret.
func (l *jobLog) flush() {
	if len(l.line) == 0 {
		return
	}
	text := []byte(l.run.RedactCut(string(l.line)))
	if !bytes.HasSuffix(text, []byte{'\n'}) {
		text = append(text, '\n')
	}
	l.put(text)
	l.line = l.line[:0]
}

// put writes what is ready: to the file, and when that has its share, to the ring.
func (l *jobLog) put(b []byte) {
	if l.size < logHead {
		b = []byte(l.run.Redact(string(b)))
		l.keep(b)
		n := min(int64(len(b)), logHead-l.size)
		l.toFile(b[:n])
		b = b[n:]
	} else {
		l.keep(b)
	}
	if len(b) > logTail {
		l.cut += int64(len(l.ring) + len(b) - logTail)
		l.ring = append(l.ring[:0], b[len(b)-logTail:]...)
		return
	}
	if len(l.ring)+len(b) > 2*logTail {
		drop := len(l.ring) + len(b) - logTail
		l.cut += int64(drop)
		l.ring = l.ring[:copy(l.ring, l.ring[drop:])]
	}
	l.ring = append(l.ring, b...)
}

// keep notes the last of what was printed, and so much before it that a secret at its beginning is seen as a whole.
func (l *jobLog) keep(b []byte) {
	const most = tailMost + secretMost
	if len(b) >= most {
		l.latest = append(l.latest[:0], b[len(b)-most:]...)
		return
	}
	if len(l.latest)+len(b) > 2*most {
		l.latest = l.latest[:copy(l.latest, l.latest[len(l.latest)+len(b)-most:])]
	}
	l.latest = append(l.latest, b...)
}

func (l *jobLog) toFile(b []byte) {
	if l.file == nil && l.err == nil {
		l.file, l.err = l.run.create(l.name)
	}
	if l.err == nil {
		_, l.err = l.file.Write(b)
	}
	l.size += int64(len(b))
}

// create makes a file of the log folder, and its folders.
func (r *run) create(name string) (*os.File, error) {
	at := r.abs(name)
	f, err := os.Create(at)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(path.Dir(at), 0o777); err != nil {
			return nil, err
		}
		f, err = os.Create(at)
	}
	return f, err
}

// tail gives the last lines that were printed.
func (l *jobLog) tail() []byte {
	l.flush()
	b := l.latest
	if l.size >= logHead {
		b = []byte(l.run.Redact(string(b)))
	}
	if len(b) > tailMost {
		b = b[len(b)-tailMost:]
		if i := bytes.IndexByte(b, '\n') + 1; i < len(b) || l.size >= logHead {
			b = b[i:] // of one endless line the rest is shown where no secret was cut in it
		}
	}
	return b
}

// close completes the file, and gives its name if there is one.
func (l *jobLog) close() (name string, err error) {
	l.flush()
	if l.file == nil {
		return "", l.err
	}
	ring := l.ring
	if over := len(ring) - logTail; over > 0 && l.cut > 0 {
		l.cut += int64(over)
		ring = ring[over:]
	}
	text := []byte(l.run.Redact(string(ring)))
	if l.cut > 0 {
		from := min(secretMost, len(text)) // it may begin in the midst of a secret
		from += bytes.IndexByte(text[from:], '\n') + 1
		l.cut += int64(from)
		text = text[from:]
		l.toFile(fmt.Appendf(nil, "\nasflow: %d bytes were cut out here\n\n", l.cut))
	}
	l.toFile(text)
	if err := l.file.Close(); l.err == nil {
		l.err = err
	}
	return l.name, l.err
}

// keepHead keeps an answer that was rejected, its headers and the first of its body, beside the job's log.
func (w *fetchWorker) keepHead(e *fetchers.Error) (name string, err error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nstatus %d\n", e.URL, e.Status)
	if err := e.Header.Write(&b); err != nil {
		return "", err
	}
	b.WriteString("\n")
	b.Write(e.Head[:min(len(e.Head), headMost)])
	name = logName(w.job.path, answerExt)
	f, err := w.create(name)
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(w.RedactCut(b.String()))
	return name, errors.Join(err, f.Close())
}
