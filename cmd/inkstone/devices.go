package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"inkstone/gpu"
	"inkstone/kernels"
	"inkstone/tensor"
)

type devicesCmd struct{}

// Help teaches the verb.
func (devicesCmd) Help() string {
	return `The CPU is always there. Its kernels exist for several instruction sets; the best one is
chosen at start. INKSTONE_ISA=generic|avx2|avx512|avx512vnni|avx512bf16|neon|neondot forces one,
and asking for one that this machine lacks is an error.

Other devices are found at run time: nothing needs to be installed for Inkstone but the device's
own driver. Each one is tested: it computes something whose result is known. Choose one with
--device or INKSTONE_DEVICE; where an interface has no device, the CPU computes, and says so. soft
is no hardware, but the language that GPU kernels are written in, interpreted, and is slow.

  inkstone devices                             list them
  inkstone pretrain --device vulkan ...        use the best Vulkan device
  INKSTONE_DEVICE=vulkan:1 inkstone demo       use a certain one`
}

// device is what devices reports of one device.
type device struct {
	Device    string   `json:"device"`
	Name      string   `json:"name"`
	ISA       string   `json:"isa"`
	Available []string `json:"available_isas"`
	Features  []string `json:"features"`
	Threads   int      `json:"threads"`
	Cores     int      `json:"cores"`
	L1        int      `json:"l1_bytes"`
	L2        int      `json:"l2_bytes"`
	L3        int      `json:"l3_bytes"`
}

// Run prints the devices.
func (devicesCmd) Run(ctx context.Context, u *ui, g *globals) error {
	d := describeCPU(g.Threads)
	u.event("device", d)
	u.say("cpu        %s (%s/%s)", d.Name, runtime.GOOS, runtime.GOARCH)
	u.say("  kernels  %s, the best of %s", d.ISA, strings.Join(d.Available, ", "))
	u.say("  threads  %d", d.Threads)
	if d.L1 > 0 {
		u.say("  caches   L1 %s, L2 %s, L3 %s", bytesText(int64(d.L1)), bytesText(int64(d.L2)), bytesText(int64(d.L3)))
	}
	u.say("  features %s", strings.Join(d.Features, " "))
	count := 1
	for _, l := range gpu.List(ctx) {
		if l.Info == nil {
			u.say("%-10s none: %v", l.Name, l.Err)
			continue
		}
		count++
		listDevice(u, &l)
	}
	u.event("result", struct {
		Devices int `json:"devices"`
	}{count})
	return nil
}

// gpuDevice is what devices reports of a device other than the CPU.
type gpuDevice struct {
	Device    string   `json:"device"`
	Name      string   `json:"name"`
	Kind      string   `json:"kind"`
	Vendor    string   `json:"vendor"`
	Driver    string   `json:"driver"`
	SelfTest  string   `json:"self_test"` // "passed", or what is wrong
	Memory    int64    `json:"memory_bytes"`
	MaxAlloc  int64    `json:"max_alloc_bytes"`
	MaxRange  int64    `json:"max_buffer_bytes"`
	MaxShared int      `json:"max_shared_bytes"`
	MaxLanes  int      `json:"max_lanes"`
	Subgroups []int    `json:"subgroups"`
	Features  []string `json:"features"`
}

func listDevice(u *ui, l *gpu.Listing) {
	i := l.Info
	d := gpuDevice{
		Device: l.Name, Name: i.Name, Kind: i.Kind.String(), Vendor: i.Vendor, Driver: i.Driver, SelfTest: "passed",
		Memory: i.Memory, MaxAlloc: i.MaxAlloc, MaxRange: i.MaxRange, MaxShared: i.MaxShared, MaxLanes: i.MaxLanes, Subgroups: i.Subgroups,
	}
	if l.SelfTest != nil {
		d.SelfTest = "failed: " + l.SelfTest.Error()
	}
	for _, f := range []struct {
		has  bool
		name string
	}{{i.F16, "f16"}, {i.BF16, "bf16"}, {i.AtomicF32, "atomic-f32"}, {len(i.Matrices) > 0, "matrices"}, {i.Timestamps, "timestamps"}} {
		if f.has {
			d.Features = append(d.Features, f.name)
		}
	}
	u.event("device", d)
	u.say("%-10s %s (%s; %s)", d.Device, d.Name, d.Kind, d.Driver)
	u.say("  test     %s", d.SelfTest)
	u.say("  memory   %s, %s in one piece, buffers of %s", bytesText(d.Memory), bytesText(d.MaxAlloc), bytesText(d.MaxRange))
	u.say("  groups   %d lanes, subgroups of %v, %s shared", d.MaxLanes, d.Subgroups, bytesText(int64(d.MaxShared)))
	u.say("  features %s", strings.Join(d.Features, " "))
}

func describeCPU(threads int) device {
	pool := tensor.NewPool(threads)
	defer pool.Close()
	cpu := cpuid.CPU
	d := device{
		Device: "cpu", Name: strings.TrimSpace(cpu.BrandName), ISA: kernels.ISA(), Available: kernels.ISAs(),
		Threads: pool.Threads(), Cores: runtime.NumCPU(),
		L1: max(cpu.Cache.L1D, 0), L2: max(cpu.Cache.L2, 0), L3: max(cpu.Cache.L3, 0),
	}
	if d.Name == "" {
		d.Name = runtime.GOARCH
	}
	for _, f := range []cpuid.FeatureID{
		cpuid.AVX2, cpuid.FMA3, cpuid.F16C, cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL,
		cpuid.AVX512BF16, cpuid.AVX512VNNI, cpuid.AVXVNNI, cpuid.AMXBF16, cpuid.ASIMD, cpuid.ASIMDHP, cpuid.ASIMDDP, cpuid.SVE,
	} {
		if cpu.Supports(f) {
			d.Features = append(d.Features, f.String())
		}
	}
	return d
}

// bytesText writes a number of bytes for people.
func bytesText(n int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.size {
			return fmt.Sprintf("%.4g %s", float64(n)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
