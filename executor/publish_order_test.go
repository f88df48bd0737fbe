package executor

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/asflow/asflow/planner/journal"
)

// handed publishes outputs of all kinds, as many as asked for, and gives what became of each; it is noted as a step of its own.
func (p *project) handed(steps *[]string, kinds ...string) map[string]error {
	p.t.Helper()
	w := p.open()
	pub := p.options.Store.NewPublisher(w, PublishOptions{})
	errs := map[string]error{}
	done := func(r journal.Record, err error) { // one after the other, from the committer
		errs[r.Path] = err
		*steps = append(*steps, "done "+r.Path)
	}
	pub.mu.Lock() // all in one batch
	for i, kind := range kinds {
		at := fmt.Sprintf("out/%s%d", kind, i)
		it := &pending{path: at, record: journal.Record{Path: at}, done: done}
		pub.files <- struct{}{}
		temp := fmt.Sprintf(".asflow/tmp/%d", i)
		switch kind {
		case "body":
			it.err = pub.write(it, at, "", []byte("body"))
		case "file":
			p.write(temp, "file")
			it.temp = p.options.Store.abs(temp)
			it.err = pub.takeOver(it, temp)
		case "dir":
			p.write(temp+"/a", "a")
			p.write(temp+"/sub/b", "b")
			it.temp = p.options.Store.abs(temp)
			it.err = pub.takeOver(it, temp)
		}
		if it.err != nil {
			p.t.Fatal(it.err)
		}
		pub.queue = append(pub.queue, it)
	}
	pub.mu.Unlock()
	_ = pub.Close()
	if err := w.file.Close(); err != nil {
		p.t.Error(err)
	}
	return errs
}

// TestTheOrderOfPublishing holds that an output's content is on the disk before it has its name, and that it is told to be done
// only when its name and its record are there too; of few outputs, of many, of directories, and where a file system can't be synced as a whole.
func TestTheOrderOfPublishing(t *testing.T) {
	for name, kinds := range map[string][]string{
		"a body":      {"body"},
		"a file":      {"file"},
		"a directory": {"dir"},
		"some":        {"body", "file", "dir"},
		"many":        {"body", "body", "body", "file", "file", "file", "dir"},
	} {
		for _, whole := range []bool{true, false} {
			for _, old := range []bool{false, true} {
				t.Run(fmt.Sprint(name, whole, old), func(t *testing.T) {
					p := newProject(t)
					if old {
						p.handed(p.watch(0), kinds...)
					}
					steps := p.watch(0)
					noted := p.options.Store.fail
					p.options.Store.fail = func(step, at string) error {
						if step == "sync all" && !whole {
							return errors.ErrUnsupported
						}
						return noted(step, at)
					}
					for at, err := range p.handed(steps, kinds...) {
						if err != nil {
							t.Errorf("%s: %v", at, err)
						}
						p.inOrder(*steps, at)
					}
				})
			}
		}
	}
}

// inOrder holds the order of steps of one output.
func (p *project) inOrder(steps []string, at string) {
	p.t.Helper()
	first := func(names ...string) int {
		return slices.IndexFunc(steps, func(s string) bool { return slices.Contains(names, s) })
	}
	name, done := first("name "+at), first("done "+at)
	contents := [][]string{{"sync " + at}}
	if strings.Contains(at, "dir") {
		contents = nil
		temp := ".asflow/tmp/" + at[len(at)-1:]
		for _, in := range []string{"/a", "/sub/b"} {
			contents = append(contents, []string{"sync " + temp + in})
		}
		for _, in := range []string{"", "/sub"} {
			contents = append(contents, []string{"sync names " + temp + in})
		}
	}
	for _, content := range contents {
		i := first(append(content, "sync all out")...)
		if i < 0 || name < i {
			p.t.Errorf("%s has its name before its content is on the disk (%s):\n%s", at, content[0], strings.Join(steps, "\n"))
		}
	}
	for _, what := range []string{"sync names " + path.Dir(at), "sync .asflow/journal.jsonl"} {
		if i := first(what); i < name || done < i {
			p.t.Errorf("%s: %s is not between its name and its end:\n%s", at, what, strings.Join(steps, "\n"))
		}
	}
}

// TestPublishingThatFails lets each step fail: the output's end tells of it, and without its content on the disk it gets no name.
func TestPublishingThatFails(t *testing.T) {
	for _, kinds := range [][]string{{"body"}, {"file"}, {"dir"}} {
		all := func() []string {
			p := newProject(t)
			steps := p.watch(0)
			p.handed(steps, kinds...)
			return *steps
		}()
		for failing, step := range all {
			if strings.HasPrefix(step, "done ") || strings.HasPrefix(step, "sync all") || step == "sync names ." {
				continue
			}
			t.Run(kinds[0]+" "+step, func(t *testing.T) {
				p := newProject(t)
				at := "out/" + kinds[0] + "0"
				steps := p.watch(failing + 1)
				errs := p.handed(steps, kinds...)
				if !errors.Is(errs[at], errStep) {
					t.Errorf("%v, in the order\n%s", errs[at], strings.Join(*steps, "\n"))
				}
				if strings.HasPrefix(step, "sync out/") {
					if slices.Contains(*steps, "name "+at) || p.exists(at) {
						t.Errorf("it has its name, in the order\n%s", strings.Join(*steps, "\n"))
					}
				}
			})
		}
	}
}

// TestADirectoryThatCantBeSyncedIsNotPublished lets the content of a directory fail where the file system can't be synced as a whole.
func TestADirectoryThatCantBeSyncedIsNotPublished(t *testing.T) {
	for _, bad := range []string{"sync .asflow/tmp/0/sub/b", "sync names .asflow/tmp/0/sub", "sync names .asflow/tmp/0"} {
		p := newProject(t)
		steps := p.watch(0)
		noted := p.options.Store.fail
		p.options.Store.fail = func(step, at string) error {
			_ = noted(step, at)
			if step == "sync all" || (*steps)[len(*steps)-1] == bad {
				return errStep
			}
			return nil
		}
		if err := p.handed(steps, "dir")["out/dir0"]; !errors.Is(err, errStep) || p.exists("out/dir0") {
			t.Errorf("where %s fails it is published: %v\n%s", bad, err, strings.Join(*steps, "\n"))
		}
	}
}
