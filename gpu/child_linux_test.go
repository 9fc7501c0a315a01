//go:build (amd64 || arm64) && !purego

package gpu

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"inkstone/gpu/dl"
	"inkstone/gpu/internal/fakecuda"
	"inkstone/tensor"
)

// childVariable tells a process that it is the child that a test runs in.
const childVariable = "INKSTONE_GPU_TEST"

// inChild reports whether this is a test's child. The parent starts one with these variables, and
// sees it pass.
func inChild(t *testing.T, env ...string) bool {
	t.Helper()
	if os.Getenv(childVariable) != "" {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=4m", fmt.Sprintf("-test.short=%v", testing.Short()))
	cmd.Env = append(append(os.Environ(), childVariable+"=1"), env...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		if strings.Contains(string(out), "--- SKIP: "+t.Name()) {
			t.Skip(string(out))
		}
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

// TestTrainingOnCUDA: training through CUDA's driver interface (its library loaded, modules of PTX,
// launches, streams and events) on a stand-in for the driver takes the CPU's steps.
func TestTrainingOnCUDA(t *testing.T) {
	dir := ""
	if os.Getenv(childVariable) == "" {
		dir = t.TempDir()
		switch err := fakecuda.Build(dir); {
		case errors.Is(err, exec.ErrNotFound) && os.Getenv("INKSTONE_REQUIRE_VULKAN") != "1":
			t.Skip("no gcc to build the stand-in for the driver with")
		case err != nil:
			t.Fatal(err)
		}
	}
	if !inChild(t, "LD_LIBRARY_PATH="+dir) {
		return
	}
	l, err := dl.Boot(t.Context(), dl.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := fakecuda.Serve(l, func(err error) { t.Error(err) }); err != nil {
		t.Fatal(err)
	}
	d, err := Spec{API: "cuda", Number: 0}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := NewBackend(d, tensor.NewCPU(2))
	t.Cleanup(b.Close)
	steps := 20
	if testing.Short() {
		steps = 4
	}
	checkTraining(t, b, steps)
}

// TestTrainingUnderStress: training on a Vulkan device takes the CPU's steps while Go's collector
// runs all the time, signals arrive, processes start and end, and the profiler interrupts.
func TestTrainingUnderStress(t *testing.T) {
	if !inChild(t, "GOGC=1") {
		return
	}
	b := vulkanBackend(t)
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		t.Fatal(err)
	}
	received := make(chan os.Signal, 100)
	signal.Notify(received, syscall.SIGUSR1)
	var stop atomic.Bool
	var signals, processes atomic.Int64
	var all sync.WaitGroup
	loop := func(body func()) {
		all.Go(func() {
			for !stop.Load() {
				body()
			}
		})
	}
	loop(func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
			t.Error(err)
		}
		<-received
		signals.Add(1)
		time.Sleep(300 * time.Microsecond)
	})
	loop(func() {
		if err := exec.Command("/bin/true").Run(); err != nil {
			t.Error(err)
		}
		processes.Add(1)
	})
	checkTraining(t, b, 20)
	stop.Store(true)
	all.Wait()
	pprof.StopCPUProfile()
	if signals.Load() == 0 || processes.Load() == 0 || profile.Len() == 0 {
		t.Errorf("%d signals, %d processes, a profile of %d bytes: there was no stress", signals.Load(), processes.Load(), profile.Len())
	}
}
