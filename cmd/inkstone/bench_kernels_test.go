package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkstone/kernels"
)

// TestBenchKernels: a line for each case in each setting, whose figures fit together and whose
// result is right, and a page.
func TestBenchKernels(t *testing.T) {
	var result struct {
		Event string
		Cases int
	}
	page := filepath.Join(t.TempDir(), "kernels.html")
	lines := benchLines[kernelResult](t, &result, "kernels", "--kernels", "rmsnorm,matmulnt 256x256x256", "--isa", "all", "--thread-counts", "1,2",
		"--repeats", "3", "--sample", "1us", "--precision", "f32", "--report", page)
	const cases = 4 + 1 // of RMSNorm and its backward, of MatMulNT
	if want := cases * 2 * len(kernels.ISAs()); len(lines) != want || result.Event != "result" || result.Cases != want {
		t.Fatalf("%d lines, result %+v, want %d", len(lines), result, want)
	}
	for _, r := range lines {
		if len(r.Samples) != 3 || !(0 < r.Fastest && r.Fastest <= r.Median && r.Median <= r.Slowest) || !(r.Error > 0 && r.Error < 1e-5) || r.DType != "f32" {
			t.Errorf("%+v", r)
		}
		if strings.HasPrefix(r.Kernel, "MatMul") {
			var m, n, k float64
			if _, err := fmt.Sscanf(r.Shape, "%fx%fx%f", &m, &n, &k); err != nil {
				t.Fatal(err)
			}
			if math.Abs(r.GFLOPS*r.Median-2*m*n*k) > 1e-6*m*n*k || math.Abs(r.GBs*r.Median-4*(m*k+k*n+m*n)) > 1 || !(r.OfPeak > 0 && r.OfPeak < 1.5) {
				t.Errorf("%+v", r)
			}
		}
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"three loops in Go", "blocks in Go", "operations a byte", "RMSNormBackward"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

// TestBenchKernelsFormats: the same figures as CSV and as a Go benchmark.
func TestBenchKernelsFormats(t *testing.T) {
	for format, want := range map[string]string{
		"csv": "kernel,shape,isa,dtype,threads,ns,",
		"go":  "BenchmarkRoPE/shape=1x64x12x64/isa=",
	} {
		var b bytes.Buffer
		err := runCommand(t, &ui{people: &b}, "bench", "kernels", "--kernels", "rope", "--repeats", "2", "--sample", "1us", "--thread-counts", "1", "--format", format)
		out := b.String()
		if err != nil || strings.Count(out, "1x64x12x64") != map[string]int{"csv": 1, "go": 2}[format] || !strings.Contains(out, want) {
			t.Errorf("%s: %v\n%s", format, err, out)
		}
	}
}

// TestBenchCompare: twice as fast is seen as such, the same as the same, and what only one file has
// is left out.
func TestBenchCompare(t *testing.T) {
	dir := t.TempDir()
	before, after := filepath.Join(dir, "old.json"), filepath.Join(dir, "new.txt")
	var old, fresh strings.Builder
	for _, r := range []kernelResult{{Kernel: "A", Shape: "1"}, {Kernel: "B", Shape: "1"}, {Kernel: "C", Shape: "1"}} {
		r.ISA, r.DType, r.Threads = "avx2", "f32", 1
		for i := range 10 {
			noise := 1 + float64(i%5)/100
			r.Samples = append(r.Samples, 1000*noise)
			if ns := map[string]float64{"A": 500, "B": 1000}[r.Kernel] * noise; ns > 0 {
				fmt.Fprintf(&fresh, "Benchmark%s 1 %v ns/op\n", r.name(), ns)
			}
		}
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&old, `{"event":"bench",%s`+"\n", line[1:])
	}
	if err := os.WriteFile(before, []byte(old.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(after, []byte(fresh.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var result struct {
		Cases int
		Mean  float64 `json:"speedup_geometric_mean"`
	}
	events, err := command(t, &result, "bench", "compare", before, after)
	if err != nil || result.Cases != 2 || math.Abs(result.Mean-math.Sqrt2) > 1e-9 {
		t.Fatalf("%v, %+v\n%s", err, result, events)
	}
	for i, line := range strings.Split(events, "\n")[:2] {
		var c comparison
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		want := []comparison{{Speedup: 2, Differs: true}, {Speedup: 1}}[i]
		if math.Abs(c.Speedup-want.Speedup) > 1e-9 || c.Differs != want.Differs || !(c.OldLow <= c.Old && c.Old <= c.OldHigh) || math.Abs(c.Old-1020) > 1e-6 {
			t.Errorf("%+v, want %+v", c, want)
		}
	}
}

// TestBenchKernelsRefuses: what cannot be measured or read is said in one line.
func TestBenchKernelsRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fine := file("fine", "BenchmarkA 1 5 ns/op\n")
	for want, args := range map[string][]string{
		`no kernel is named like "sofmax"`: {"kernels", "--kernels", "sofmax"},
		`no instruction set "sse9"`:        {"kernels", "--isa", "sse9"},
		"5000 threads":                     {"kernels", "--thread-counts", "5000"},
		"--repeats 0":                      {"kernels", "--repeats", "0"},
		"nowhere":                          {"compare", filepath.Join(dir, "nowhere"), fine},
		"holds no measurements":            {"compare", file("empty", ""), fine},
		"no case in common":                {"compare", file("other", "BenchmarkB 1 5 ns/op\n"), fine},
		"line 2":                           {"compare", file("broken", `{"event":"bench","kernel":"A","samples_ns":[1]}`+"\n{\"event\":\n"), fine},
		"a sample of -1 ns":                {"compare", file("negative", `{"event":"bench","kernel":"A","samples_ns":[-1]}`), fine},
	} {
		_, err := command(t, new(any), append([]string{"bench"}, args...)...)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: error %v, want %s", args, err, want)
		}
	}
}
