package spirv_test

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

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

// TestValid gives the module of every case to the Khronos validator.
func TestValid(t *testing.T) {
	val, err := exec.LookPath("spirv-val")
	if err != nil {
		if os.Getenv("INKSTONE_REQUIRE_VULKAN") == "1" {
			t.Fatal(err)
		}
		t.Skip("spirv-val is not installed (package spirv-tools)")
	}
	dir := t.TempDir()
	for _, b := range []spirv.Binding{spirv.Descriptors, spirv.Addresses} {
		for _, c := range irtest.Cases(8) {
			m, err := spirv.Module(c.Kernel, all(8, b))
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, c.Name+".spv")
			var bytes []byte
			for _, w := range m {
				bytes = binary.LittleEndian.AppendUint32(bytes, w)
			}
			if err := os.WriteFile(file, bytes, 0o666); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(val, "--target-env", "vulkan1.2", file).CombinedOutput(); err != nil {
				t.Errorf("%s, binding %d: %v: %s\n%s", c.Name, b, err, out, c.Kernel.Text())
			}
		}
	}
}
