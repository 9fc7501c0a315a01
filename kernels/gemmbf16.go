package kernels

import "math"

// Products of numbers rounded to bfloat16: C = alpha·bf16(A)·bf16(B) + beta·C, with C and
// its sums in float32. Panels and tiles are those of gemm.go; packing rounds on the way, to
// nearest and ties to even, so that there are no matrices of bfloat16. NaN stays NaN.
//
// What is lost is the rounding of the factors: each keeps 8 bits, so that
//
//	|C − A·B| ≤ (2⁻⁸ + 2⁻¹⁸)·Σ|a·b|     beside what float32 sums lose
//
// A product of two bfloat16 numbers has 16 bits and is exact in float32. What remains are the
// sums. The level avx512bf16 has VDPBF16PS, which adds two products to each of sixteen sums.
// It is no fused multiply-add: it rounds every sum to nearest even, whatever the processor is
// set to, may add the two products to one another first (Zen 5 does) or one after the other
// (as Intel's manual has it), and takes subnormal numbers for zeros, in factors as in results.
// So its error, against sums without error of the rounded factors, obeys the bound of any sum
// in float32, (k+1)·2⁻²⁴·Σ|a·b|, and 3k·2⁻¹²⁶·max(1, |a|, |b|) more for what it takes for zero.
// Other levels round while they pack, to bfloat16 kept in float32, and multiply with the
// tile of Gemm.

// GemmPanelsBF16 returns how many numbers PackPanelsBF16 writes for a width and a depth k.
func GemmPanelsBF16[T Float](width, panel, k int) int { return roundUp(width, panel) * wordsBF16[T](k) }

// wordsBF16 returns how many numbers of a packed panel hold k numbers rounded to bfloat16.
func wordsBF16[T Float](k int) int {
	if is32[T]() {
		return (k + active.pairBF16 - 1) / active.pairBF16
	}
	return k
}

// PackPanelsBF16 works like PackPanels and rounds to bfloat16. What it writes is for
// GemmBF16 alone: a level may put two numbers of bfloat16 where one of float32 was.
//
//go:noinline
func PackPanelsBF16[T Float](dst, src []T, across, along, width, panel, k int) {
	checkLen("PackPanelsBF16", "dst", len(dst), GemmPanelsBF16[T](width, panel, k))
	if width == 0 || k == 0 {
		return
	}
	checkLen("PackPanelsBF16", "src", min(len(src), (width-1)*across+(k-1)*along+1), (width-1)*across+(k-1)*along+1)
	if is32[T]() {
		active.packBF16(as32(dst), as32(src), across, along, width, panel, k)
		return
	}
	packBF16Generic(dst, src, across, along, width, panel, k)
}

func packBF16Generic[T Float](dst, src []T, across, along, width, panel, k int) {
	PackPanels(dst, src, across, along, width, panel, k)
	if is32[T]() {
		active.roundBF16(as32(dst))
		return
	}
	roundBF16Generic(dst)
}

func roundBF16Generic[T Float](x []T) {
	for i, v := range x {
		x[i] = T(math.Float32frombits(uint32(toBF16(float32(v))) << 16))
	}
}

// GemmBF16 works like Gemm on panels of PackPanelsBF16.
//
//go:noinline
func GemmBF16[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, next Block[T]) {
	checkLen("GemmBF16", "a", len(a), GemmPanelsBF16[T](m, GemmRows, k))
	checkLen("GemmBF16", "b", len(b), GemmPanelsBF16[T](n, GemmCols[T](), k))
	checkRows("GemmBF16", "c", len(c), ldc, m, n)
	gemmBands(c, ldc, a, wordsBF16[T](k), b, m, n, wordsBF16[T](k), alpha, beta, next, gemmPanelsBF16[T])
}

// gemmPanelsBF16 works like gemmPanels on panels of PackPanelsBF16; k counts words.
func gemmPanelsBF16[T Float](c []T, ldc int, a, b []T, m, n, k int, alpha, beta T, next Block[T], _ int) {
	if is32[T]() {
		active.gemmPanelsBF16(as32(c), ldc, as32(a), as32(b), m, n, k, float32(alpha), float32(beta), block32(next))
		return
	}
	gemmPanelsGeneric(c, ldc, a, b, m, n, k, alpha, beta, next)
}
