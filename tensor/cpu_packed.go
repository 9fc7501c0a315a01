package tensor

import "inkstone/kernels"

// packedArgs are the arguments of one product C = A·B, with B packed, for its tasks. The
// inner dimension is cut into the same depths as by multiply, so that sums are the same bits.
type packedArgs[T kernels.Float] struct {
	c, a    []T // [m, n], [m, k]
	m, n, k int
	b       []T // panels, each of all of k
	panel   int // numbers of one
	bias    []T
	bf16    bool

	depth         int // of the inner dimension, in one block
	tasks, blocks int // strips of panels, and blocks of rows
	threads       int

	first, last int // rows of A that are packed
	packed      []T // their panels, a depth at a time

	vectors []T // rows of A in the form that Gemv takes
	vector  int // numbers of one
}

// packedSteps are the bodies of multiplyPacked's loops; see gemmSteps.
type packedSteps[T kernels.Float] struct {
	pack, gemm, gemv func(j *packedArgs[T], lo, hi int)
}

func newPackedArgs[T kernels.Float](c *CPU, dst, a *Tensor, b *Packed, bias *Tensor) packedArgs[T] {
	j := packedArgs[T]{
		c: Data[T](dst), a: Data[T](a), m: a.shape[0], n: b.n, k: b.k,
		b: Data[T](b.words), panel: panelOf[T](b), bias: optional[T](bias), bf16: b.bf16, threads: c.pool.threads,
	}
	plan := gemmArgs[T]{c: matrix[T]{rows: j.m, cols: j.n}, a: matrix[T]{cols: j.k}, bf16: j.bf16}
	plan.plan()
	j.depth, j.last = plan.depth, plan.last
	return j
}

const (
	// vectorRows is up to how many rows of A are each multiplied as a vector. A panel that
	// the first of them brought into the cache is read again from there.
	vectorRows = 2
	// packedStrip is how many panels a task takes, at most: as many as Gemv reads side by side.
	packedStrip = 4
)

// panels returns the number of panels of B.
func (j *packedArgs[T]) panels() int { return pieces(j.n, kernels.GemmCols[T]()) }

// strip returns the panels that task i of n takes.
func (j *packedArgs[T]) strip(i, n int) (from, to int) {
	return split(j.panels(), 1, n, i), split(j.panels(), 1, n, i+1)
}

// at returns the panels of B from number q on, of the depth that begins at p.
func (j *packedArgs[T]) at(q, p int) []T {
	cols := kernels.GemmCols[T]()
	if j.bf16 {
		return j.b[q*j.panel+kernels.PairPanels[T](cols, cols, p):]
	}
	return j.b[q*j.panel+cols*p:]
}

// multiplyPacked computes a product. Few rows are multiplied as vectors, at the rate at which
// memory gives B; more are packed by all threads together, and each task multiplies a block
// of them by a strip of panels. An element of C is the same sum either way: a row does not
// depend on what other rows there are.
func multiplyPacked[T kernels.Float](c *CPU, j packedArgs[T], do packedSteps[T]) {
	even := pieces(j.panels(), packedStrip)
	even += even % 2
	if j.m <= vectorRows {
		multiplyVectors(c, j, even, do)
		return
	}
	j.tasks = min(even, j.panels())
	rows := j.last
	j.blocks = max(pieces(rows, gemmTall), min(pieces(rows, gemmShort), gemmTasks/j.tasks), 1)
	scratch := takeScratch[T](j.rowPanels(rows, j.k))
	j.packed = *scratch
	for ; j.first < j.m; j.first = j.last {
		j.last = min(j.first+rows, j.m)
		height := min(j.last-j.first, gemmGroup)
		For(c.pool, pieces(j.last-j.first, gemmGroup)*pieces(j.k, j.depth), rowGrain(height*j.depth), j, do.pack)
		For(c.pool, j.tasks*j.blocks, 1, j, do.gemm)
	}
	putScratch(scratch)
}

// multiplyVectors multiplies each row of A alone. Every column is a sum of its own, so that tasks may
// be as many as keep all threads busy.
func multiplyVectors[T kernels.Float](c *CPU, j packedArgs[T], tasks int, do packedSteps[T]) {
	j.tasks = min(pieces(tasks, j.threads)*j.threads, j.panels())
	if !j.bf16 {
		j.vectors, j.vector = j.a, j.k
		For(c.pool, j.tasks, 1, j, do.gemv)
		return
	}
	j.vector = kernels.PairPanels[T](1, 1, j.k)
	scratch := takeScratch[T](j.m * j.vector)
	j.vectors = *scratch
	for i := range j.m {
		kernels.PackPairs(j.vectors[i*j.vector:][:j.vector], j.a[i*j.k:], j.k, 1, 1, 1, j.k)
	}
	For(c.pool, j.tasks, 1, j, do.gemv)
	putScratch(scratch)
}

// vectorChunk computes strips [lo, hi) of the columns of all rows.
func vectorChunk[T kernels.Float](j *packedArgs[T], lo, hi int) {
	cols := kernels.GemmCols[T]()
	scratch := takeScratch[T](kernels.GemvScratch)
	for task := lo; task < hi; task++ {
		from, to := j.strip(task, j.tasks)
		for ; from < to; from += packedStrip {
			left, right := from*cols, min(min(from+packedStrip, to)*cols, j.n)
			for p := 0; p < j.k || p == 0; p += j.depth {
				depth := min(j.depth, j.k-p)
				for r := range j.m {
					y, x := j.c[r*j.n+left:r*j.n+right], j.vectors[r*j.vector:][:j.vector]
					if j.bf16 {
						kernels.GemvPairs(y, x[kernels.PairPanels[T](1, 1, p):kernels.PairPanels[T](1, 1, p+depth)], j.at(from, p), j.panel, p > 0, *scratch)
					} else {
						kernels.Gemv(y, x[p:p+depth], j.at(from, p), j.panel, p > 0, *scratch)
					}
				}
			}
			j.addBias(0, j.m, left, right)
		}
	}
	putScratch(scratch)
}

// addBias adds the bias to columns [left, right) of rows [top, bottom) while they are in the
// cache.
func (j *packedArgs[T]) addBias(top, bottom, left, right int) {
	if j.bias == nil {
		return
	}
	for i := top; i < bottom; i++ {
		row := j.c[i*j.n+left : i*j.n+right]
		kernels.Add(row, row, j.bias[left:right])
	}
}

// rowPanels returns how many numbers a depth of packed rows takes.
func (j *packedArgs[T]) rowPanels(rows, depth int) int {
	if j.bf16 {
		return kernels.GemmPanelsBF16[T](rows, kernels.GemmRows, depth)
	}
	return kernels.GemmPanels(rows, kernels.GemmRows, depth)
}

// packedRows returns the panels of rows top, top+1, … of the packed rows, of the depth that
// begins at p.
func (j *packedArgs[T]) packedRows(p, depth, top, height int) []T {
	before := j.rowPanels(j.last-j.first, p) + j.rowPanels(top, depth)
	return j.packed[before:][:j.rowPanels(height, depth)]
}

// packRowsChunk packs groups of rows of A, a depth of them each.
func packRowsChunk[T kernels.Float](j *packedArgs[T], lo, hi int) {
	rows := j.last - j.first
	groups := pieces(rows, gemmGroup)
	for task := lo; task < hi; task++ {
		p, top := task/groups*j.depth, task%groups*gemmGroup
		depth, height := min(j.depth, j.k-p), min(gemmGroup, rows-top)
		dst, src := j.packedRows(p, depth, top, height), j.a[(j.first+top)*j.k+p:]
		if j.bf16 {
			kernels.PackPanelsBF16(dst, src, j.k, 1, height, kernels.GemmRows, depth)
		} else {
			kernels.PackPanels(dst, src, j.k, 1, height, kernels.GemmRows, depth)
		}
	}
}

// packedChunk computes tasks [lo, hi): a strip of panels times a block of rows each.
func packedChunk[T kernels.Float](j *packedArgs[T], lo, hi int) {
	rows, cols := j.last-j.first, kernels.GemmCols[T]()
	scratch := takeScratch[T](kernels.GemmPairsScratch[T](j.depth))
	for task := lo; task < hi; task++ {
		from, to := j.strip(task%j.tasks, j.tasks)
		top, bottom := split(rows, kernels.GemmRows, j.blocks, task/j.tasks), split(rows, kernels.GemmRows, j.blocks, task/j.tasks+1)
		if from == to || top == bottom {
			continue
		}
		for p := 0; p < j.k || p == 0; p += j.depth {
			depth := min(j.depth, j.k-p)
			for q := from; q < to; q++ {
				j.tile(q, p, depth, top, bottom, *scratch)
			}
		}
		j.addBias(j.first+top, j.first+bottom, from*cols, min(to*cols, j.n))
	}
	putScratch(scratch)
}

// tile multiplies a block of rows by a depth of panel q.
func (j *packedArgs[T]) tile(q, p, depth, top, bottom int, scratch []T) {
	cols := kernels.GemmCols[T]()
	c, height, width := j.c[(j.first+top)*j.n+q*cols:], bottom-top, min(cols, j.n-q*cols)
	beta := T(0)
	if p > 0 {
		beta = 1
	}
	a := j.packedRows(p, depth, top, height)
	if j.bf16 {
		kernels.GemmPairs(c, j.n, a, j.at(q, p), j.panel, height, width, depth, 1, beta, scratch)
	} else {
		kernels.Gemm(c, j.n, a, j.at(q, p)[:cols*depth], height, width, depth, 1, beta, kernels.Block[T]{})
	}
}
