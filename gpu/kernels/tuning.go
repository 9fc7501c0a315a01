package kernels

import "slices"

// Device is what the choice of tiles depends on.
type Device struct {
	Processor   bool // the device is the machine's processor: lavapipe, the interpreter
	Subgroup    int  // lanes of a subgroup; 0 if it cannot be relied on
	SharedBytes int  // shared memory of a workgroup
	AsyncCopy   bool // memory is copied to shared memory beside what lanes do: NVIDIA's from sm_80 on
	Units       int  // compute units: workgroups that truly run at the same time; 0 if not known
	Multiplier  Multiplier
}

// HasMultiplier reports whether the device has a Multiplier that products are to use.
func (d Device) HasMultiplier() bool { return d.Multiplier != Multiplier{} }

// units returns how many workgroups to have at least: a guess where the number is not known.
func (d Device) units() int {
	switch {
	case d.Units > 0:
		return d.Units
	case d.Processor:
		return 1
	}
	return 32
}

// maxNarrow is how many columns a lane takes in a row that a subgroup has for itself.
const maxNarrow = 16

// Rows returns how to share out rows of cols columns: a subgroup to a row if that gives its
// lanes a few columns each, otherwise a workgroup, the larger the longer the row.
func (d Device) Rows(cols int) Rows {
	most := 256
	if d.Processor {
		most = 64 // a barrier costs a change of stacks for each subgroup
	}
	if d.Subgroup == 0 {
		return Rows{Lanes: min(most, d.rowLanes(cols/4))}
	}
	most = max(most, d.Subgroup)
	if cols <= maxNarrow*d.Subgroup {
		return Rows{Lanes: max(d.Subgroup, min(most, 64)), Subgroup: d.Subgroup, Narrow: true}
	}
	lanes := d.Subgroup
	for lanes < most && lanes*4 < cols {
		lanes *= 2
	}
	return Rows{Lanes: lanes, Subgroup: d.Subgroup}
}

// rowLanes returns the lanes of a workgroup for kernels that take a row each without subgroups.
func (d Device) rowLanes(cols int) int {
	lanes := 32
	for lanes < 256 && lanes < cols {
		lanes *= 2
	}
	return lanes
}

// Max returns the kernel for rows of cols columns, with the places of the maxima or without.
func (d Device) Max(cols int, arg bool) Max { return Max{Lanes: d.rowLanes(cols / 4), Arg: arg} }

// Sample returns the kernel for rows of cols columns.
func (d Device) Sample(cols int) Sample {
	return Sample{Rows: d.Rows(max(cols, maxNarrow*d.Subgroup+1))}
}

// Embedding returns the kernel for rows of C columns.
func (d Device) Embedding(C int) Embedding { return Embedding{Lanes: d.rowLanes(C / 4)} }

// EmbeddingBackward returns the kernels for rows of C columns, in the order in which they run.
func (d Device) EmbeddingBackward(C int) (EmbeddingLinks, EmbeddingBackward) {
	return EmbeddingLinks{Lanes: 64}, EmbeddingBackward{Lanes: d.rowLanes(C)}
}

// NormWeight returns the kernel for rows of cols columns.
func (d Device) NormWeight(norm Norm, bias bool, cols int) NormWeight {
	return NormWeight{Norm: norm, Bias: bias, Lanes: d.rowLanes(cols), BlockRows: 32}
}

// Sum returns the kernel that sums x as s says, and the number of blocks for a first stage: 1 if
// one stage is enough. For the second stage, x is then [blocks, kept].
func (d Device) Sum(of SumOf, s *Summed) (Sum, int) {
	kept, count := product(s.KeptSize[:s.Kept]), product(s.SummedSize[:s.Summed])
	k := Sum{Of: of, Kept: s.Kept, Summed: s.Summed}
	k.Across = s.Kept == 0 || s.SummedStride[s.Summed-1] == 1 && s.KeptStride[s.Kept-1] != 1
	lanes := 1
	if k.Across {
		r := d.Rows(max(count, maxNarrow*d.Subgroup+1))
		k.Lanes, k.Subgroup, lanes = r.Lanes, r.Subgroup, r.Lanes
	} else {
		k.Lanes = d.rowLanes(kept)
	}
	// A block gives a lane 32 numbers or more, and there are not many more of them than run at
	// the same time.
	groups := max(1, kept*lanes/k.Lanes)
	return k, max(1, min(ceilDiv(8*d.units(), groups), count/(32*lanes), maxGroups))
}

// The tiles of products, larger ones first. On lavapipe, memory of a workgroup is read lane by
// lane, so that the fewest reads for a product win, and none at all are best: on two cores of a
// Zen 5, a subgroup of 8 lanes that exchanges its elements makes 48 and 46 GFLOP/s (512³ and 1024³)
// on Mesa 22.3, 54 and 51 on Mesa 25.0, with 4 columns a lane and tiles of 32×32; larger tiles make
// between 0.6 and 1.2 times that, and take four times as long to compile. Through shared memory,
// 16×16 elements a lane make 14 and 13, 8×8 and 4×4 a half and a third of that, and Pipeline a fifth
// less. Those of discrete devices are the usual shapes and have not been measured; where there are
// asynchronous copies, these take the place of Pipeline's registers (DoubleBuffer).
var (
	processorTiles = []MatMul{
		{TileM: 128, TileN: 128, TileK: 8, ThreadM: 16, ThreadN: 16},
		{TileM: 64, TileN: 64, TileK: 8, ThreadM: 8, ThreadN: 8},
		{TileM: 32, TileN: 32, TileK: 8, ThreadM: 4, ThreadN: 4},
		{TileM: 16, TileN: 64, TileK: 8, ThreadM: 4, ThreadN: 8},
	}
	discreteTiles = []MatMul{
		{TileM: 128, TileN: 128, TileK: 8, ThreadM: 8, ThreadN: 8, Pipeline: true},
		{TileM: 64, TileN: 64, TileK: 16, ThreadM: 4, ThreadN: 4, Pipeline: true},
		{TileM: 32, TileN: 32, TileK: 16, ThreadM: 2, ThreadN: 2, Pipeline: true},
		{TileM: 16, TileN: 64, TileK: 16, ThreadM: 2, ThreadN: 4, Pipeline: true},
	}
)

// MatMul returns the tiles for a batch of products [M, K]·[K, N], and into how many parts K
// should be cut (1 for none). The fields that depend on how operands lie are left to Fit.
//
// Of the tiles it takes the one with the least estimated cost: the work done, padding and reads
// of operands included, divided by the share of the device that is busy.
func (d Device) MatMul(M, N, K, batch int) (k MatMul, splits int) {
	switch s := d.Subgroup; {
	case d.Processor && s > 0:
		return d.choose([]MatMul{
			{TileM: 4 * s, TileN: 4 * s, TileK: 4, ThreadM: 4 * s, ThreadN: 4, Subgroup: s},
			{TileM: s, TileN: 4 * s, TileK: 4, ThreadM: s, ThreadN: 4, Subgroup: s},
		}, M, N, K, batch)
	case d.Processor:
		return d.choose(processorTiles, M, N, K, batch)
	}
	tiles := slices.Clone(discreteTiles)
	if d.AsyncCopy {
		for i := range tiles {
			tiles[i].Pipeline, tiles[i].DoubleBuffer = false, true
		}
	}
	return d.choose(tiles, M, N, K, batch)
}

// MatMulRounded is MatMul for the device's Multiplier, which it has; if no tile for it fits the
// device, it is MatMul.
func (d Device) MatMulRounded(M, N, K, batch int) (k MatMul, splits int) {
	s := d.Multiplier.Shape
	unit := max(s.K, 16)
	var tiles []MatMul
	for _, t := range [][4]int{{128, 64, 64, 32}, {64, 64, 32, 32}, {32, 32, 16, 16}} { // a tile, and a subgroup's block
		tile := MatMul{TileM: t[0], TileN: t[1], TileK: unit, ThreadM: max(t[2], s.M), ThreadN: max(t[3], s.N), Subgroup: d.Subgroup, Multiplier: d.Multiplier, DoubleBuffer: d.AsyncCopy}
		if tile.Lanes() <= 256 && tile.sharedBytes() <= d.SharedBytes && tile.check() == nil {
			tiles = append(tiles, tile)
		}
	}
	if len(tiles) == 0 {
		return d.MatMul(M, N, K, batch)
	}
	return d.choose(tiles, M, N, K, batch)
}

// choose returns the tile with the least estimated cost.
func (d Device) choose(tiles []MatMul, M, N, K, batch int) (k MatMul, splits int) {
	least := 0.0
	for _, t := range tiles {
		groups := max(1, ceilDiv(M, t.TileM)*ceilDiv(N, t.TileN)*batch)
		work := float64(groups*t.TileM*t.TileN) * (1 + 8/float64(t.ThreadM) + 8/float64(t.ThreadN))
		cost := work * float64(roundUp(groups, d.units())) / float64(groups)
		if least == 0 || cost < least {
			k, least, splits = t, cost, d.splits(groups, K)
		}
	}
	return k, splits
}

// splits returns into how many parts of 256 or more to cut K so that the device is busy.
func (d Device) splits(groups, K int) int {
	if 2*groups > d.units() {
		return 1
	}
	return max(1, min(d.units()/groups, K/256))
}

// FewRows is up to how many rows products go to MatVec or VecMat.
const FewRows = 4

// MatVec returns the kernel for so many vectors of K numbers.
func (d Device) MatVec(vectors, K int) MatVec { return MatVec{Rows: d.Rows(K), Vectors: vectors} }

// VecMat returns the kernel for so many vectors.
func (d Device) VecMat(vectors int) VecMat {
	if d.Processor {
		return VecMat{LanesX: 64, LanesY: 1, Vectors: vectors}
	}
	return VecMat{LanesX: 32, LanesY: 8, Vectors: vectors}
}

// Attention returns how to cut Attention for heads of D: the largest tile that fits into shared
// memory.
func (d Device) Attention(D int, causal bool) AttentionTile {
	return d.attentionTile(D, causal, 1)
}

// AttentionBackward returns how to cut AttentionDQ and AttentionDKV for heads of D, likewise.
func (d Device) AttentionBackward(D int, causal bool) AttentionTile {
	return d.attentionTile(D, causal, 2)
}

// FewQueries is up to how many queries attentions go to AttentionDecode.
const FewQueries = 4

// AttentionDecode returns the kernel for few queries of heads of D, and into how many parts to
// cut the keys: 1, or more if the device would not be busy otherwise.
func (d Device) AttentionDecode(s AttentionSizes, D int, causal bool) (k AttentionDecode, parts int) {
	lanes := max(64, d.Subgroup)
	parts = max(1, min(2*d.units()/max(1, s.B*s.H*s.T), s.S/(4*lanes)))
	return AttentionDecode{Rows: Rows{Lanes: lanes, Subgroup: d.Subgroup}, HeadDim: D, Causal: causal, Split: parts > 1}, parts
}

// attentionTile returns a tile for which blocks arrays of Rows rows, one of Cols rows, and the
// scores fit into shared memory. A processor does better with more rows a lane; elsewhere they
// would take so many registers that memory is waited for (AttentionDKV on AMD: 168 with 8 lanes
// along y, 104 with 16).
func (d Device) attentionTile(D int, causal bool, blocks int) AttentionTile {
	most := 16
	if d.Processor {
		most = 8
	}
	t := AttentionTile{HeadDim: D, LanesX: 8, Causal: causal}
	for _, size := range [][2]int{{64, 32}, {32, 32}, {32, 16}, {16, 16}, {8, 8}} {
		t.Rows, t.Cols = size[0], size[1]
		t.LanesY = min(most, t.Rows)
		pitch := roundUp(D, 4*t.LanesX) + 4
		words := (blocks*t.Rows+t.Cols)*pitch + t.Rows*(t.Cols+4) + t.Rows*t.LanesX
		if 4*words <= min(d.SharedBytes, 32<<10) {
			break
		}
	}
	return t
}
