package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"inkstone/cmd/inkstone/internal/suite"
	"inkstone/kernels"
	"inkstone/tensor"
)

type benchCmd struct {
	Kernels  benchKernelsCmd  `cmd:"" help:"Every operation against the machine's limits, in every instruction set."`
	Compare  benchCompareCmd  `cmd:"" help:"Two measurements, case by case, with confidence intervals."`
	Gemm     benchGemmCmd     `cmd:"" help:"Matrix products against the machine's peak."`
	Train    benchTrainCmd    `cmd:"" help:"Whole training steps: time, memory, allocations."`
	LoRA     benchLoRACmd     `cmd:"" name:"lora" help:"Fine-tuning by LoRA: records a second, by the size of the model."`
	Generate benchGenerateCmd `cmd:"" help:"Writing: tokens a second, of many sequences at once."`
}

type benchGemmCmd struct {
	Shapes  string `help:"Shapes MxNxK, separated by commas." default:"256x256x256,512x512x512,1024x1024x1024,2048x2048x2048,256x2304x768,1024x3072x768,256x768x3072"`
	Layouts string `help:"Layouts: N is a matrix as stored, T its transpose." default:"NN,NT,TN"`
	Repeats int    `help:"Timed repetitions of each case; the median counts." default:"7"`
	Lib     string `help:"An installed BLAS to time beside, in this process and in turn with it: OpenBLAS, BLIS, MKL or oneDNN." placeholder:"libopenblas.so.0"`
}

// Help teaches the verb.
func (benchGemmCmd) Help() string {
	return `Times C = A·B for A [M, K] and B [K, N] in float32, or rounded to bfloat16 on the way. The peak is
measured in the same run: it is what the processor's multiply-add units can do when nothing else
holds them up.

  inkstone bench gemm --shapes 512x512x512,1024x1024x1024 --threads 1
  inkstone bench gemm --precision bf16
  inkstone bench gemm --lib libopenblas.so.0
  inkstone bench gemm --device vulkan --shapes 512x512x512

A library is loaded at run time; where it is not installed, Inkstone is measured alone. It always
multiplies in float32, and has as many threads as Inkstone.`
}

// gemmResult is one line of bench gemm.
type gemmResult struct {
	Kernel    string  `json:"kernel"`
	Device    string  `json:"device"`
	ISA       string  `json:"isa"`
	DType     string  `json:"dtype"`
	Layout    string  `json:"layout"`
	M         int     `json:"m"`
	N         int     `json:"n"`
	K         int     `json:"k"`
	Threads   int     `json:"threads"`
	GFLOPS    float64 `json:"gflops"`
	Slowest   float64 `json:"gflops_min"`
	Fastest   float64 `json:"gflops_max"`
	PeakFLOPS float64 `json:"peak_gflops,omitempty"` // of the CPU; that of other devices is not known

	Library       string  `json:"library,omitempty"`
	LibraryGFLOPS float64 `json:"library_gflops,omitempty"`
	Ratio         float64 `json:"ratio,omitempty"` // median of Inkstone's rate by the library's, measured in turn
}

// Run prints a line for each shape and layout.
func (b *benchGemmCmd) Run(ctx context.Context, u *ui, g *globals) error {
	shapes, err := parseShapes(b.Shapes)
	if err != nil {
		return err
	}
	layouts := strings.Split(b.Layouts, ",")
	for _, l := range layouts {
		if !slices.Contains([]string{"NN", "NT", "TN", "TT"}, l) {
			return usagef("bench gemm: no layout %q; there are NN, NT, TN and TT", l)
		}
	}
	if b.Repeats < 1 {
		return usagef("bench gemm: --repeats %d, want at least 1", b.Repeats)
	}
	dev, err := g.backend(u)
	if err != nil {
		return err
	}
	defer dev.Close()
	peak := 0.0
	if cpu, ok := dev.(*tensor.CPU); ok {
		peak = measurePeak(cpu) / 1e9
		u.say("%s, %s, %d threads, peak %.0f GFLOP/s", kernels.ISA(), dev.Precision(), dev.Pool().Threads(), peak)
	} else {
		u.say("%s, %s", dev.Name(), dev.Precision())
	}
	var lib *blas
	if b.Lib != "" {
		if peak == 0 {
			return usagef("bench gemm: --lib is for the CPU, not for %s", dev.Name())
		}
		if lib, err = loadBLAS(ctx, b.Lib, dev.Pool().Threads()); err != nil {
			u.say("without %s: %v", b.Lib, err)
		} else {
			u.say("beside %s", lib.name)
		}
	}
	u.say("%-6s %18s %10s %8s %18s%s", "layout", "M x N x K", "GFLOP/s", "of peak", "slowest - fastest", lib.heading())
	var ratios []float64
	for _, s := range shapes {
		for _, layout := range layouts {
			if ctx.Err() != nil {
				return nil
			}
			r := timeGemm(dev, lib, layout, s, b.Repeats)
			if err := dev.Err(); err != nil {
				return err
			}
			r.PeakFLOPS = peak
			ratios = append(ratios, r.Ratio)
			u.event("bench", r)
			share := "-"
			if peak > 0 {
				share = fmt.Sprintf("%.0f%%", 100*r.GFLOPS/peak)
			}
			u.say("%-6s %18s %10.1f %8s %8.1f - %7.1f%s", layout, shapeText(s), r.GFLOPS, share, r.Slowest, r.Fastest, lib.column(r))
		}
	}
	result := struct {
		Cases int     `json:"cases"`
		Peak  float64 `json:"peak_gflops,omitempty"`
		Mean  float64 `json:"ratio_mean,omitempty"` // geometric
		Worst float64 `json:"ratio_worst,omitempty"`
	}{Cases: len(shapes) * len(layouts), Peak: peak}
	if lib != nil {
		result.Mean, result.Worst = geometricMean(ratios), slices.Min(ratios)
		u.say("ratio: geometric mean %.2f, worst %.2f", result.Mean, result.Worst)
	}
	u.event("result", result)
	return nil
}

// geometricMean is the mean of ratios.
func geometricMean(ratios []float64) float64 {
	logs := 0.0
	for _, r := range ratios {
		logs += math.Log(r)
	}
	return math.Exp(logs / float64(len(ratios)))
}

// threadsRest is how long the threads of a library are given to fall asleep: OpenBLAS's look out
// for work for some tens of milliseconds.
const threadsRest = 100 * time.Millisecond

// timeGemm times one product: a warm-up, then repeats of as many calls as fill 50 ms, in turn with
// a library if there is one.
func timeGemm(dev backend, lib *blas, layout string, s [3]int, repeats int) gemmResult {
	m, n, k := s[0], s[1], s[2]
	product := suite.MatMul(layout, m, n, k)
	x := product.Operands()
	multiply := func(calls int) time.Duration {
		start := time.Now()
		for range calls {
			product.Run(dev, x)
		}
		if on, ok := dev.(*deviceBackend); ok {
			on.Device().Finish()
		}
		return time.Since(start)
	}
	theirs := func(calls int) time.Duration {
		start := time.Now()
		lib.multiply(layout, m, n, k, tensor.Data[float32](x[0]), tensor.Data[float32](x[1]), tensor.Data[float32](x[2]), calls)
		return time.Since(start)
	}
	multiply(1)
	calls := max(1, int(50*time.Millisecond/max(multiply(1), time.Nanosecond)))
	rate := func(side func(calls int) time.Duration) float64 {
		if lib != nil {
			// Threads that have just worked look out for more before they sleep, and would take
			// turns with those of the other side.
			if dev.Pool().Threads() > 1 {
				time.Sleep(threadsRest)
			}
			side(1)
		}
		return product.FLOPs * float64(calls) / side(calls).Seconds() / 1e9
	}
	rates := make([]float64, repeats)
	var others, ratios []float64
	for i := range rates {
		rates[i] = rate(multiply)
		if lib != nil {
			others = append(others, rate(theirs))
			ratios = append(ratios, rates[i]/others[i])
		}
	}
	slices.Sort(rates)
	r := gemmResult{
		Kernel: "gemm", Device: dev.Name(), ISA: kernels.ISA(), DType: dev.Precision().String(), Layout: layout, M: m, N: n, K: k,
		Threads: dev.Pool().Threads(), GFLOPS: rates[repeats/2], Slowest: rates[0], Fastest: rates[repeats-1],
	}
	if lib != nil {
		slices.Sort(others)
		slices.Sort(ratios)
		r.Library, r.LibraryGFLOPS, r.Ratio = lib.name, others[repeats/2], ratios[repeats/2]
	}
	return r
}

// parseShapes reads "MxNxK,MxNxK".
func parseShapes(text string) ([][3]int, error) {
	var shapes [][3]int
	for _, s := range strings.Split(text, ",") {
		parts := strings.Split(s, "x")
		var shape [3]int
		ok := len(parts) == 3
		for i := 0; ok && i < 3; i++ {
			n, err := strconv.Atoi(parts[i])
			ok = err == nil && n > 0 && n <= 1<<20
			shape[i] = n
		}
		if !ok {
			return nil, usagef("bench gemm: shape %q: want MxNxK, three numbers from 1 to %d", s, 1<<20)
		}
		const most = 8 << 30
		bytes := 4 * (float64(shape[0])*float64(shape[2]) + float64(shape[2])*float64(shape[1]) + float64(shape[0])*float64(shape[1]))
		if bytes > most {
			return nil, usagef("bench gemm: shape %q needs %s, more than %s", s, bytesText(int64(bytes)), bytesText(most))
		}
		shapes = append(shapes, shape)
	}
	return shapes, nil
}

func shapeText(s [3]int) string {
	return strconv.Itoa(s[0]) + "x" + strconv.Itoa(s[1]) + "x" + strconv.Itoa(s[2])
}
