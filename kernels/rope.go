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
	half := headDim / 2
	step, apart := 1, half // between pairs, between the members of one
	if interleaved {
		step, apart = 2, 1
	}
	for h := range heads {
		to, from := dst[h*headDim:][:headDim], x[h*headDim:][:headDim]
		for i := range half {
			a, b := from[i*step], from[i*step+apart]
			s := sign * sin[i]
			to[i*step] = a*cos[i] - b*s
			to[i*step+apart] = a*s + b*cos[i]
		}
	}
}
