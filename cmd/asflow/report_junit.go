package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/asflow/asflow/planner"
)

// The elements of JUnit's XML, as CI systems read it: https://github.com/testmoapp/junitxml
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Name    string       `xml:"name,attr"`
		Tests   int          `xml:"tests,attr"`
		Failed  int          `xml:"failures,attr"`
		Time    string       `xml:"time,attr"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name    string      `xml:"name,attr"`
		Tests   int         `xml:"tests,attr"`
		Failed  int         `xml:"failures,attr"`
		Skipped int         `xml:"skipped,attr"`
		Cases   []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string     `xml:"name,attr"`
		Class   string     `xml:"classname,attr"`
		Time    string     `xml:"time,attr"`
		Failure *junitText `xml:"failure"`
		Skipped *junitText `xml:"skipped"`
		Out     string     `xml:"system-out,omitempty"`
	}
	junitText struct {
		Message string `xml:"message,attr"`
	}
)

// junit writes a suite for each target that ran something.
func junit(w io.Writer, plan *planner.Plan, jobs []ranJob, took time.Duration) error {
	targets := plan.Targets()
	suites := make([]junitSuite, len(targets))
	out := junitSuites{Name: "asflow", Time: seconds(took)}
	for _, j := range jobs {
		s := &suites[j.target]
		c := junitCase{Name: j.path, Class: targets[j.target].Label, Time: seconds(j.ended.Sub(j.began)), Out: clean(j.tail)}
		switch j.state {
		case planner.Failed, planner.NotTried:
			c.Failure = &junitText{clean(j.text)}
			s.Failed++
			out.Failed++
		case planner.Absent, planner.Cancelled:
			c.Skipped = &junitText{j.state.String()}
			s.Skipped++
		}
		s.Tests++
		out.Tests++
		s.Cases = append(s.Cases, c)
	}
	for i, s := range suites {
		if s.Tests > 0 {
			s.Name = targets[i].Label
			out.Suites = append(out.Suites, s)
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// clean drops what XML can't hold.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
