package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"inkstone/cmd/inkstone/internal/suite"
	"inkstone/kernels"
	"inkstone/tensor"
)

type benchKernelsCmd struct {
	Kernels      string        `help:"Kernels, separated by commas: names, parts of names (norm) or names with shapes (MatMulNN 512x512x512); none for all."`
	ISA          string        `name:"isa" help:"Instruction sets: best, all, or names separated by commas." default:"best"`
	ThreadCounts []int         `help:"Numbers of threads to measure on; none for 1 and --threads."`
	Repeats      int           `help:"Samples of each case; the median counts." default:"7"`
	Sample       time.Duration `help:"How long a sample is to take." default:"20ms"`
	Format       string        `help:"What to print: text, csv, or go, Go's benchmark format, which benchstat reads." enum:"text,csv,go" default:"text"`
	Report       string        `help:"Write a page with a roofline, a ladder and all figures to this file." placeholder:"FILE"`
}

// Help teaches the verb.
func (benchKernelsCmd) Help() string {
	return `Times every operation of the engine on the shapes of transformers and sets the figures against what
this machine can do: its multiply-add units and its memory, measured in the same run. The samples of
what is compared (instruction sets, precisions, numbers of threads) alternate. Errors are those of
the results against float64, in units of the largest number.

  inkstone bench kernels --kernels norm,softmax
  inkstone bench kernels --kernels MatMul --isa all --report kernels.html
  inkstone bench kernels --format go > new.txt      (then: inkstone bench compare old.txt new.txt)

The kernels: ` + strings.Join(suite.Kernels(), ", ") + `.`
}

// A setting is one way to run the cases.
type setting struct {
	isa     string
	dtype   tensor.Precision
	threads int
	cpu     *tensor.CPU
	limits  limits
}

// limits are what the machine can do in a setting.
type limits struct {
	peak      float64 // floating-point operations a second
	bandwidth float64 // bytes a second
}

// kernelResult is one line of bench kernels.
type kernelResult struct {
	Kernel      string    `json:"kernel"`
	Shape       string    `json:"shape"`
	ISA         string    `json:"isa"`
	DType       string    `json:"dtype"`
	Threads     int       `json:"threads"`
	Median      float64   `json:"ns"`
	Fastest     float64   `json:"ns_min"`
	Slowest     float64   `json:"ns_max"`
	GFLOPS      float64   `json:"gflops"`
	GBs         float64   `json:"gb_per_second"`
	OfPeak      float64   `json:"of_peak"`
	OfBandwidth float64   `json:"of_bandwidth"`
	Error       float64   `json:"error"`
	Samples     []float64 `json:"samples_ns"`

	intensity float64 // operations a byte
}

// name is that of the case as a Go benchmark.
func (r kernelResult) name() string {
	return fmt.Sprintf("%s/shape=%s/isa=%s/dtype=%s/threads=%d", r.Kernel, strings.ReplaceAll(r.Shape, " ", "_"), r.ISA, r.DType, r.Threads)
}

// Run measures and prints.
func (b *benchKernelsCmd) Run(ctx context.Context, u *ui, g *globals) error {
	if !g.onCPU() {
		return usagef("bench kernels: it measures the CPU's instruction sets; of --device, bench gemm and bench train take more")
	}
	cases, err := b.cases()
	if err != nil {
		return err
	}
	out := newBenchPrinter(b.Format, u)
	settings, err := b.settings(u, g)
	if err != nil {
		return err
	}
	was := kernels.ISA()
	defer func() {
		_ = kernels.SetISA(was) // it was in use
		for _, s := range settings {
			s.cpu.Close()
		}
	}()
	m := describeMachine()
	for i := range settings {
		if err := settings[i].measureLimits(); err != nil {
			return err
		}
	}
	out.begin(m, settings)
	var results []kernelResult
	for i, c := range cases {
		if b.Format != "text" || u.events != nil {
			u.progress(i, len(cases), c.Kernel+" "+c.Shape)
		}
		some, err := b.measure(ctx, c, settings)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			break
		}
		for _, r := range some {
			out.result(r)
		}
		results = append(results, some...)
	}
	m.end()
	out.end(m)
	if b.Report != "" {
		if err := writeKernelsReport(b.Report, m, settings, results); err != nil {
			return err
		}
		u.say("Report: %s", b.Report)
	}
	u.event("result", struct {
		Cases  int     `json:"cases"`
		Stolen float64 `json:"stolen"`
		Others float64 `json:"others"`
	}{len(results), m.Stolen, m.Others})
	return nil
}

// cases returns those that were asked for.
func (b *benchKernelsCmd) cases() ([]suite.Case, error) {
	all := suite.Cases()
	if b.Repeats < 1 || b.Sample <= 0 {
		return nil, usagef("bench kernels: --repeats %d, --sample %v: want more than 0", b.Repeats, b.Sample)
	}
	if b.Kernels == "" {
		return all, nil
	}
	wanted := make([]bool, len(all))
	for _, part := range strings.Split(b.Kernels, ",") {
		found := false
		for i, c := range all {
			if part != "" && strings.Contains(strings.ToLower(c.Kernel+" "+c.Shape), strings.ToLower(part)) {
				wanted[i], found = true, true
			}
		}
		if !found {
			return nil, usagef("bench kernels: no kernel is named like %q; there are %s", part, strings.Join(suite.Kernels(), ", "))
		}
	}
	var some []suite.Case
	for i, c := range all {
		if wanted[i] {
			some = append(some, c)
		}
	}
	return some, nil
}

// settings returns what the cases are to be run in.
func (b *benchKernelsCmd) settings(u *ui, g *globals) (all []setting, err error) {
	have := kernels.ISAs()
	isas := have
	switch b.ISA {
	case "all":
	case "best":
		isas = []string{kernels.ISA()}
	default:
		isas = strings.Split(b.ISA, ",")
		for _, isa := range isas {
			if !slices.Contains(have, isa) {
				return nil, usagef("bench kernels: no instruction set %q here; there are %s", isa, strings.Join(have, ", "))
			}
		}
	}
	counts := b.ThreadCounts
	if len(counts) == 0 {
		if counts = []int{1}; g.Threads != 1 {
			counts = append(counts, g.Threads)
		}
	}
	for _, isa := range isas {
		precisions := []tensor.Precision{tensor.F32}
		switch {
		case g.Precision == tensor.BF16.String():
			precisions = []tensor.Precision{tensor.BF16}
		case g.Precision == autoPrecision && isa == "avx512bf16":
			precisions = append(precisions, tensor.BF16)
		}
		for _, p := range precisions {
			for _, n := range counts {
				if n < 0 || n > 1024 {
					return nil, usagef("bench kernels: %d threads: want 1 to 1024", n)
				}
				cpu := tensor.NewCPU(n)
				cpu.SetPrecision(p)
				s := setting{isa: isa, dtype: p, threads: cpu.Pool().Threads(), cpu: cpu}
				if slices.ContainsFunc(all, func(o setting) bool { return o.isa == s.isa && o.dtype == p && o.threads == s.threads }) {
					cpu.Close() // asked for twice
					continue
				}
				if s.threads > runtime.NumCPU() {
					u.say("%d threads share %d processors.", s.threads, runtime.NumCPU())
				}
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// measureLimits measures what the machine can do.
func (s *setting) measureLimits() error {
	if err := kernels.SetISA(s.isa); err != nil {
		return err
	}
	s.limits = limits{peak: measurePeak(s.cpu), bandwidth: measureBandwidth(s.cpu)}
	return nil
}

// measureBandwidth returns how many bytes a second move when two arrays that fit no cache are
// added into a third, the fastest of some tries.
func measureBandwidth(cpu *tensor.CPU) float64 {
	const n = 16 << 20
	dst, x, y := tensor.New(tensor.Float32, n), tensor.New(tensor.Float32, n), tensor.New(tensor.Float32, n)
	best := 0.0
	for range 6 {
		start := time.Now()
		cpu.Binary(tensor.Add, dst, x, y)
		best = max(best, 3*float64(dst.Bytes())/time.Since(start).Seconds())
	}
	return best
}

// measure runs a case in every setting that makes a difference to it.
func (b *benchKernelsCmd) measure(ctx context.Context, c suite.Case, settings []setting) ([]kernelResult, error) {
	settings = slices.DeleteFunc(slices.Clone(settings), func(s setting) bool { return s.dtype == tensor.BF16 && !c.Matrix })
	if len(settings) == 0 {
		return nil, nil
	}
	want := c.Expect(settings[len(settings)-1].cpu)
	results, calls := make([]kernelResult, len(settings)), make([]int, len(settings))
	x := c.Operands()
	sample := func(i, calls int) (time.Duration, error) {
		if err := kernels.SetISA(settings[i].isa); err != nil {
			return 0, err
		}
		start := time.Now()
		for range calls {
			c.Run(settings[i].cpu, x)
		}
		return time.Since(start), nil
	}
	for i, s := range settings {
		results[i] = kernelResult{Kernel: c.Kernel, Shape: c.Shape, ISA: s.isa, DType: s.dtype.String(), Threads: s.threads, intensity: c.FLOPs / c.Bytes}
		if _, err := sample(i, 1); err != nil { // a warm-up
			return nil, err
		}
		results[i].Error = c.Error(s.cpu, want)
		took, err := sample(i, 1)
		if err != nil {
			return nil, err
		}
		calls[i] = max(1, int(b.Sample/max(took, time.Nanosecond)))
	}
	for range b.Repeats {
		for i := range settings {
			if ctx.Err() != nil {
				return nil, nil
			}
			took, err := sample(i, calls[i])
			if err != nil {
				return nil, err
			}
			results[i].Samples = append(results[i].Samples, float64(took.Nanoseconds())/float64(calls[i]))
		}
	}
	for i, s := range settings {
		results[i].summarize(c, s.limits)
	}
	return results, nil
}

// summarize fills in what follows from the samples.
func (r *kernelResult) summarize(c suite.Case, l limits) {
	sorted := slices.Sorted(slices.Values(r.Samples))
	r.Median, r.Fastest, r.Slowest = sorted[len(sorted)/2], sorted[0], sorted[len(sorted)-1]
	r.GFLOPS, r.GBs = c.FLOPs/r.Median, c.Bytes/r.Median
	r.OfPeak, r.OfBandwidth = r.GFLOPS*1e9/l.peak, r.GBs*1e9/l.bandwidth
}
