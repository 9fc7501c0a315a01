package tensor

import "inkstone/kernels"

// normRows is how many rows of a normalisation's backward one task takes. Each task sums
// the parameters' gradients over its rows; the sums are then added in order.
const normRows = 32

type normArgs[T kernels.Float] struct {
	y, x, dy, dx []T // [rows, cols]
	mean, rstd   []T // [rows]
	weight, bias []T // [cols]
	parts        []T // [blocks, 2·cols]: partial gradients of weight and bias
	rows, cols   int
	eps          T
	wantBias     bool
}

// span returns rows [lo, hi) of x.
func (a *normArgs[T]) span(x []T, lo, hi int) []T { return x[lo*a.cols : hi*a.cols] }

// LayerNorm works as Backend says.
func (c *CPU) LayerNorm(y, mean, rstd, x, weight, bias *Tensor, eps float64) {
	rows, cols := rowsOf(x)
	like("LayerNorm", x, y)
	vector("LayerNorm", "mean or rstd", x.dtype, rows, mean, rstd)
	vector("LayerNorm", "weight or bias", x.dtype, cols, weight, bias)
	switch x.dtype {
	case Float32:
		For(c.pool, rows, rowGrain(cols), norms[float32](y, mean, rstd, x, weight, bias, eps), layerNormChunk[float32])
	case Float64:
		For(c.pool, rows, rowGrain(cols), norms[float64](y, mean, rstd, x, weight, bias, eps), layerNormChunk[float64])
	default:
		panic(badType("LayerNorm", x))
	}
}

func norms[T kernels.Float](y, mean, rstd, x, weight, bias *Tensor, eps float64) normArgs[T] {
	rows, cols := rowsOf(x)
	return normArgs[T]{y: optional[T](y), mean: optional[T](mean), rstd: Data[T](rstd), x: Data[T](x), weight: Data[T](weight), bias: optional[T](bias), rows: rows, cols: cols, eps: T(eps)}
}

func layerNormChunk[T kernels.Float](a *normArgs[T], lo, hi int) {
	kernels.LayerNorm(a.span(a.y, lo, hi), a.mean[lo:hi], a.rstd[lo:hi], a.span(a.x, lo, hi), a.weight, a.bias, hi-lo, a.cols, a.eps)
}

// RMSNorm works as Backend says.
func (c *CPU) RMSNorm(y, rstd, x, weight *Tensor, eps float64) {
	rows, cols := rowsOf(x)
	like("RMSNorm", x, y)
	vector("RMSNorm", "rstd", x.dtype, rows, rstd)
	vector("RMSNorm", "weight", x.dtype, cols, weight)
	switch x.dtype {
	case Float32:
		For(c.pool, rows, rowGrain(cols), norms[float32](y, nil, rstd, x, weight, nil, eps), rmsNormChunk[float32])
	case Float64:
		For(c.pool, rows, rowGrain(cols), norms[float64](y, nil, rstd, x, weight, nil, eps), rmsNormChunk[float64])
	default:
		panic(badType("RMSNorm", x))
	}
}

func rmsNormChunk[T kernels.Float](a *normArgs[T], lo, hi int) {
	kernels.RMSNorm(a.span(a.y, lo, hi), a.rstd[lo:hi], a.span(a.x, lo, hi), a.weight, hi-lo, a.cols, a.eps)
}

// LayerNormBackward works as Backend says.
func (c *CPU) LayerNormBackward(dx, dweight, dbias, dy, x, weight, mean, rstd *Tensor) {
	rows, cols := rowsOf(x)
	like("LayerNormBackward", x, dx, dy)
	vector("LayerNormBackward", "mean or rstd", x.dtype, rows, mean, rstd)
	vector("LayerNormBackward", "weight or a gradient", x.dtype, cols, weight, dweight, dbias)
	switch x.dtype {
	case Float32:
		normBackward(c, dx, dweight, dbias, dy, norms[float32](nil, mean, rstd, x, weight, nil, 0), layerNormBackwardChunk[float32])
	case Float64:
		normBackward(c, dx, dweight, dbias, dy, norms[float64](nil, mean, rstd, x, weight, nil, 0), layerNormBackwardChunk[float64])
	default:
		panic(badType("LayerNormBackward", x))
	}
}

// RMSNormBackward works as Backend says.
func (c *CPU) RMSNormBackward(dx, dweight, dy, x, weight, rstd *Tensor) {
	rows, cols := rowsOf(x)
	like("RMSNormBackward", x, dx, dy)
	vector("RMSNormBackward", "rstd", x.dtype, rows, rstd)
	vector("RMSNormBackward", "weight or its gradient", x.dtype, cols, weight, dweight)
	switch x.dtype {
	case Float32:
		normBackward(c, dx, dweight, nil, dy, norms[float32](nil, nil, rstd, x, weight, nil, 0), rmsNormBackwardChunk[float32])
	case Float64:
		normBackward(c, dx, dweight, nil, dy, norms[float64](nil, nil, rstd, x, weight, nil, 0), rmsNormBackwardChunk[float64])
	default:
		panic(badType("RMSNormBackward", x))
	}
}

// normBackward runs body over blocks of normRows rows and adds their partial sums up.
func normBackward[T kernels.Float](c *CPU, dx, dweight, dbias, dy *Tensor, a normArgs[T], body func(*normArgs[T], int, int)) {
	if dx == nil {
		dx = New(dy.dtype, dy.Shape()...)
	}
	blocks := (a.rows + normRows - 1) / normRows
	scratch := takeScratch[T](blocks * 2 * a.cols)
	a.parts = (*scratch)[:blocks*2*a.cols]
	a.dx, a.dy, a.wantBias = Data[T](dx), Data[T](dy), dbias != nil
	For(c.pool, blocks, 1, a, body)
	for b := range blocks {
		dw, db := a.part(b)
		if dweight != nil {
			kernels.Axpy(Data[T](dweight), dw, 1)
		}
		if dbias != nil {
			kernels.Axpy(Data[T](dbias), db, 1)
		}
	}
	putScratch(scratch)
}

// part returns block b's share of the gradients of weight and bias.
func (a *normArgs[T]) part(b int) (dweight, dbias []T) {
	p := a.parts[b*2*a.cols:][:2*a.cols]
	return p[:a.cols], p[a.cols:]
}

func layerNormBackwardChunk[T kernels.Float](a *normArgs[T], first, last int) {
	for b := first; b < last; b++ {
		dw, db := a.part(b)
		clear(dw)
		clear(db)
		if !a.wantBias {
			db = nil
		}
		lo, hi := b*normRows, min((b+1)*normRows, a.rows)
		kernels.LayerNormBackward(a.span(a.dx, lo, hi), dw, db, a.span(a.dy, lo, hi), a.span(a.x, lo, hi), a.weight, a.mean[lo:hi], a.rstd[lo:hi], hi-lo, a.cols)
	}
}

func rmsNormBackwardChunk[T kernels.Float](a *normArgs[T], first, last int) {
	for b := first; b < last; b++ {
		dw, _ := a.part(b)
		clear(dw)
		lo, hi := b*normRows, min((b+1)*normRows, a.rows)
		kernels.RMSNormBackward(a.span(a.dx, lo, hi), dw, a.span(a.dy, lo, hi), a.span(a.x, lo, hi), a.weight, a.rstd[lo:hi], hi-lo, a.cols)
	}
}
