package ptx

import (
	"fmt"
	"strconv"
	"strings"

	"inkstone/gpu/ir"
)

// braces returns registers as one operand.
func braces(regs []string) string { return "{" + strings.Join(regs, ", ") + "}" }

// place is what an access has between its op and its type, and its address.
type place struct{ space, address string }

// element returns the place of an array's element, or vector of n, with the number index.
func (e *emitter) element(a *ir.Array, index *ir.Instr, n int) place {
	bytes := n * a.Elem.Size()
	i := e.values[index.ID][0]
	c, constant := uint64(index.Imm)*uint64(bytes), index.Op == ir.OpConst
	switch {
	case constant && a.Space == ir.Shared:
		return place{".shared", fmt.Sprintf("[%s+%d]", e.shared[a.Index], c)}
	case constant && c < 1<<31: // an offset is a signed number of 32 bits
		return place{".global", fmt.Sprintf("[%s+%d]", e.buffers[a.Index], c)}
	case constant:
		i = e.get(word, "mov.b32", i)
	}
	return e.elementAt(a, i, index.Type, bytes)
}

// elementAt returns the place of the element, of some bytes, whose number is in a register.
func (e *emitter) elementAt(a *ir.Array, i string, t ir.Type, bytes int) place {
	if a.Space == ir.Shared {
		return place{".shared", "[" + e.get(word, "mad.lo.s32", i, strconv.Itoa(bytes), e.shared[a.Index]) + "]"}
	}
	return place{".global", "[" + e.get(long, "mad.wide."+suffix(t), i, strconv.Itoa(bytes), e.buffers[a.Index]) + "]"}
}

// vector returns the part of an op that tells how many elements it moves, and its operand.
func vector(regs []string) (string, string) {
	if len(regs) == 1 {
		return "", regs[0]
	}
	return fmt.Sprintf(".v%d", len(regs)), braces(regs)
}

// load writes a load. What a kernel only reads, nobody writes during its launch, and so may
// come through the cache that does not look for changes (.nc).
func (e *emitter) load(in *ir.Instr) {
	a := in.Array
	n := in.Type.Lanes()
	p := e.element(a, in.Args[0], n)
	if a.Space == ir.Global && a.Access == ir.Read {
		p.space += ".nc"
	}
	move := func(c class, typ string) []string {
		regs := make([]string, n)
		for i := range regs {
			regs[i] = e.reg(c)
		}
		v, operand := vector(regs)
		e.do("ld"+p.space+v+typ, operand, p.address)
		return regs
	}
	switch a.Elem {
	case ir.F16:
		for _, h := range move(half, ".b16") {
			e.values[in.ID] = append(e.values[in.ID], e.get(float, "cvt.f32.f16", h))
		}
	case ir.BF16: // the upper half of a float32
		for _, r := range move(word, ".u16") {
			e.values[in.ID] = append(e.values[in.ID], e.get(float, "mov.b32", e.get(word, "shl.b32", r, "16")))
		}
	default:
		e.values[in.ID] = move(classOf(a.Elem), "."+bits(a.Elem))
	}
}

func (e *emitter) store(in *ir.Instr) {
	a := in.Array
	x := e.values[in.Args[1].ID]
	p := e.element(a, in.Args[0], len(x))
	typ := "." + bits(a.Elem)
	if a.Elem.Size() == 2 {
		typ = ".b16"
		narrow := make([]string, len(x))
		for i, v := range x {
			narrow[i] = e.narrow(a.Elem, v)
		}
		x = narrow
	}
	v, operand := vector(x)
	e.do("st"+p.space+v+typ, p.address, operand)
}

// narrow returns an F32 rounded to a 16-bit type.
func (e *emitter) narrow(t ir.Type, x string) string {
	switch {
	case t == ir.F16:
		return e.get(half, "cvt.rn.f16.f32", x)
	case e.t.has(smBF16):
		e.need(smBF16, 70)
		return e.get(half, "cvt.rn.bf16.f32", x)
	}
	// Adding 0x7fff, and 1 if the upper half is odd, carries into the upper half where it has to
	// be rounded up. A NaN stays one.
	b := e.get(word, "mov.b32", x)
	odd := e.get(word, "and.b32", e.get(word, "shr.u32", b, "16"), "1")
	rounded := e.get(word, "add.u32", e.get(word, "add.u32", b, "32767"), odd)
	quiet := e.get(word, "or.b32", b, strconv.Itoa(1<<22))
	nan := e.get(predicate, "setp.neu.f32", x, x)
	low, high := e.reg(half), e.reg(half)
	e.do("mov.b32", braces([]string{low, high}), e.get(word, "selp.b32", quiet, rounded, nan))
	return high
}

func (e *emitter) atomic(in *ir.Instr) {
	p := e.element(in.Array, in.Args[0], 1)
	op := ".add."
	if in.Op == ir.OpAtomicMax {
		op = ".max."
	}
	t := suffix(in.Type)
	if in.Op == ir.OpAtomicAdd && in.Type == ir.I32 {
		t = "u32" // of integers, sums are the same
	}
	e.values[in.ID] = []string{e.get(classOf(in.Type), "atom"+p.space+op+t, p.address, e.arg(in, 1))}
}
