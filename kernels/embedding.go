package kernels

// Gather copies rows of a table [V, cols]: dst[r] = table[ids[r]]. An id outside the table
// panics.
//
//go:noinline
func Gather[T Float](dst, table []T, ids []int32, cols int) {
	checkLen("Gather", "dst", len(dst), len(ids)*cols)
	for r, id := range ids {
		copy(dst[r*cols:][:cols], table[int(id)*cols:][:cols])
	}
}

// ScatterAdd adds rows of dy to rows of a table's gradient, in order of r:
//
//	dtable[ids[r], lo:hi] += dy[r, lo:hi]
//
// The range of columns lets several threads share the work although ids repeat.
//
//go:noinline
func ScatterAdd[T Float](dtable, dy []T, ids []int32, cols, lo, hi int) {
	checkLen("ScatterAdd", "dy", len(dy), len(ids)*cols)
	for r, id := range ids {
		Axpy(dtable[int(id)*cols:][lo:hi], dy[r*cols:][lo:hi], 1)
	}
}
