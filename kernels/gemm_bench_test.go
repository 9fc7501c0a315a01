package kernels

import (
	"testing"
	"time"
)

// BenchmarkMicrokernel measures Gemm alone, on panels that are packed and in the caches, as
// BenchmarkMicrokernel/isa=avx512/panels, against the multiply-adds that the processor does in
// registers. The clock of a shared machine wanders: the best slice of one is compared with the
// best of the other, taken in turn. A processor that starts two vector FMAs a cycle does
// 2·%FMA/100 of them in the microkernel.
func BenchmarkMicrokernel(b *testing.B) {
	was := ISA()
	defer SetISA(was)
	const m, n, k = 64, 96, 384
	for _, isa := range ISAs() {
		if err := SetISA(isa); err != nil {
			b.Fatal(err)
		}
		x, y, c := make([]float32, m*k), make([]float32, n*k), make([]float32, m*n)
		run := func(name string, depth int, limit func(time.Duration) float64, product func()) {
			b.Run("isa="+isa+"/"+name, func(b *testing.B) {
				peak, best := 0.0, time.Hour
				for b.Loop() {
					peak = max(peak, limit(200*time.Microsecond))
					start := time.Now()
					product()
					best = min(best, time.Since(start))
				}
				rate := 2 * float64(m*n*depth) / best.Seconds()
				b.ReportMetric(rate/1e9, "GFLOP/s")
				b.ReportMetric(100*rate/peak, "%FMA")
			})
		}
		run("panels", k, MeasurePeak, func() { Gemm(c, n, x, y, m, n, k, 1, 0, Block[float32]{}) })
		if GemmDirectRows[float32]() <= m {
			run("rows", k, MeasurePeak, func() { GemmDirect(c, n, x, k, y, m, n, k, 1, 0, Block[float32]{}) })
		}
		depth := k * 2 / wordsBF16[float32](2) // as many words
		run("bf16", depth, MeasurePeakBF16, func() {
			GemmBF16(c, n, x[:GemmPanelsBF16[float32](m, GemmRows, depth)], y[:GemmPanelsBF16[float32](n, GemmCols[float32](), depth)], m, n, depth, 1, 0, Block[float32]{})
		})
	}
}
