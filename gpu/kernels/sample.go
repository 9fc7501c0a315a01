package kernels

import (
	"fmt"
	"math"

	"inkstone/gpu/ir"
	"inkstone/tensor"
)

// Sample draws a column of each row of logits [rows, cols], as nn.Sampler does on the CPU. Row r
// of choices says how (see tensor.Device):
//
//	u        a random number in [0, 1)
//	1/τ      the inverse of the temperature; 0 takes the largest logit
//	k        top-k: only the k likeliest columns are left; 0 leaves all
//	p        top-p: then only the likeliest that together have the share p (Holtzman et al. 2020)
//	least    min-p: columns whose weight exp((x − max x)/τ) is less are left out
//
// Of what is left, the first column is drawn whose weight and those of the columns before it
// sum up to more than u times all of them. Of columns alike the first are left. -Inf and NaN are
// never drawn, but if there is nothing else it is column 0; where the largest logit is +Inf it is
// the one.
//
// Nothing is sorted. The k-th largest logit is found by its bits, two at a time from the highest:
// each pass counts how many logits are as large as the number so far with 1, 2 and 3 in these
// places. The least logit of top-p is found alike, by weights instead of counts.
//
// Buffers: ids [rows] (I32), logits [rows, cols], choices [rows, tensor.SampleFields].
type Sample struct{ Rows }

// Build builds the kernel.
func (k Sample) Build() (*ir.Kernel, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	if k.Narrow {
		return nil, fmt.Errorf("kernels: sample takes a workgroup to a row")
	}
	b := k.begin("sample")
	ids := b.Buffer("ids", ir.I32, ir.Write)
	logits, choices := b.Buffer("logits", ir.F32, ir.Read), b.Buffer("choices", ir.F32, ir.Read)
	d := newDraw(b, k.Lanes)
	k.each(b, func(r *row) {
		field := func(i int) ir.Value { return choices.Load(r.index.Mul(tensor.SampleFields).Add(i)) }
		top, best := r.largest(logits)
		inverse := field(1)
		b.IfElse(b.Uniform(inverse.Gt(0).And(top.Abs().Le(math.MaxFloat32))), func() {
			s := &selection{row: r, logits: logits, top: top, inverse: inverse, least: field(4)}
			s.above, s.ties = b.VarOf(b.U32(0)).Named("above"), b.VarOf(b.F32(0)).Named("ties")
			s.topK(field(2))
			s.topP(field(3))
			d.draw(s, field(0), best, func(column ir.Value) { ids.Store(r.index, column) })
		}, func() {
			r.once(func() { ids.Store(r.index, best) })
		})
	})
	return b.Build()
}

// Launch returns the launch for logits [rows, cols].
func (k Sample) Launch(rows, cols int) Launch { return k.launch(rows, cols) }

// largest returns the largest number of a row, and the first column it is in: 0 if there is none
// above -Inf.
func (r *row) largest(x *ir.Array) (top, column ir.Value) {
	b := r.b
	none := b.F32(float32(math.Inf(-1)))
	value, place := b.VarOf(none).Named("largest"), b.VarOf(b.F32(0)).Named("place")
	r.columns(func(c, at ir.Value) {
		v := x.Load(at)
		larger := v.Gt(value.Get()) // not so for a NaN
		value.Set(larger.Select(v, value.Get()))
		place.Set(larger.Select(c.To(ir.F32).Neg(), place.Get()))
	})
	top = r.max(value.Get())[0]
	mine := value.Get().Eq(top).And(top.Gt(none))
	column = r.max(mine.Select(place.Get(), float32(-MaxSampleCols)))[0].Neg()
	return top, top.Gt(none).Select(column, b.F32(0)).To(ir.I32)
}

// MaxSampleCols is how many columns Sample takes: as many as can be counted in Float32.
const MaxSampleCols = 1 << 24

// selection is which columns of a row are left: those whose key is larger than above, and of
// those whose key is above the first ties.
type selection struct {
	*row
	logits      *ir.Array
	top         ir.Value // the largest logit
	inverse     ir.Value // of the temperature
	least       ir.Value // weight
	above, ties *ir.Var
}

// key returns an unsigned number that is ordered as logits are, and 0 for those never drawn.
func (s *selection) key(x ir.Value) ir.Value {
	bits := x.Eq(0).Select(s.b.F32(0), x).Bitcast(ir.U32) // -0 is 0
	sign := s.b.U32(1 << 31)
	key := bits.Lt(sign).Select(bits.Or(sign), bits.Not())
	return x.Ge(lowest).Select(key, s.b.U32(0))
}

// weight returns the unnormalised probability of a logit.
func (s *selection) weight(x ir.Value) ir.Value {
	w := x.Sub(s.top).Mul(s.inverse).Exp()
	return w.Ge(s.least).Select(w, 0) // also for a NaN
}

// weightOf returns the weight of the logit with a key.
func (s *selection) weightOf(key ir.Value) ir.Value {
	sign := s.b.U32(1 << 31)
	bits := key.Lt(sign).Select(key.Not(), key.Xor(sign))
	return key.Eq(s.b.U32(0)).Select(s.b.F32(0), s.weight(bits.Bitcast(ir.F32)))
}

// topK leaves the k likeliest columns, if k is above 0.
func (s *selection) topK(k ir.Value) {
	s.b.If(k.Gt(0), func() {
		counted := func(x, key ir.Value) ir.Value { return key.Gt(s.b.U32(0)).Select(s.b.F32(1), s.b.F32(0)) }
		s.cut(k, counted, func(ir.Value) ir.Value { return s.b.F32(1) })
	})
}

// topP leaves the likeliest columns that have a share of p together, if p is between 0 and 1.
func (s *selection) topP(p ir.Value) {
	s.b.If(p.Gt(0).And(p.Lt(1)), func() {
		left := func(x, key ir.Value) ir.Value {
			return key.Gt(s.above.Get()).Select(s.weight(x), 0)
		}
		total := s.total(func(_, at ir.Value) ir.Value {
			x := s.logits.Load(at)
			return left(x, s.key(x))
		})
		goal := total.Add(s.ties.Get().Mul(s.weightOf(s.above.Get()))).Mul(p)
		withTies := func(x, key ir.Value) ir.Value {
			return key.Ge(s.above.Get()).Select(s.weight(x), 0)
		}
		s.cut(goal, withTies, s.weightOf)
	})
}

// cut leaves the likeliest columns whose measures sum up to a goal. It does not leave more than
// there were, as long as these together reach the goal.
func (s *selection) cut(goal ir.Value, measure func(x, key ir.Value) ir.Value, of func(key ir.Value) ir.Value) {
	b := s.b
	key := b.VarOf(b.U32(0)).Named("key")
	b.Range(16, func(i ir.Value) {
		step := b.U32(1).Shl(b.I32(30).Sub(i.Mul(2)).To(ir.U32))
		sums := make([]*ir.Var, 3)
		for j := range sums {
			sums[j] = b.VarOf(b.F32(0))
		}
		s.columns(func(_, at ir.Value) {
			x := s.logits.Load(at)
			mine := s.key(x)
			m := measure(x, mine)
			for j := range sums {
				reached := mine.Ge(key.Get().Add(step.Mul(b.U32(uint32(j + 1)))))
				sums[j].Set(sums[j].Get().Add(reached.Select(m, 0)))
			}
		})
		for _, sum := range s.sum(sums[0].Get(), sums[1].Get(), sums[2].Get()) {
			key.Set(sum.Ge(goal).Select(key.Get().Add(step), key.Get()))
		}
		if s.rows.meets() {
			b.Barrier() // before the next pass writes where this one's sums were read
		}
	})
	before := s.total(func(_, at ir.Value) ir.Value {
		x := s.logits.Load(at)
		mine := s.key(x)
		return mine.Gt(key.Get()).Select(measure(x, mine), 0)
	})
	ties := goal.Sub(before).Div(of(key.Get())).Ceil()
	fewer := key.Get().Gt(s.above.Get())
	s.ties.Set(fewer.Select(ties, ties.Min(s.ties.Get())))
	s.above.Set(key)
}

// draw is how the lanes of a row draw from what is left: each sums up a stretch of columns of its
// own, one finds the stretch, and whose it is finds the column.
type draw struct {
	b            *ir.Builder
	weights      *ir.Array // [lanes], of the columns above
	ties         *ir.Array // [lanes], columns whose key is above
	owner        *ir.Array // [1], the lane whose stretch it is
	rest, before *ir.Array // [1], what is left of the weight to go, and ties in stretches before
}

func newDraw(b *ir.Builder, lanes int) *draw {
	return &draw{
		b: b, weights: b.Shared("weights", ir.F32, lanes), ties: b.Shared("ties_of", ir.F32, lanes),
		owner: b.Shared("owner", ir.I32, 1), rest: b.Shared("rest", ir.F32, 1), before: b.Shared("before", ir.F32, 1),
	}
}

// draw draws for a row and has one lane call store with the column: best, should rounding leave no
// other.
func (d *draw) draw(s *selection, u, best ir.Value, store func(column ir.Value)) {
	b, above, lanes := d.b, s.above.Get(), s.count
	tied := s.weightOf(above)
	length := s.cols.Add(lanes - 1).Div(lanes)
	from := s.lane.Mul(length).Min(s.cols)
	to := from.Add(length).Min(s.cols)

	weight, ties := b.VarOf(b.F32(0)).Named("weight"), b.VarOf(b.F32(0)).Named("tied")
	b.For(from, to, 1, func(c ir.Value) {
		x := s.logits.Load(s.first.Add(c))
		key := s.key(x)
		weight.Set(weight.Get().Add(key.Gt(above).Select(s.weight(x), 0)))
		ties.Set(ties.Get().Add(key.Eq(above).Select(b.F32(1), b.F32(0))))
	})
	d.weights.Store(s.lane, weight)
	d.ties.Store(s.lane, ties)
	b.Barrier()

	// mass returns the weight of a lane's stretch, where so many ties lie before it.
	mass := func(lane, before ir.Value) ir.Value {
		n := s.ties.Get().Sub(before).Max(0).Min(d.ties.Load(lane))
		return n.FMA(tied, d.weights.Load(lane))
	}
	s.once(func() {
		total, before := b.VarOf(b.F32(0)).Named("total"), b.VarOf(b.F32(0)).Named("ties_before")
		b.Range(lanes, func(lane ir.Value) {
			total.Set(total.Get().Add(mass(lane, before.Get())))
			before.Set(before.Get().Add(d.ties.Load(lane)))
		})
		rest, lane := b.VarOf(u.Mul(total.Get())).Named("left"), b.VarOf(b.I32(0)).Named("stretch")
		before.Set(0)
		b.While(func() ir.Value { return lane.Get().Lt(lanes - 1) }, func() {
			m := mass(lane.Get(), before.Get())
			b.BreakIf(rest.Get().Lt(m))
			rest.Set(rest.Get().Sub(m))
			before.Set(before.Get().Add(d.ties.Load(lane.Get())))
			lane.Set(lane.Get().Add(1))
		})
		d.owner.Store(0, lane)
		d.rest.Store(0, rest)
		d.before.Store(0, before)
	})
	b.Barrier()

	b.If(d.owner.Load(0).Eq(s.lane), func() {
		rest, before := b.VarOf(d.rest.Load(0)).Named("to_go"), b.VarOf(d.before.Load(0)).Named("seen")
		drawn := b.VarOf(best).Named("drawn") // the last that could be, should rounding leave some weight to go
		b.For(from, to, 1, func(c ir.Value) {
			x := s.logits.Load(s.first.Add(c))
			key := s.key(x)
			isTie := key.Eq(above)
			kept := key.Gt(above).Or(isTie.And(before.Get().Lt(s.ties.Get())))
			before.Set(isTie.Select(before.Get().Add(1), before.Get()))
			w := kept.Select(s.weight(x), 0)
			drawn.Set(w.Gt(0).Select(c, drawn.Get()))
			rest.Set(rest.Get().Sub(w))
			b.BreakIf(rest.Get().Lt(0))
		})
		store(drawn.Get())
	})
}
