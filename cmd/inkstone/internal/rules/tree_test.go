package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the repository's, seen from here.
const root = "../../../.."

// sourceFile is a Go file of the repository, parsed without its function bodies' meaning.
type sourceFile struct {
	path string // from the repository's root, with slashes
	dir  string
	test bool
	ast  *ast.File
}

// imports returns the paths that the file imports.
func (f sourceFile) imports() []string {
	var paths []string
	for _, s := range f.ast.Imports {
		paths = append(paths, strings.Trim(s.Path.Value, `"`))
	}
	return paths
}

// leftovers are what runs leave at the top: see .gitignore.
var leftovers = []string{"runs", "inkstone-demo"}

// files returns the paths of the repository's files, hidden folders and what a run
// leaves behind apart.
func files(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() && rel != "." && rel != ".ci" && (strings.HasPrefix(d.Name(), ".") || slices.Contains(leftovers, rel) || d.Name() == "__pycache__") {
			return fs.SkipDir
		}
		if d.Type().IsRegular() && rel != ".git" { // a work tree has a file of that name
			paths = append(paths, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(paths, "go.mod") {
		t.Fatalf("no go.mod in %s: not the repository's root", root)
	}
	return paths
}

// goFiles returns the repository's Go files.
func goFiles(t *testing.T) []sourceFile {
	t.Helper()
	var parsed []sourceFile
	for _, p := range files(t) {
		if !strings.HasSuffix(p, ".go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, p), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, sourceFile{path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), ast: f})
	}
	return parsed
}

// TestTopLevel keeps the root readable: a stranger sees these and nothing else.
func TestTopLevel(t *testing.T) {
	needed := []string{".gitignore", "LICENSE", "autograd", "cmd", "go.mod", "go.sum", "gpu", "kernels", "nn", "tensor", "testdata", "train"}
	allowed := append(needed, ".ci", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md")
	ignored := append(leftovers, ".git", "inkstone", "inkstone.exe") // see .gitignore
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
		outputs := slices.Contains([]string{".test", ".out", ".prof"}, path.Ext(e.Name()))
		if !slices.Contains(allowed, e.Name()) && !slices.Contains(ignored, e.Name()) && !outputs {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
	for _, name := range needed {
		if !slices.Contains(have, name) {
			t.Errorf("%s is missing", name)
		}
	}
}
