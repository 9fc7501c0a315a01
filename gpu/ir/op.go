package ir

// Op says what an instruction does. Each constant's comment gives the operands x, y, z in the
// order of Instr.Args, and what else the instruction holds. Arithmetic works on vectors element
// by element.
type Op uint8

const (
	OpInvalid Op = iota // the zero Op, which is none

	// Inputs: no operands, in Kernel.Inputs.
	OpConst      // Imm: the bits of a scalar; Bool is 0 or 1
	OpScalar     // Imm: the index in Kernel.Scalars
	OpLocalID    // lane's place in its workgroup along axis Imm; I32, as all numbers of lanes
	OpGroupID    // workgroup's place in the grid along axis Imm
	OpGlobalID   // GroupID·Workgroup + LocalID along axis Imm
	OpNumGroups  // workgroups of the grid along axis Imm
	OpLocalIndex // (z·Workgroup[1] + y)·Workgroup[0] + x of LocalID
	OpSubgroupID // number of the subgroup in its workgroup
	OpLane       // number of the lane in its subgroup

	// Arithmetic. F32 rounds to the nearest after every operation; readers do not contract.
	OpAdd   // x + y
	OpSub   // x - y
	OpMul   // x·y
	OpDiv   // x / y; integers round toward zero, y = 0 is undefined
	OpRem   // integers: x - y·(x/y)
	OpMin   // F32: the other one if one is NaN
	OpMax   // F32: the other one if one is NaN
	OpFMA   // F32: x·y + z, rounded once (on Vulkan once or twice, as the device likes)
	OpNeg   // -x
	OpAbs   // |x|, of F32 and I32
	OpMulHi // integers: the upper 32 bits of the 64-bit product
	OpFloor // F32: toward -Inf
	OpCeil  // F32: toward +Inf
	OpTrunc // F32: toward zero
	OpRound // F32: to the nearest, ties to even
	OpExp   // F32: eˣ
	OpLog   // F32: ln x
	OpSqrt  // F32
	OpRsqrt // F32: 1/√x

	// Bits and logic. And, Or, Xor and Not work on integers and on Bool.
	OpAnd // x and y
	OpOr  // x or y
	OpXor // x or y, not both
	OpNot // not x
	OpShl // integers: x << y, 0 <= y < 32, y of x's type
	OpShr // integers: x >> y; I32 keeps the sign

	// Comparison of scalars, giving Bool. With a NaN all but Ne are false.
	OpEq     // x = y
	OpNe     // x ≠ y
	OpLt     // x < y
	OpLe     // x ≤ y
	OpGt     // x > y
	OpGe     // x ≥ y
	OpSelect // y if the scalar Bool x, else z

	// Conversion.
	OpConvert   // x as Type: I32, U32, F32 to each other; Bool to a number as 0 or 1. F32 to integer drops the fraction; out of range is undefined
	OpBitcast   // the same 32 bits as Type
	OpPackF16   // F32x2 to U32: two float16, x in the lower half
	OpUnpackF16 // the U32 x to F32x2: its two float16, the lower half first

	// Vectors.
	OpVec     // Args: the elements, scalars
	OpSplat   // x in every element
	OpExtract // element Imm of x

	// Memory. The index x is an I32 or U32 and counts elements, or vectors where the value is
	// one: a vector of n takes elements n·x to n·x+n-1, so it is aligned.
	OpLoad      // Array[x] as Type
	OpStore     // Array[x] = y
	OpAtomicAdd // Array[x] += y, giving what was there; I32, U32 or F32
	OpAtomicMax // Array[x] = max(Array[x], y), giving what was there; I32 or U32
	OpCopyAsync // Body, which sets Array[x] to From[y] where z, else to 0, in elements or vectors of Imm; not done before OpCopyWait
	OpCopyWait  // until the lane's OpCopyAsyncs are done
	OpGet       // Var
	OpSet       // Var = x

	// Control.
	OpIf      // if x: Body, otherwise Else, which may be empty
	OpFor     // for c = x; c < y; c += z: Body. The instruction is c. z > 0
	OpLoop    // Body, again and again until OpBreak
	OpBreak   // leave the innermost OpFor or OpLoop
	OpBarrier // wait for all lanes of the workgroup; what they wrote before can be read after
	OpUniform // x, which is promised to be the same in all active lanes of the workgroup

	// Subgroups: in flow that all lanes of the subgroup follow.
	OpSubgroupAdd // the sum over the subgroup, in all its lanes
	OpSubgroupMin // the least
	OpSubgroupMax // the greatest
	OpShuffle     // x of lane y; y an I32 in [0, Subgroup)
	OpShuffleXor  // x of lane Lane^Imm
	OpBroadcast   // x of lane Imm

	// Cooperative matrices: in flow that all lanes of the subgroup follow, with operands that
	// are the same in all its lanes.
	OpMatFill   // every element x, an F32
	OpMatLoad   // from Array at element x, rows (Imm 0) or columns (Imm 1) y elements apart
	OpMatStore  // z to Array at element x, rows (Imm 0) or columns (Imm 1) y elements apart
	OpMatMulAdd // x·y + z

	numOps
)

var opNames = [numOps]string{
	OpInvalid: "invalid", OpConst: "const", OpScalar: "scalar", OpLocalID: "local_id", OpGroupID: "group_id",
	OpGlobalID: "global_id", OpNumGroups: "num_groups", OpLocalIndex: "local_index",
	OpSubgroupID: "subgroup_id", OpLane: "lane",
	OpAdd: "add", OpSub: "sub", OpMul: "mul", OpDiv: "div", OpRem: "rem", OpMin: "min", OpMax: "max", OpFMA: "fma",
	OpNeg: "neg", OpAbs: "abs", OpMulHi: "mulhi", OpFloor: "floor", OpCeil: "ceil", OpTrunc: "trunc", OpRound: "round",
	OpExp: "exp", OpLog: "log", OpSqrt: "sqrt", OpRsqrt: "rsqrt",
	OpAnd: "and", OpOr: "or", OpXor: "xor", OpNot: "not", OpShl: "shl", OpShr: "shr",
	OpEq: "eq", OpNe: "ne", OpLt: "lt", OpLe: "le", OpGt: "gt", OpGe: "ge", OpSelect: "select",
	OpConvert: "convert", OpBitcast: "bitcast", OpPackF16: "pack_f16", OpUnpackF16: "unpack_f16",
	OpVec: "vec", OpSplat: "splat", OpExtract: "extract",
	OpLoad: "load", OpStore: "store", OpAtomicAdd: "atomic_add", OpAtomicMax: "atomic_max",
	OpCopyAsync: "copy", OpCopyWait: "copy_wait", OpGet: "get", OpSet: "set",
	OpIf: "if", OpFor: "for", OpLoop: "loop", OpBreak: "break", OpBarrier: "barrier", OpUniform: "uniform",
	OpSubgroupAdd: "subgroup_add", OpSubgroupMin: "subgroup_min", OpSubgroupMax: "subgroup_max",
	OpShuffle: "shuffle", OpShuffleXor: "shuffle_xor", OpBroadcast: "broadcast",
	OpMatFill: "mat_fill", OpMatLoad: "mat_load", OpMatStore: "mat_store", OpMatMulAdd: "mat_mul_add",
}

// String returns the op's name in the text form.
func (op Op) String() string {
	if op < numOps {
		return opNames[op]
	}
	return "invalid"
}

// IsInput reports whether instructions with op stand in Kernel.Inputs.
func (op Op) IsInput() bool { return OpConst <= op && op <= OpLane }

// IsSubgroup reports whether op exchanges values between the lanes of a subgroup.
func (op Op) IsSubgroup() bool { return OpSubgroupAdd <= op && op <= OpBroadcast }

// IsMatrix reports whether op works on cooperative matrices.
func (op Op) IsMatrix() bool { return OpMatFill <= op && op <= OpMatMulAdd }
