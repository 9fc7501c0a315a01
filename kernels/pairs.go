package kernels

import (
	"fmt"
	"math"
	"unsafe"
)

// Panels that stay packed and hold numbers rounded to bfloat16, two to a word of float32 at
// every level: weights of which memory, and what must be read of it for a token, is half. The
// panels of gemmbf16.go serve one product and have that form only where an instruction
// multiplies pairs. Word i·panel + j of a panel holds numbers 2i, in its lower half, and 2i+1
// of column j; past the end of an odd k stands zero.
//
// Products are those of gemmbf16.go, in the same order: x is rounded too, sums are float32.
// Where no instruction multiplies pairs, a shift and a mask make two float32 of a word.

// PairPanels returns how many numbers PackPairs writes for a width and a depth k.
func PairPanels[T Float](width, panel, k int) int { return roundUp(width, panel) * pairWords[T](k) }

// pairWords returns how many words hold k numbers. In float64, the oracle, a word is a number.
func pairWords[T Float](k int) int {
	if is32[T]() {
		return (k + 1) / 2
	}
	return k
}

// PackPairs works like PackPanels and rounds to bfloat16, two numbers to a word. A vector is
// packed, for GemvPairs, as one panel of width 1.
//
//go:noinline
func PackPairs[T Float](dst, src []T, across, along, width, panel, k int) {
	checkLen("PackPairs", "dst", len(dst), PairPanels[T](width, panel, k))
	if width == 0 || k == 0 {
		return
	}
	checkLen("PackPairs", "src", min(len(src), (width-1)*across+(k-1)*along+1), (width-1)*across+(k-1)*along+1)
	switch {
	case !is32[T]():
		packBF16Generic(dst, src, across, along, width, panel, k)
	case width == 1 && panel == 1 && along == 1:
		packPairsVector(as32(dst), as32(src)[:k])
	case active.pairBF16 == 2:
		active.packBF16(as32(dst), as32(src), across, along, width, panel, k)
	default:
		packPairsGeneric(as32(dst), as32(src), across, along, width, panel, k)
	}
}

// packPairsVector rounds numbers that lie as the pairs will.
func packPairsVector(dst, src []float32) {
	halves := unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(dst))), 2*len(dst))
	halves[len(halves)-1] = 0
	if lowFirst {
		active.bf16FromF32(halves[:len(src)], src)
		return
	}
	for i := range dst {
		dst[i] = pairOf(src, 2*i, 1, len(src))
	}
}

// lowFirst reports whether the lower half of a word lies first in memory.
var lowFirst = func() bool {
	word := uint32(1)
	return *(*uint16)(unsafe.Pointer(&word)) == 1
}()

func packPairsGeneric(dst, src []float32, across, along, width, panel, k int) {
	words := (k + 1) / 2
	for at := 0; at < width; at += panel {
		to, n := dst[at*words:][:panel*words], min(panel, width-at)
		if n < panel {
			clear(to)
		}
		for j := range n {
			from := src[(at+j)*across:]
			for i := range words {
				to[i*panel+j] = pairOf(from, 2*i*along, along, (k-1)*along+1)
			}
		}
	}
}

// pairOf rounds x[at] and x[at+along], or zero where that is not before end, to the halves of
// a word.
func pairOf(x []float32, at, along, end int) float32 {
	word := uint32(toBF16(x[at]))
	if at+along < end {
		word |= uint32(toBF16(x[at+along])) << 16
	}
	return math.Float32frombits(word)
}

// pairHalves returns the two numbers of a word.
func pairHalves(word float32) (low, high float32) {
	b := math.Float32bits(word)
	return math.Float32frombits(b << 16), math.Float32frombits(b &^ 0xffff)
}

// GemmPairs works like GemmBF16 with panels of A of PackPanelsBF16 and of B of PackPairs, ldb
// numbers apart. scratch has GemmPairsScratch(k) numbers.
//
//go:noinline
func GemmPairs[T Float](c []T, ldc int, a, b []T, ldb, m, n, k int, alpha, beta T, scratch []T) {
	cols := GemmCols[T]()
	checkLen("GemmPairs", "a", len(a), GemmPanelsBF16[T](m, GemmRows, k))
	checkPanels("GemmPairs", len(b), ldb, roundUp(n, cols)/cols, PairPanels[T](cols, cols, k))
	checkRows("GemmPairs", "c", len(c), ldc, m, n)
	checkLen("GemmPairs", "scratch", min(len(scratch), GemmPairsScratch[T](k)), GemmPairsScratch[T](k))
	for j := 0; j < n; j += cols {
		panel := b[j/cols*ldb:][:PairPanels[T](cols, cols, k)]
		if GemmPairsScratch[T](k) > 0 {
			panel = scratch[:cols*k]
			active.unpairs(as32(panel), as32(b[j/cols*ldb:]), cols)
		}
		GemmBF16(c[j:], ldc, a, panel, m, min(cols, n-j), k, alpha, beta, Block[T]{})
	}
}

// GemmPairsScratch returns how many numbers of scratch GemmPairs needs: room for a panel of
// float32 where no instruction multiplies pairs.
func GemmPairsScratch[T Float](k int) int {
	if is32[T]() && active.pairBF16 == 1 {
		return active.gemmCols * k
	}
	return 0
}

// unpairsGeneric takes the words of a panel of len(dst)/cols rows apart:
//
//	dst[2i·cols + j], dst[(2i+1)·cols + j] = the halves of words[i·cols + j]
func unpairsGeneric(dst, words []float32, cols int) {
	for i := 0; i*cols < len(dst); i += 2 {
		low, high := dst[i*cols:][:cols], dst[min((i+1)*cols, len(dst)):]
		for j, w := range words[i/2*cols:][:cols] {
			first, second := pairHalves(w)
			low[j] = first
			if len(high) > 0 {
				high[j] = second
			}
		}
	}
}

// GemvPairs works like Gemv with x of PackPairs and panels of PackPairs; len(x) counts words.
//
//go:noinline
func GemvPairs[T Float](y, x, b []T, ldb int, add bool, scratch []T) {
	cols := GemmCols[T]()
	checkPanels("GemvPairs", len(b), ldb, roundUp(len(y), cols)/cols, cols*len(x))
	checkLen("GemvPairs", "scratch", min(len(scratch), GemvScratch), GemvScratch)
	if is32[T]() {
		gemvGroups(as32(y), as32(x), as32(b), ldb, cols, add, as32(scratch), active.gemvPairs)
		return
	}
	gemvGroups(y, x, b, ldb, cols, add, scratch, gemvGeneric[T])
}

// gemvPairsGeneric works like gemvGeneric on words.
func gemvPairsGeneric(y, x, b []float32, ldb, panels int, add bool) {
	cols := len(y) / gemvPanels
	var sums [gemmColsMost]float32
	for p := range panels {
		sum := sums[:cols]
		clear(sum)
		for i, v := range x {
			first, second := pairHalves(v)
			for j, w := range b[p*ldb+i*cols:][:cols] {
				low, high := pairHalves(w)
				sum[j] += first * low
				sum[j] += second * high
			}
		}
		gemvPut(y[p*cols:][:cols], sum, add)
	}
}

//go:noinline
func panicPanels(op string, n, ld, panels, size int) {
	panic(fmt.Sprintf("kernels: %s: len(b) = %d for %d panels of %d, %d apart", op, n, panels, size, ld))
}
