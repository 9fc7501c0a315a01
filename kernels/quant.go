package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The block formats of GGUF files: 32 numbers in a row share one scale d, a float16 that
// stands before them, least significant byte first. Kernels read the bytes where they lie, so
// a memory-mapped file serves as it is (ggml's docs and ggml-common.h: block_q8_0, block_q4_0).
//
//	q8_0  d, then 32 int8 q               x[i] = d·q[i]
//	q4_0  d, then 16 bytes of two 4 bits  x[i] = d·(low[i] − 8),  x[16+i] = d·(high[i] − 8)
const (
	QuantBlock = 32               // numbers in a block
	Q8Bytes    = 2 + QuantBlock   // of a block of q8_0
	Q4Bytes    = 2 + QuantBlock/2 // of a block of q4_0
	q4Zero     = 8                // what 4 bits are above the number they stand for
	q8Max      = 127              // the largest number of a block is quantised to ±q8Max
	quantWork  = 1 << 19          // bytes of a matrix for one call of assembly: some 30 µs
)

// scaleOf returns the scale of a block.
func scaleOf(block []byte) float32 { return fromF16(binary.LittleEndian.Uint16(block)) }

// QuantizeQ8 writes x in blocks of q8_0, bit by bit as ggml's reference does: with the largest
// |x| of a block called a,
//
//	d = a/127,  q[i] = round(x[i]·(1/d)), halves away from zero
//
// and d rounded to float16 after that, which makes Inf of it where a is above 8.3 million. A block
// with a NaN or an infinity in it gets such a scale, and zeros, so that products with it are NaN;
// a block too small for a scale that has an inverse gets zeros. len(x) is a multiple of QuantBlock and
// len(dst) is len(x)/QuantBlock·Q8Bytes.
//
//go:noinline
func QuantizeQ8(dst []byte, x []float32) {
	if len(x)%QuantBlock != 0 {
		panic(fmt.Sprintf("kernels: QuantizeQ8: len(x) = %d is no multiple of %d", len(x), QuantBlock))
	}
	checkLen("QuantizeQ8", "dst", len(dst), len(x)/QuantBlock*Q8Bytes)
	active.quantizeQ8(dst, x)
}

func quantizeQ8Generic(dst []byte, x []float32) {
	for ; len(x) > 0; dst, x = dst[Q8Bytes:], x[QuantBlock:] {
		largest := float32(0)
		for _, v := range x[:QuantBlock] {
			largest = max(largest, v, -v) // NaN wins
		}
		d := largest / q8Max
		inverse := 1 / d
		if !(d <= math.MaxFloat32) || inverse > math.MaxFloat32 {
			inverse = 0 // d is NaN or Inf, or too small for a float16 by far
		}
		binary.LittleEndian.PutUint16(dst, toF16(d))
		for i, v := range x[:QuantBlock] {
			q := 0.0
			if inverse != 0 {
				q = math.Round(float64(v * inverse))
			}
			dst[2+i] = byte(int8(q))
		}
	}
}
