//go:build !purego

package kernels

// The widths of the tiles: 24 accumulators of 32 registers, and 12 of 16.
const (
	gemmColsAVX512 = 48
	gemmColsAVX2   = 24
)

// gemmTileAVX512 works like gemmTileGeneric, on panels of 48 columns.
//
//go:noescape
func gemmTileAVX512(c []float32, ldc int, a, b []float32, k int, alpha, beta float32, rows, cols int)

// gemmTileAVX2 works like gemmTileGeneric, on panels of 24 columns.
//
//go:noescape
func gemmTileAVX2(c []float32, ldc int, a, b []float32, k int, alpha, beta float32, rows, cols int)

// packRowsAVX2 works like packRowsGeneric.
//
//go:noescape
func packRowsAVX2(dst, src []float32, along, width, panel, k int)
