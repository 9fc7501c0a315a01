package tensor

import (
	"hash/fnv"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"inkstone/kernels"
)

// A Stream is an endless sequence of random numbers with an address: the k-th number of
// the stream for (seed, purpose, step) is always the same, whatever else was drawn before,
// on any machine and any number of threads. It is computed by Philox4x32-10, a counter-based
// generator; see kernels.PhiloxUint32.
type Stream struct{ key [2]uint32 }

// NewStream returns the stream for a purpose, such as "dropout" or "init h.0.attn.weight",
// at a step of a run with the given seed.
func NewStream(seed uint64, purpose string, step int) Stream {
	h := fnv.New64a()
	var b [8]byte
	for i := range b {
		b[i] = byte(seed >> (8 * i))
	}
	h.Write(b[:])
	h.Write([]byte(purpose))
	k := h.Sum64()
	run := Stream{[2]uint32{uint32(k), uint32(k >> 32)}}
	w := run.At(uint64(step))
	return Stream{[2]uint32{w[0], w[1]}}
}

// Key returns the key by which kernels.PhiloxUint32 names the stream.
func (s Stream) Key() [2]uint32 { return s.key }

// At returns the four numbers of block i of the stream.
func (s Stream) At(i uint64) (w [4]uint32) {
	kernels.PhiloxUint32(w[:], s.key, i)
	return w
}

// An RNG draws the numbers of a stream one after another. It is a math/rand/v2 Source.
type RNG struct {
	s     Stream
	block uint64
	buf   [4]uint32
	have  int
}

// NewRNG returns a generator at the start of a stream.
func NewRNG(s Stream) *RNG { return &RNG{s: s} }

// Uint32 returns the next 32 random bits.
func (r *RNG) Uint32() uint32 {
	if r.have == 0 {
		r.buf = r.s.At(r.block)
		r.block++
		r.have = 4
	}
	r.have--
	return r.buf[3-r.have]
}

// Uint64 returns the next 64 random bits.
func (r *RNG) Uint64() uint64 { return uint64(r.Uint32()) | uint64(r.Uint32())<<32 }

// Float64 returns a number in [0, 1).
func (r *RNG) Float64() float64 { return float64(r.Uint64()>>11) * 0x1p-53 }

// Normal returns a standard normal number, by the Box–Muller transform.
func (r *RNG) Normal() float64 {
	u, v := 1-r.Float64(), r.Float64()
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
}

// IntN returns a number in [0, n), without bias.
func (r *RNG) IntN(n int) int {
	limit := -uint64(n) % uint64(n) // 2⁶⁴ mod n: values below it would be over-represented
	for {
		if x := r.Uint64(); x >= limit {
			return int(x % uint64(n))
		}
	}
}

// FillNormal fills a Float32 or Float64 tensor with normal numbers of the given mean and
// standard deviation: element i is the i-th that an RNG of the stream draws.
func FillNormal(t *Tensor, s Stream, mean, std float64) {
	fillRandom(t, s, 4, func(r *RNG) float64 { return mean + std*r.Normal() })
}

// FillUniform fills a Float32 or Float64 tensor with numbers in [lo, hi): element i is the i-th
// that an RNG of the stream draws.
func FillUniform(t *Tensor, s Stream, lo, hi float64) {
	fillRandom(t, s, 2, func(r *RNG) float64 { return lo + (hi-lo)*r.Float64() })
}

// fillPiece is how many elements one task of fillRandom fills: whole blocks of the stream.
const fillPiece = 1 << 15

// fillRandom draws every element, words numbers of the stream each. Where a piece of the tensor
// begins in the stream follows from that, so pieces are filled side by side, by as many
// goroutines as Go may run at once.
func fillRandom(t *Tensor, s Stream, words int, draw func(*RNG) float64) {
	n := t.Len()
	var next atomic.Int64
	var filling sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), pieces(n, fillPiece)) {
		filling.Go(func() {
			for {
				lo := int(next.Add(fillPiece)) - fillPiece
				if lo >= n {
					return
				}
				hi, r := min(lo+fillPiece, n), &RNG{s: s, block: uint64(lo) * uint64(words) / 4}
				if t.dtype == Float64 {
					fillWith(Data[float64](t)[lo:hi], r, draw)
				} else {
					fillWith(Data[float32](t)[lo:hi], r, draw)
				}
			}
		})
	}
	filling.Wait()
}

func fillWith[T float32 | float64](x []T, r *RNG, draw func(*RNG) float64) {
	for i := range x {
		x[i] = T(draw(r))
	}
}
