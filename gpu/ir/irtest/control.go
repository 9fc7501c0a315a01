package irtest

import "inkstone/gpu/ir"

// control returns the cases of branches and loops, where lanes go different ways.
func control() []Case {
	var numbers []uint32
	for i := range uint32(150) {
		numbers = append(numbers, i*7%150)
	}
	one := func(name string, f func(b *ir.Builder, x ir.Value) ir.Value, want func(x int) int) Case {
		var w []int32
		for _, v := range numbers {
			w = append(w, int32(want(int(v))))
		}
		return mapped(name, []ir.Type{ir.I32}, ir.I32, [][]uint32{numbers},
			func(x []ir.Value) ir.Value { return f(x[0].Builder(), x[0]) }, equal(1, w))
	}
	return []Case{
		one("if", func(b *ir.Builder, x ir.Value) ir.Value {
			v := b.VarOf(x)
			b.If(x.Rem(3).Eq(0), func() {
				v.Set(v.Get().Add(1000))
				b.IfElse(x.Lt(50), func() { v.Set(v.Get().Neg()) }, func() {
					b.If(x.Gt(100), func() { v.Set(7) })
				})
			})
			return v.Get()
		}, func(x int) int {
			v := x
			if x%3 == 0 {
				v += 1000
				if x < 50 {
					v = -v
				} else if x > 100 {
					v = 7
				}
			}
			return v
		}),
		one("for", func(b *ir.Builder, x ir.Value) ir.Value { // divergent bounds
			sum := b.VarOf(b.I32(0))
			b.For(x.Rem(5), x, x.Rem(3).Add(1), func(i ir.Value) {
				b.For(0, 3, 1, func(j ir.Value) { sum.Set(sum.Get().Add(i.Mul(j))) }).Unroll()
			})
			return sum.Get()
		}, func(x int) int {
			sum := 0
			for i := x % 5; i < x; i += x%3 + 1 {
				for j := range 3 {
					sum += i * j
				}
			}
			return sum
		}),
		one("for_down", func(b *ir.Builder, x ir.Value) ir.Value { // no turns at all, and negative numbers
			n := b.VarOf(b.I32(0))
			b.For(x.Neg(), x.Sub(100).Min(0), 9, func(i ir.Value) { n.Set(n.Get().Add(i)) })
			return n.Get()
		}, func(x int) int {
			n := 0
			for i := -x; i < min(x-100, 0); i += 9 {
				n += i
			}
			return n
		}),
		one("while", func(b *ir.Builder, x ir.Value) ir.Value { // Collatz
			n, steps := b.VarOf(x.Add(1)), b.VarOf(b.I32(0))
			b.While(func() ir.Value { return n.Get().Ne(1) }, func() {
				b.IfElse(n.Get().And(1).Eq(0),
					func() { n.Set(n.Get().Shr(1)) },
					func() { n.Set(n.Get().Mul(3).Add(1)) })
				steps.Set(steps.Get().Add(1))
			})
			return steps.Get()
		}, func(x int) int {
			steps := 0
			for n := x + 1; n != 1; steps++ {
				if n%2 == 0 {
					n /= 2
				} else {
					n = 3*n + 1
				}
			}
			return steps
		}),
		one("break", func(b *ir.Builder, x ir.Value) ir.Value { // at different depths, in nested loops
			v := b.VarOf(b.I32(0))
			b.For(0, 20, 1, func(i ir.Value) {
				b.If(i.Gt(x.Rem(7)), func() {
					b.If(x.And(1).Eq(0), func() {
						v.Set(v.Get().Add(100))
						b.Break()
					})
					v.Set(v.Get().Add(3))
				})
				b.Forever(func() {
					v.Set(v.Get().Add(1))
					b.BreakIf(v.Get().Rem(5).Eq(x.Rem(5)))
				})
				b.IfElse(v.Get().Gt(60), b.Break, func() { v.Set(v.Get().Add(i)) })
			})
			return v.Get()
		}, func(x int) int {
			v := 0
			for i := range 20 {
				if i > x%7 {
					if x%2 == 0 {
						v += 100
						break
					}
					v += 3
				}
				for {
					v++
					if v%5 == x%5 {
						break
					}
				}
				if v > 60 {
					break
				}
				v += i
			}
			return v
		}),
		one("uniform_break", func(b *ir.Builder, x ir.Value) ir.Value { // the same for all lanes
			v := b.VarOf(x)
			n := b.VarOf(b.I32(0))
			b.Forever(func() {
				n.Set(n.Get().Add(1))
				b.If(n.Get().Gt(10), b.Break)
				v.Set(v.Get().Add(n))
			})
			return v.Get()
		}, func(x int) int { return x + 55 }),
	}
}
