//go:build !purego

package kernels

import "math"

// roundBF16AVX2 works like roundBF16Generic.
//
//go:noescape
func roundBF16AVX2(x []float32)

// roundBF16AVX512 works like roundBF16Generic.
//
//go:noescape
func roundBF16AVX512(x []float32)

// gemmPanelsAVX512BF16 works like gemmPanelsAVX512 on panels of pairs of bfloat16: k counts
// pairs.
//
//go:noescape
func gemmPanelsAVX512BF16(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])

// gemmPackingAVX512BF16 works like gemmPackingBF16Generic, on panels of 48 columns.
func gemmPackingAVX512BF16(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, src Block[float32]) {
	if k%2 == 1 || k == 0 { // a row without a second
		gemmPackingBF16Generic(c, ldc, a, b, m, n, k, alpha, beta, src)
		return
	}
	gemmPackingPanelsAVX512BF16(c, ldc, a, b, m, n, k/2, alpha, beta, src)
}

// gemmPackingPanelsAVX512BF16 is gemmPackingAVX512BF16 for k pairs, not 0.
//
//go:noescape
func gemmPackingPanelsAVX512BF16(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, src Block[float32])

// packAVX512BF16 packs panels as PackPanels does, in pairs along k: word i·panel + j of a
// panel holds numbers 2i and 2i+1 of column j, rounded; past the end of k is zero.
func packAVX512BF16(dst, src []float32, across, along, width, panel, k int) {
	words := (k + 1) / 2
	if across == 1 {
		side := packSide * panel
		for at := 0; at < width; at += side {
			packRowsAVX512BF16(dst[at*words:], src[at:], along, min(side, width-at), panel, k)
		}
		return
	}
	for at := 0; at < width; at += panel {
		to, from, n := dst[at*words:][:panel*words], src[at*across:], min(panel, width-at)
		if n < panel {
			clear(to)
		}
		whole := 0
		if along == 1 {
			whole = n &^ 7
			packColumnsAVX512BF16(to, from, across, whole, panel, k)
		}
		for j := whole; j < n; j++ {
			for i := range words {
				p := j*across + 2*i*along
				second := float32(0)
				if 2*i+1 < k {
					second = from[p+along]
				}
				to[i*panel+j] = pairBF16(from[p], second)
			}
		}
	}
}

// packRowsAVX512BF16 works like packAVX512BF16 where across is 1.
//
//go:noescape
func packRowsAVX512BF16(dst, src []float32, along, width, panel, k int)

// packColumnsAVX512BF16 works like packAVX512BF16 where along is 1, for the first rows
// columns of one panel. rows is a multiple of 8.
//
//go:noescape
func packColumnsAVX512BF16(dst, src []float32, across, rows, panel, k int)

// pairBF16 rounds as VCVTNE2PS2BF16 does, which makes subnormal numbers zeros.
func pairBF16(x, y float32) float32 {
	return math.Float32frombits(uint32(toBF16(flush(x))) | uint32(toBF16(flush(y)))<<16)
}

// flush returns a zero of the same sign for a subnormal number.
func flush(x float32) float32 {
	if b := math.Float32bits(x); b&0x7f800000 == 0 {
		return math.Float32frombits(b & 0x80000000)
	}
	return x
}
