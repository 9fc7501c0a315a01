package ptx_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/irtest"
	"inkstone/gpu/ir/ptx"
	"inkstone/gpu/kernels"
	"inkstone/gpu/kernels/kerneltest"
)

// ptxas returns NVIDIA's assembler, which is part of CUDA (on Debian, of nvidia-cuda-toolkit in
// non-free): without it the test is skipped. INKSTONE_PTXAS names it where it is not in PATH.
func ptxas(t *testing.T) string {
	t.Helper()
	name := os.Getenv("INKSTONE_PTXAS")
	if name == "" {
		name = "ptxas"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("INKSTONE_PTXAS") != "" {
			t.Fatal(err)
		}
		t.Skip("ptxas is not installed; INKSTONE_PTXAS can name it")
	}
	return path
}

var spills = regexp.MustCompile(`(\d+) bytes spill stores, (\d+) bytes spill loads`)

// assemble runs ptxas for a device and returns what it says of registers and memory.
func assemble(t *testing.T, ptxas, file string, sm int) string {
	t.Helper()
	out, err := exec.Command(ptxas, "-v", "--warn-on-spills", fmt.Sprintf("-arch=sm_%d", sm), "-o", os.DevNull, file).CombinedOutput()
	said := string(out)
	if err != nil {
		t.Fatalf("sm_%d: %v: %s", sm, err, said)
	}
	if m := spills.FindStringSubmatch(said); m == nil || m[1] != "0" || m[2] != "0" {
		t.Errorf("sm_%d: registers are spilled: %s", sm, said)
	}
	return said
}

// largeProducts are products with the largest tiles of a device, of sizes that they divide and of
// others, with b as it is and transposed.
func largeProducts(t *testing.T, d kernels.Device) (all []*ir.Kernel) {
	for _, n := range []int{4096, 4090} {
		plain := kernels.Matrix{Row: n, Col: 1}
		for _, b := range []kernels.Matrix{plain, {Row: 1, Col: n}} {
			for _, choose := range []func(M, N, K, batch int) (kernels.MatMul, int){d.MatMul, d.MatMulRounded} {
				k, _ := choose(n, n, n, 1)
				built, err := k.Fit(n, n, n, plain, plain, b).Build()
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, built)
			}
		}
	}
	return all
}

// TestAssembles gives the module of every case to NVIDIA's assembler, for old and new devices.
func TestAssembles(t *testing.T) {
	as := ptxas(t)
	dir := t.TempDir()
	portable, err := kerneltest.Portable(hopper)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*ir.Kernel{"shared": largeShared(ptx.StaticShared + 32)}
	for _, c := range append(portable, irtest.Cases(ptx.WarpSize)...) {
		all[c.Name] = c.Kernel
	}
	for _, d := range []kernels.Device{hopper, turing} {
		for _, k := range largeProducts(t, d) {
			all[k.Name] = k
		}
	}
	for _, elem := range []ir.Type{ir.F16, ir.BF16} {
		for _, s := range (ptx.Target{}).Matrices(elem) {
			for i, shared := range []bool{false, true, true} {
				k := product(s, elem, ir.F32, ir.Layout(i&1), ir.Layout(i&1), ir.Layout(i&1), shared)
				all[fmt.Sprintf("product_%v_%v_%d", s, elem, i)] = k
			}
		}
	}
	for name, k := range all {
		t.Run(name, func(t *testing.T) {
			for _, sm := range []int{50, 70, 80, 90} {
				m, err := ptx.Module(k, ptx.Target{SM: sm})
				if errors.As(err, new(*ptx.UnsupportedError)) && k.Uses(ir.OpMatMulAdd) {
					continue // TestMatrices says which ones these are
				}
				if err != nil {
					t.Fatal(err)
				}
				file := filepath.Join(dir, "module.ptx")
				if err := os.WriteFile(file, []byte(m), 0o666); err != nil {
					t.Fatal(err)
				}
				assemble(t, as, file, sm)
			}
		})
	}
}
