package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"inkstone/kernels"
	"inkstone/tensor"
)

type devicesCmd struct{}

// Help teaches the verb.
func (devicesCmd) Help() string {
	return `The CPU is always there. Its kernels exist for several instruction sets; the best one is
chosen at start. INKSTONE_ISA=generic|avx2|avx512|avx512vnni|avx512bf16|neon|neondot forces one,
and asking for one that this machine lacks is an error.`
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
func (devicesCmd) Run(u *ui, g *globals) error {
	d := describeCPU(g.Threads)
	u.event("device", d)
	u.say("cpu        %s (%s/%s)", d.Name, runtime.GOOS, runtime.GOARCH)
	u.say("  kernels  %s, the best of %s", d.ISA, strings.Join(d.Available, ", "))
	u.say("  threads  %d", d.Threads)
	if d.L1 > 0 {
		u.say("  caches   L1 %s, L2 %s, L3 %s", bytesText(int64(d.L1)), bytesText(int64(d.L2)), bytesText(int64(d.L3)))
	}
	u.say("  features %s", strings.Join(d.Features, " "))
	u.event("result", struct {
		Devices int `json:"devices"`
	}{1})
	return nil
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
