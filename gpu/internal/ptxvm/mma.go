package ptxvm

import "regexp"

var loadMatrices = regexp.MustCompile(`^ldmatrix\.sync\.aligned\.m8n8\.x4(\.trans)?\.shared\.b16$`)

// loadMatrices reads ldmatrix of four matrices [8, 8] of 16-bit elements. Lanes 8·i to 8·i+7 give
// the addresses of the rows of matrix i, 16 bytes each; register i of lane l receives elements 2·(l%4)
// and the next one of its row l/4, or with .trans of its column (PTX ISA, "ldmatrix").
func (p *parser) loadMatrices(op string, args []string) func(w []*thread) {
	m := loadMatrices.FindStringSubmatch(op)
	if m == nil {
		p.fail("there is no instruction %s", op)
	}
	p.require(75, 65)
	p.want(args, 2)
	turned := m[1] != ""
	d := p.registers(args[0], 'r', p.result)
	if len(d) != 4 {
		p.fail("%d registers for four matrices", len(d))
	}
	base, offset := p.address(args[1], "shared")
	return func(w []*thread) {
		fullWarp(w)
		var rows [warpSize][]byte
		for lane, t := range w {
			rows[lane] = t.bytes("shared", t.r[base]+offset, 16, 16)
		}
		for i, r := range d {
			element := func(row, col int) uint64 {
				if turned {
					row, col = col, row
				}
				return get(rows[8*i+row][2*col:][:2])
			}
			for lane, t := range w {
				row, col := lane/4, lane%4*2
				t.r[r] = element(row, col) | element(row, col+1)<<16
			}
		}
	}
}

var multiply = regexp.MustCompile(`^mma\.sync\.aligned\.m16n8k16\.row\.col\.f32\.(f16|bf16)\.(f16|bf16)\.f32$`)

// Where element i of a lane's part of the matrices of mma.m16n8k16 is, by row and column (PTX ISA,
// "Matrix Fragments for mma.m16n8k16 with floating point type").
func placeA(lane, i int) (row, col int) { // 16×16: 8 elements
	row, col = lane>>2, lane%4*2+i&1
	if i >= 2 && i < 4 || i >= 6 {
		row += 8
	}
	if i >= 4 {
		col += 8
	}
	return row, col
}

func placeB(lane, i int) (row, col int) { // 16×8: 4 elements
	row, col = lane%4*2+i&1, lane>>2
	if i >= 2 {
		row += 8
	}
	return row, col
}

func placeC(lane, i int) (row, col int) { // 16×8: 4 elements
	row, col = lane>>2, lane%4*2+i&1
	if i >= 2 {
		row += 8
	}
	return row, col
}

// multiply reads mma.m16n8k16: d = a·b + c.
func (p *parser) multiply(op string, args []string) func(w []*thread) {
	m := multiply.FindStringSubmatch(op)
	if m == nil || m[1] != m[2] {
		p.fail("there is no instruction %s", op)
	}
	p.require(80, 70)
	p.want(args, 4)
	regs := func(i, want int, class byte, find func(string, byte) int) []int {
		r := p.registers(args[i], class, find)
		if len(r) != want {
			p.fail("%d registers for operand %d, want %d", len(r), i, want)
		}
		return r
	}
	d, a, b, c := regs(0, 4, 'f', p.result), regs(1, 4, 'r', p.operand), regs(2, 2, 'r', p.operand), regs(3, 4, 'f', p.operand)
	half := fragment{typ: m[1]}
	element := func(t *thread, r []int, i int) float32 { return half.decode(t.r[r[i/2]] >> (i % 2 * 16) & 0xffff) }
	return func(w []*thread) {
		fullWarp(w)
		var x [16][16]float32
		var y, z [16][8]float32
		for lane, t := range w {
			for i := range 8 {
				row, col := placeA(lane, i)
				x[row][col] = element(t, a, i)
			}
			for i := range 4 {
				row, col := placeB(lane, i)
				y[row][col] = element(t, b, i)
				row, col = placeC(lane, i)
				z[row][col] = f32(t.r[c[i]])
			}
		}
		for i := range 16 {
			for j := range 8 {
				for k := range 16 {
					z[i][j] = fma(x[i][k], y[k][j], z[i][j])
				}
			}
		}
		for lane, t := range w {
			for i := range 4 {
				row, col := placeC(lane, i)
				t.r[d[i]] = bits(z[row][col])
			}
		}
	}
}
