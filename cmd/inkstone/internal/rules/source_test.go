package rules

import (
	"go/ast"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPackageDocs: each package says once what it is.
func TestPackageDocs(t *testing.T) {
	docs, names := map[string][]string{}, map[string]string{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		name := f.ast.Name.Name
		names[f.dir] = name
		if f.ast.Doc == nil {
			continue
		}
		docs[f.dir] = append(docs[f.dir], f.path)
		opening := "Package " + name + " "
		if name == "main" {
			opening = "Command " + path.Base(f.dir) + " "
		}
		if text := f.ast.Doc.Text(); !strings.HasPrefix(text, opening) {
			first, _, _ := strings.Cut(text, "\n")
			t.Errorf("%s: the package doc begins %q, want %q", f.path, first, opening)
		}
	}
	for dir, name := range names {
		if len(docs[dir]) != 1 {
			t.Errorf("%s: package %s has %d package docs %v, want one", dir, name, len(docs[dir]), docs[dir])
		}
	}
}

// TestExportedDocs: every exported name of the library has a doc comment.
func TestExportedDocs(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || f.ast.Name.Name == "main" {
			continue
		}
		for _, d := range f.ast.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no doc comment", f.path, name)
			}
		}
	}
}

// undocumented returns the exported names that a declaration leaves without a word. A
// comment on a group of constants or variables is enough for all of the group.
func undocumented(d ast.Decl) []string {
	var names []string
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && isExportedReceiver(d.Recv) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

// isExportedReceiver reports whether a method belongs to an exported type; a function does.
func isExportedReceiver(recv *ast.FieldList) bool {
	if recv == nil {
		return true
	}
	e := recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.Ident:
			return token.IsExported(x.Name)
		default:
			return true
		}
	}
}

// TestRawInstructions: assembly stands in package kernels, and instructions spelled as
// numbers in its headers asm_ARCH.h alone, where a test decodes them.
func TestRawInstructions(t *testing.T) {
	raw := regexp.MustCompile(`(?:^|[\s;])(WORD|LONG|QUAD|BYTE)\s+\$`)
	for _, p := range files(t) {
		ext := path.Ext(p)
		if ext != ".s" && ext != ".h" {
			continue
		}
		if path.Dir(p) != "kernels" && !strings.HasPrefix(p, "gpu/dl/") {
			t.Errorf("%s: assembly outside package kernels", p)
		}
		if ok, _ := path.Match("kernels/asm_*.h", p); ok {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root, p))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			line, _, _ = strings.Cut(line, "//")
			if raw.MatchString(line) {
				t.Errorf("%s:%d: a raw instruction outside kernels/asm_*.h: %s", p, i+1, strings.TrimSpace(line))
			}
		}
	}
}
