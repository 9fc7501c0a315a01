package kernels

import "inkstone/gpu/ir"

// Norm names a normalisation of rows.
type Norm uint8

// The normalisations.
const (
	LayerNorm Norm = iota // Ba et al. 2016, "Layer normalization", section 3
	RMSNorm               // Zhang and Sennrich 2019, "Root mean square layer normalization", section 4
)

var normNames = [...]string{"layer_norm", "rms_norm"}

// Normalise normalises each row of x [rows, cols]:
//
//	LayerNorm: mean = Σ x / cols,  rstd = 1/√(Σ (x − mean)² / cols + eps)
//	           y[c] = (x[c] − mean)·rstd·weight[c] + bias[c]
//	RMSNorm:   rstd = 1/√(Σ x² / cols + eps),  y[c] = x[c]·rstd·weight[c]
//
// mean and rstd are kept for the backward. Bias tells whether there is one; RMSNorm has none.
//
// Buffers: y [rows, cols], mean [rows] (LayerNorm only), rstd [rows], x [rows, cols],
// weight [cols], bias [cols] (with Bias).
type Normalise struct {
	Rows
	Norm Norm
	Bias bool
}

// Build builds the kernel.
func (k Normalise) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	name := normNames[k.Norm]
	if k.Bias {
		name += "_bias"
	}
	b := k.begin(name)
	y := b.Buffer("y", ir.F32, ir.Write)
	var mean, bias *ir.Array
	if k.Norm == LayerNorm {
		mean = b.Buffer("mean", ir.F32, ir.Write)
	}
	rstd, x := b.Buffer("rstd", ir.F32, ir.Write), b.Buffer("x", ir.F32, ir.Read)
	weight := b.Buffer("weight", ir.F32, ir.Read)
	if k.Bias {
		bias = b.Buffer("bias", ir.F32, ir.Read)
	}
	k.each(b, func(r *row) {
		eps := b.Scalar("eps", ir.F32)
		n := r.cols.To(ir.F32)
		distance := func(at ir.Value) ir.Value { return x.Load(at) }
		if k.Norm == LayerNorm {
			m := r.total(func(_, at ir.Value) ir.Value { return x.Load(at) }).Div(n)
			distance = func(at ir.Value) ir.Value { return x.Load(at).Sub(m) }
			r.once(func() { mean.Store(r.index, m) })
		}
		squares := r.total(func(_, at ir.Value) ir.Value {
			d := distance(at)
			return d.Mul(d)
		})
		s := b.F32(1).Div(squares.Div(n).Add(eps).Sqrt())
		r.once(func() { rstd.Store(r.index, s) })
		r.columns(func(c, at ir.Value) {
			v := distance(at).Mul(s)
			if k.Bias {
				y.Store(at, v.FMA(weight.Load(c), bias.Load(c)))
			} else {
				y.Store(at, v.Mul(weight.Load(c)))
			}
		})
	})
	return b.Build()
}

// Launch returns the launch for x [rows, cols].
func (k Normalise) Launch(rows, cols int, eps float32) Launch {
	l := k.launch(rows, cols)
	l.floats(eps)
	return l
}

// NormBackward computes the gradient of Normalise with respect to x. With n = (x − mean)·rstd
// (mean 0 for RMSNorm) and g = dy ∘ weight, for each row,
//
//	LayerNorm: dx = rstd·(g − Σg/cols − n·Σ(g∘n)/cols)
//	RMSNorm:   dx = rstd·(g − n·Σ(g∘n)/cols)
//
// Buffers: dx, dy, x [rows, cols], weight [cols], mean [rows] (LayerNorm only), rstd [rows].
type NormBackward struct {
	Rows
	Norm Norm
}

// Build builds the kernel.
func (k NormBackward) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	b := k.begin(normNames[k.Norm] + "_backward")
	dx := b.Buffer("dx", ir.F32, ir.Write)
	dy, x := b.Buffer("dy", ir.F32, ir.Read), b.Buffer("x", ir.F32, ir.Read)
	weight := b.Buffer("weight", ir.F32, ir.Read)
	normalised := k.Norm.declareNormalised(b, x)
	k.each(b, func(r *row) {
		n, scale := normalised(r.index)
		g, gn := b.VarOf(b.F32(0)).Named("g"), b.VarOf(b.F32(0)).Named("gn")
		r.columns(func(c, at ir.Value) {
			d := dy.Load(at).Mul(weight.Load(c))
			if k.Norm == LayerNorm {
				g.Set(g.Get().Add(d))
			}
			gn.Set(d.FMA(n(at), gn.Get()))
		})
		count := r.cols.To(ir.F32)
		var shift, slope ir.Value
		if k.Norm == LayerNorm {
			sums := r.sum(g.Get(), gn.Get())
			shift, slope = sums[0].Div(count), sums[1].Div(count)
		} else {
			slope = r.sum(gn.Get())[0].Div(count)
		}
		r.columns(func(c, at ir.Value) {
			d := dy.Load(at).Mul(weight.Load(c))
			if k.Norm == LayerNorm {
				d = d.Sub(shift)
			}
			dx.Store(at, d.Sub(n(at).Mul(slope)).Mul(scale))
		})
	})
	return b.Build()
}

// Launch returns the launch for x [rows, cols].
func (k NormBackward) Launch(rows, cols int) Launch { return k.launch(rows, cols) }

// declareNormalised declares the buffers mean (LayerNorm only) and rstd. What it returns loads
// them for a row, and gives n(at) = (x[at] − mean)·rstd and rstd.
func (k Norm) declareNormalised(b *ir.Builder, x *ir.Array) func(row ir.Value) (n func(at ir.Value) ir.Value, rstd ir.Value) {
	var mean *ir.Array
	if k == LayerNorm {
		mean = b.Buffer("mean", ir.F32, ir.Read)
	}
	rstd := b.Buffer("rstd", ir.F32, ir.Read)
	return func(row ir.Value) (func(at ir.Value) ir.Value, ir.Value) {
		s := rstd.Load(row)
		if k == RMSNorm {
			return func(at ir.Value) ir.Value { return x.Load(at).Mul(s) }, s
		}
		m := mean.Load(row)
		return func(at ir.Value) ir.Value { return x.Load(at).Sub(m).Mul(s) }, s
	}
}

// NormWeight computes the gradients of Normalise with respect to weight and bias,
//
//	dweight += Σ dy ∘ n,  dbias += Σ dy,  n = (x − mean)·rstd
//
// over the rows, in two stages: this kernel sums blocks of BlockRows rows, each lane a column,
// in order, and writes parts [blocks, cols]; a Sum over their columns adds them up. With Bias it
// does both, otherwise dweight alone.
//
// Buffers: dweight, dbias (with Bias) [blocks, cols], dy, x [rows, cols], mean [rows]
// (LayerNorm only), rstd [rows].
type NormWeight struct {
	Norm      Norm
	Bias      bool
	Lanes     int
	BlockRows int
}

// Build builds the kernel.
func (k NormWeight) Build() (*ir.Kernel, error) {
	name := normNames[k.Norm] + "_weight"
	if k.Bias {
		name += "_bias"
	}
	b := ir.New(name, ir.Workgroup(k.Lanes, 1, 1))
	dweight := b.Buffer("dweight", ir.F32, ir.Write)
	var dbias *ir.Array
	if k.Bias {
		dbias = b.Buffer("dbias", ir.F32, ir.Write)
	}
	dy, x := b.Buffer("dy", ir.F32, ir.Read), b.Buffer("x", ir.F32, ir.Read)
	normalised := k.Norm.declareNormalised(b, x)
	rows, cols := b.Scalar("rows", ir.I32), b.Scalar("cols", ir.I32)
	c, block := b.GlobalID(0), b.GroupID(1)
	b.If(c.Lt(cols), func() {
		w, s := b.VarOf(b.F32(0)).Named("w"), b.VarOf(b.F32(0)).Named("s")
		first := block.Mul(k.BlockRows)
		b.For(first, first.Add(k.BlockRows).Min(rows), 1, func(r ir.Value) {
			n, _ := normalised(r)
			at := r.Mul(cols).Add(c)
			d := dy.Load(at)
			w.Set(d.FMA(n(at), w.Get()))
			if k.Bias {
				s.Set(s.Get().Add(d))
			}
		})
		at := block.Mul(cols).Add(c)
		dweight.Store(at, w.Get())
		if k.Bias {
			dbias.Store(at, s.Get())
		}
	})
	return b.Build()
}

// Blocks returns the number of blocks of rows.
func (k NormWeight) Blocks(rows int) int { return ceilDiv(rows, k.BlockRows) }

// Launch returns the launch for x [rows, cols].
func (k NormWeight) Launch(rows, cols int) Launch {
	l := Launch{Grid: [3]int{ceilDiv(cols, k.Lanes), k.Blocks(rows), 1}}
	l.ints(rows, cols)
	return l
}
