package kernels

// Dropout keeps every x[i] with probability keep, divided by keep, and zeroes the others
// (Srivastava et al., JMLR 15, 2014, in the "inverted" form that needs no scaling later):
//
//	dst[i] = x[i]/keep  if word[i] < keep·2³²,  else 0
//
// where word[i] is what PhiloxUint32 writes for the same key and counter. The backward
// pass is the same call on the gradient. The lengths are equal; dst may be x.
//
//go:noinline
func Dropout[T Float](dst, x []T, key [2]uint32, counter uint64, keep T) {
	checkLen("Dropout", "x", len(x), len(dst))
	limit := uint64(float64(keep) * (1 << 32))
	if limit == 0 {
		Fill(dst, 0)
		return
	}
	if is32[T]() {
		active.dropout(as32(dst), as32(x), key, counter, limit, float32(keep))
		return
	}
	dropoutGeneric(dst, x, key, counter, limit, keep)
}

// dropoutGeneric wants 0 < limit <= 2³².
func dropoutGeneric[T Float](dst, x []T, key [2]uint32, counter, limit uint64, keep T) {
	x = x[:len(dst)]
	for len(dst) > 0 {
		words := philox(key, counter)
		n := min(4, len(dst))
		for i := range n {
			v := x[i] / keep
			if uint64(words[i]) >= limit {
				v = 0
			}
			dst[i] = v
		}
		dst, x = dst[n:], x[n:]
		counter++
	}
}
