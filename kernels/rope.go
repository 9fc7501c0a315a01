package kernels

// RoPE rotates the heads of one position, x [heads, headDim], by the position's angles (Su et
// al. 2021, "RoFormer", section 3.4.2). Pair i turns by an angle with the given cosine and
// sine; cos and sin have headDim/2 entries:
//
//	a' = a·cos[i] − b·sin[i],  b' = a·sin[i] + b·cos[i]
//
// With interleaved, the pair (a, b) is (x[2i], x[2i+1]), as in Meta's code; otherwise it is
// (x[i], x[i+headDim/2]), as in Hugging Face's. dst may be x.
//
//go:noinline
func RoPE[T Float](dst, x, cos, sin []T, heads, headDim int, interleaved bool) {
	rotate("RoPE", dst, x, cos, sin, heads, headDim, interleaved, 1)
}

// RoPEBackward turns dy back: the inverse of a rotation is its transpose. dx may be dy.
//
//go:noinline
func RoPEBackward[T Float](dx, dy, cos, sin []T, heads, headDim int, interleaved bool) {
	rotate("RoPEBackward", dx, dy, cos, sin, heads, headDim, interleaved, -1)
}

func rotate[T Float](op string, dst, x, cos, sin []T, heads, headDim int, interleaved bool, sign T) {
	checkLen(op, "dst", len(dst), heads*headDim)
	checkLen(op, "x", len(x), heads*headDim)
	checkLen(op, "cos", len(cos), headDim/2)
	checkLen(op, "sin", len(sin), headDim/2)
	if is32[T]() {
		turn := active.ropeHalves
		if interleaved {
			turn = active.ropePairs
		}
		turn(as32(dst), as32(x), as32(cos), as32(sin), headDim, float32(sign))
		return
	}
	if interleaved {
		ropePairsGeneric(dst, x, cos, sin, headDim, sign)
	} else {
		ropeHalvesGeneric(dst, x, cos, sin, headDim, sign)
	}
}

// ropeHalvesGeneric turns the pairs (x[i], x[i+headDim/2]) of every head.
func ropeHalvesGeneric[T Float](dst, x, cos, sin []T, headDim int, sign T) {
	half := len(cos)
	for at := 0; at < len(x); at += headDim {
		a, b := x[at:][:half], x[at+half:][:half]
		toA, toB := dst[at:][:half], dst[at+half:][:half]
		for i := range half {
			c, s := cos[i], sign*sin[i]
			toA[i], toB[i] = a[i]*c-b[i]*s, a[i]*s+b[i]*c
		}
	}
}

// ropePairsGeneric turns the pairs (x[2i], x[2i+1]) of every head.
func ropePairsGeneric[T Float](dst, x, cos, sin []T, headDim int, sign T) {
	half := len(cos)
	for at := 0; at < len(x); at += headDim {
		from, to := x[at:][:2*half], dst[at:][:2*half]
		for i := range half {
			a, b := from[2*i], from[2*i+1]
			c, s := cos[i], sign*sin[i]
			to[2*i], to[2*i+1] = a*c-b*s, a*s+b*c
		}
	}
}
