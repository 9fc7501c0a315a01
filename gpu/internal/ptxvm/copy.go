package ptxvm

// flight is a copy to shared memory that a thread has begun: n bytes to at, the first ones the
// data's, the others zeros.
type flight struct {
	at   uint64
	n    int
	data []byte
}

// copyAsync reads cp.async, which begins a copy from global to shared memory, and
// cp.async.wait_all, which waits for those of the thread (PTX ISA, "cp.async"). The copies are made
// as late as that can be, when they are waited for; until then nothing may touch where they go.
func (p *parser) copyAsync(op string, args []string) func(t *thread) {
	p.require(80, 70)
	if op == "cp.async.wait_all" {
		p.want(args, 0)
		return (*thread).land
	}
	if op != "cp.async.ca.shared.global" && op != "cp.async.cg.shared.global" {
		p.fail("there is no instruction %s", op)
	}
	if len(args) != 3 && len(args) != 4 {
		p.fail("%d operands, want 3 or 4", len(args))
	}
	n := number(args[2])
	if n != 4 && n != 8 && n != 16 || op == "cp.async.cg.shared.global" && n != 16 {
		p.fail("a copy of %s bytes", args[2])
	}
	toBase, toOffset := p.address(args[0], "shared")
	fromBase, fromOffset := p.address(args[1], "global")
	size := p.operand(args[len(args)-1], 'r')
	return func(t *thread) {
		read := int(uint32(t.r[size]))
		if read > n {
			panic(fault("a copy that reads more than it writes"))
		}
		at, from := t.r[toBase]+toOffset, t.r[fromBase]+fromOffset
		t.bytes("shared", at, n, n)
		if from%uint64(n) != 0 {
			panic(fault("a copy from an address that is not aligned"))
		}
		f := flight{at: uint64(uint32(at)), n: n}
		if read > 0 {
			f.data = t.launch.Memory.find(from, read)
		}
		t.flights = append(t.flights, f)
		t.block.mark(f, true)
	}
}

// land makes the copies that the thread has begun.
func (t *thread) land() {
	for _, f := range t.flights {
		to := t.block.shared[f.at:][:f.n]
		clear(to[copy(to, f.data):])
		t.block.mark(f, false)
	}
	t.flights = t.flights[:0]
}

// mark notes whether the bytes that a copy goes to are being written.
func (b *block) mark(f flight, flying bool) {
	for i := range f.n {
		b.flying[int(f.at)+i] = flying
	}
}
