package kernels_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
	"inkstone/gpu/ir/spirv"
	"inkstone/gpu/kernels"
	"inkstone/gpu/kernels/kerneltest"
)

// devices are kinds of devices that tiles are chosen for.
var devices = []kernels.Device{
	{Processor: true, Subgroup: 8, SharedBytes: 32 << 10, Units: 2},
	{Subgroup: 4, SharedBytes: 32 << 10, Units: 4},
	{Subgroup: 32, SharedBytes: 99 << 10, Units: 132, AsyncCopy: true, Multiplier: kernels.Multiplier{Elem: ir.BF16, Shape: ir.Shape{M: 16, N: 16, K: 16}}},
	{Subgroup: 64, SharedBytes: 64 << 10, Units: 60, Multiplier: kernels.Multiplier{Elem: ir.F16, Shape: ir.Shape{M: 16, N: 8, K: 16}}},
	{SharedBytes: 32 << 10, Units: 16},
}

// TestDevices runs all kernels, with the tiles for every device, with all checks.
func TestDevices(t *testing.T) {
	for _, d := range devices {
		t.Run(fmt.Sprintf("%+v", d), func(t *testing.T) {
			for _, c := range kerneltest.Cases(d) {
				k := build(t, c.Kernel)
				args := interp.Args{Buffers: c.Bytes(), Scalars: c.Launch.Scalars()}
				if err := interp.Run(k, c.Launch.Grid, args, checked(k)); err != nil {
					t.Errorf("%s: %v", c.Name(), err)
				}
			}
		})
	}
}

// TestPortable makes sure that the cases accept the interpreter's results and no others.
func TestPortable(t *testing.T) {
	cases, err := kerneltest.Portable(devices[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		buffers := c.Fresh()
		if c.Check(buffers) == nil {
			t.Errorf("%s: accepted without a run", c.Name)
		}
		if err := interp.Run(c.Kernel, c.Grid, interp.Args{Buffers: buffers, Scalars: c.Scalars}, interp.Options{}); err != nil {
			t.Error(err)
		}
		if err := c.Check(buffers); err != nil {
			t.Error(err)
		}
	}
}

// TestEveryKernel makes sure that no kernel is missing in the cases.
func TestEveryKernel(t *testing.T) {
	have := map[reflect.Type]bool{}
	for _, c := range kerneltest.Cases(devices[0]) {
		have[reflect.TypeOf(c.Kernel)] = true
	}
	for _, k := range []kernels.Kernel{
		kernels.Copy{}, kernels.Fill{}, kernels.Unary{}, kernels.UnaryBackward{}, kernels.Binary{}, kernels.Scalar{},
		kernels.SwiGLU{}, kernels.SwiGLUBackward{}, kernels.Dropout{}, kernels.AdamW{}, kernels.Softmax{},
		kernels.SoftmaxBackward{}, kernels.CrossEntropy{}, kernels.CrossEntropyBackward{}, kernels.Normalise{},
		kernels.NormBackward{}, kernels.NormWeight{}, kernels.Max{}, kernels.Sample{}, kernels.Sum{}, kernels.Embedding{},
		kernels.EmbeddingLinks{}, kernels.EmbeddingBackward{}, kernels.RoPE{}, kernels.MatMul{}, kernels.MatVec{}, kernels.VecMat{},
		kernels.Attention{}, kernels.AttentionDelta{}, kernels.AttentionDQ{}, kernels.AttentionDKV{},
		kernels.AttentionDecode{}, kernels.AttentionCombine{},
	} {
		if !have[reflect.TypeOf(k)] {
			t.Errorf("no case for %T", k)
		}
	}
}

// TestBarriers removes every barrier of every kernel, and every wait for copies, one at a time: the
// interpreter must find a race then. So none is missing, and none is too many.
func TestBarriers(t *testing.T) {
	done := map[string]bool{}
	for _, d := range []kernels.Device{devices[0], devices[2]} {
		for _, c := range kerneltest.Cases(d) {
			k := build(t, c.Kernel)
			args := interp.Args{Buffers: c.Bytes(), Scalars: c.Launch.Scalars()}
			for n := range barriers(k.Body, -1) {
				mutant := build(t, c.Kernel)
				barriers(mutant.Body, n)
				err := interp.Run(mutant, c.Launch.Grid, args, checked(mutant))
				var found *interp.Error
				site := fmt.Sprintf("%s, barrier %d", k.Name, n)
				done[site] = done[site] || errors.As(err, &found) && found.Kind == interp.Race
			}
		}
	}
	for site, found := range done {
		if !found {
			t.Errorf("%s: removed, and no race is found", site)
		}
	}
	if len(done) < 20 {
		t.Errorf("only %d barriers seen", len(done))
	}
}

// barriers counts the barriers of a block, and the waits for copies, and removes number n by making
// its place a branch to nowhere.
func barriers(block []*ir.Instr, n int) int {
	count := 0
	for _, in := range block {
		if in.Op == ir.OpBarrier || in.Op == ir.OpCopyWait {
			if count == n {
				in.Op = ir.OpLoop
				in.Body = []*ir.Instr{{Op: ir.OpBreak}}
			}
			count++
		}
		count += barriers(in.Body, n-count)
		count += barriers(in.Else, n-count)
	}
	return count
}

// TestSPIRV writes all kernels as SPIR-V and shows them to the Khronos validator.
func TestSPIRV(t *testing.T) {
	val, err := exec.LookPath("spirv-val")
	if err != nil {
		if os.Getenv("INKSTONE_REQUIRE_VULKAN") == "1" {
			t.Fatal(err)
		}
		t.Skip("spirv-val is not installed (package spirv-tools)")
	}
	var files []string
	dir := t.TempDir()
	for i, c := range kerneltest.Cases(devices[0]) {
		target := spirv.Target{SubgroupSize: 8, Storage16: true, Float16: true, Int16: true, KeepNaN: true, Round16: true}
		words, err := spirv.Module(build(t, c.Kernel), target)
		if err != nil {
			t.Fatal(err)
		}
		var bytes []byte
		for _, w := range words {
			bytes = binary.LittleEndian.AppendUint32(bytes, w)
		}
		file := filepath.Join(dir, fmt.Sprintf("%d.spv", i))
		if err := os.WriteFile(file, bytes, 0o666); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		if out, err := exec.Command(val, "--target-env", "vulkan1.2", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", c.Name(), err, out)
		}
	}
	t.Logf("%d modules", len(files))
}

// TestTilesBuild builds attention for all sizes of heads, and products of odd sizes, on every
// device, and on one of which little is known.
func TestTilesBuild(t *testing.T) {
	for _, d := range append(devices, kernels.Device{}, kernels.Device{SharedBytes: 32 << 10}) {
		for _, D := range []int{1, 2, 31, 40, 80, 96, 127, 128, 160, 256} {
			build(t, kernels.AttentionDelta{Rows: d.Rows(D)})
			build(t, kernels.Attention{AttentionTile: d.Attention(D, true)})
			build(t, kernels.AttentionDQ{AttentionTile: d.AttentionBackward(D, true)})
			build(t, kernels.AttentionDKV{AttentionTile: d.AttentionBackward(D, false)})
		}
		for _, s := range [][4]int{{0, 0, 0, 0}, {1, 1, 1, 1}, {1, 50257, 768, 1}, {4096, 4096, 4096, 1}, {768, 768, 65536, 1}, {64, 64, 64, 96}} {
			k, splits := d.MatMul(s[0], s[1], s[2], s[3])
			k.Split = splits > 1
			build(t, k)
			if d.HasMultiplier() {
				k, _ := d.MatMulRounded(s[0], s[1], s[2], s[3])
				build(t, k)
			}
			if splits < 1 || splits > 1 && s[2]/splits < 256 {
				t.Errorf("%+v: %v in %d parts", d, s, splits)
			}
		}
	}
}
