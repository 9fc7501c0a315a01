package ir

// If adds instructions that only the lanes follow for which cond holds.
func (b *Builder) If(cond Value, then func()) { b.branch("If", cond, then, nil) }

// IfElse adds instructions for the lanes for which cond holds, and others for the rest.
func (b *Builder) IfElse(cond Value, then, otherwise func()) {
	b.branch("IfElse", cond, then, otherwise)
}

func (b *Builder) branch(op string, cond Value, then, otherwise func()) {
	cond = b.value(op, cond, Bool)
	if cond.Type() != Bool {
		b.failf(op, "a condition of type %v", cond.Type())
	}
	in := &Instr{Op: OpIf, Args: []*Instr{cond.in}}
	b.add(in)
	in.Body = b.inside(false, then)
	if otherwise != nil {
		in.Else = b.inside(false, otherwise)
	}
}

// For adds a loop: for i = from; i < to; i += step. The three are computed before it, of one
// type, I32 or U32 (I32 if all are Go numbers); step must be positive, and to + step must not
// exceed the type's range. It returns the loop, for hints.
func (b *Builder) For(from, to, step Operand, body func(i Value)) Loop {
	t := I32
	for _, o := range []Operand{from, to, step} {
		switch o := o.(type) {
		case Value:
			t = o.Type()
		case *Var:
			t = o.Type
		}
	}
	f, e, s := b.value("For", from, t), b.value("For", to, t), b.value("For", step, t)
	if t != I32 && t != U32 || f.Type() != t || e.Type() != t || s.Type() != t {
		b.failf("For", "bounds of types %v, %v, %v", f.Type(), e.Type(), s.Type())
	}
	if c, ok := s.Const(); ok && c <= 0 {
		b.failf("For", "a step of %d", c)
	}
	in := &Instr{Op: OpFor, Type: t, Args: []*Instr{f.in, e.in, s.in}}
	b.add(in)
	in.Body = b.inside(true, func() {
		in.block = b.block // the counter can be used inside the loop alone
		body(Value{b, in})
	})
	return Loop{in}
}

// Range adds a loop over 0, 1, … n-1.
func (b *Builder) Range(n Operand, body func(i Value)) Loop { return b.For(0, n, 1, body) }

// Loop is a loop that a hint can be given to.
type Loop struct{ in *Instr }

// Unroll hints that the loop runs a few times, a number known to the compiler, and should be
// unrolled.
func (l Loop) Unroll() { l.in.Unroll = true }

// While adds a loop that runs as long as the Bool that cond returns holds. Cond builds the
// instructions that compute it anew in every turn.
func (b *Builder) While(cond func() Value, body func()) {
	b.Forever(func() {
		b.BreakIf(cond().Not())
		body()
	})
}

// Forever adds a loop that ends with Break only.
func (b *Builder) Forever(body func()) {
	in := &Instr{Op: OpLoop}
	b.add(in)
	in.Body = b.inside(true, body)
}

// Break leaves the innermost loop. It ends its block.
func (b *Builder) Break() {
	for s := b.block; ; s = s.outer {
		if s == nil {
			b.failf("Break", "outside of a loop")
		}
		if s.loop {
			break
		}
	}
	b.add(&Instr{Op: OpBreak})
}

// BreakIf leaves the innermost loop in the lanes for which cond holds.
func (b *Builder) BreakIf(cond Value) { b.If(cond, b.Break) }

// Barrier makes all lanes of the workgroup wait for each other. What they wrote to shared
// arrays and buffers before it can be read by all of them after it. All lanes must come to the
// same barrier: it cannot stand where only some of them go.
func (b *Builder) Barrier() { b.add(&Instr{Op: OpBarrier}) }

// Uniform returns x with the promise that it is the same in all lanes of the workgroup that
// come here, so that a barrier may depend on it. The interpreter checks the promise.
func (b *Builder) Uniform(x Value) Value { return x.unary("Uniform", OpUniform, numbers|bools) }
