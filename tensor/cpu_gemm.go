package tensor

import "inkstone/kernels"

// Block sizes of a product C = A·B, in numbers.
//
// A task's block of B, gemmDepth × gemmStrip, lies in the second-level cache of its thread;
// rows of A, which all threads share, stream from the third.
const (
	gemmDepth  = 384     // of the inner dimension, in one block; twice as much of bfloat16 pairs
	gemmTall   = 2048    // rows of C that one task takes, at most
	gemmHeight = 4096    // rows of A packed at a time, at most; more of a short inner dimension
	gemmUnit   = 16      // parts are multiples of this: the widest vector
	gemmShort  = 64      // rows that are worth a task, where there are few
	gemmNarrow = 64      // columns that are worth a thread of their own, and a task
	gemmTasks  = 3       // tasks for each thread where threads take blocks of rows
	gemmPacked = 2 << 20 // of A packed at a time, and of B packed at most for several tasks
	gemmGroup  = 64      // rows of A that one packing task takes
	gemmWidest = 384     // columns of C that one task takes, at most, on any machine
	gemmDirect = 4 << 20 // numbers of an A that comes from memory: packed, it comes faster
)

// gemmStrip is how many columns of C one task takes, at most. Its block of B takes a seventh of
// the second-level cache, for what else is in use there: the next block, which is being fetched,
// rows of A and of C, and whatever a neighbour on the same core has. 48 is a multiple of every
// level's panel.
var gemmStrip = min(max(kernels.SecondLevelCache()/(7*4*gemmDepth), gemmNarrow), gemmWidest) / 48 * 48

// gemmArgs are the arguments of one product for its tasks.
type gemmArgs[T kernels.Float] struct {
	c, a, b     matrix[T]
	bias        []T
	alpha, beta T
	bf16        bool // factors are rounded to bfloat16

	threads        int
	depth          int // of the inner dimension, in one block
	parts          int // of the columns, for different threads
	strips, blocks int // tasks: strips of columns, as many in each part, by blocks of rows

	direct bool // A is read as it lies

	first, last int // rows of A that are packed
	from, to    int // of the inner dimension, what is packed of them
	packed      []T // their panels, a depth at a time
	packedB     []T // panels of B, from and to the same, if several tasks need them
}

// panels and pack are GemmPanels and PackPanels of package kernels in the product's precision.
func (j *gemmArgs[T]) panels(width, panel, k int) int {
	if j.bf16 {
		return kernels.GemmPanelsBF16[T](width, panel, k)
	}
	return kernels.GemmPanels(width, panel, k)
}

func (j *gemmArgs[T]) pack(dst, src []T, across, along, width, panel, k int) {
	if j.bf16 {
		kernels.PackPanelsBF16(dst, src, across, along, width, panel, k)
		return
	}
	kernels.PackPanels(dst, src, across, along, width, panel, k)
}

// tiles multiplies rows top, top+1, … of A, of the depth that begins at p, by a packed strip.
func (j *gemmArgs[T]) tiles(c []T, top, p int, b []T, m, n, k int, beta T, next kernels.Block[T]) {
	switch {
	case j.direct:
		kernels.GemmDirect(c, j.c.row, j.a.data[(j.first+top)*j.a.row+p:], j.a.row, b, m, n, k, j.alpha, beta, next)
	case j.bf16:
		kernels.GemmBF16(c, j.c.row, j.packedPanels(p, k, top, m), b, m, n, k, j.alpha, beta, next)
	default:
		kernels.Gemm(c, j.c.row, j.packedPanels(p, k, top, m), b, m, n, k, j.alpha, beta, next)
	}
}

// firstTiles multiplies m rows, one panel of A, by a strip of B whose rows are b, and packs it.
func (j *gemmArgs[T]) firstTiles(c []T, top, p int, strip []T, m, n, k int, beta T, b []T) {
	src := kernels.Block[T]{Data: b, Stride: j.b.row}
	switch {
	case j.direct:
		kernels.GemmPacking(c, j.c.row, j.a.data[(j.first+top)*j.a.row+p:], j.a.row, strip, m, n, k, j.alpha, beta, src)
	case j.bf16:
		kernels.GemmPackingBF16(c, j.c.row, j.packedPanels(p, k, top, m), strip, m, n, k, j.alpha, beta, src)
	default:
		kernels.GemmPacking(c, j.c.row, j.packedPanels(p, k, top, m), 0, strip, m, n, k, j.alpha, beta, src)
	}
}

// split returns where piece i of n numbers begins when they are dealt to pieces as evenly
// as multiples of unit go.
func split(n, unit, pieces, i int) int {
	return min(((n+unit-1)/unit*i+pieces-1)/pieces*unit, n)
}

// pieces returns in how many pieces of at most size n is to be cut.
func pieces(n, size int) int { return (n + size - 1) / size }

// plan decides how a product is cut. The depth, which says in what order numbers are added up,
// is a matter of the shape alone, so that every element of C is the same sum on any number of
// threads; tasks are cut so that there are some for each.
func (j *gemmArgs[T]) plan() {
	m, n, k := j.c.rows, j.c.cols, j.a.cols
	deep := gemmDepth * 2 / j.panels(1, 1, 2) // what fits the same memory
	j.depth = max(split(k, 8, max(pieces(k, deep), 1), 1), 1)
	j.direct = k > 0 && !j.bf16 && j.a.col == 1 && m%kernels.GemmRows == 0 && m >= kernels.GemmDirectRows[T]() && m*k < gemmDirect
	rows, span := m, k
	if !j.direct {
		rows = split(m, kernels.GemmRows, pieces(m, max(gemmPacked/max(k, 1), gemmHeight)), 1)
		span = min(k, max(gemmPacked/rows/j.depth, 1)*j.depth)
	}
	j.last, j.to = rows, span
	// Threads share nothing that one of them writes if each has columns of its own. Only where
	// these are too few do several take blocks of rows of one strip.
	j.parts = max(min(j.threads, n/gemmNarrow), 1)
	j.strips = j.parts * pieces(pieces(n, j.parts), gemmStrip)
	j.blocks = pieces(rows, gemmTall)
	if j.parts < j.threads {
		j.blocks = max(j.blocks, min(pieces(rows, gemmShort), pieces(gemmTasks*j.threads, j.strips)))
	}
}

// sharedB returns how many numbers B packed takes, if several tasks need the same strips and
// that is not too much; else 0.
func (j *gemmArgs[T]) sharedB() int {
	if j.blocks == 1 && j.last == j.c.rows {
		return 0
	}
	n := j.strips * j.panels(j.stripWidth(), kernels.GemmCols[T](), j.to)
	if n > gemmPacked {
		return 0
	}
	return n
}

// multiply computes one product in five loops (Goto and van de Geijn 2008, "Anatomy of
// high-performance matrix multiplication"), named as in BLIS: some of the inner dimension, pc,
// of some rows of A, ic, is packed by all threads together; then each task takes a strip of
// columns, jc, of a block of rows of C, packs its strip of B a depth at a time, and multiplies
// panels, ir and jr. Strips that several tasks need are packed with the first rows of A.
func multiply[T kernels.Float](c *CPU, j gemmArgs[T], do gemmSteps[T]) {
	m, n, k := j.c.rows, j.c.cols, j.a.cols
	if k > 0 && j.a.col == 1 && (j.b.row == 1 || k == 1) && m <= dotRows {
		For(c.pool, n, max(16, 2*chunk/max(k, 1)), j, do.dot)
		return
	}
	if k > 0 && j.a.col == 1 && j.b.col == 1 && m <= axpyRows {
		even := pieces(n, 256)
		even += even % 2
		For(c.pool, n, split(n, gemmUnit, even, 1), j, do.axpy)
		return
	}
	j.plan()
	rows, span := j.last, j.to
	scratch := takeScratch[T](j.panels(j.packedRows(), kernels.GemmRows, span))
	j.packed = *scratch
	scratchB := takeScratch[T](j.sharedB())
	j.packedB = (*scratchB)[:j.sharedB()]
	for more := true; more; j.from = j.to {
		j.to = min(j.from+span, k)
		for j.first = 0; j.first < m; j.first = j.last {
			j.last = min(j.first+rows, m)
			For(c.pool, j.packingTasks(), 1, j, do.pack)
			For(c.pool, j.strips*j.blocks, 1, j, do.gemm)
		}
		more = j.to < k
	}
	putScratch(scratchB)
	putScratch(scratch)
}

// packedRows returns how many rows of A are packed at a time.
func (j *gemmArgs[T]) packedRows() int {
	if j.direct {
		return 0
	}
	return j.last - j.first
}

// packingTasks returns how many tasks pack rows of A, and with the first of them B.
func (j *gemmArgs[T]) packingTasks() int {
	parts := pieces(j.packedRows(), gemmGroup)
	if j.first == 0 && len(j.packedB) > 0 {
		parts += j.strips
	}
	return parts * pieces(j.to-j.from, j.depth)
}

// packChunk does packing tasks [lo, hi): a group of rows of A, or a strip of B, one depth of
// them. Panels of one depth of all rows lie together, as packedPanels finds them.
func packChunk[T kernels.Float](j *gemmArgs[T], lo, hi int) {
	rows := j.packedRows()
	groups := pieces(rows, gemmGroup)
	for task := lo; task < hi; task++ {
		if s := task - groups*pieces(j.to-j.from, j.depth); s >= 0 {
			p := j.from + s/j.strips*j.depth
			j.packStrip(j.packedStrip(s%j.strips, p), s%j.strips, p)
			continue
		}
		p, top := j.from+task/groups*j.depth, task%groups*gemmGroup
		depth, height := min(j.depth, j.to-p), min(gemmGroup, rows-top)
		j.pack(j.packedPanels(p, depth, top, height), j.a.data[(j.first+top)*j.a.row+p*j.a.col:],
			j.a.row, j.a.col, height, kernels.GemmRows, depth)
	}
}

// packedPanels returns the panels of rows top, top+1, … of the packed rows, of the depth
// that begins at p.
func (j *gemmArgs[T]) packedPanels(p, depth, top, height int) []T {
	before := j.panels(j.packedRows(), kernels.GemmRows, p-j.from) + j.panels(top, kernels.GemmRows, depth)
	return j.packed[before:][:j.panels(height, kernels.GemmRows, depth)]
}

// strip returns the columns of a strip: whole panels of B, up to the last of a part.
func (j *gemmArgs[T]) strip(s int) (left, right int) {
	each := j.strips / j.parts
	part, s := s/each, s%each
	first, end := split(j.c.cols, gemmUnit, j.parts, part), split(j.c.cols, gemmUnit, j.parts, part+1)
	panel := kernels.GemmCols[T]()
	return first + split(end-first, panel, each, s), first + split(end-first, panel, each, s+1)
}

// stripWidth returns the columns of the first strip, of which no other has more.
func (j *gemmArgs[T]) stripWidth() int {
	_, right := j.strip(0)
	return right
}

// packStrip packs a strip of B, of the depth that begins at p.
func (j *gemmArgs[T]) packStrip(dst []T, s, p int) {
	left, right := j.strip(s)
	j.pack(dst, j.stripData(left, p), j.b.col, j.b.row, right-left, kernels.GemmCols[T](), min(j.depth, j.to-p))
}

// stripData returns B from column left of row p on.
func (j *gemmArgs[T]) stripData(left, p int) []T {
	return j.b.data[min(p*j.b.row+left*j.b.col, len(j.b.data)):]
}

// next returns the memory of the strip that the thread which does a task will pack after that of
// the depth that begins at p: the next depth, or the first of the task that is probably its next.
func (j *gemmArgs[T]) next(task, p int) kernels.Block[T] {
	p += j.depth
	if p >= j.to {
		p, task = j.from, task+1
	}
	if task >= j.strips*j.blocks || len(j.packedB) > 0 {
		return kernels.Block[T]{}
	}
	left, right := j.strip(task % j.strips)
	depth, width := min(j.depth, j.to-p), right-left
	switch {
	case j.b.col == 1:
		return kernels.Block[T]{Data: j.stripData(left, p), Rows: depth, Lines: pieces(width, 16), Stride: j.b.row}
	case j.b.row == 1:
		return kernels.Block[T]{Data: j.stripData(left, p), Rows: width, Lines: pieces(depth, 16), Stride: j.b.col}
	}
	return kernels.Block[T]{}
}

// packedStrip returns where that strip is packed if several tasks need it.
func (j *gemmArgs[T]) packedStrip(s, p int) []T {
	cols, wide, depth := kernels.GemmCols[T](), j.stripWidth(), min(j.depth, j.to-p)
	left, right := j.strip(s)
	before := j.strips*j.panels(wide, cols, p-j.from) + s*j.panels(wide, cols, depth)
	return j.packedB[before:][:j.panels(right-left, cols, depth)]
}

// gemmChunk computes tasks [lo, hi): a strip of columns of a block of rows of C each.
func gemmChunk[T kernels.Float](j *gemmArgs[T], lo, hi int) {
	rows := j.last - j.first
	cols := kernels.GemmCols[T]()
	scratch := takeScratch[T](gemmDepth * (gemmStrip + cols))
	for task := lo; task < hi; task++ {
		s := task % j.strips
		left, right := j.strip(s)
		top, bottom := split(rows, kernels.GemmRows, j.blocks, task/j.strips), split(rows, kernels.GemmRows, j.blocks, task/j.strips+1)
		height, width := bottom-top, right-left
		if height == 0 || width == 0 {
			continue
		}
		c := j.c.data[(j.first+top)*j.c.row+left:]
		beta := j.beta
		if j.from > 0 {
			beta = 1
		}
		for p := j.from; p < j.to || p == 0; p += j.depth {
			depth, done := min(j.depth, j.to-p), 0
			strip := (*scratch)[:j.panels(width, cols, depth)]
			switch {
			case len(j.packedB) > 0:
				strip = j.packedStrip(s, p)
			case j.b.col == 1:
				done = min(height, kernels.GemmRows)
				j.firstTiles(c, top, p, strip, done, width, depth, beta, j.stripData(left, p))
			default:
				j.packStrip(strip, s, p)
			}
			if done < height {
				j.tiles(c[done*j.c.row:], top+done, p, strip, height-done, width, depth, beta, j.next(task, p))
			}
			beta = 1
		}
		if j.to == j.a.cols {
			j.addBias(c, left, height, width)
		}
	}
	putScratch(scratch)
}

// addBias adds the bias to a block of c while it is in the cache.
func (j *gemmArgs[T]) addBias(c []T, left, height, width int) {
	if j.bias == nil {
		return
	}
	for i := range height {
		row := c[i*j.c.row:][:width]
		kernels.Add(row, row, j.bias[left:][:width])
	}
}
