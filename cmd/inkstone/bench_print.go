package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
)

// A benchPrinter prints results as they come.
type benchPrinter struct {
	format string
	ui     *ui
	out    io.Writer
}

func newBenchPrinter(format string, u *ui) *benchPrinter {
	p := &benchPrinter{format: format, ui: u, out: u.people}
	if format != "text" && u.events == nil {
		u.people = os.Stderr // stdout is the measurements' alone
	}
	return p
}

func (p *benchPrinter) print(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

func (p *benchPrinter) begin(m *machine, settings []setting) {
	p.ui.event("machine", m)
	for _, s := range settings {
		p.ui.event("limits", struct {
			ISA       string  `json:"isa"`
			DType     string  `json:"dtype"`
			Threads   int     `json:"threads"`
			Peak      float64 `json:"peak_gflops"`
			Bandwidth float64 `json:"bandwidth_gb_per_second"`
		}{s.isa, s.dtype.String(), s.threads, s.limits.peak / 1e9, s.limits.bandwidth / 1e9})
	}
	switch p.format {
	case "csv":
		p.print("kernel,shape,isa,dtype,threads,ns,ns_min,ns_max,gflops,gb_per_second,of_peak,of_bandwidth,error")
	case "go":
		p.print("goos: %s\ngoarch: %s\npkg: inkstone/kernels\ncpu: %s\ncommit: %s\ndate: %s", runtime.GOOS, runtime.GOARCH, m.CPU, m.Version, m.Date)
	default:
		p.print("%s; %s; %s", m.CPU, m.Version, m.Date)
		if m.Governor != "" {
			p.print("governor %s", m.Governor)
		}
		for _, s := range settings {
			p.print("limits in %s, %s, %s: %.0f GFLOP/s, %.1f GB/s", s.isa, s.dtype, threadsText(s.threads), s.limits.peak/1e9, s.limits.bandwidth/1e9)
		}
		p.print("%-21s %-20s %-10s %-5s %2s %12s %7s %9s %8s %7s %8s %9s", "kernel", "shape", "isa", "dtype", "th", "µs", "spread", "GFLOP/s", "of peak", "GB/s", "of mem.", "error")
	}
}

func (p *benchPrinter) result(r kernelResult) {
	p.ui.event("bench", r)
	switch p.format {
	case "csv":
		p.print("%s,%s,%s,%s,%d,%.0f,%.0f,%.0f,%.2f,%.2f,%.3f,%.3f,%.2g", r.Kernel, r.Shape, r.ISA, r.DType, r.Threads, r.Median, r.Fastest, r.Slowest, r.GFLOPS, r.GBs, r.OfPeak, r.OfBandwidth, r.Error)
	case "go":
		for _, ns := range r.Samples {
			p.print("Benchmark%s 1 %.0f ns/op %.2f MB/s", r.name(), ns, r.GBs*1000*r.Median/ns)
		}
	default:
		flops, peak := "", ""
		if r.GFLOPS > 0 {
			flops, peak = fmt.Sprintf("%.1f", r.GFLOPS), fmt.Sprintf("%.0f%%", 100*r.OfPeak)
		}
		p.print("%-21s %-20s %-10s %-5s %2d %12.1f %6.0f%% %9s %8s %7.1f %7.0f%% %9.1g", r.Kernel, r.Shape, r.ISA, r.DType, r.Threads,
			r.Median/1e3, 100*(r.Slowest-r.Fastest)/r.Median, flops, peak, r.GBs, 100*r.OfBandwidth, r.Error)
	}
}

func (p *benchPrinter) end(m *machine) {
	if p.format == "text" {
		p.print("Meanwhile other programs had %.1f %% of the processors, other virtual machines %.1f %%.", 100*m.Others, 100*m.Stolen)
	}
}
