package vulkan

import (
	"context"
	"errors"
	"os"
	"testing"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

func TestMain(m *testing.M) {
	dl.MaybeProbe()
	os.Exit(run(m))
}

// run runs the tests with pipeline caches of their own.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "inkstone")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	cacheDir = func() (string, error) { return dir, nil }
	if os.Getenv("INKSTONE_EMULATED") == "1" {
		bootHere()
	}
	return m.Run()
}

// bootHere does without a probe child: in an emulator, a program cannot start itself.
func bootHere() {
	l, err := dl.Boot(context.Background(), dl.Options{NoProbe: true})
	if err == nil {
		the.instance, err = newInstance(l)
	}
	if err != nil {
		panic(err)
	}
}

// device opens the machine's first device for a test. Without a driver the test is skipped,
// unless INKSTONE_REQUIRE_VULKAN=1.
func device(t testing.TB) *Device {
	t.Helper()
	d, err := Open(context.Background(), 0)
	if err != nil {
		if os.Getenv("INKSTONE_REQUIRE_VULKAN") == "1" || errors.Is(err, dl.ErrProbe) || errors.As(err, new(*driver.Error)) {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil && !t.Failed() {
			t.Error(err)
		}
	})
	return d.(*Device)
}
