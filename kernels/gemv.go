package kernels

// A vector times a matrix that lies in panels of PackPanels, as decoding does with weights that are
// packed once: y = x·B. Every number of B is read once and multiplied once, so all that
// counts is how fast memory gives it. One stream of addresses does not keep enough loads on
// their way; panels read side by side are as many streams.

// gemvPanels is how many panels are read side by side.
const gemvPanels = 4

// GemvScratch is how many numbers of scratch Gemv and GemvPairs need.
const GemvScratch = gemvPanels * gemmColsMost

// Gemv multiplies a vector by packed panels, y = x·B, or y += x·B if add is set, for
// x [k] and the panels, ldb numbers apart, of B [k, n], where k = len(x) and n = len(y). It sums
// in the order in which Gemm does, from the first number to the last, so that an element is
// the same bits as Gemm gives. scratch has GemvScratch numbers.
//
//go:noinline
func Gemv[T Float](y, x, b []T, ldb int, add bool, scratch []T) {
	cols := GemmCols[T]()
	checkPanels("Gemv", len(b), ldb, roundUp(len(y), cols)/cols, cols*len(x))
	checkLen("Gemv", "scratch", min(len(scratch), GemvScratch), GemvScratch)
	if is32[T]() {
		gemvGroups(as32(y), as32(x), as32(b), ldb, cols, add, as32(scratch), active.gemv)
		return
	}
	gemvGroups(y, x, b, ldb, cols, add, scratch, gemvGeneric[T])
}

// gemvGroups does a product gemvPanels panels at a time. The last group, which may have fewer
// columns, is computed whole, in scratch.
func gemvGroups[T Float](y, x, b []T, ldb, cols int, add bool, scratch []T, product func(y, x, b []T, ldb, panels int, add bool)) {
	for wide := gemvPanels * cols; len(y) >= wide; y = y[wide:] {
		product(y[:wide], x, b, ldb, gemvPanels, add)
		b = b[min(gemvPanels*ldb, len(b)):]
	}
	if len(y) == 0 {
		return
	}
	whole := scratch[:gemvPanels*cols]
	if add {
		copy(whole, y)
	}
	product(whole, x, b, ldb, roundUp(len(y), cols)/cols, add)
	copy(y, whole)
}

// gemmColsMost is the width of the widest tile of any level.
const gemmColsMost = 48

// gemvGeneric computes len(y)/gemvPanels columns of each of up to gemvPanels panels. What it
// writes for panels that are not there means nothing.
func gemvGeneric[T Float](y, x, b []T, ldb, panels int, add bool) {
	cols := len(y) / gemvPanels
	var sums [gemmColsMost]T
	for p := range panels {
		sum := sums[:cols]
		clear(sum)
		for i, v := range x {
			for j, w := range b[p*ldb+i*cols:][:cols] {
				sum[j] += v * w
			}
		}
		gemvPut(y[p*cols:][:cols], sum, add)
	}
}

// gemvPut writes sums to y or adds them.
func gemvPut[T Float](y, sum []T, add bool) {
	for j, s := range sum {
		if add {
			s += y[j]
		}
		y[j] = s
	}
}

// checkPanels panics unless a slice of length n holds panels of a size, ld numbers apart.
func checkPanels(op string, n, ld, panels, size int) {
	if panels > 0 && size > 0 && (ld < size && panels > 1 || n < (panels-1)*ld+size) {
		panicPanels(op, n, ld, panels, size)
	}
}
