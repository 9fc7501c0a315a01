//go:build (amd64 || arm64) && !purego

package cuda

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
	"inkstone/gpu/internal/fakecuda"
)

func TestMain(m *testing.M) {
	dl.MaybeProbe()
	os.Exit(m.Run())
}

// childVariable tells a process that it is the child that a test runs in: what a boot does to a
// process cannot be undone, and the loader looks for the driver once.
const childVariable = "INKSTONE_CUDA_TEST"

// inChild reports whether this is a test's child, which has the stand-in for a driver and these
// variables. The parent starts one, and sees it pass.
func inChild(t *testing.T, env ...string) bool {
	t.Helper()
	if os.Getenv(childVariable) != "" {
		return true
	}
	dir := t.TempDir()
	if err := fakecuda.Build(dir); err != nil {
		if errors.Is(err, exec.ErrNotFound) && os.Getenv("INKSTONE_REQUIRE_VULKAN") != "1" {
			t.Skip("no gcc to build the stand-in for the driver with")
		}
		t.Fatal(err)
	}
	child(t, append(env, "LD_LIBRARY_PATH="+dir)...)
	return false
}

// child runs the test again in a process of its own.
func child(t *testing.T, env ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=4m")
	cmd.Env = append(append(os.Environ(), childVariable+"=1"), env...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		if strings.Contains(string(out), "--- SKIP: "+t.Name()) {
			t.Skip(string(out))
		}
		t.Fatalf("%v\n%s", err, out)
	}
}

// faults collects what kernels did wrong on the stand-in.
type faults struct {
	mu  sync.Mutex
	all []error
}

func (f *faults) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, err)
}

func (f *faults) get() []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all
}

// open opens a device of the stand-in.
func open(t *testing.T, n int) (*Device, *faults) {
	t.Helper()
	p, err := load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	f := &faults{}
	if err := fakecuda.Serve(p.loader, f.add); err != nil {
		t.Fatal(err)
	}
	d, err := Open(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	return d.(*Device), f
}

// shut closes a device that did nothing wrong.
func shut(t *testing.T, d driver.Device) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
