//go:build !purego

package kernels

// The widths of the tiles: 24 accumulators of 32 registers, and 12 of 16.
const (
	gemmColsAVX512 = 48
	gemmColsAVX2   = 24
)

// gemmPanelsAVX512 works like gemmPanelsGeneric, on panels of 48 columns.
//
//go:noescape
func gemmPanelsAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])

// gemmDirectAVX512 works like gemmDirectGeneric, on panels of 48 columns.
//
//go:noescape
func gemmDirectAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32], lda int)

// gemmPackingAVX512 works like gemmPackingGeneric, on panels of 48 columns.
func gemmPackingAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, src Block[float32], lda int) {
	if lda == 0 {
		gemmPackingPanelsAVX512(c, ldc, a, b, m, n, k, alpha, beta, src)
		return
	}
	gemmPackingDirectAVX512(c, ldc, a, b, m, n, k, alpha, beta, src, lda)
}

//go:noescape
func gemmPackingPanelsAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, src Block[float32])

//go:noescape
func gemmPackingDirectAVX512(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, src Block[float32], lda int)

// gemmPanelsAVX2 works like gemmPanelsGeneric, on panels of 24 columns.
//
//go:noescape
func gemmPanelsAVX2(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])

// gemmDirectAVX2 works like gemmDirectGeneric, on panels of 24 columns.
//
//go:noescape
func gemmDirectAVX2(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32], lda int)

// packRowsAVX2 works like packRowsGeneric.
//
//go:noescape
func packRowsAVX2(dst, src []float32, along, width, panel, k int)
