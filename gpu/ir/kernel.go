package ir

// Kernel is a finished kernel: what Builder.Build returns and the readers read. It is not
// changed any more, so any number of goroutines may read it.
type Kernel struct {
	Name      string
	Workgroup [3]int    // lanes of a workgroup along x, y, z
	Subgroup  int       // lanes of a subgroup it is built for; 0 if it asks for none
	Atomics   bool      // opted in to atomic operations
	Buffers   []*Array  // parameters in device memory; Buffers[i].Index == i
	Scalars   []*Scalar // parameters passed by value; Scalars[i] lies at byte 4·i
	Shared    []*Array  // memory of a workgroup, undefined at its start
	Vars      []*Var    // variables of a lane, undefined at its start

	// Inputs are the instructions without operands (constants, scalar parameters, built-in
	// numbers), each once. They stand before the body and belong to no block.
	Inputs []*Instr
	Body   []*Instr

	ids  int
	text string
}

// Instr is one instruction, and at once the value that it gives.
//
// The operands of an instruction are inputs or stand before it, in its own block or in one
// around it. An OpFor stands for its counter inside its body.
type Instr struct {
	Op   Op
	Type Type     // of the result, or Void
	Args []*Instr // operands; see the Op

	Imm    uint32 // a constant's bits, an axis, a lane: see the Op
	Array  *Array // what a memory instruction touches
	From   *Array // OpCopyAsync: what it reads
	Var    *Var   // what OpGet and OpSet touch
	Body   []*Instr
	Else   []*Instr
	Unroll bool // OpFor: a hint that the trip count is small and known

	ID   int    // dense: inputs and instructions of a kernel are numbered from 0
	Line int    // its line in Kernel.Text, from 1; 0 for inputs
	Name string // for people; may be empty

	block *block
}

// Space tells where an Array lies.
type Space uint8

const (
	Global Space = iota // a buffer in device memory
	Shared              // memory of one workgroup
)

// Access tells what a kernel may do with a buffer.
type Access uint8

const (
	Read      Access         = 1 << iota // loads
	Write                                // stores and atomics
	ReadWrite = Read | Write             // both
)

// String returns "read", "write" or "readwrite".
func (a Access) String() string { return [...]string{"none", "read", "write", "readwrite"}[a&3] }

// Array is memory that a kernel indexes: a buffer or a shared array. Its element type is I32,
// U32, F32, F16 or BF16.
type Array struct {
	Name   string
	Elem   Type
	Space  Space
	Access Access // ReadWrite for shared arrays
	Len    int    // elements of a shared array; a buffer's length is known at launch only
	Index  int    // place in Kernel.Buffers or Kernel.Shared

	b *Builder
}

// Scalar is a parameter of four bytes, passed by value.
type Scalar struct {
	Name string
	Type Type // I32, U32 or F32
}

// Var is a variable that each lane has for itself. It is undefined until it is set. Readers
// keep it in registers where they can.
type Var struct {
	Name  string // for people; may be empty
	Type  Type
	Index int // place in Kernel.Vars

	b *Builder
}

// SharedBytes returns how much shared memory a workgroup takes. Every array starts at a
// multiple of 16 bytes.
func (k *Kernel) SharedBytes() int {
	n := 0
	for _, s := range k.Shared {
		n += (s.Len*s.Elem.Size() + 15) &^ 15
	}
	return n
}

// Lanes returns how many lanes a workgroup has.
func (k *Kernel) Lanes() int { return k.Workgroup[0] * k.Workgroup[1] * k.Workgroup[2] }

// IDs returns how many numbers of instructions there are: every Instr.ID is below it.
func (k *Kernel) IDs() int { return k.ids }

// Walk calls f for every instruction of the body, each before those in its own blocks.
func (k *Kernel) Walk(f func(*Instr)) { walk(k.Body, f) }

func walk(block []*Instr, f func(*Instr)) {
	for _, in := range block {
		f(in)
		walk(in.Body, f)
		walk(in.Else, f)
	}
}

// Uses reports whether the body has an instruction with one of the ops.
func (k *Kernel) Uses(ops ...Op) bool {
	found := false
	k.Walk(func(in *Instr) {
		for _, op := range ops {
			found = found || in.Op == op
		}
	})
	return found
}
