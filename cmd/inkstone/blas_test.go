package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"inkstone/cmd/inkstone/internal/suite"
	"inkstone/tensor"
)

// The loops of CBLAS and of oneDNN, on a row-major matrix, and a library that has neither.
const (
	cblasSource = `
static int at(int trans, int i, int j, int ld) { return trans ? j*ld + i : i*ld + j; }
static int threads;
void openblas_set_num_threads(int n) { threads = n; }
const char *openblas_get_config(void) { return threads == 1 ? "stub, one thread" : "stub"; }
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc) {
	for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) {
		double s = 0;
		for (int p = 0; p < k; p++) s += (double)a[at(ta == 112, i, p, lda)] * b[at(tb == 112, p, j, ldb)];
		c[i*ldc + j] = order == 101 && beta == 0 ? alpha * s : -1;
	}
}`
	dnnlSource = `
static long at(char trans, long i, long j, long ld) { return trans == 'T' ? j*ld + i : i*ld + j; }
int dnnl_sgemm(char ta, char tb, long m, long n, long k, float alpha, const float *a, long lda, const float *b, long ldb, float beta, float *c, long ldc) {
	for (long i = 0; i < m; i++) for (long j = 0; j < n; j++) {
		double s = 0;
		for (long p = 0; p < k; p++) s += (double)a[at(ta, i, p, lda)] * b[at(tb, p, j, ldb)];
		c[i*ldc + j] = beta == 0 ? alpha * s : -1;
	}
	return 0;
}`
	otherSource = "int nothing(void) { return 0; }"
)

// stubLibrary compiles a library.
func stubLibrary(t *testing.T, source string) string {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil || runtime.GOOS != "linux" {
		t.Skip("needs gcc and Linux")
	}
	dir := t.TempDir()
	c, so := filepath.Join(dir, "stub.c"), filepath.Join(dir, "libstub.so")
	if err := os.WriteFile(c, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(gcc, "-shared", "-fPIC", "-o", so, c).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return so
}

// TestBLAS multiplies in every layout with a library of either interface.
func TestBLAS(t *testing.T) {
	for name, source := range map[string]string{"cblas": cblasSource, "oneDNN": dnnlSource} {
		lib, err := openBLAS(context.Background(), stubLibrary(t, source), 1)
		if err != nil {
			t.Fatal(err)
		}
		cpu := tensor.NewCPU(1)
		defer cpu.Close()
		for _, layout := range []string{"NN", "NT", "TN", "TT"} {
			product := suite.MatMul(layout, 5, 7, 3)
			x := product.Operands()
			product.Run(cpu, x)
			want := append([]float32(nil), tensor.Data[float32](x[0])...)
			lib.multiply(layout, 5, 7, 3, tensor.Data[float32](x[0]), tensor.Data[float32](x[1]), tensor.Data[float32](x[2]), 2)
			for i, got := range tensor.Data[float32](x[0]) {
				if d := got - want[i]; d > 1e-6 || d < -1e-6 {
					t.Fatalf("%s %s: element %d is %v, want %v", name, layout, i, got, want[i])
				}
			}
		}
	}
}

// TestBLASAbsent checks that a library that is missing, or is none, is told apart.
func TestBLASAbsent(t *testing.T) {
	if _, err := openBLAS(context.Background(), "libinkstone-no-such.so", 1); err == nil {
		t.Error("a library that does not exist was loaded")
	}
	if _, err := openBLAS(context.Background(), stubLibrary(t, otherSource), 1); err == nil {
		t.Error("a library without sgemm was taken")
	}
}
