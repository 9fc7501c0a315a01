package kernels

import "math"

// table holds one float32 implementation of every kernel that has assembly. Exported
// kernels call through the active table; a kernel without an entry is plain Go everywhere.
//
// Each entry works like the generic function it starts from.
type table struct {
	// arithmetic
	add, sub, mul, div map2
	axpy               func(y, x []float32, a float32)
	scale, fill        func(x []float32, a float32)
	addScalar          func(dst, x []float32, a float32)

	// reductions
	dot              func(x, y []float32) float32
	sum, squaredNorm func(x []float32) float64
	max              func(x []float32) float32
	allFinite        func(x []float32) bool

	// functions of one number, and the gradients of activations
	exp, sqrt                  map1
	tanh, sigmoid, relu        map1
	gelu, geluErf, silu        map1
	tanhBackward, reluBackward map2
	sigmoidBackward            map2
	geluBackward               map2
	geluErfBackward            map2
	siluBackward               map2
	swiglu                     map2
	swigluBackward             func(dgate, dup, dy, gate, up []float32)

	// multiply-adds in registers, to measure the machine's limit
	peak, peakBF16 func(n int) (flops int)

	// matrix multiplication
	gemmCols    int // width of a panel of B
	gemmPanels  func(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])
	gemmDirect  func(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32], lda int)
	directRows  int // from how many rows on gemmDirect is worth it
	gemmPacking func(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, src Block[float32], lda int)
	packRows    func(dst, src []float32, along, width, panel, k int)
	gemv        func(y, x, b []float32, ldb, panels int, add bool)

	// the same of numbers rounded to bfloat16
	pairBF16        int // of them in a number of a packed panel: 2, or 1 where they are kept as float32
	packBF16        func(dst, src []float32, across, along, width, panel, k int)
	roundBF16       func(x []float32)
	gemmPanelsBF16  func(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, next Block[float32])
	gemmPackingBF16 func(c []float32, ldc int, a, b []float32, m, n, k int, alpha, beta float32, src Block[float32])
	unpairs         func(dst, words []float32, cols int)
	gemvPairs       func(y, x, b []float32, ldb, panels int, add bool)

	// quantised blocks
	dotQ8, dotQ4 func(y []float32, w, x []byte)
	quantizeQ8   func(dst []byte, x []float32)

	// rows: softmax, cross-entropy, normalisation
	expSum                func(dst, x []float32, m float32) float32
	expScale              func(dst, x []float32, m, a float32)
	softmaxRowBackward    func(dx, dy, y []float32, sum float32)
	logSoftmaxRowBackward func(dx, dy, y []float32, sum float32)
	squaredDistance       func(x []float32, mean float32) float32
	normalise             func(y, x, weight []float32, mean, rstd float32)
	normaliseBias         func(y, x, weight, bias []float32, mean, rstd float32)
	normSums              func(dy, x, weight []float32, mean, rstd float32) (sum, product float32)
	normGradient          func(dx, dy, x, weight []float32, mean, rstd, sum, product float32)
	normWeight            func(dweight, dy, x []float32, mean, rstd float32)

	// rotary embedding of pairs half a head apart, or side by side
	ropeHalves, ropePairs func(dst, x, cos, sin []float32, headDim int, sign float32)

	// attention
	strip           func(c []float32, ldc int, a []float32, ars, acs int, b []float32, ldb, n, k int, add bool)
	dots            func(p, q, k []float32, ldk int)
	combine         func(o, p, v []float32, ldv int)
	softmaxStep     func(row []float32, scale, m float32) (newMax, sum float32)
	softmaxGradient func(p, ds []float32, scale, lse, delta float32)
	transpose       func(dst []float32, ldd int, src []float32, lds, rows, cols int)

	// optimiser
	adamW func(p, g, m, v []float32, c adamWStep[float32])

	// random numbers
	dropout func(dst, x []float32, key [2]uint32, counter, limit uint64, keep float32)

	// 16-bit formats
	bf16FromF32, f16FromF32 func(dst []uint16, x []float32)
	f32FromBF16, f32FromF16 func(dst []float32, x []uint16)
}

type (
	map1 = func(dst, x []float32)    // dst[i] = f(x[i])
	map2 = func(dst, a, b []float32) // dst[i] = f(a[i], b[i])
)

// generic is the table of plain Go kernels.
var generic = table{
	add:       addGeneric[float32],
	sub:       subGeneric[float32],
	mul:       mulGeneric[float32],
	div:       divGeneric[float32],
	axpy:      axpyGeneric[float32],
	scale:     scaleGeneric[float32],
	fill:      fillGeneric[float32],
	addScalar: addScalarGeneric[float32],

	peak:     peakGeneric,
	peakBF16: peakGeneric,

	dot:         dotGeneric[float32],
	sum:         sumGeneric[float32],
	squaredNorm: squaredNormGeneric[float32],
	max:         maxGeneric[float32],
	allFinite:   allFiniteGeneric[float32],

	exp:             expGeneric[float32],
	sqrt:            sqrtGeneric[float32],
	tanh:            tanhGeneric[float32],
	sigmoid:         sigmoidGeneric[float32],
	relu:            reluGeneric[float32],
	gelu:            geluGeneric[float32],
	geluErf:         geluErfGeneric[float32],
	silu:            siluGeneric[float32],
	tanhBackward:    tanhBackwardGeneric[float32],
	sigmoidBackward: sigmoidBackwardGeneric[float32],
	reluBackward:    reluBackwardGeneric[float32],
	geluBackward:    geluBackwardGeneric[float32],
	geluErfBackward: geluErfBackwardGeneric[float32],
	siluBackward:    siluBackwardGeneric[float32],
	swiglu:          swigluGeneric[float32],
	swigluBackward:  swigluBackwardGeneric[float32],

	gemmCols:   gemmColsGeneric,
	gemmPanels: gemmPanelsGeneric[float32],
	gemmDirect: gemmDirectGeneric[float32], directRows: math.MaxInt,
	gemmPacking: gemmPackingGeneric[float32],
	packRows:    packRowsGeneric[float32],
	gemv:        gemvGeneric[float32],

	pairBF16:        1,
	packBF16:        packBF16Generic[float32],
	roundBF16:       roundBF16Generic[float32],
	gemmPanelsBF16:  gemmPanelsGeneric[float32],
	gemmPackingBF16: gemmPackingBF16Generic[float32],
	unpairs:         unpairsGeneric,
	gemvPairs:       gemvPairsGeneric,

	dotQ8:      dotQ8Generic[float32],
	dotQ4:      dotQ4Generic[float32],
	quantizeQ8: quantizeQ8Generic,

	expSum:                expSumGeneric[float32],
	expScale:              expScaleGeneric[float32],
	softmaxRowBackward:    softmaxRowBackwardGeneric[float32],
	logSoftmaxRowBackward: logSoftmaxRowBackwardGeneric[float32],
	squaredDistance:       squaredDistanceGeneric[float32],
	normalise:             normaliseGeneric[float32],
	normaliseBias:         normaliseBiasGeneric[float32],
	normSums:              normSumsGeneric[float32],
	normGradient:          normGradientGeneric[float32],
	normWeight:            normWeightGeneric[float32],

	ropeHalves: ropeHalvesGeneric[float32],
	ropePairs:  ropePairsGeneric[float32],

	strip:           stripGeneric[float32],
	dots:            dotsGeneric[float32],
	combine:         combineGeneric[float32],
	softmaxStep:     softmaxStepGeneric[float32],
	softmaxGradient: softmaxGradientGeneric[float32],
	transpose:       transposeGeneric[float32],

	adamW: adamWGeneric[float32],

	dropout: dropoutGeneric[float32],

	bf16FromF32: bf16FromF32Generic,
	f16FromF32:  f16FromF32Generic,
	f32FromBF16: f32FromBF16Generic,
	f32FromF16:  f32FromF16Generic,
}
