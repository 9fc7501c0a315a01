//go:build (amd64 || arm64) && !purego

package dl

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// bootBenchmark boots in the test's process, which a benchmark may: it runs when asked for.
func bootBenchmark(b *testing.B, names ...string) (*Loader, []Func) {
	b.Helper()
	l, err := Boot(b.Context(), Options{})
	if err != nil {
		b.Skip(err)
	}
	lib, err := l.Open("libm.so.6") // it brings the C library
	if err != nil {
		b.Fatal(err)
	}
	var all []Func
	for _, name := range names {
		f, err := lib.Sym(name)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, f)
	}
	return l, all
}

// BenchmarkCall is what a call costs beside cgo's (BenchmarkCgo): labs does next to nothing.
func BenchmarkCall(b *testing.B) {
	l, f := bootBenchmark(b, "labs")
	b.ReportAllocs()
	l.Do(func(c *Caller) {
		for b.Loop() {
			c.Call(f[0], 1)
		}
	})
}

// BenchmarkCall11 is a call with as many arguments as CUDA's to launch a kernel.
func BenchmarkCall11(b *testing.B) {
	l, f := bootBenchmark(b, "labs")
	b.ReportAllocs()
	l.Do(func(c *Caller) {
		for b.Loop() {
			c.Call(f[0], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
		}
	})
}

func BenchmarkCallFloat(b *testing.B) {
	l, f := bootBenchmark(b, "fabs")
	x := []float64{1}
	b.ReportAllocs()
	l.Do(func(c *Caller) {
		for b.Loop() {
			c.CallFloat(f[0], x)
		}
	})
}

// BenchmarkDo is the way to C's thread and back.
func BenchmarkDo(b *testing.B) {
	l, _ := bootBenchmark(b)
	b.ReportAllocs()
	for b.Loop() {
		l.Do(func(*Caller) {})
	}
}

// BenchmarkProbe starts a process that boots, from its first instruction to its end, by way of
// a probe.
func BenchmarkProbe(b *testing.B) {
	for b.Loop() {
		if err := probe(b.Context(), Options{}, Direct); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCgo has a program with cgo make the same call, and reports its figure as cgo-ns/op.
func BenchmarkCgo(b *testing.B) {
	dir := b.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module cgocall\n\ngo 1.26\n",
		"call.go": "package cgocall\n\n// #include <stdlib.h>\nimport \"C\"\n\n" +
			"func labs(x int) int { return int(C.labs(C.long(x))) }\n",
		"call_test.go": "package cgocall\n\nimport \"testing\"\n\nfunc BenchmarkLabs(b *testing.B) {\n\tfor b.Loop() {\n\t\tlabs(1)\n\t}\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	cmd := exec.Command("go", "test", "-bench=Labs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Skipf("no cgo here: %v\n%s", err, out)
	}
	m := regexp.MustCompile(`([\d.]+) ns/op`).FindSubmatch(out)
	if m == nil {
		b.Fatalf("no figure in\n%s", out)
	}
	ns, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ns, "cgo-ns/op")
}
