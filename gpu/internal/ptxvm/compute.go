package ptxvm

import (
	"math"
	"strings"

	"inkstone/kernels"
)

// operation is arithmetic: the classes of its result and operands, and the function of bits.
type operation struct {
	classes string
	f       any // func(uint64) uint64, or of two or three
}

type (
	func1 = func(x uint64) uint64
	func2 = func(x, y uint64) uint64
	func3 = func(x, y, z uint64) uint64
)

func f32(x uint64) float32  { return math.Float32frombits(uint32(x)) }
func bits(x float32) uint64 { return uint64(math.Float32bits(x)) }
func s32(x uint64) int32    { return int32(uint32(x)) }
func word(x int32) uint64   { return uint64(uint32(x)) }
func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func float1(f func(x float64) float64) operation {
	return operation{"ff", func(x uint64) uint64 { return bits(float32(f(float64(f32(x))))) }}
}

func float2(f func(x, y float32) float32) operation {
	return operation{"fff", func(x, y uint64) uint64 { return bits(f(f32(x), f32(y))) }}
}

func signed2(f func(x, y int32) int32) operation {
	return operation{"rrr", func(x, y uint64) uint64 { return word(f(s32(x), s32(y))) }}
}

func unsigned2(f func(x, y uint32) uint32) operation {
	return operation{"rrr", func(x, y uint64) uint64 { return uint64(f(uint32(x), uint32(y))) }}
}

var table = map[string]operation{
	"add.rn.f32": float2(func(x, y float32) float32 { return x + y }),
	"sub.rn.f32": float2(func(x, y float32) float32 { return x - y }),
	"mul.rn.f32": float2(func(x, y float32) float32 { return x * y }),
	"div.rn.f32": float2(func(x, y float32) float32 { return x / y }),
	"min.f32":    float2(func(x, y float32) float32 { return number2(x, y, min(x, y)) }),
	"max.f32":    float2(func(x, y float32) float32 { return number2(x, y, max(x, y)) }),
	"fma.rn.f32": {"ffff", func(x, y, z uint64) uint64 { return bits(fma(f32(x), f32(y), f32(z))) }},

	"sqrt.rn.f32":     float1(math.Sqrt),
	"neg.f32":         {"ff", func(x uint64) uint64 { return x ^ 1<<31 }},
	"abs.f32":         {"ff", func(x uint64) uint64 { return x &^ (1 << 31) }},
	"cvt.rmi.f32.f32": float1(math.Floor),
	"cvt.rpi.f32.f32": float1(math.Ceil),
	"cvt.rzi.f32.f32": float1(math.Trunc),
	"cvt.rni.f32.f32": float1(math.RoundToEven),

	"add.s32":    signed2(func(x, y int32) int32 { return x + y }),
	"sub.s32":    signed2(func(x, y int32) int32 { return x - y }),
	"mul.lo.s32": signed2(func(x, y int32) int32 { return x * y }),
	"mul.hi.s32": signed2(func(x, y int32) int32 { return int32(int64(x) * int64(y) >> 32) }),
	"div.s32":    signed2(func(x, y int32) int32 { checkDivisor(y == 0); return x / y }),
	"rem.s32":    signed2(func(x, y int32) int32 { checkDivisor(y == 0); return x % y }),
	"min.s32":    signed2(func(x, y int32) int32 { return min(x, y) }),
	"max.s32":    signed2(func(x, y int32) int32 { return max(x, y) }),
	"neg.s32":    {"rr", func(x uint64) uint64 { return word(-s32(x)) }},
	"abs.s32":    {"rr", func(x uint64) uint64 { return word(max(s32(x), -s32(x))) }},

	"add.u32":    unsigned2(func(x, y uint32) uint32 { return x + y }),
	"sub.u32":    unsigned2(func(x, y uint32) uint32 { return x - y }),
	"mul.lo.u32": unsigned2(func(x, y uint32) uint32 { return x * y }),
	"mul.hi.u32": unsigned2(func(x, y uint32) uint32 { return uint32(uint64(x) * uint64(y) >> 32) }),
	"div.u32":    unsigned2(func(x, y uint32) uint32 { checkDivisor(y == 0); return x / y }),
	"rem.u32":    unsigned2(func(x, y uint32) uint32 { checkDivisor(y == 0); return x % y }),
	"min.u32":    unsigned2(func(x, y uint32) uint32 { return min(x, y) }),
	"max.u32":    unsigned2(func(x, y uint32) uint32 { return max(x, y) }),

	"and.b32": unsigned2(func(x, y uint32) uint32 { return x & y }),
	"or.b32":  unsigned2(func(x, y uint32) uint32 { return x | y }),
	"xor.b32": unsigned2(func(x, y uint32) uint32 { return x ^ y }),
	"shl.b32": unsigned2(func(x, y uint32) uint32 { return x << y }), // beyond 31 all bits go, as in Go
	"shr.u32": unsigned2(func(x, y uint32) uint32 { return x >> y }),
	"shr.s32": {"rrr", func(x, y uint64) uint64 { return word(s32(x) >> uint32(y)) }},
	"not.b32": {"rr", func(x uint64) uint64 { return uint64(^uint32(x)) }},

	"and.pred": {"ppp", func(x, y uint64) uint64 { return x & y }},
	"or.pred":  {"ppp", func(x, y uint64) uint64 { return x | y }},
	"xor.pred": {"ppp", func(x, y uint64) uint64 { return x ^ y }},
	"not.pred": {"pp", func(x uint64) uint64 { return x ^ 1 }},

	"mad.lo.s32":   {"rrrr", func(x, y, z uint64) uint64 { return word(s32(x)*s32(y) + s32(z)) }},
	"mad.wide.s32": {"drrd", func(x, y, z uint64) uint64 { return uint64(int64(s32(x))*int64(s32(y))) + z }},
	"mad.wide.u32": {"drrd", func(x, y, z uint64) uint64 { return uint64(uint32(x))*uint64(uint32(y)) + z }},

	"selp.b32": {"rrrp", choose},
	"selp.f32": {"fffp", choose},

	"cvt.rn.f32.s32":  {"fr", func(x uint64) uint64 { return bits(float32(s32(x))) }},
	"cvt.rn.f32.u32":  {"fr", func(x uint64) uint64 { return bits(float32(uint32(x))) }},
	"cvt.rzi.s32.f32": {"rf", func(x uint64) uint64 { return word(int32(clamp(f32(x), math.MinInt32, math.MaxInt32))) }},
	"cvt.rzi.u32.f32": {"rf", func(x uint64) uint64 { return uint64(uint32(clamp(f32(x), 0, math.MaxUint32))) }},
	"cvt.f32.f16":     {"fh", widenF16},
	"cvt.rn.f16.f32":  {"hf", narrowF16},
	"cvt.rn.bf16.f32": {"hf", narrowBF16},

	"mov.pred":           {"pp", same},
	"mov.f32":            {"ff", same},
	"mov.u32":            {"rr", same},
	"cvta.to.global.u64": {"dd", same},
}

func init() {
	for _, c := range []struct {
		name string
		f    func(less, equal, more bool) bool // none of them holds for a NaN
	}{
		{"eq", func(_, e, _ bool) bool { return e }},
		{"ne", func(l, _, m bool) bool { return l || m }},
		{"neu", func(_, e, _ bool) bool { return !e }},
		{"lt", func(l, _, _ bool) bool { return l }},
		{"le", func(l, e, _ bool) bool { return l || e }},
		{"gt", func(_, _, m bool) bool { return m }},
		{"ge", func(_, e, m bool) bool { return e || m }},
	} {
		f := c.f
		table["setp."+c.name+".f32"] = operation{"pff", func(a, b uint64) uint64 {
			x, y := f32(a), f32(b)
			return truth(f(x < y, x == y, x > y))
		}}
		if c.name == "neu" {
			continue
		}
		table["setp."+c.name+".s32"] = operation{"prr", func(a, b uint64) uint64 {
			x, y := s32(a), s32(b)
			return truth(f(x < y, x == y, x > y))
		}}
		table["setp."+c.name+".u32"] = operation{"prr", func(a, b uint64) uint64 { return truth(f(a < b, a == b, a > b)) }}
	}
}

func same(x uint64) uint64 { return x }

func choose(yes, no, p uint64) uint64 {
	if p != 0 {
		return yes
	}
	return no
}

// number2 returns the operand that is a number if one is NaN, otherwise v.
func number2(x, y, v float32) float32 {
	switch {
	case x != x:
		return y
	case y != y:
		return x
	}
	return v
}

func checkDivisor(zero bool) {
	if zero {
		panic(fault("a division by zero"))
	}
}

// clamp returns x without its fraction, moved into a range; NaN is zero.
func clamp(x float32, low, high float64) int64 {
	if x != x {
		return 0
	}
	return int64(max(low, min(high, math.Trunc(float64(x)))))
}

// fma returns x·y + z, rounded once: the product is exact in float64, and the sum is rounded to
// odd there, so that rounding it again does no harm.
func fma(x, y, z float32) float32 {
	p, q := float64(x)*float64(y), float64(z)
	sum := p + q
	part := sum - p
	rest := (p - (sum - part)) + (q - part)
	if rest != 0 && rest == rest && !math.IsInf(sum, 0) && math.Float64bits(sum)&1 == 0 {
		sum = math.Nextafter(sum, math.Inf(int(math.Copysign(1, rest))))
	}
	return float32(sum)
}

func widenF16(h uint64) uint64 {
	var x [1]float32
	kernels.F32FromF16(x[:], []uint16{uint16(h)})
	return bits(x[0])
}

func narrowF16(x uint64) uint64 {
	var h [1]uint16
	kernels.F16FromF32(h[:], []float32{f32(x)})
	return uint64(h[0])
}

func narrowBF16(x uint64) uint64 {
	var h [1]uint16
	kernels.BF16FromF32(h[:], []float32{f32(x)})
	return uint64(h[0])
}

// The errors that NVIDIA documents: of ex2 relative, of rsqrt relative, of lg2 absolute between
// 1/2 and 2 and relative elsewhere (PTX ISA).
const (
	errorExp2  = 0x1p-22
	errorRsqrt = 0x1.1p-23 // 2^-22.9
	errorLog2  = 0x1.5p-23 // 2^-22.6
	errorLog2R = 0x1p-22
)

// approximate returns the function of an approximation with where in its error it lies, from -1
// to 1.
func approximate(op string) func(x, where float64) float64 {
	switch op {
	case "ex2.approx.f32":
		return func(x, where float64) float64 { return math.Exp2(x) * (1 + where*errorExp2) }
	case "rsqrt.approx.f32":
		return func(x, where float64) float64 { return 1 / math.Sqrt(x) * (1 + where*errorRsqrt) }
	case "lg2.approx.f32":
		return func(x, where float64) float64 {
			if 0.5 <= x && x <= 2 {
				return math.Log2(x) + where*errorLog2
			}
			return math.Log2(x) * (1 + where*errorLog2R)
		}
	}
	return nil
}

// compute reads an instruction that works on registers.
func (p *parser) compute(op string, args []string) func(t *thread) {
	if op == "mov.b32" {
		return p.mov(args)
	}
	if f := approximate(op); f != nil {
		p.want(args, 2)
		d, x := p.result(args[0], 'f'), p.operand(args[1], 'f')
		return func(t *thread) { t.r[d] = bits(float32(f(float64(f32(t.r[x])), t.launch.Approx))) }
	}
	o, ok := table[op]
	if !ok {
		p.fail("there is no instruction %s", op)
	}
	if op == "cvt.rn.bf16.f32" {
		p.require(80, 70)
	}
	p.want(args, len(o.classes))
	d := p.result(args[0], o.classes[0])
	var s [3]int
	for i, a := range args[1:] {
		s[i] = p.operand(a, o.classes[i+1])
	}
	x, y, z := s[0], s[1], s[2]
	switch f := o.f.(type) {
	case func1:
		return func(t *thread) { t.r[d] = f(t.r[x]) }
	case func2:
		return func(t *thread) { t.r[d] = f(t.r[x], t.r[y]) }
	default:
		g := o.f.(func3)
		return func(t *thread) { t.r[d] = g(t.r[x], t.r[y], t.r[z]) }
	}
}

// mov reads mov.b32: between registers of 32 bits of any type, or from and to two of 16.
func (p *parser) mov(args []string) func(t *thread) {
	p.want(args, 2)
	class := func(name string) byte {
		if c := p.class[name]; c == 'f' || c == 'r' {
			return c
		}
		if strings.HasPrefix(name, "0f") {
			return 'f'
		}
		return 'r'
	}
	switch {
	case strings.HasPrefix(args[0], "{"):
		d, x := p.registers(args[0], 'h', p.result), p.operand(args[1], class(args[1]))
		if len(d) != 2 {
			p.fail("two registers of 16 bits make one of 32")
		}
		return func(t *thread) { t.r[d[0]], t.r[d[1]] = t.r[x]&0xffff, t.r[x]>>16 }
	case strings.HasPrefix(args[1], "{"):
		d, x := p.result(args[0], class(args[0])), p.registers(args[1], 'h', p.operand)
		if len(x) != 2 {
			p.fail("two registers of 16 bits make one of 32")
		}
		return func(t *thread) { t.r[d] = t.r[x[0]]&0xffff | t.r[x[1]]<<16&0xffff0000 }
	}
	d, x := p.result(args[0], class(args[0])), p.operand(args[1], class(args[1]))
	return func(t *thread) { t.r[d] = t.r[x] }
}
