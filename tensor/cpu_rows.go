package tensor

import (
	"fmt"

	"inkstone/kernels"
)

type softmaxArgs struct {
	dst, x, dy, y *Tensor
	cols          int
}

// part returns rows [lo, hi) of t [..., cols].
func part[T kernels.Float](t *Tensor, cols, lo, hi int) []T { return Data[T](t)[lo*cols : hi*cols] }

// Softmax works as Backend says.
func (c *CPU) Softmax(dst, x *Tensor) {
	like("Softmax", x, dst)
	rows, cols := rowsOf(x)
	each(c, "Softmax", x, rows, rowGrain(cols), softmaxArgs{dst: dst, x: x, cols: cols}, softmaxChunk[float32], softmaxChunk[float64])
}

func softmaxChunk[T kernels.Float](a *softmaxArgs, lo, hi int) {
	kernels.Softmax(part[T](a.dst, a.cols, lo, hi), part[T](a.x, a.cols, lo, hi), hi-lo, a.cols)
}

// SoftmaxBackward works as Backend says.
func (c *CPU) SoftmaxBackward(dx, dy, y *Tensor) {
	like("SoftmaxBackward", dy, dx, y)
	rows, cols := rowsOf(dy)
	each(c, "SoftmaxBackward", dy, rows, rowGrain(cols), softmaxArgs{dst: dx, dy: dy, y: y, cols: cols}, softmaxBackwardChunk[float32], softmaxBackwardChunk[float64])
}

func softmaxBackwardChunk[T kernels.Float](a *softmaxArgs, lo, hi int) {
	kernels.SoftmaxBackward(part[T](a.dst, a.cols, lo, hi), part[T](a.dy, a.cols, lo, hi), part[T](a.y, a.cols, lo, hi), hi-lo, a.cols)
}

// LogSoftmax works as Backend says.
func (c *CPU) LogSoftmax(dst, x *Tensor) {
	like("LogSoftmax", x, dst)
	rows, cols := rowsOf(x)
	each(c, "LogSoftmax", x, rows, rowGrain(cols), softmaxArgs{dst: dst, x: x, cols: cols}, logSoftmaxChunk[float32], logSoftmaxChunk[float64])
}

func logSoftmaxChunk[T kernels.Float](a *softmaxArgs, lo, hi int) {
	kernels.LogSoftmax(part[T](a.dst, a.cols, lo, hi), part[T](a.x, a.cols, lo, hi), hi-lo, a.cols)
}

// LogSoftmaxBackward works as Backend says.
func (c *CPU) LogSoftmaxBackward(dx, dy, y *Tensor) {
	like("LogSoftmaxBackward", dy, dx, y)
	rows, cols := rowsOf(dy)
	each(c, "LogSoftmaxBackward", dy, rows, rowGrain(cols), softmaxArgs{dst: dx, dy: dy, y: y, cols: cols}, logSoftmaxBackwardChunk[float32], logSoftmaxBackwardChunk[float64])
}

func logSoftmaxBackwardChunk[T kernels.Float](a *softmaxArgs, lo, hi int) {
	kernels.LogSoftmaxBackward(part[T](a.dst, a.cols, lo, hi), part[T](a.dy, a.cols, lo, hi), part[T](a.y, a.cols, lo, hi), hi-lo, a.cols)
}

type crossEntropyArgs struct {
	losses, lse, logits, targets, dlogits *Tensor
	cols                                  int
}

// checkCrossEntropy panics unless the shapes fit and every target is a column.
func checkCrossEntropy(op string, logits, targets *Tensor, perRow ...*Tensor) (rows, cols int) {
	rows, cols = rowsOf(logits)
	vector(op, "targets", Int32, rows, targets)
	vector(op, "losses or lse", logits.dtype, rows, perRow...)
	for i, id := range Data[int32](targets) {
		if int(id) >= cols {
			panic(fmt.Sprintf("tensor: %s: targets[%d] = %d of %d classes", op, i, id, cols))
		}
	}
	return rows, cols
}

// CrossEntropy works as Backend says.
func (c *CPU) CrossEntropy(losses, lse, logits, targets *Tensor) {
	rows, cols := checkCrossEntropy("CrossEntropy", logits, targets, losses, lse)
	args := crossEntropyArgs{losses: losses, lse: lse, logits: logits, targets: targets, cols: cols}
	each(c, "CrossEntropy", logits, rows, rowGrain(cols), args, crossEntropyChunk[float32], crossEntropyChunk[float64])
}

func crossEntropyChunk[T kernels.Float](a *crossEntropyArgs, lo, hi int) {
	kernels.CrossEntropy(Data[T](a.losses)[lo:hi], Data[T](a.lse)[lo:hi], part[T](a.logits, a.cols, lo, hi),
		Data[int32](a.targets)[lo:hi], hi-lo, a.cols)
}

// CrossEntropyBackward works as Backend says.
func (c *CPU) CrossEntropyBackward(dlogits, logits, lse, targets, dlosses *Tensor) {
	like("CrossEntropyBackward", logits, dlogits)
	rows, cols := checkCrossEntropy("CrossEntropyBackward", logits, targets, lse, dlosses)
	args := crossEntropyArgs{losses: dlosses, lse: lse, logits: logits, targets: targets, dlogits: dlogits, cols: cols}
	each(c, "CrossEntropyBackward", logits, rows, rowGrain(cols), args, crossEntropyBackwardChunk[float32], crossEntropyBackwardChunk[float64])
}

func crossEntropyBackwardChunk[T kernels.Float](a *crossEntropyArgs, lo, hi int) {
	kernels.CrossEntropyBackward(part[T](a.dlogits, a.cols, lo, hi), part[T](a.logits, a.cols, lo, hi), Data[T](a.lse)[lo:hi],
		Data[int32](a.targets)[lo:hi], Data[T](a.losses)[lo:hi], hi-lo, a.cols)
}
