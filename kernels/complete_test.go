package kernels

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestTablesComplete checks that no level lacks an entry.
func TestTablesComplete(t *testing.T) {
	for _, l := range available {
		v := reflect.ValueOf(l.table)
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("level %s has no %s", l.isa, v.Type().Field(i).Name)
			}
		}
	}
}

// TestEveryKernelHasACase reads the package's source: every exported function over Float is
// a kernel and needs a case, and every exported function that calls through the table must
// be marked noinline (see the package comment).
func TestEveryKernelHasACase(t *testing.T) {
	noCase := map[string]bool{
		"GemmCols": true, "GemmPanelsBF16": true, "GemmDirectRows": true, "PairPanels": true, "GemmPairsScratch": true, // sizes, not kernels
	}
	mayInline := map[string]bool{
		"MeasurePeak": true, // loops itself, past calls of time.Now
	}
	has := map[string]bool{}
	for _, c := range cases {
		if has[c.name] && !strings.Contains(c.name, " ") {
			t.Errorf("two cases are called %s", c.name)
		}
		has[strings.Fields(c.name)[0]] = true
	}
	for _, f := range parseSource(t) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !fn.Name.IsExported() {
				continue
			}
			if fn.Type.TypeParams != nil && !has[fn.Name.Name] && !noCase[fn.Name.Name] {
				t.Errorf("%s has no case", fn.Name.Name)
			}
			if callsTable(fn) && !mayInline[fn.Name.Name] && !strings.Contains(directives(fn), "//go:noinline") {
				t.Errorf("%s calls through the table but is not marked //go:noinline", fn.Name.Name)
			}
		}
	}
}

func directives(fn *ast.FuncDecl) string {
	var s strings.Builder
	if fn.Doc != nil {
		for _, c := range fn.Doc.List {
			s.WriteString(c.Text + "\n")
		}
	}
	return s.String()
}

// callsTable reports whether the function's body calls active.something.
func callsTable(fn *ast.FuncDecl) (found bool) {
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "active" {
					found = true
				}
			}
		}
		return true
	})
	return found
}

func parseSource(t *testing.T) []*ast.File {
	t.Helper()
	var files []*ast.File
	for _, name := range sourceNames(t, ".go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func sourceNames(t *testing.T, suffix string) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestAssemblyRules checks what a reader of the assembly may rely on: every function is a
// leaf on its caller's stack, the purego tag removes it, and instructions written as bytes
// stand in headers only.
func TestAssemblyRules(t *testing.T) {
	text := regexp.MustCompile(`(?m)^TEXT .*$`)
	leaf := regexp.MustCompile(`^TEXT ·\w+\(SB\), NOSPLIT, \$0-\d+$`)
	raw := regexp.MustCompile(`(?m)^\s*(BYTE|WORD|LONG|QUAD)\s`)
	for _, name := range sourceNames(t, ".s") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source := string(b)
		if !strings.HasPrefix(source, "//go:build !purego\n") {
			t.Errorf("%s does not start with //go:build !purego", name)
		}
		for _, line := range text.FindAllString(source, -1) {
			if !leaf.MatchString(line) {
				t.Errorf("%s: %q is not a leaf without a frame", name, line)
			}
		}
		if m := raw.FindString(source); m != "" {
			t.Errorf("%s: raw instruction %q outside a header", name, strings.TrimSpace(m))
		}
	}
}
