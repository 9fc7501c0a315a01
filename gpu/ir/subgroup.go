package ir

// exchange adds an operation on a scalar number between the lanes of a subgroup.
func (x Value) exchange(name string, op Op, imm int, lanes ...*Instr) Value {
	b := x.check(name)
	b.needSubgroup(name)
	x.need(name, numbers)
	if x.Type().Lanes() > 1 {
		b.failf(name, "not defined on %v", x.Type())
	}
	if imm < 0 || imm >= b.k.Subgroup {
		b.failf(name, "lane %d of %d", imm, b.k.Subgroup)
	}
	return b.add(&Instr{Op: op, Type: x.Type(), Args: append([]*Instr{x.in}, lanes...), Imm: uint32(imm)})
}

// SubgroupAdd returns the sum of x over the lanes of the subgroup. Its order is the device's.
func (x Value) SubgroupAdd() Value { return x.exchange("SubgroupAdd", OpSubgroupAdd, 0) }

// SubgroupMin returns the smallest x of the lanes of the subgroup.
func (x Value) SubgroupMin() Value { return x.exchange("SubgroupMin", OpSubgroupMin, 0) }

// SubgroupMax returns the largest x of the lanes of the subgroup.
func (x Value) SubgroupMax() Value { return x.exchange("SubgroupMax", OpSubgroupMax, 0) }

// Shuffle returns x of another lane of the subgroup, an I32 in [0, SubgroupSize).
func (x Value) Shuffle(lane Operand) Value {
	b := x.check("Shuffle")
	l := b.value("Shuffle", lane, I32)
	if l.Type() != I32 {
		b.failf("Shuffle", "a lane of type %v", l.Type())
	}
	return x.exchange("Shuffle", OpShuffle, 0, l.in)
}

// ShuffleXor returns x of the lane whose number differs by the bits of mask.
func (x Value) ShuffleXor(mask int) Value { return x.exchange("ShuffleXor", OpShuffleXor, mask) }

// Broadcast returns x of one lane of the subgroup.
func (x Value) Broadcast(lane int) Value { return x.exchange("Broadcast", OpBroadcast, lane) }
