package vulkan

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
	"inkstone/gpu/driver/drivertest"
	"inkstone/gpu/ir/interp"
)

// childVariable marks a process that runs one test under other conditions. Vulkan's loader reads
// the environment once, and an instance stays.
const childVariable = "INKSTONE_VULKAN_TEST"

// inChild reports whether this is such a process. In the parent it starts one, with additions to
// the environment, and returns what it printed.
func inChild(t *testing.T, env ...string) (out string, child bool) {
	t.Helper()
	if os.Getenv(childVariable) != "" {
		return "", true
	}
	device(t) // or skip
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=4m")
	cmd.Env = append(append(os.Environ(), env...), childVariable+"=1")
	cmd.WaitDelay = time.Second
	text, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(text), "--- PASS: "+t.Name()) {
		t.Fatalf("%v\n%s", err, text)
	}
	return string(text), false
}

// TestNoDriver: a loader without drivers is a machine without devices.
func TestNoDriver(t *testing.T) {
	if _, child := inChild(t, "VK_ICD_FILENAMES="+filepath.Join(t.TempDir(), "none.json"), "VK_DRIVER_FILES="); !child {
		return
	}
	infos, err := Devices(t.Context())
	if err != nil || len(infos) != 0 {
		t.Errorf("%v, %v", infos, err)
	}
	if _, err := Open(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "no device 0") {
		t.Errorf("%v", err)
	}
}

// TestBadDriver: a driver that crashes, exits or hangs as it is loaded or asked does so in the
// probe child; here it is an error.
func TestBadDriver(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"crash": {`*(volatile int *)0 = 1;`, "SIGSEGV"},
		"abort": {`abort();`, "abort"},
		"exit":  {`exit(0);`, "exited with code 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if os.Getenv(childVariable) != "" {
				_, err := Devices(t.Context())
				if !errors.Is(err, dl.ErrProbe) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "check vulkan") {
					t.Errorf("%v, want %q", err, c.want)
				}
				return
			}
			compiler, err := exec.LookPath("gcc")
			if err != nil {
				t.Skip(err)
			}
			dir := t.TempDir()
			source, library, manifest := filepath.Join(dir, "bad.c"), filepath.Join(dir, "libbad.so"), filepath.Join(dir, "bad.json")
			write := func(path, text string) {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write(source, "#include <stdlib.h>\nvoid *vk_icdGetInstanceProcAddr(void *instance, const char *name) { "+c.body+" return 0; }\n")
			write(manifest, fmt.Sprintf(`{"file_format_version": "1.0.0", "ICD": {"library_path": %q, "api_version": "1.2.0"}}`, library))
			if out, err := exec.Command(compiler, "-shared", "-fPIC", "-o", library, source).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			inChild(t, "VK_ICD_FILENAMES="+manifest, "VK_DRIVER_FILES="+manifest)
		})
	}
}

// needLayer returns what makes Vulkan's loader use the validation layer.
func needLayer(t *testing.T) string {
	t.Helper()
	if found, _ := filepath.Glob("/usr/share/vulkan/explicit_layer.d/*khronos_validation.json"); found == nil {
		const text = "the validation layer is not installed (package vulkan-validationlayers)"
		if os.Getenv("INKSTONE_REQUIRE_VULKAN") == "1" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	return "VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation"
}

// TestValidation: Khronos's validation layer finds nothing wrong with what other tests do.
func TestValidation(t *testing.T) {
	out, child := inChild(t, needLayer(t), "VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT")
	if !child {
		for line := range strings.Lines(out) {
			if strings.Contains(line, "Validation Error") || strings.Contains(line, "Validation Warning") || strings.Contains(line, "VUID") || strings.Contains(line, "SYNC-") {
				t.Error(line)
			}
		}
		return
	}
	d := device(t)
	drivertest.Run(t, d)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestValidationWorks: the layer is heard when something is wrong.
func TestValidationWorks(t *testing.T) {
	out, child := inChild(t, needLayer(t))
	if !child {
		if !strings.Contains(out, "VUID-vkCmdFillBuffer-size") {
			t.Errorf("the layer did not complain:\n%s", out)
		}
		return
	}
	d := device(t)
	m := drivertest.Alloc(t, d, 256, driver.Local)
	var l driver.List
	l.Fill(driver.Range{Mem: m, Offset: 0, Len: 4}, 0)
	l.Commands()[0].Buffers[0].Len = 6
	point, err := d.Submit(&l)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Wait(t.Context(), point); err != nil {
		t.Fatal(err)
	}
}

// TestStress: 2000 rounds of commands and checks while Go's garbage collector runs all the time,
// goroutines allocate, and signals arrive.
func TestStress(t *testing.T) {
	if out, child := inChild(t); !child {
		t.Log(out)
		return
	}
	rounds := 2000
	if testing.Short() {
		rounds = 200
	}
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	var stop atomic.Bool
	var all sync.WaitGroup
	defer all.Wait()
	defer stop.Store(true)
	var received atomic.Int64
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, unix.SIGUSR1)
	defer signal.Stop(signals)
	go func() {
		for range signals {
			received.Add(1)
		}
	}()
	all.Go(func() {
		for !stop.Load() {
			_ = unix.Kill(unix.Getpid(), syscall.SIGUSR1)
			time.Sleep(300 * time.Microsecond)
		}
	})
	all.Go(func() {
		for !stop.Load() {
			_ = make([]byte, rand.IntN(32<<10))
			runtime.Gosched()
		}
	})
	all.Go(func() {
		for !stop.Load() {
			runtime.GC()
		}
	})
	d := device(t)
	p, x := drivertest.Small(t, d)
	staging := drivertest.Alloc(t, d, 256, driver.Host)
	numbers := make([]uint32, 64)
	for round := range rounds {
		for i := range numbers {
			numbers[i] = rand.Uint32()
		}
		copy(staging.Bytes(), interp.Bytes(numbers))
		var l driver.List // a new one, for more garbage
		l.Copy(driver.Whole(x), driver.Whole(staging))
		for range 3 {
			l.Barrier()
			l.Dispatch(p, [3]int{1, 1, 1}, []driver.Range{driver.Whole(x)}, []uint32{64, uint32(round)})
		}
		l.Barrier()
		l.Copy(driver.Whole(staging), driver.Whole(x))
		point, err := d.Submit(&l)
		if err == nil {
			err = d.Wait(context.Background(), point)
		}
		if err != nil {
			t.Fatal(err)
		}
		got := make([]uint32, 64)
		copy(interp.Bytes(got), staging.Bytes())
		for i, n := range numbers {
			if want := n + 3*uint32(round); got[i] != want {
				t.Fatalf("round %d, element %d: %d, want %d", round, i, got[i], want)
			}
		}
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	t.Logf("%d rounds, %d garbage collections, %d signals", rounds, stats.NumGC, received.Load())
}
