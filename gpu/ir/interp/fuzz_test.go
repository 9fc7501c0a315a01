package interp_test

import (
	"errors"
	"math"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
	"inkstone/gpu/ir/spirv"
)

// grower makes a kernel of what a fuzzer's bytes say: any mixture of types and control flow
// that the builder takes.
type grower struct {
	bytes  []byte
	b      *ir.Builder
	values [][]ir.Value // by block around: usable values
	vars   []*ir.Var
	arrays []*ir.Array
	loops  int
}

// pick returns a number below n.
func (g *grower) pick(n int) int {
	if len(g.bytes) == 0 {
		return 0
	}
	v := int(g.bytes[0])
	g.bytes = g.bytes[1:]
	return v % n
}

// value returns a usable value of the type, or a constant.
func (g *grower) value(t ir.Type) ir.Value {
	var fit []ir.Value
	for _, block := range g.values {
		for _, v := range block {
			if v.Type() == t {
				fit = append(fit, v)
			}
		}
	}
	if n := g.pick(len(fit) + 1); n < len(fit) {
		return fit[n]
	}
	c := g.pick(256)
	switch t.Elem() {
	case ir.Bool:
		return g.b.Bool(c&1 != 0)
	case ir.F32:
		x := g.b.F32(float32(c-100) / 4)
		if n := t.Lanes(); n > 1 {
			return x.Splat(n)
		}
		return x
	case ir.U32:
		return g.b.U32(uint32(c))
	}
	return g.b.I32(c - 100)
}

func (g *grower) add(v ir.Value) {
	last := len(g.values) - 1
	g.values[last] = append(g.values[last], v)
}

func (g *grower) inside(f func()) func() {
	return func() {
		g.values = append(g.values, nil)
		f()
		g.values = g.values[:len(g.values)-1]
	}
}

func (g *grower) block(depth int) {
	b := g.b
	scalars := []ir.Type{ir.I32, ir.U32, ir.F32}
	for len(g.bytes) > 0 {
		t := scalars[g.pick(3)]
		switch g.pick(16) {
		case 0:
			g.add(g.value(t).Add(g.value(t)))
		case 1:
			g.add(g.value(t).Mul(g.value(t)))
		case 2:
			g.add(g.value(t).Div(g.value(t)))
		case 3:
			g.add(g.value(t).Lt(g.value(t)))
		case 4:
			g.add(g.value(ir.Bool).Select(g.value(t), g.value(t)))
		case 5:
			g.add(g.value(t).To(scalars[g.pick(3)]))
		case 6:
			g.vars = append(g.vars, b.VarOf(g.value(t)))
		case 7:
			if len(g.vars) > 0 {
				v := g.vars[g.pick(len(g.vars))]
				v.Set(g.value(v.Type))
				g.add(v.Get())
			}
		case 8:
			a := g.arrays[g.pick(len(g.arrays))]
			g.add(a.Load(g.value(ir.I32)))
		case 9:
			a := g.arrays[g.pick(len(g.arrays))]
			a.Store(g.value(ir.I32), g.value(a.Elem.Loaded()))
		case 10:
			if depth < 4 {
				b.IfElse(g.value(ir.Bool), g.inside(func() { g.block(depth + 1) }), g.inside(func() { g.block(depth + 1) }))
			}
		case 11:
			if depth < 4 {
				g.loops++
				b.For(g.value(ir.I32), g.value(ir.I32), g.value(ir.I32).Max(1), func(i ir.Value) {
					g.inside(func() {
						g.add(i)
						g.block(depth + 1)
					})()
				})
				g.loops--
			}
		case 12:
			if g.loops > 0 {
				b.BreakIf(g.value(ir.Bool))
			}
		case 13:
			b.Barrier()
		case 14:
			v := g.arrays[0].LoadVec(4, g.value(ir.I32))
			g.add(v)
			g.add(g.value(ir.F32.Vec(4)).Mul(v).At(g.pick(4)))
			g.add(v.At(0).ShuffleXor(g.pick(4)))
		case 15:
			return
		}
	}
}

// grow builds a kernel.
func grow(data []byte) (*ir.Kernel, error) {
	b := ir.New("grown", ir.Workgroup(8, 1, 1), ir.Subgroup(4))
	g := &grower{bytes: data, b: b, values: [][]ir.Value{{b.LocalIndex(), b.GroupID(0), b.GlobalID(0).To(ir.U32)}}}
	for _, t := range []ir.Type{ir.F32, ir.I32, ir.BF16} {
		g.arrays = append(g.arrays, b.Buffer("buffer_"+t.String(), t, ir.ReadWrite))
		g.arrays = append(g.arrays, b.Shared("shared_"+t.String(), t, 16))
	}
	g.block(0)
	return b.Build()
}

// FuzzKernels runs any kernel: what it does wrong is an error, in both modes, never a panic or
// a hang. Where Check mode finds nothing, the fast mode gives the same bits, and the kernel can
// be written as SPIR-V.
func FuzzKernels(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("if and for, stores and loads 0123456789"))
	f.Add([]byte{2, 11, 9, 1, 30, 2, 10, 0, 2, 7, 1, 6, 0, 15, 2, 12, 0, 9, 0, 0, 3, 0, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 400 {
			return
		}
		k, err := grow(data)
		if err != nil {
			var e *ir.VerifyError
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			return
		}
		launch := func(o interp.Options) ([3][64]uint32, error) {
			var out [3][64]uint32
			args := interp.Args{}
			for i := range out {
				for j := range out[i] {
					out[i][j] = math.Float32bits(float32(j))
				}
				args.Buffers = append(args.Buffers, interp.Bytes(out[i][:]))
			}
			o.MaxTurns = 1000
			err := interp.Run(k, [3]int{2, 1, 1}, args, o)
			return out, err
		}
		checked, err := launch(interp.Options{Check: true})
		var e *interp.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
		fast, fastErr := launch(interp.Options{Workers: 2})
		if err == nil && (fastErr != nil || fast != checked) {
			t.Fatalf("checked %v\nfast %v, %v\n%s", checked, fast, fastErr, k.Text())
		}
		if _, err := spirv.Module(k, spirv.Target{SubgroupSize: 4, Storage16: true, Int16: true}); err != nil {
			t.Fatal(err)
		}
	})
}
