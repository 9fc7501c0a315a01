package kernels

import (
	"math"

	"inkstone/gpu/ir"
)

// Dropout keeps every x[i] with probability keep, divided by keep, and zeroes the others
// (Srivastava et al., JMLR 15, 2014, inverted):
//
//	dst[i] = x[i]/keep  if word[i] < keep·2³²,  else 0
//
// where word[i] is word i%4 of block offset + i/4 of the Philox4x32-10 stream named by a key
// (Salmon, Moraes, Dror and Shaw, SC 2011, section 3.3): the same elements, and the same bits,
// as on the CPU, where the device fuses FMA. With InPlace dst is x.
//
// Buffers: dst, x [n], or the one of them with InPlace.
type Dropout struct{ InPlace bool }

// Build builds the kernel.
func (k Dropout) Build() (*ir.Kernel, error) {
	b := newElementwise("dropout" + suffix(k.InPlace))
	dst, x := inOut(b, "dst", "x", k.InPlace)
	n := b.Scalar("n", ir.I32)
	key0, key1 := b.Scalar("key0", ir.U32), b.Scalar("key1", ir.U32)
	low, high := b.Scalar("block_low", ir.U32), b.Scalar("block_high", ir.U32)
	last := b.Scalar("last", ir.U32)
	keep, inverse := b.Scalar("keep", ir.F32), b.Scalar("inverse", ir.F32)
	block := func(i ir.Value) [4]ir.Value {
		c := low.Add(i.To(ir.U32))
		carry := c.Lt(low).To(ir.U32)
		return philox(b, key0, key1, c, high.Add(carry))
	}
	drop := func(word, v ir.Value) ir.Value {
		return word.Le(last).Select(divide(v, keep, inverse), 0)
	}
	lane, vectors := b.GlobalID(0), n.Shr(2)
	b.For(lane, vectors, b.NumGroups(0).Mul(elementLanes), func(i ir.Value) {
		v, words := x.LoadVec(4, i), block(i)
		var y [4]ir.Value
		for e := range y {
			y[e] = drop(words[e], v.At(e))
		}
		dst.StoreVec(i, b.Vec(y[0], y[1], y[2], y[3]))
	})
	b.If(lane.Lt(n.And(3)), func() {
		words := block(vectors)
		word := words[2]
		for e := 1; e >= 0; e-- {
			word = lane.Eq(e).Select(words[e], word)
		}
		i := vectors.Mul(4).Add(lane)
		dst.Store(i, drop(word, x.Load(i)))
	})
	return b.Build()
}

// Launch returns the launch for n elements. A stream's name and offset are as in
// tensor.Backend; ok is false if nothing is kept: dst is then to be filled with zeros.
func (k Dropout) Launch(n int, key [2]uint32, offset uint64, keep float32) (l Launch, ok bool) {
	limit := uint64(float64(keep) * (1 << 32))
	if limit == 0 {
		return l, false
	}
	l = launchElements(n)
	for _, w := range []uint32{key[0], key[1], uint32(offset), uint32(offset >> 32), uint32(min(limit, 1<<32) - 1)} {
		l.word(w)
	}
	l.floats(keep, 1/keep)
	return l, true
}

// philox returns the four words of a block of the stream named by a key: see PhiloxUint32 of
// the CPU's kernels.
func philox(b *ir.Builder, key0, key1, low, high ir.Value) [4]ir.Value {
	m0, m1 := b.U32(0xD2511F53), b.U32(0xCD9E8D57)
	w0, w1 := b.U32(0x9E3779B9), b.U32(0xBB67AE85)
	c := [4]ir.Value{low, high, b.U32(0), b.U32(0)}
	for range 10 {
		c = [4]ir.Value{
			c[2].MulHi(m1).Xor(c[1]).Xor(key0), c[2].Mul(m1),
			c[0].MulHi(m0).Xor(c[3]).Xor(key1), c[0].Mul(m0),
		}
		key0, key1 = key0.Add(w0), key1.Add(w1)
	}
	return c
}

// divide returns x/y, rounded to the nearest, for inverse = 1/y rounded to the nearest: one
// step of correction makes of x·inverse the right quotient if FMA rounds once (Markstein,
// "Computation of elementary functions on the IBM RISC System/6000 processor", IBM J. Res. Dev.
// 34(1), 1990, theorem 8.2).
func divide(x, y, inverse ir.Value) ir.Value {
	q := x.Mul(inverse)
	rest := q.Neg().FMA(y, x)
	return q.Abs().Lt(float64(math.Inf(1))).Select(rest.FMA(inverse, q), q)
}
