package gpu

import (
	"context"
	"errors"
	"os"
	"testing"

	"inkstone/gpu/dl"
	"inkstone/tensor"
)

func TestMain(m *testing.M) {
	dl.MaybeProbe()
	os.Exit(m.Run())
}

// vulkanBackend returns a backend on the machine's best Vulkan device. Where there is none the
// test is skipped, unless INKSTONE_REQUIRE_VULKAN=1.
func vulkanBackend(t testing.TB) *Backend {
	d, err := Spec{API: "vulkan", Number: -1}.Open(context.Background())
	switch {
	case err == nil:
	case errors.Is(err, ErrNoDevice) && !errors.Is(err, dl.ErrProbe) && os.Getenv("INKSTONE_REQUIRE_VULKAN") != "1":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
	b := NewBackend(d, tensor.NewCPU(2))
	t.Cleanup(b.Close)
	return b
}

// TestVulkan: the operations on a Vulkan device.
func TestVulkan(t *testing.T) { checkCases(t, vulkanBackend(t)) }
