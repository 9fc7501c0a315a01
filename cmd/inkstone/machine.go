package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/cpuid/v2"
)

// A machine is what a measurement ran on, for whoever reads the figures later.
type machine struct {
	CPU      string  `json:"cpu"`
	Cores    int     `json:"cores"`
	System   string  `json:"system"`
	Version  string  `json:"version"`
	Go       string  `json:"go"`
	Date     string  `json:"date"`
	Governor string  `json:"governor,omitempty"` // of the processor's clock, where the system tells
	Stolen   float64 `json:"stolen"`             // share of the processors' time that other virtual machines had

	before processorTime
}

// describeMachine describes this machine as a measurement begins.
func describeMachine() *machine {
	m := &machine{
		CPU: strings.TrimSpace(cpuid.CPU.BrandName), Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Version: version(), Go: runtime.Version(), Date: time.Now().UTC().Format(time.RFC3339), before: readProcessorTime(),
	}
	if m.CPU == "" {
		m.CPU = "unknown processor"
	}
	if g, err := os.ReadFile("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"); err == nil {
		m.Governor = strings.TrimSpace(string(g))
	}
	return m
}

// end notes what happened meanwhile.
func (m *machine) end() {
	after := readProcessorTime()
	if all := after.all - m.before.all; all > 0 {
		m.Stolen = (after.stolen - m.before.stolen) / all
	}
}

// processorTime is how long all processors together have been there and how much of that the
// host gave to others, in ticks; nothing where the system does not tell.
type processorTime struct{ all, stolen float64 }

func readProcessorTime() (t processorTime) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t
	}
	first, _, _ := strings.Cut(string(stat), "\n")
	fields := strings.Fields(first) // cpu user nice system idle iowait irq softirq steal guest guest_nice
	for i, f := range fields {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || i > 8 { // guests' time is in user's
			continue
		}
		t.all += v
		if i == 8 {
			t.stolen = v
		}
	}
	return t
}
