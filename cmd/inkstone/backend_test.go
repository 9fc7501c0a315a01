package main

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkstone/gpu"
)

// TestDevices: the CPU and the interpreter are always there, the latter with its test passed; of
// what else there is, each has a test's result and limits.
func TestDevices(t *testing.T) {
	var result struct{ Devices int }
	events, err := command(t, &result, "devices")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, line := range strings.Split(strings.TrimSpace(events), "\n") {
		var d struct {
			Event, Device, Name string
			SelfTest            string `json:"self_test"`
			Memory              int64  `json:"memory_bytes"`
			MaxLanes            int    `json:"max_lanes"`
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		if d.Event != "device" {
			continue
		}
		names = append(names, d.Device)
		if d.Name == "" || d.Device != "cpu" && (d.SelfTest == "" || d.Memory <= 0 || d.MaxLanes <= 0) {
			t.Errorf("%s", line)
		}
		if d.Device == "soft:0" && d.SelfTest != "passed" {
			t.Errorf("soft:0: self-test %s", d.SelfTest)
		}
	}
	if len(names) != result.Devices || names[0] != "cpu" || !slices.Contains(names, "soft:0") {
		t.Errorf("devices %v, %d of them", names, result.Devices)
	}
}

// TestDeviceFlag: a verb computes on the device that the flag or the environment names, with
// the CPU's result, and says what is wrong with a name.
func TestDeviceFlag(t *testing.T) {
	data := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(data, []byte(strings.Repeat("床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。", 30)), 0o666); err != nil {
		t.Fatal(err)
	}
	train := func(args ...string) (loss float64, device string, err error) {
		out := filepath.Join(t.TempDir(), "run")
		var r struct{ Loss float64 }
		_, err = command(t, &r, append([]string{"pretrain", "--data", data, "--out", out, "--size", "tiny", "--tokenizer", "chars", "--steps", "2", "--batch", "1", "--context", "8"}, args...)...)
		if err != nil {
			return 0, "", err
		}
		var run struct{ Environment map[string]string }
		text, err := os.ReadFile(filepath.Join(out, "run.json"))
		if err == nil {
			err = json.Unmarshal(text, &run)
		}
		return r.Loss, run.Environment["device"], err
	}
	want, device, err := train("--device", "cpu")
	if err != nil || device != "cpu" {
		t.Fatalf("on %q: %v", device, err)
	}
	check := func(on string, args ...string) {
		t.Helper()
		if loss, device, err := train(args...); err != nil || device != on || math.Abs(loss-want) > 1e-5*want {
			t.Errorf("on %q, not %q: loss %v, %v; on the CPU it is %v", device, on, loss, err, want)
		}
	}
	check("soft:0", "--device", "soft")
	for _, l := range gpu.List(t.Context()) {
		if l.Info == nil { // an interface without a device
			check("cpu", "--device", l.Name)
			if _, _, err := train("--device", l.Name+":0"); !errors.Is(err, gpu.ErrNoDevice) {
				t.Errorf("a certain device that is not there: %v", err)
			}
		}
	}
	rounded, _, err := train("--device", "cpu", "--precision", "bf16")
	if err != nil {
		t.Fatal(err)
	}
	if loss, _, err := train("--device", "soft", "--precision", "bf16"); err != nil || math.Abs(loss-rounded) > 1e-3*rounded {
		t.Errorf("in bf16, on soft: loss %v, %v; on the CPU it is %v", loss, err, rounded)
	}
	alone, _, err := train("--device", "cpu", "--accumulate", "2")
	if err != nil {
		t.Fatal(err)
	}
	if loss, device, err := train("--device", "soft,cpu", "--accumulate", "2"); err != nil || device != "soft:0,cpu" || math.Abs(loss-alone) > 1e-5*alone {
		t.Errorf("shared, on %q: loss %v, %v; on one device it is %v", device, loss, err, alone)
	}
	t.Setenv("INKSTONE_DEVICE", "soft:0")
	check("soft:0")
	if _, device, err := train("--device", "cpu"); err != nil || device != "cpu" {
		t.Errorf("the flag goes before the environment: on %q, %v", device, err)
	}

	if _, _, err := train("--device", "soft:1"); !errors.Is(err, gpu.ErrNoDevice) || !strings.Contains(err.Error(), "inkstone devices") {
		t.Errorf("a device that is not there: %v", err)
	}
	for _, args := range [][]string{{"--device", "gpu"}, {"--device", "soft:x"}, {"--device", "cpu:1"}} {
		if _, _, err := train(args...); !errors.As(err, new(usageError)) {
			t.Errorf("%v: error %v, want wrong usage", args, err)
		}
	}
}
