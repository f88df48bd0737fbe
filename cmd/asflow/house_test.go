package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the repository, as the tests of this folder see it.
const root = "../.."

const module = "github.com/asflow/asflow"

// rooms is who may import whom: a room's packages may import what is listed, and what lies inside the room itself.
// Sub-packages may be imported by whoever may import their room. A room that is not here does not exist.
var rooms = map[string][]string{
	"hclspec":    nil,
	"fetchers":   nil,
	"planner":    {"hclspec"},
	"executor":   {"planner", "fetchers"},
	"cmd/asflow": {"hclspec", "planner", "executor", "fetchers"},
}

// speaksHCL is the rooms that may know the language's libraries.
var speaksHCL = []string{"hclspec", "planner", "cmd/asflow"}

// source is a parsed Go file of the repository.
type source struct {
	path string // from the root, with slashes
	room string
	test bool
	file *ast.File
	fset *token.FileSet
}

// at says where something stands, for a message.
func (s source) at(p token.Pos) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(p).Line)
}

// sources parses every Go file of the repository.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, at)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if name := d.Name(); rel != "." && (strings.HasPrefix(name, ".") || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, at, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{path: rel, room: roomOf(path.Dir(rel)), test: strings.HasSuffix(rel, "_test.go"), file: f, fset: fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Fatalf("only %d Go files were found below %s", len(out), root)
	}
	return out
}

// roomOf gives the room that a package lies in, or "".
func roomOf(pkg string) string {
	for room := range rooms {
		if pkg == room || strings.HasPrefix(pkg, room+"/") {
			return room
		}
	}
	return ""
}

func TestEveryPackageLiesInARoom(t *testing.T) {
	for _, s := range sources(t) {
		if s.room == "" {
			t.Errorf("%s lies in no room: the rooms are hclspec, planner, executor, fetchers and cmd/asflow", s.path)
		}
		if name := s.file.Name.Name; slices.Contains([]string{"util", "utils", "common", "helpers", "misc"}, name) {
			t.Errorf("%s: a package called %s says nothing of what it holds", s.path, name)
		}
	}
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := mayImport(s, name); why != "" {
				t.Errorf("%s: %s", s.at(spec.Pos()), why)
			}
		}
	}
}

// mayImport gives the reason against an import, or "". Tests may reach back along the arrow for what they are given, as
// cmd does: a plan can't be had without a configuration.
func mayImport(s source, name string) string {
	switch {
	case name == module || strings.HasPrefix(name, module+"/"):
		other := roomOf(strings.TrimPrefix(name, module+"/"))
		if other == "" || other == s.room || slices.Contains(rooms[s.room], other) {
			return ""
		}
		if s.test && slices.Contains(transitive(s.room), other) {
			return ""
		}
		return fmt.Sprintf("%s may not import %s", s.room, name)
	case strings.HasPrefix(name, "github.com/hashicorp/hcl/"), strings.HasPrefix(name, "github.com/zclconf/go-cty/"), strings.HasPrefix(name, "github.com/hashicorp/go-cty-funcs/"):
		if !slices.Contains(speaksHCL, s.room) {
			return fmt.Sprintf("%s may not know the language: it imports %s", s.room, name)
		}
	}
	return ""
}

// transitive gives all rooms that a room's imports reach.
func transitive(room string) []string {
	out := slices.Clone(rooms[room])
	for _, r := range rooms[room] {
		out = append(out, transitive(r)...)
	}
	return out
}

// outside is what only cmd/asflow may touch: the process, its standard files and its environment.
var outside = map[string][]string{
	"os":      {"Exit", "Stdin", "Stdout", "Stderr", "Args", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv", "Clearenv", "Chdir"},
	"fmt":     {"Print", "Println", "Printf"},
	"log":     {"Print", "Println", "Printf", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf"},
	"syscall": {"Exit", "Getenv", "Environ"},
	"signal":  {"Notify", "NotifyContext", "Ignore"},
}

func TestOnlyTheCommandTouchesTheProcess(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.room == "cmd/asflow" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(outside[x.Name], sel.Sel.Name) && imports(s.file, x.Name) {
				t.Errorf("%s: %s.%s is for cmd/asflow alone; take it as a value", s.at(n.Pos()), x.Name, sel.Sel.Name)
			}
			return true
		})
	}
}

// imports tells whether a file imports a package under this name.
func imports(f *ast.File, name string) bool {
	return slices.ContainsFunc(f.Imports, func(spec *ast.ImportSpec) bool {
		if spec.Name != nil {
			return spec.Name.Name == name
		}
		p, _ := strconv.Unquote(spec.Path.Value)
		return path.Base(p) == name
	})
}

func TestNothingRunsBeforeMain(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: no init: registration is a table, and set-up is main's", s.at(f.Pos()))
			}
		}
	}
}

// TestGlobalsDontChange holds that a package-level variable is a table, an error or a pool, and is never assigned to.
func TestGlobalsDontChange(t *testing.T) {
	globals := map[string]map[string]bool{} // by folder
	all := sources(t)
	for _, s := range all {
		dir := path.Dir(s.path)
		if globals[dir] == nil {
			globals[dir] = map[string]bool{}
		}
		for _, d := range s.file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR && !s.test {
				for _, spec := range g.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						globals[dir][name.Name] = name.Name != "_"
					}
				}
			}
		}
	}
	for _, s := range all {
		if s.test {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				for _, id := range assigned(f, globals[path.Dir(s.path)]) {
					t.Errorf("%s: %s is a global, and is changed here", s.at(id.Pos()), id.Name)
				}
			}
		}
	}
}

// assigned gives the names of globals that a function assigns to and does not itself declare.
func assigned(f *ast.FuncDecl, globals map[string]bool) []*ast.Ident {
	own := map[string]bool{}
	var lefts []ast.Expr
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if id, ok := l.(*ast.Ident); ok && n.Tok == token.DEFINE {
					own[id.Name] = true
				} else {
					lefts = append(lefts, l)
				}
			}
		case *ast.IncDecStmt:
			lefts = append(lefts, n.X)
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok {
					own[id.Name] = true
				}
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				own[id.Name] = true
			}
		case *ast.Field:
			for _, id := range n.Names {
				own[id.Name] = true
			}
		}
		return true
	})
	var out []*ast.Ident
	for _, l := range lefts {
		if id := base(l); id != nil && globals[id.Name] && !own[id.Name] {
			out = append(out, id)
		}
	}
	return out
}

// base gives the variable that an expression on the left of an assignment stands on.
func base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// TestTheHouseTestCanFail gives the checks above what they are to find.
func TestTheHouseTestCanFail(t *testing.T) {
	for _, c := range []struct {
		room, name string
		test, ok   bool
	}{
		{"executor", module + "/hclspec", false, false},
		{"executor", module + "/hclspec", true, true},
		{"executor", module + "/planner/journal", false, true},
		{"executor", "github.com/zclconf/go-cty/cty", true, false},
		{"fetchers", module + "/planner", true, false},
		{"fetchers", module + "/fetchers/codec", false, true},
		{"fetchers", "github.com/hashicorp/hcl/v2", false, false},
		{"hclspec", module + "/fetchers/codec", false, false},
		{"planner", module + "/executor", false, false},
		{"planner", "github.com/hashicorp/hcl/v2", false, true},
		{"cmd/asflow", module + "/executor", false, true},
	} {
		if why := mayImport(source{room: c.room, test: c.test}, c.name); (why == "") != c.ok {
			t.Errorf("%s importing %s (test: %v): %q", c.room, c.name, c.test, why)
		}
	}
	const bad = `package p
var a, b, c = 1, map[int]int{}, 2
func f(c int) { a = 2; b[1]++; c = 3; _ = c }`
	f, err := parser.ParseFile(token.NewFileSet(), "", bad, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := assigned(f.Decls[1].(*ast.FuncDecl), map[string]bool{"a": true, "b": true, "c": true})
	if len(found) != 2 || found[0].Name != "a" || found[1].Name != "b" {
		t.Errorf("found %v; want a and b", found)
	}
}
