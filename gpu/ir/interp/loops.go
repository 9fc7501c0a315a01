package interp

import (
	"math"

	"inkstone/gpu/ir"
	"inkstone/kernels"
)

// The loops over lanes. All slices of a call have the length of the first.

type integer interface{ int32 | uint32 }

func minLoop(d, x, y []float32) {
	x, y = x[:len(d)], y[:len(d)]
	for i, a := range x {
		if b := y[i]; b < a || a != a {
			a = b
		}
		d[i] = a
	}
}

func maxLoop(d, x, y []float32) {
	x, y = x[:len(d)], y[:len(d)]
	for i, a := range x {
		if b := y[i]; b > a || a != a {
			a = b
		}
		d[i] = a
	}
}

func fmaLoop(d, x, y, z []float32) {
	x, y, z = x[:len(d)], y[:len(d)], z[:len(d)]
	for i := range d {
		d[i] = fma(x[i], y[i], z[i])
	}
}

// fma computes x·y + z, rounded once. The product is exact in float64, so only the sum is
// rounded before the result is; that differs from rounding once only where the sum comes to lie
// in the middle of two float32, or where float32 has fewer bits, which is rare.
func fma(x, y, z float32) float32 {
	sum := float64(x)*float64(y) + float64(z)
	r := float32(sum)
	if math.Float64bits(sum)<<35 == 1<<63 || r < 0x1p-125 && r > -0x1p-125 {
		return fmaOdd(x, y, z)
	}
	return r
}

// fmaOdd computes x·y + z by rounding the sum to odd: a sum that is not exact gets an odd last
// bit, and so never looks like the middle of two float32 (Boldo and Melquiond, "Emulation of
// FMA and correctly rounded sums", IEEE Transactions on Computers 57(4), 2008).
func fmaOdd(x, y, z float32) float32 {
	p, q := float64(x)*float64(y), float64(z)
	sum := p + q
	t := sum - p
	rest := (p - (sum - t)) + (q - t) // p + q = sum + rest, exactly (Knuth's TwoSum)
	if bits := math.Float64bits(sum); rest != 0 && bits&1 == 0 && !math.IsInf(sum, 0) && sum == sum {
		if rest > 0 == (sum > 0) {
			bits++
		} else {
			bits--
		}
		sum = math.Float64frombits(bits)
	}
	return float32(sum)
}

func selectLoop(d, cond, yes, no []uint32) {
	cond, yes, no = cond[:len(d)], yes[:len(d)], no[:len(d)]
	for i := range d {
		v := no[i]
		if cond[i] != 0 {
			v = yes[i]
		}
		d[i] = v
	}
}

func word(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

func compareLoop[T float32 | int32 | uint32](op ir.Op) func(d []uint32, x, y []T) {
	switch op {
	case ir.OpEq:
		return func(d []uint32, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = word(x[i] == y[i])
			}
		}
	case ir.OpNe:
		return func(d []uint32, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = word(x[i] != y[i])
			}
		}
	case ir.OpLt:
		return func(d []uint32, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = word(x[i] < y[i])
			}
		}
	case ir.OpLe:
		return func(d []uint32, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = word(x[i] <= y[i])
			}
		}
	case ir.OpGt:
		return func(d []uint32, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = word(x[i] > y[i])
			}
		}
	default:
		return func(d []uint32, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = word(x[i] >= y[i])
			}
		}
	}
}

// binaryInt returns the loop of an integer operation; And, Or and Xor serve Bool too.
func binaryInt[T integer](op ir.Op) func(d, x, y []T) {
	switch op {
	case ir.OpAdd:
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] + y[i]
			}
		}
	case ir.OpSub:
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] - y[i]
			}
		}
	case ir.OpMul:
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] * y[i]
			}
		}
	case ir.OpMulHi:
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				if T(0)-1 < 0 {
					d[i] = T(int64(x[i]) * int64(y[i]) >> 32)
				} else {
					d[i] = T(uint64(x[i]) * uint64(y[i]) >> 32)
				}
			}
		}
	case ir.OpDiv:
		return func(d, x, y []T) { divLoop(d, x, y, func(x, y T) T { return x / y }) }
	case ir.OpRem:
		return func(d, x, y []T) { divLoop(d, x, y, func(x, y T) T { return x % y }) }
	case ir.OpMin:
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = min(x[i], y[i])
			}
		}
	case ir.OpMax:
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = max(x[i], y[i])
			}
		}
	case ir.OpAnd:
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] & y[i]
			}
		}
	case ir.OpOr:
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] | y[i]
			}
		}
	case ir.OpXor:
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] ^ y[i]
			}
		}
	case ir.OpShl:
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] << (uint32(y[i]) & 31)
			}
		}
	default: // OpShr
		return func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] >> (uint32(y[i]) & 31)
			}
		}
	}
}

// divLoop gives 0 for a division by zero, which inactive lanes may do.
func divLoop[T integer](d, x, y []T, f func(x, y T) T) {
	for i := range d {
		if y[i] == 0 {
			d[i] = 0
		} else {
			d[i] = f(x[i], y[i])
		}
	}
}

// unaryBits returns the loop of a unary operation on integers or Bool.
func unaryBits(op ir.Op, elem ir.Type) func(d, x []uint32) {
	switch {
	case op == ir.OpNeg:
		return func(d, x []uint32) {
			for i, v := range x {
				d[i] = -v
			}
		}
	case op == ir.OpAbs:
		return func(d, x []uint32) {
			for i, v := range x {
				d[i] = uint32(max(int32(v), -int32(v)))
			}
		}
	default: // OpNot
		mask := ^uint32(0)
		if elem == ir.Bool {
			mask = 1
		}
		return func(d, x []uint32) {
			for i, v := range x {
				d[i] = v ^ mask
			}
		}
	}
}

var unaryF32 = [...]func(d, x []float32){
	ir.OpNeg: func(d, x []float32) {
		for i, v := range x {
			d[i] = -v
		}
	},
	ir.OpAbs: func(d, x []float32) {
		for i, v := range x {
			d[i] = math.Float32frombits(math.Float32bits(v) &^ (1 << 31))
		}
	},
	ir.OpFloor: each(math.Floor),
	ir.OpCeil:  each(math.Ceil),
	ir.OpTrunc: each(math.Trunc),
	ir.OpRound: each(math.RoundToEven),
	ir.OpExp:   each(math.Exp), // through float64, so rounded nearly always right
	ir.OpLog:   each(math.Log),
	ir.OpSqrt:  kernels.Sqrt[float32],
	ir.OpRsqrt: each(func(x float64) float64 { return 1 / math.Sqrt(x) }),
}

func each(f func(float64) float64) func(d, x []float32) {
	return func(d, x []float32) {
		for i, v := range x {
			d[i] = float32(f(float64(v)))
		}
	}
}

func toFloatLoop[T integer](d []float32, x []T) {
	for i, v := range x {
		d[i] = float32(v)
	}
}

// toIntLoop drops the fraction; what does not fit becomes the nearest that does, NaN zero.
func toIntLoop[T integer](d []T, x []float32, low, high float64) {
	for i, v := range x {
		if v != v {
			v = 0
		}
		d[i] = T(int64(max(low, min(high, float64(v)))))
	}
}

func packLoop(d []uint32, x, y []float32, half []uint16) {
	low, high := half[:len(d)], half[len(d):2*len(d)]
	kernels.F16FromF32(low, x)
	kernels.F16FromF32(high, y)
	for i := range d {
		d[i] = uint32(low[i]) | uint32(high[i])<<16
	}
}

func unpackLoop(x, y []float32, d []uint32, half []uint16) {
	low, high := half[:len(d)], half[len(d):2*len(d)]
	for i, v := range d {
		low[i], high[i] = uint16(v), uint16(v>>16)
	}
	kernels.F32FromF16(x, low)
	kernels.F32FromF16(y, high)
}
