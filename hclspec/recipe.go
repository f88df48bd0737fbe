package hclspec

import (
	"time"
)

// Recipe is an evaluated recipe: plain values, nothing of the language. One of Exec and Fetch is set.
type Recipe struct {
	Timeout time.Duration // of one attempt of an exec, of the whole of a fetch; 0: none
	Limits  []string
	Exec    *Exec
	Fetch   *Fetch
}

// Exec is a command to run.
type Exec struct {
	Command []string // the program and its arguments; a shell recipe is sh -eu -c SCRIPT
	Stdin   string   // a path of the project, or empty
	Stdout  bool     // what it prints is the output
	Env     []string // NAME=value, added to the process's environment
	Dir     string   // relative to the project; empty: the project's folder
}

// Fetch is a request, or pages of them, and what to make of the answers.
type Fetch struct {
	// Page evaluates the request for a page: number from 1, offset the records so far, cursor null (nil) at first
	// and then a decoded JSON value. Errors carry diagnostics.
	Page func(number, offset int64, cursor any) (Request, error)

	Records  *Program  // nil: the body is the output
	Paginate *Paginate // nil: one request
	Expect   Expect
	Auth     Auth
	Key      string     // $key of jq programs
	Value    func() any // $value of jq programs, as gojq wants it; called when a program needs it

	Connect, Response, Idle time.Duration
	Redirects               int
	HTTP                    string // "auto", "1", "2"
	Proxy                   string // empty: as the environment says
	TLS                     TLS
}

// Request is one request. Header names are as written; a name may come more than once.
type Request struct {
	Method string
	URL    string
	Header []Header
	Body   []byte
}

// Header is a header field.
type Header struct{ Name, Value string }

// Paginate is how pages follow each other.
type Paginate struct {
	Link     bool     // next = "link"
	Next     *Program // or a program that gives the next URL
	Cursor   *Program // or one that gives the next cursor
	MaxPages int
	MaxSet   bool  // the file itself sets max_pages
	End      []int // statuses that end the pages
	// AddQuery adds to a next URL those names of the recipe's query that it lacks.
	AddQuery func(url string, number, offset int64, cursor any) (string, error)
}

// Expect is what an answer must be.
type Expect struct {
	Status      []int // empty: any 2xx but 204 to 206
	ContentType string
	MinSize     int64 // 1 unless said otherwise
	MaxSize     int64 // 0: none given
	SHA256      string
	JSON        bool
	JQ          *Program
}

// Auth is how a request proves who sends it. At most one way is set.
type Auth struct {
	Bearer             string
	Username, Password string
	Basic              bool
	Netrc              bool
	TokenURL, ClientID string
	ClientSecret       string
	Scopes             []string
	Command            []string
}

// TLS is certificates' paths, relative to the project.
type TLS struct {
	CA, Cert, Key string
	Insecure      bool
}
