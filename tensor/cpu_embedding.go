package tensor

import (
	"fmt"

	"inkstone/kernels"
)

type embeddingArgs struct {
	table, rows, ids *Tensor
	cols             int
}

// checkEmbedding panics unless table is [V, C], rows [..., C] and every id is in [0, V).
func checkEmbedding(op string, table, rows, ids *Tensor) int {
	n, cols := rowsOf(rows)
	if table.ndim != 2 || table.shape[1] != cols || table.dtype != rows.dtype {
		panic(fmt.Sprintf("tensor: %s: table %v %v, rows %v %v", op, table.dtype, table.Shape(), rows.dtype, rows.Shape()))
	}
	vector(op, "ids", Int32, n, ids)
	for i, id := range Data[int32](ids) {
		if id < 0 || int(id) >= table.shape[0] {
			panic(fmt.Sprintf("tensor: %s: ids[%d] = %d in a table of %d rows", op, i, id, table.shape[0]))
		}
	}
	return n
}

// Embedding works as Backend says.
func (c *CPU) Embedding(dst, table, ids *Tensor) {
	n := checkEmbedding("Embedding", table, dst, ids)
	cols := table.shape[1]
	each(c, "Embedding", dst, n, rowGrain(cols), embeddingArgs{table, dst, ids, cols}, embeddingChunk[float32], embeddingChunk[float64])
}

func embeddingChunk[T kernels.Float](a *embeddingArgs, lo, hi int) {
	kernels.Gather(part[T](a.rows, a.cols, lo, hi), Data[T](a.table), Data[int32](a.ids)[lo:hi], a.cols)
}

// embeddingColumns is the width of the strip of columns one task of the backward takes:
// rows may repeat, so tasks cannot share them out.
const embeddingColumns = 256

// EmbeddingBackward works as Backend says.
func (c *CPU) EmbeddingBackward(dtable, dy, ids *Tensor) {
	checkEmbedding("EmbeddingBackward", dtable, dy, ids)
	cols := dtable.shape[1]
	each(c, "EmbeddingBackward", dy, cols, embeddingColumns, embeddingArgs{dtable, dy, ids, cols}, embeddingBackwardChunk[float32], embeddingBackwardChunk[float64])
}

func embeddingBackwardChunk[T kernels.Float](a *embeddingArgs, lo, hi int) {
	kernels.ScatterAdd(Data[T](a.table), Data[T](a.rows), Data[int32](a.ids), a.cols, lo, hi)
}

type ropeArgs struct {
	dst, x, cos, sin     *Tensor
	start                int
	interleaved, inverse bool
}

// RoPE works as Backend says.
func (c *CPU) RoPE(dst, x, cos, sin *Tensor, start int, interleaved, inverse bool) {
	like("RoPE", x, dst)
	if x.ndim != 4 || x.shape[3]%2 != 0 {
		panic(fmt.Sprintf("tensor: RoPE: x %v, want [B, T, H, D] with an even D", x.Shape()))
	}
	T, H, D := x.shape[1], x.shape[2], x.shape[3]
	for _, t := range []*Tensor{x, dst} {
		if t.Len() > 0 && (t.strides[3] != 1 || H > 1 && t.strides[2] != D) {
			panic(fmt.Sprintf("tensor: RoPE: shape %v, strides %v: heads must lie side by side", t.Shape(), t.Strides()))
		}
	}
	if cos.ndim != 2 || !SameShape(cos, sin) || cos.shape[1] != D/2 || cos.shape[0] < start+T || start < 0 || cos.dtype != x.dtype || sin.dtype != x.dtype {
		panic(fmt.Sprintf("tensor: RoPE: tables %v and %v for positions %d to %d of x %v", cos.Shape(), sin.Shape(), start, start+T, x.Shape()))
	}
	args := ropeArgs{dst, x, cos, sin, start, interleaved, inverse}
	each(c, "RoPE", x, x.shape[0]*T, rowGrain(H*D), args, ropeChunk[float32], ropeChunk[float64])
}

func ropeChunk[T kernels.Float](a *ropeArgs, lo, hi int) {
	steps, H, D := a.x.shape[1], a.x.shape[2], a.x.shape[3]
	dst, x, cos, sin := storage[T](a.dst), storage[T](a.x), Data[T](a.cos), Data[T](a.sin)
	for i := lo; i < hi; i++ {
		b, t := i/steps, i%steps
		to, from := dst[b*a.dst.strides[0]+t*a.dst.strides[1]:][:H*D], x[b*a.x.strides[0]+t*a.x.strides[1]:][:H*D]
		angle := (a.start + t) * D / 2
		if a.inverse {
			kernels.RoPEBackward(to, from, cos[angle:][:D/2], sin[angle:][:D/2], H, D, a.interleaved)
		} else {
			kernels.RoPE(to, from, cos[angle:][:D/2], sin[angle:][:D/2], H, D, a.interleaved)
		}
	}
}
