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
	Others   float64 `json:"others"`             // share that other programs on this machine had

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
		m.Others = max(0, (after.busy-m.before.busy)-(after.own-m.before.own)) / all
	}
}

// processorTime is how long all processors together have been there, how much of that the host gave
// to others, how much programs had, and this one of them: in ticks, nothing where the system does
// not tell.
type processorTime struct{ all, stolen, busy, own float64 }

func readProcessorTime() (t processorTime) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t
	}
	first, _, _ := strings.Cut(string(stat), "\n")
	for i, v := range ticks(first) { // cpu user nice system idle iowait irq softirq steal guest guest_nice
		switch i {
		case 0, 9, 10: // guests' time is in user's
			continue
		case 8:
			t.stolen = v
		case 1, 2, 3, 6, 7:
			t.busy += v
		}
		t.all += v
	}
	if self, err := os.ReadFile("/proc/self/stat"); err == nil {
		_, rest, _ := strings.Cut(string(self), ") ") // behind the program's name
		for i, v := range ticks(rest) {
			if i == 11 || i == 12 { // utime and stime
				t.own += v
			}
		}
	}
	return t
}

// ticks returns the fields of a line as numbers, 0 where they are none.
func ticks(line string) (all []float64) {
	for _, f := range strings.Fields(line) {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			v = 0
		}
		all = append(all, v)
	}
	return all
}
