package ptx_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"inkstone/gpu/ir/irtest"
	"inkstone/gpu/ir/ptx"
)

var update = flag.Bool("update", false, "write the golden modules anew")

// TestGolden compares a few modules with those in testdata, which NVIDIA's assembler has accepted
// (TestAssembles): they are there to be read, and to show what a change of this package does.
func TestGolden(t *testing.T) {
	targets := map[string]int{
		"matmul_tiled_8": 50, "softmax_32": 70, "narrowed_bf16_2": 80, "matrices_16x16x16_bf16_f32_32": 80, "break": 50,
		"matrices_16x16x16_bf16_f32_32_shared": 80, "copied_4": 80,
	}
	for _, c := range irtest.Cases(ptx.WarpSize) {
		sm, ok := targets[c.Name]
		if !ok {
			continue
		}
		delete(targets, c.Name)
		got, err := ptx.Module(c.Kernel, ptx.Target{SM: sm})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", c.Name+".ptx")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s has changed: look at the difference, run TestAssembles, and then: go test -run TestGolden -update", file)
		}
	}
	for name := range targets {
		t.Errorf("there is no case %s", name)
	}
}
