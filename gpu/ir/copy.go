package ir

// CopyAsync sets element i of a shared array to element j of a buffer in the lanes for which
// inside holds, and to zero in the others; or, if n is 2 or 4, vector i to vector j, as LoadVec and
// StoreVec count them. It does not wait: the device goes on with what comes next, and the values
// can be relied on after CopyWait in this lane, and after a Barrier behind that in all.
//
// The buffer is one that the kernel only reads; it has an element, or vector, 0 even if no lane
// reads any. Both arrays have elements of one type, of four bytes.
//
// A device without such copies loads and stores, which is what the instruction's Body says.
func (a *Array) CopyAsync(n int, i Operand, from *Array, j Operand, inside Value) {
	b := inside.check("CopyAsync")
	to, at := b.index("CopyAsync", i), b.index("CopyAsync", j)
	switch {
	case a.Space != Shared || from.Space != Global || from.Access != Read:
		b.failf("CopyAsync", "to %s from %s: copies go from a buffer to read to a shared array", a.Name, from.Name)
	case a.Elem != from.Elem || a.Elem.Size() != 4:
		b.failf("CopyAsync", "to %s of %v from %s of %v", a.Name, a.Elem, from.Name, from.Elem)
	case inside.Type() != Bool:
		b.failf("CopyAsync", "a condition of type %v", inside.Type())
	}
	in := &Instr{Op: OpCopyAsync, Array: a, From: from, Args: []*Instr{to.in, at.in, inside.in}, Imm: uint32(n)}
	b.add(in)
	in.Body = b.inside(false, func() {
		always := inside.in.Op == OpConst && inside.in.Imm != 0
		if !always {
			at = inside.Select(at, 0)
		}
		load, store := from.Load, a.Store
		if n != 1 {
			load = func(i Operand) Value { return from.LoadVec(n, i) }
			store = func(i, x Operand) { a.StoreVec(i, x.(Value)) }
		}
		x := load(at)
		if !always {
			x = inside.Select(x, 0)
		}
		store(to, x)
	})
}

// CopyWait waits for the copies that the lane has begun by CopyAsync.
func (b *Builder) CopyWait() { b.add(&Instr{Op: OpCopyWait}) }
