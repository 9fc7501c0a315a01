package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is the name go.mod gives the repository.
const module = "inkstone"

// below says which layers each layer may import, its own aside.
var below = map[string][]string{
	"kernels":  {},
	"tensor":   {"kernels"},
	"autograd": {"kernels", "tensor"},
	"nn":       {"kernels", "tensor", "autograd"},
	"train":    {"kernels", "tensor", "autograd", "nn"},
	"gpu":      {"kernels", "tensor"},
	"cmd":      {"kernels", "tensor", "autograd", "nn", "train", "gpu"},
}

// Modules the repository may use: the library, its tests, and the command.
var (
	libraryModules = []string{
		"github.com/klauspost/cpuid/v2", "golang.org/x/sys", "golang.org/x/text", "github.com/dlclark/regexp2", "gonum.org/v1/gonum",
	}
	testModules    = []string{"github.com/google/go-cmp"}
	commandModules = []string{ // x/term comes with progressbar; x/perf is what benchstat is made of
		"github.com/alecthomas/kong", "github.com/schollz/progressbar/v3", "golang.org/x/term", "golang.org/x/perf",
	}
)

// TestImportDirection: each layer knows only the ones below it.
func TestImportDirection(t *testing.T) {
	for _, f := range goFiles(t) {
		layer, _, _ := strings.Cut(f.dir, "/")
		if _, ok := below[layer]; !ok && layer != "testdata" {
			t.Errorf("%s: %q is no layer", f.path, layer)
			continue
		}
		for _, p := range f.imports() {
			to, ok := strings.CutPrefix(p, module+"/")
			if !ok || f.test {
				continue
			}
			to, _, _ = strings.Cut(to, "/")
			if to != layer && !slices.Contains(below[layer], to) {
				t.Errorf("%s: %s must not import %s", f.path, layer, p)
			}
		}
	}
}

// TestModules: outside modules are few, and the command's stay the command's.
func TestModules(t *testing.T) {
	for _, f := range goFiles(t) {
		allowed := slices.Clone(libraryModules)
		if f.test {
			allowed = append(allowed, testModules...)
		}
		if strings.HasPrefix(f.path, "cmd/") {
			allowed = append(allowed, commandModules...)
		}
		for _, p := range f.imports() {
			first, _, _ := strings.Cut(p, "/")
			if !strings.Contains(first, ".") { // the standard library or the repository itself
				if p == "C" {
					t.Errorf("%s uses cgo", f.path)
				}
				continue
			}
			if !slices.ContainsFunc(allowed, func(m string) bool { return p == m || strings.HasPrefix(p, m+"/") }) {
				t.Errorf("%s must not import %s", f.path, p)
			}
		}
	}
}

// TestGoMod: go.mod names no other modules than those, except for what they need themselves.
func TestGoMod(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(data), "module "+module+"\n") {
		t.Errorf("go.mod does not begin with module %s", module)
	}
	allowed := slices.Concat(libraryModules, testModules, commandModules)
	requirement := regexp.MustCompile(`(?m)^(?:require )?\s*([\w./-]+\.[\w./-]+) v\S+(\s*// indirect)?$`)
	for _, m := range requirement.FindAllStringSubmatch(string(data), -1) {
		if m[2] == "" && !slices.Contains(allowed, m[1]) {
			t.Errorf("go.mod requires %s", m[1])
		}
	}
	if strings.Contains(string(data), "replace ") {
		t.Error("go.mod replaces a module")
	}
}
