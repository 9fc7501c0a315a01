package gpu

import (
	"fmt"
	"testing"

	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// sweep returns tiles to try, of both kinds.
func sweep(subgroup int) (tiles []kernels.MatMul) {
	for _, m := range []int{1, 4, 8, 16} {
		for _, n := range []int{4, 8, 16} {
			tiles = append(tiles, kernels.MatMul{TileM: subgroup * m, TileN: subgroup * n, TileK: 4, ThreadM: subgroup * m, ThreadN: n, Subgroup: subgroup})
		}
	}
	for _, t := range [][2]int{{4, 4}, {8, 8}, {16, 16}} {
		for _, depth := range []int{4, 8, 16} {
			tiles = append(tiles, kernels.MatMul{TileM: 8 * t[0], TileN: 8 * t[1], TileK: depth, ThreadM: t[0], ThreadN: t[1]})
		}
	}
	return tiles
}

// BenchmarkTiles multiplies square matrices on a Vulkan device, with many tiles and with the one
// that the backend takes.
func BenchmarkTiles(b *testing.B) {
	on := vulkanBackend(b)
	for _, n := range []int{512, 1024} {
		c, x, y := tensor.New(tensor.Float32, n, n), tensor.New(tensor.Float32, n, n), tensor.New(tensor.Float32, n, n)
		on.Fill(x, 1)
		on.Fill(y, 1)
		bench := func(name string, multiply func()) {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				multiply() // compiles
				on.device.Finish()
				for b.Loop() {
					multiply()
					on.device.Finish()
				}
				b.ReportMetric(2*float64(n)*float64(n)*float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
		bench("chosen", func() { on.MatMul(c, x, y, nil, 1, 0) })
		m := kernels.Matrix{Row: n, Col: 1}
		for _, k := range sweep(max(on.device.tuning.Subgroup, 1)) {
			k = k.Fit(n, n, n, m, m, m)
			if _, err := k.Build(); err != nil {
				continue
			}
			bench(fmt.Sprintf("%dx%dx%d_%dx%d_%d", k.TileM, k.TileN, k.TileK, k.ThreadM, k.ThreadN, k.Subgroup), func() {
				if !run(on, k, k.Launch(n, n, n, m, m, m, [2]int{1, 1}, 1, 1, 0), 2*n*n*n, write(c), read(x), read(y)) {
					b.Fatal(on.why)
				}
			})
		}
	}
}
