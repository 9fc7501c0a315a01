package spirv

// Numbers of the specification, by its names.

const (
	magic     = 0x07230203
	version   = 0x00010500 // 1.5, which Vulkan 1.2 takes
	generator = 0          // none registered
)

type opcode uint32

const (
	opName           opcode = 5
	opExtension      opcode = 10
	opExtInstImport  opcode = 11
	opExtInst        opcode = 12
	opMemoryModel    opcode = 14
	opEntryPoint     opcode = 15
	opExecutionMode  opcode = 16
	opCapability     opcode = 17
	opTypeVoid       opcode = 19
	opTypeBool       opcode = 20
	opTypeInt        opcode = 21
	opTypeFloat      opcode = 22
	opTypeVector     opcode = 23
	opTypeArray      opcode = 28
	opTypeRuntime    opcode = 29
	opTypeStruct     opcode = 30
	opTypePointer    opcode = 32
	opTypeFunction   opcode = 33
	opConstantTrue   opcode = 41
	opConstantFalse  opcode = 42
	opConstant       opcode = 43
	opComposite      opcode = 44 // OpConstantComposite
	opFunction       opcode = 54
	opFunctionEnd    opcode = 56
	opVariable       opcode = 59
	opLoad           opcode = 61
	opStore          opcode = 62
	opAccessChain    opcode = 65
	opDecorate       opcode = 71
	opMemberDecorate opcode = 72
	opConstruct      opcode = 80 // OpCompositeConstruct
	opExtract        opcode = 81 // OpCompositeExtract
	opFToU           opcode = 109
	opFToS           opcode = 110
	opSToF           opcode = 111
	opUToF           opcode = 112
	opUConvert       opcode = 113
	opFConvert       opcode = 115
	opBitcast        opcode = 124
	opSNegate        opcode = 126
	opFNegate        opcode = 127
	opIAdd           opcode = 128
	opFAdd           opcode = 129
	opISub           opcode = 130
	opFSub           opcode = 131
	opIMul           opcode = 132
	opFMul           opcode = 133
	opUDiv           opcode = 134
	opSDiv           opcode = 135
	opFDiv           opcode = 136
	opUMod           opcode = 137
	opSRem           opcode = 138
	opUMulExtended   opcode = 151
	opSMulExtended   opcode = 152
	opIsNan          opcode = 156
	opLogicalNe      opcode = 165
	opLogicalOr      opcode = 166
	opLogicalAnd     opcode = 167
	opLogicalNot     opcode = 168
	opSelect         opcode = 169
	opIEqual         opcode = 170
	opINotEqual      opcode = 171
	opUGreater       opcode = 172
	opSGreater       opcode = 173
	opUGreaterEqual  opcode = 174
	opSGreaterEqual  opcode = 175
	opULess          opcode = 176
	opSLess          opcode = 177
	opULessEqual     opcode = 178
	opSLessEqual     opcode = 179
	opFEqual         opcode = 180 // OpFOrdEqual
	opFNotEqual      opcode = 183 // OpFUnordNotEqual
	opFLess          opcode = 184
	opFGreater       opcode = 186
	opFLessEqual     opcode = 188
	opFGreaterEqual  opcode = 190
	opShrLogical     opcode = 194
	opShrArithmetic  opcode = 195
	opShl            opcode = 196
	opBitOr          opcode = 197
	opBitXor         opcode = 198
	opBitAnd         opcode = 199
	opBitNot         opcode = 200
	opControlBarrier opcode = 224
	opAtomicIAdd     opcode = 234
	opAtomicSMax     opcode = 238
	opAtomicUMax     opcode = 239
	opPhi            opcode = 245
	opLoopMerge      opcode = 246
	opSelectionMerge opcode = 247
	opLabel          opcode = 248
	opBranch         opcode = 249
	opBranchCond     opcode = 250
	opReturn         opcode = 253
	opBroadcast      opcode = 337 // OpGroupNonUniform…, as all that follow
	opShuffle        opcode = 345
	opShuffleXor     opcode = 346
	opGroupIAdd      opcode = 349
	opGroupFAdd      opcode = 350
	opGroupSMin      opcode = 353
	opGroupUMin      opcode = 354
	opGroupFMin      opcode = 355
	opGroupSMax      opcode = 356
	opGroupUMax      opcode = 357
	opGroupFMax      opcode = 358
	opTypeMatrix     opcode = 4456 // OpTypeCooperativeMatrixKHR
	opMatrixLoad     opcode = 4457
	opMatrixStore    opcode = 4458
	opMatrixMulAdd   opcode = 4459
	opAtomicFAdd     opcode = 6035
)

// Capabilities.
const (
	capShader           = 1
	capFloat16          = 9
	capInt16            = 22
	capGroupNonUniform  = 61
	capGroupArithmetic  = 63
	capGroupBallot      = 64
	capGroupShuffle     = 65
	capStorage16        = 4433 // StorageBuffer16BitAccess
	capSignedZeroInfNan = 4466
	capRoundingModeRTE  = 4467
	capBFloat16Type     = 5116
	capBFloat16Matrix   = 5118
	capAddresses        = 5347 // PhysicalStorageBufferAddresses
	capMatrix           = 6022 // CooperativeMatrixKHR
	capAtomicFloat32Add = 6033
)

// Storage classes, decorations, built-in variables, scopes, and the like.
const (
	classInput        = 1
	classWorkgroup    = 4
	classFunction     = 7
	classPushConstant = 9
	classBuffer       = 12   // StorageBuffer
	classPhysical     = 5349 // PhysicalStorageBuffer

	decBlock         = 2
	decArrayStride   = 6
	decBuiltIn       = 11
	decAliased       = 20
	decCoherent      = 23
	decNonWritable   = 24
	decNonReadable   = 25
	decBinding       = 33
	decSet           = 34
	decOffset        = 35
	decRoundingMode  = 39
	decNoContraction = 42

	builtInNumGroups   = 24
	builtInGroupID     = 26
	builtInLocalID     = 27
	builtInGlobalID    = 28
	builtInLocalIndex  = 29
	builtInSubgroupID  = 40
	builtInLane        = 41
	scopeDevice        = 1
	scopeWorkgroup     = 2
	scopeSubgroup      = 3
	modeLocalSize      = 17
	modeSignedZeroNaN  = 4461
	modeRoundingRTE    = 4462
	addressingLogical  = 0
	addressingPhysical = 5348
	memoryGLSL450      = 1
	executionCompute   = 5
	roundToNearest     = 0
	accessAligned      = 2
	reduce             = 0
	encodingBFloat16   = 0
	loopUnroll         = 1

	semanticsBarrier = 0x8 | 0x40 | 0x100 // AcquireRelease of buffers and workgroup memory
)

// Instructions of the set GLSL.std.450.
const (
	glslRoundEven   = 2
	glslTrunc       = 3
	glslFAbs        = 4
	glslSAbs        = 5
	glslFloor       = 8
	glslCeil        = 9
	glslExp         = 27
	glslLog         = 28
	glslSqrt        = 31
	glslInverseSqrt = 32
	glslUMin        = 38
	glslSMin        = 39
	glslUMax        = 41
	glslSMax        = 42
	glslFma         = 50
	glslPackHalf    = 58
	glslUnpackHalf  = 62
	glslNMin        = 79
	glslNMax        = 80
)
