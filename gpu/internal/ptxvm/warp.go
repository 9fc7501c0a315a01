package ptxvm

import (
	"fmt"
	"regexp"
	"strings"
)

// shuffle reads shfl.sync. All lanes of the warp have to take part.
func (p *parser) shuffle(op string, args []string) func(w []*thread) {
	p.want(args, 5)
	mode := strings.TrimSuffix(strings.TrimPrefix(op, "shfl.sync."), ".b32")
	if mode != "idx" && mode != "bfly" || args[3] != "31" || args[4] != "-1" {
		p.fail("not read: shuffles other than idx and bfly of whole warps")
	}
	class := byte('r')
	if c := p.class[args[0]]; c == 'f' {
		class = c
	}
	d, x, lane := p.result(args[0], class), p.operand(args[1], class), p.operand(args[2], 'r')
	return func(w []*thread) {
		fullWarp(w)
		var old [warpSize]uint64
		for i, t := range w {
			old[i] = t.r[x]
		}
		for i, t := range w {
			from := int(uint32(t.r[lane]))
			if mode == "bfly" {
				from ^= i
			}
			if from < 0 || from >= warpSize {
				panic(fault(fmt.Sprintf("lane %d of a warp", from)))
			}
			t.r[d] = old[from]
		}
	}
}

func fullWarp(w []*thread) {
	if len(w) != warpSize {
		panic(fault(fmt.Sprintf("a warp of %d threads", len(w))))
	}
}

var (
	wmmaLoad  = regexp.MustCompile(`^wmma\.load\.([abc])\.sync\.aligned\.(row|col)\.m(\d+)n(\d+)k(\d+)\.(global|shared)\.(f16|bf16|f32)$`)
	wmmaStore = regexp.MustCompile(`^wmma\.store\.d\.sync\.aligned\.(row|col)\.m(\d+)n(\d+)k(\d+)\.(global|shared)\.(f16|f32)$`)
	wmmaMul   = regexp.MustCompile(`^wmma\.mma\.sync\.aligned\.(row|col)\.(row|col)\.m(\d+)n(\d+)k(\d+)\.(f32\.f32|f16\.f16|f32\.bf16\.bf16\.f32)$`)
)

// fragment is how a matrix lies in the registers of a warp. The lanes hold its elements one after
// another, row by row, or column by column if it was loaded so; 16-bit elements two in a
// register, and again from the start where there is room left.
type fragment struct {
	rows, cols int
	byColumn   bool
	typ        string
	regs       []int
}

// shapes are the multiplications that there are, with the registers of A, B and accumulators.
var shapes = map[[3]int]map[string][2]int{
	{16, 16, 16}: {"f16": {8, 8}, "bf16": {4, 4}},
	{32, 8, 16}:  {"f16": {8, 8}, "bf16": {8, 2}},
	{8, 32, 16}:  {"f16": {8, 8}, "bf16": {2, 8}},
}

// fragment reads the registers of a matrix, which is a, b, or c for accumulators.
func (p *parser) fragment(use, layout string, s [3]int, typ, regs string, find func(string, byte) int) fragment {
	p.require(70, 63)
	if typ == "bf16" {
		p.require(80, 70)
	}
	counts, ok := shapes[s]
	if !ok {
		p.fail("there are no matrices of %v", s)
	}
	f := fragment{typ: typ, byColumn: layout == "col"}
	want := 0
	switch use {
	case "a":
		f.rows, f.cols, want = s[0], s[2], counts[typ][0]
	case "b":
		f.rows, f.cols, want = s[2], s[1], counts[typ][1]
	default:
		f.rows, f.cols, f.byColumn = s[0], s[1], false
		want = map[string]int{"f32": 8, "f16": 4}[typ]
	}
	class := byte('r')
	if typ == "f32" {
		class = 'f'
	}
	f.regs = p.registers(regs, class, find)
	if len(f.regs) != want || want == 0 {
		p.fail("%d registers for matrix %s of %v, want %d", len(f.regs), use, s, want)
	}
	return f
}

// matrix reads an operation on matrices.
func (p *parser) matrix(op string, args []string) func(w []*thread) {
	shape := func(m []string) [3]int { return [3]int{number(m[0]), number(m[1]), number(m[2])} }
	if m := wmmaLoad.FindStringSubmatch(op); m != nil {
		p.want(args, 3)
		f := p.fragment(m[1], m[2], shape(m[3:]), m[7], args[0], p.result)
		return p.moveMatrix(f, m[2], m[6], args[1], args[2], true)
	}
	if m := wmmaStore.FindStringSubmatch(op); m != nil {
		p.want(args, 3)
		f := p.fragment("d", m[1], shape(m[2:]), m[6], args[1], p.operand)
		return p.moveMatrix(f, m[1], m[5], args[0], args[2], false)
	}
	m := wmmaMul.FindStringSubmatch(op)
	if m == nil {
		p.fail("there is no instruction %s", op)
	}
	p.want(args, 4)
	s, elem, sum := shape(m[3:]), "f16", strings.Split(m[6], ".")[0]
	if strings.Contains(m[6], "bf16") {
		elem = "bf16"
	}
	d := p.fragment("d", "", s, sum, args[0], p.result)
	a := p.fragment("a", m[1], s, elem, args[1], p.operand)
	b := p.fragment("b", m[2], s, elem, args[2], p.operand)
	c := p.fragment("c", "", s, sum, args[3], p.operand)
	return func(w []*thread) {
		fullWarp(w)
		x, y, z := a.get(w), b.get(w), c.get(w)
		for i := range d.rows {
			for j := range d.cols {
				for k := range a.cols {
					z[i*d.cols+j] = fma(x[i*a.cols+k], y[k*b.cols+j], z[i*d.cols+j])
				}
			}
		}
		d.put(w, z)
	}
}

// moveMatrix returns what loads or stores a matrix. Its address is a multiple of the size of a
// lane's part, and its rows begin at multiples of 16 bytes (PTX ISA, "Matrix storage"; CUDA C++
// Programming Guide, "Warp matrix functions").
func (p *parser) moveMatrix(f fragment, layout, space, place, stride string, load bool) func(w []*thread) {
	base, offset := p.address(place, space)
	apart := p.operand(stride, 'r')
	size := 2
	if f.typ == "f32" {
		size = 4
	}
	return func(w []*thread) {
		fullWarp(w)
		at, n := w[0].r[base]+offset, uint64(uint32(w[0].r[apart]))
		for _, t := range w {
			if t.r[base]+offset != at || uint64(uint32(t.r[apart])) != n {
				panic(fault("lanes disagree on where a matrix is"))
			}
		}
		if n*uint64(size)%16 != 0 {
			panic(fault(fmt.Sprintf("rows %d bytes apart", n*uint64(size))))
		}
		w[0].bytes(space, at, size, min(32, 4*len(f.regs)))
		values := make([]float32, f.rows*f.cols)
		if !load {
			values = f.get(w)
		}
		for i := range values {
			row, col := uint64(i/f.cols), uint64(i%f.cols)
			if layout == "col" {
				row, col = col, row
			}
			b := w[0].bytes(space, at+(row*n+col)*uint64(size), size, size)
			if load {
				values[i] = f.decode(get(b))
			} else {
				put(b, f.encode(values[i]))
			}
		}
		if load {
			f.put(w, values)
		}
	}
}

func (f fragment) decode(v uint64) float32 {
	switch f.typ {
	case "f16":
		return f32(widenF16(v))
	case "bf16":
		return f32(v << 16)
	}
	return f32(v)
}

func (f fragment) encode(x float32) uint64 {
	switch f.typ {
	case "f16":
		return narrowF16(bits(x))
	case "bf16":
		return narrowBF16(bits(x))
	}
	return bits(x)
}

// order returns the place of an element among those of the lanes.
func (f fragment) order(i int) int {
	if f.byColumn {
		return i%f.cols*f.rows + i/f.cols
	}
	return i
}

// get returns the matrix row by row.
func (f fragment) get(w []*thread) []float32 {
	out := make([]float32, f.rows*f.cols)
	for i := range out {
		n := f.order(i)
		if f.typ == "f32" {
			out[i] = f32(w[n%warpSize].r[f.regs[n/warpSize]])
			continue
		}
		r := w[n/2%warpSize].r[f.regs[n/2/warpSize]]
		out[i] = f.decode(r >> (n % 2 * 16) & 0xffff)
	}
	return out
}

// put sets the matrix.
func (f fragment) put(w []*thread, values []float32) {
	for i, v := range values {
		n := f.order(i)
		if f.typ == "f32" {
			w[n%warpSize].r[f.regs[n/warpSize]] = bits(v)
			continue
		}
		for ; n < 2*warpSize*len(f.regs); n += len(values) {
			r := &w[n/2%warpSize].r[f.regs[n/2/warpSize]]
			shift := n % 2 * 16
			*r = *r&^(0xffff<<shift) | f.encode(v)<<shift
		}
	}
}
