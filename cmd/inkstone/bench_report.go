package main

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"inkstone/cmd/inkstone/internal/report"
	"inkstone/cmd/inkstone/internal/suite"
	"inkstone/kernels"
	"inkstone/tensor"
)

// writeKernelsReport writes a page with what bench kernels measured.
func writeKernelsReport(path string, m *machine, settings []setting, results []kernelResult) error {
	rungs, err := climb(settings[len(settings)-1].threads)
	if err != nil {
		return err
	}
	page := &report.Report{
		Title: "Kernels", Subtitle: m.CPU + ", " + m.Date,
		Sections: []report.Section{
			{
				Title: "The ladder",
				Text: "One product of matrices, C = A·B with 512 rows, 512 columns and 512 numbers to add up for each element, computed in better and better ways. " +
					"The first is the definition, three loops. The second is cut into blocks that stay in the caches, still in plain Go; the instruction sets follow, each with wider registers.",
				Curves: []template.HTML{report.Bars("512 x 512 x 512", "GFLOP/s", rungs...)},
			},
			{
				Title: "Under the roof",
				Text: "The slope is what memory feeds, the flat part what the multiply-add units do; both were measured in the same run. Every dot is a kernel on one shape: " +
					"under the slope it waits for memory, above the slope its numbers come out of a cache.",
				Curves: roofs(settings, results),
			},
		},
	}
	for _, s := range settings {
		page.Facts = append(page.Facts, report.Fact{
			Name: fmt.Sprintf("%s, %s, %s", s.isa, s.dtype, threadsText(s.threads)), Value: fmt.Sprintf("%.0f GFLOP/s", s.limits.peak/1e9),
			Note: fmt.Sprintf("%.1f GB/s", s.limits.bandwidth/1e9),
		})
	}
	table := report.Table{Head: []string{"Kernel", "µs", "GFLOP/s", "GB/s", "of peak", "of memory", "error"}}
	for _, r := range results {
		table.Rows = append(table.Rows, []report.Cell{
			{Value: r.Kernel, Note: fmt.Sprintf("%s, %s, %s, %s", r.Shape, r.ISA, r.DType, threadsText(r.Threads))},
			{Value: fmt.Sprintf("%.1f", r.Median/1e3), Note: fmt.Sprintf("%.1f–%.1f", r.Fastest/1e3, r.Slowest/1e3)},
			{Value: fmt.Sprintf("%.1f", r.GFLOPS)}, {Value: fmt.Sprintf("%.1f", r.GBs)},
			{Value: fmt.Sprintf("%.0f %%", 100*r.OfPeak)}, {Value: fmt.Sprintf("%.0f %%", 100*r.OfBandwidth)}, {Value: fmt.Sprintf("%.1g", r.Error)},
		})
	}
	page.Sections = append(page.Sections, report.Section{Title: "All figures", Text: "Medians, with the fastest and the slowest sample under the times.", Tables: []report.Table{table}})
	page.Settings = []report.Fact{
		{Name: "processor", Value: m.CPU}, {Name: "processors", Value: fmt.Sprint(m.Cores)}, {Name: "system", Value: m.System}, {Name: "inkstone", Value: m.Version},
		{Name: "go", Value: m.Go}, {Name: "date", Value: m.Date}, {Name: "time that other virtual machines had", Value: fmt.Sprintf("%.1f %%", 100*m.Stolen)},
		{Name: "time that other programs had", Value: fmt.Sprintf("%.1f %%", 100*m.Others)},
	}
	if m.Governor != "" {
		page.Settings = append(page.Settings, report.Fact{Name: "governor", Value: m.Governor})
	}
	return page.WriteFile(path)
}

func threadsText(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", n)
}

// roofs draws one roofline for each number of threads.
func roofs(settings []setting, results []kernelResult) (all []template.HTML) {
	var counts []int
	for _, s := range settings {
		if !slices.Contains(counts, s.threads) {
			counts = append(counts, s.threads)
		}
	}
	for _, n := range counts {
		var some []report.Roof
		for _, s := range settings {
			if s.threads != n {
				continue
			}
			r := report.Roof{Name: s.isa, Peak: s.limits.peak / 1e9, Bandwidth: s.limits.bandwidth / 1e9}
			if s.dtype == tensor.BF16 {
				r.Name = s.dtype.String()
			}
			for _, k := range results {
				if k.ISA == s.isa && k.DType == s.dtype.String() && k.Threads == n && k.GFLOPS > 0 {
					r.Points = append(r.Points, report.Point{Name: k.Kernel + " " + k.Shape, Intensity: k.intensity, Y: k.GFLOPS})
				}
			}
			some = append(some, r)
		}
		all = append(all, report.Roofline(threadsText(n), some...))
	}
	return all
}

// climb measures a product in every way there is, from the definition to all threads. It leaves the
// machine's best instruction set in use.
func climb(threads int) (rungs []report.Bar, err error) {
	const n = 512
	c := suite.MatMul("NN", n, n, n)
	x := c.Operands()
	rung := func(name string, run func()) {
		run()
		best := time.Duration(1<<63 - 1)
		for range 5 {
			start := time.Now()
			run()
			best = min(best, time.Since(start))
		}
		gflops := c.FLOPs / float64(best.Nanoseconds())
		rungs = append(rungs, report.Bar{Name: name, Value: gflops, Text: fmt.Sprintf("%.1f", gflops)})
	}
	rung("three loops in Go", func() {
		suite.Naive(tensor.Data[float32](x[0]), tensor.Data[float32](x[1]), tensor.Data[float32](x[2]), n, n, n)
	})
	isas := kernels.ISAs()
	best := isas[len(isas)-1]
	one, all := tensor.NewCPU(1), tensor.NewCPU(threads)
	defer one.Close()
	defer all.Close()
	for _, isa := range isas {
		if isa == "avx512bf16" {
			continue // float32 is as before
		}
		if err := kernels.SetISA(isa); err != nil {
			return nil, err
		}
		name := isa
		if isa == "generic" {
			name = "blocks in Go"
		}
		rung(name, func() { c.Run(one, x) })
	}
	if err := kernels.SetISA(best); err != nil {
		return nil, err
	}
	if threads > 1 {
		rung(threadsText(threads), func() { c.Run(all, x) })
	}
	if best == "avx512bf16" {
		all.SetPrecision(tensor.BF16)
		rung("bf16, "+threadsText(threads), func() { c.Run(all, x) })
	}
	return rungs, nil
}
