package spirv_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/irtest"
	"inkstone/gpu/ir/spirv"
)

// all is a device that has everything.
func all(subgroup int, b spirv.Binding) spirv.Target {
	return spirv.Target{
		SubgroupSize: subgroup, Binding: b, Storage16: true, Float16: true, Int16: true,
		AtomicFloat: true, Matrix: true, BFloat16: true, KeepNaN: true, Round16: true,
	}
}

// validator returns the Khronos validator: the one that INKSTONE_SPIRV_VAL names, or the
// system's.
func validator(t *testing.T) string {
	name := os.Getenv("INKSTONE_SPIRV_VAL")
	if name == "" {
		name = "spirv-val"
	}
	val, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("INKSTONE_REQUIRE_VULKAN") == "1" {
			t.Fatal(err)
		}
		t.Skipf("%v (package spirv-tools)", err)
	}
	return val
}

// TestValid gives the modules of all cases to the validator. One that is older than an extension
// calls its capability invalid and can judge no more of that module.
func TestValid(t *testing.T) {
	val, dir := validator(t), t.TempDir()
	var unjudged []string
	for _, b := range []spirv.Binding{spirv.Descriptors, spirv.Addresses} {
		for _, c := range irtest.Cases(8) {
			m, err := spirv.Module(c.Kernel, all(8, b))
			if err != nil {
				t.Fatal(err)
			}
			var bytes []byte
			for _, w := range m {
				bytes = binary.LittleEndian.AppendUint32(bytes, w)
			}
			file := filepath.Join(dir, "module.spv")
			if err := os.WriteFile(file, bytes, 0o666); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(val, "--target-env", "vulkan1.2", file).CombinedOutput()
			switch usesMatrix := c.Kernel.Uses(ir.OpMatMulAdd); {
			case err == nil:
			case usesMatrix && strings.Contains(string(out), "Invalid capability operand"):
				unjudged = append(unjudged, c.Name)
			default:
				t.Errorf("%s, binding %d: %v: %s\n%s", c.Name, b, err, out, c.Kernel.Text())
			}
		}
	}
	if len(unjudged) > 0 {
		t.Logf("this validator does not know the extensions of %v", unjudged)
	}
}

// module is a disassembled module, as far as tests need it.
type module struct {
	capabilities []uint32
	count        map[uint32]int // instructions, by opcode
	decorations  map[uint32]int // by decoration
}

func parse(t *testing.T, words []uint32) module {
	t.Helper()
	m := module{count: map[uint32]int{}, decorations: map[uint32]int{}}
	if words[0] != 0x07230203 {
		t.Fatalf("magic number %#x", words[0])
	}
	for words = words[5:]; len(words) > 0; words = words[words[0]>>16:] {
		op := words[0] & 0xffff
		m.count[op]++
		switch op {
		case 17:
			m.capabilities = append(m.capabilities, words[1])
		case 71:
			m.decorations[words[2]]++
		}
	}
	return m
}

// TestCapabilities checks that a module asks for what its kernel uses, and for nothing more.
func TestCapabilities(t *testing.T) {
	const shader, float16, int16, nonUniform, arithmetic, ballot, shuffle = 1, 9, 22, 61, 63, 64, 65
	const storage16, vulkanModel, addresses, matrix, atomicFloat = 4433, 5345, 5347, 6022, 6033
	for _, c := range []struct {
		name string
		b    spirv.Binding
		want []uint32
	}{
		{"add", spirv.Descriptors, []uint32{shader}},
		{"add", spirv.Addresses, []uint32{shader, addresses}},
		{"widened_f16_4", spirv.Descriptors, []uint32{shader, storage16}},
		{"widened_f16_4", spirv.Addresses, []uint32{shader, addresses, storage16, float16}},
		{"narrowed_bf16_1_shared", spirv.Descriptors, []uint32{shader, storage16, int16}},
		{"softmax_8", spirv.Descriptors, []uint32{shader, nonUniform, arithmetic}},
		{"subgroup8_f32", spirv.Descriptors, []uint32{shader, nonUniform, arithmetic, ballot, shuffle}},
		{"histogram_u32", spirv.Descriptors, []uint32{shader}},
		{"histogram_f32", spirv.Descriptors, []uint32{shader, atomicFloat}},
		{"matrices_16x16x16_f16_f32_8", spirv.Descriptors, []uint32{shader, storage16, float16, nonUniform, vulkanModel, matrix}},
	} {
		k := kernel(t, c.name)
		target := all(8, c.b)
		target.KeepNaN, target.Round16 = false, false
		words, err := spirv.Module(k, target)
		if err != nil {
			t.Fatal(err)
		}
		got := parse(t, words).capabilities
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: capabilities %v, want %v", c.name, got, c.want)
		}
		again, err := spirv.Module(k, target)
		if err != nil || !slices.Equal(words, again) {
			t.Errorf("%s: the same kernel gives two modules", c.name)
		}
	}
}

func kernel(t *testing.T, name string) *ir.Kernel {
	t.Helper()
	for _, c := range irtest.Cases(8) {
		if c.Name == name {
			return c.Kernel
		}
	}
	t.Fatalf("no case %s", name)
	return nil
}

// TestNoContraction counts the operations that must round for themselves.
func TestNoContraction(t *testing.T) {
	b := ir.New("rounding")
	x := b.Buffer("x", ir.F32, ir.ReadWrite)
	v, w := x.Load(0), x.LoadVec(4, 1)
	x.Store(0, v.Mul(v).Add(v).Sub(1).Div(3).FMA(v, v).Neg())
	x.StoreVec(1, w.Mul(w).Add(w))
	words, err := spirv.Module(b.MustBuild(), all(8, spirv.Descriptors))
	if err != nil {
		t.Fatal(err)
	}
	if got := parse(t, words).decorations[42]; got != 5 {
		t.Errorf("%d operations are marked NoContraction, want 5", got)
	}
}

// TestUnsupported takes features away from the device, one at a time.
func TestUnsupported(t *testing.T) {
	for _, c := range []struct {
		kernel, want string
		b            spirv.Binding
		without      func(t *spirv.Target)
	}{
		{"softmax_8", "subgroups of 8 lanes", 0, func(t *spirv.Target) { t.SubgroupSize = 32 }},
		{"widened_f16_1", "16-bit elements in buffers", 0, func(t *spirv.Target) { t.Storage16 = false }},
		{"widened_f16_1", "float16 in buffers by address", spirv.Addresses, func(t *spirv.Target) { t.Float16 = false }},
		{"narrowed_f16_1_shared", "float16 in shared memory", 0, func(t *spirv.Target) { t.Float16 = false }},
		{"narrowed_bf16_1_shared", "16-bit integers in shared memory", 0, func(t *spirv.Target) { t.Int16 = false }},
		{"histogram_f32", "atomic addition of float32", 0, func(t *spirv.Target) { t.AtomicFloat = false }},
		{"matrices_16x16x16_f16_f32_8", "cooperative matrices", 0, func(t *spirv.Target) { t.Matrix = false }},
		{"matrices_16x16x16_f16_f32_8", "float16 in", 0, func(t *spirv.Target) { t.Float16 = false }},
		{"matrices_16x16x16_bf16_f32_8", "bfloat16 in matrices", 0, func(t *spirv.Target) { t.BFloat16 = false }},
		{"fma", "room for 36 bytes of push constants", spirv.Addresses, func(t *spirv.Target) { t.PushBytes = 32 }},
	} {
		target := all(8, c.b)
		k := kernel(t, c.kernel)
		if _, err := spirv.Module(k, target); err != nil {
			t.Errorf("%s: %v", c.kernel, err)
		}
		c.without(&target)
		_, err := spirv.Module(k, target)
		var e *spirv.UnsupportedError
		if !errors.As(err, &e) || !strings.Contains(e.Need, c.want) || e.Kernel != k.Name {
			t.Errorf("%s: got %v, want %q", c.kernel, err, c.want)
		}
	}
}

// TestManyAddresses has more buffers than push constants have room for addresses.
func TestManyAddresses(t *testing.T) {
	b := ir.New("many")
	for i := range 17 {
		b.Buffer(fmt.Sprintf("x%d", i), ir.F32, ir.Write).Store(0, 1)
	}
	k := b.MustBuild()
	if _, err := spirv.Module(k, all(8, spirv.Descriptors)); err != nil {
		t.Error(err)
	}
	if _, err := spirv.Module(k, all(8, spirv.Addresses)); err == nil {
		t.Error("136 bytes of addresses fit into 128")
	}
}
