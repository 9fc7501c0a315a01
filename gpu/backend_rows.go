package gpu

import (
	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// Softmax works as tensor.Backend says.
func (b *Backend) Softmax(dst, x *tensor.Tensor) {
	if b.softmax(dst, x, false) {
		return
	}
	defer b.onCPU("Softmax", read(x), write(dst))()
	b.CPU.Softmax(dst, x)
}

// LogSoftmax works as tensor.Backend says.
func (b *Backend) LogSoftmax(dst, x *tensor.Tensor) {
	if b.softmax(dst, x, true) {
		return
	}
	defer b.onCPU("LogSoftmax", read(x), write(dst))()
	b.CPU.LogSoftmax(dst, x)
}

func (b *Backend) softmax(dst, x *tensor.Tensor, log bool) bool {
	if !dense(x, dst) {
		return false
	}
	rows, cols := rowsOf(x)
	k := kernels.Softmax{Rows: b.device.tuning.Rows(cols), Log: log, InPlace: same(dst, x)}
	return run(b, k, k.Launch(rows, cols), dear*x.Len(), pair(k.InPlace, dst, x)...)
}

// SoftmaxBackward works as tensor.Backend says.
func (b *Backend) SoftmaxBackward(dx, dy, y *tensor.Tensor) {
	if b.softmaxBackward(dx, dy, y, false) {
		return
	}
	defer b.onCPU("SoftmaxBackward", read(dy), read(y), write(dx))()
	b.CPU.SoftmaxBackward(dx, dy, y)
}

// LogSoftmaxBackward works as tensor.Backend says.
func (b *Backend) LogSoftmaxBackward(dx, dy, y *tensor.Tensor) {
	if b.softmaxBackward(dx, dy, y, true) {
		return
	}
	defer b.onCPU("LogSoftmaxBackward", read(dy), read(y), write(dx))()
	b.CPU.LogSoftmaxBackward(dx, dy, y)
}

func (b *Backend) softmaxBackward(dx, dy, y *tensor.Tensor, log bool) bool {
	if !dense(dy, dx, y) {
		return false
	}
	rows, cols := rowsOf(dy)
	k := kernels.SoftmaxBackward{Rows: b.device.tuning.Rows(cols), Log: log, InPlace: same(dx, dy)}
	return run(b, k, k.Launch(rows, cols), dear*dy.Len(), pair(k.InPlace, dx, dy, read(y))...)
}

// LayerNorm works as tensor.Backend says.
func (b *Backend) LayerNorm(y, mean, rstd, x, weight, bias *tensor.Tensor, eps float64) {
	if rows, cols := rowsOf(x); mean != nil && vector(mean, tensor.Float32, rows) && b.normalise(kernels.LayerNorm, y, mean, rstd, x, weight, bias, rows, cols, eps) {
		return
	}
	defer b.onCPU("LayerNorm", read(x), read(weight), operand{t: bias, reads: true}, write(y), operand{t: mean, writes: true}, write(rstd))()
	b.CPU.LayerNorm(y, mean, rstd, x, weight, bias, eps)
}

// RMSNorm works as tensor.Backend says.
func (b *Backend) RMSNorm(y, rstd, x, weight *tensor.Tensor, eps float64) {
	if rows, cols := rowsOf(x); b.normalise(kernels.RMSNorm, y, nil, rstd, x, weight, nil, rows, cols, eps) {
		return
	}
	defer b.onCPU("RMSNorm", read(x), read(weight), write(y), write(rstd))()
	b.CPU.RMSNorm(y, rstd, x, weight, eps)
}

func (b *Backend) normalise(norm kernels.Norm, y, mean, rstd, x, weight, bias *tensor.Tensor, rows, cols int, eps float64) bool {
	if !dense(x, y) || !vector(rstd, tensor.Float32, rows) || !vector(weight, tensor.Float32, cols) || !vector(bias, tensor.Float32, cols) {
		return false
	}
	k := kernels.Normalise{Rows: b.device.tuning.Rows(cols), Norm: norm, Bias: bias != nil}
	operands := append(make([]operand, 0, 6), write(y))
	if mean != nil {
		operands = append(operands, write(mean))
	}
	operands = append(operands, write(rstd), read(x), read(weight))
	if bias != nil {
		operands = append(operands, read(bias))
	}
	return run(b, k, k.Launch(rows, cols, float32(eps)), dear*x.Len(), operands...)
}

// LayerNormBackward works as tensor.Backend says.
func (b *Backend) LayerNormBackward(dx, dweight, dbias, dy, x, weight, mean, rstd *tensor.Tensor) {
	if rows, _ := rowsOf(x); mean != nil && vector(mean, tensor.Float32, rows) && b.normBackward(kernels.LayerNorm, dx, dweight, dbias, dy, x, weight, mean, rstd) {
		return
	}
	defer b.onCPU("LayerNormBackward", read(dy), read(x), read(weight), operand{t: mean, reads: true}, read(rstd),
		operand{t: dx, writes: true}, operand{t: dweight, reads: true, writes: true}, operand{t: dbias, reads: true, writes: true})()
	b.CPU.LayerNormBackward(dx, dweight, dbias, dy, x, weight, mean, rstd)
}

// RMSNormBackward works as tensor.Backend says.
func (b *Backend) RMSNormBackward(dx, dweight, dy, x, weight, rstd *tensor.Tensor) {
	if b.normBackward(kernels.RMSNorm, dx, dweight, nil, dy, x, weight, nil, rstd) {
		return
	}
	defer b.onCPU("RMSNormBackward", read(dy), read(x), read(weight), read(rstd),
		operand{t: dx, writes: true}, operand{t: dweight, reads: true, writes: true})()
	b.CPU.RMSNormBackward(dx, dweight, dy, x, weight, rstd)
}

// normBackward computes dx, and the gradients of weight and bias as sums of blocks of rows,
// which are then added up.
func (b *Backend) normBackward(norm kernels.Norm, dx, dweight, dbias, dy, x, weight, mean, rstd *tensor.Tensor) bool {
	rows, cols := rowsOf(x)
	if !dense(x, dx, dy) || !vector(rstd, tensor.Float32, rows) || !vector(weight, tensor.Float32, cols) ||
		!vector(dweight, tensor.Float32, cols) || !vector(dbias, tensor.Float32, cols) {
		return false
	}
	toX := kernels.NormBackward{Rows: b.device.tuning.Rows(cols), Norm: norm}
	toWeight := b.device.tuning.NormWeight(norm, dbias != nil, cols)
	blocks := toWeight.Blocks(rows)
	sum, layout := b.columnSum(blocks, cols, true)
	parts, ok := b.scratch(2 * roundUp(blocks*cols, unit/4))
	if !ok {
		return false
	}
	defer b.drop(parts)
	saved := []operand{read(mean), read(rstd)}
	if mean == nil {
		saved = saved[1:]
	}
	all := append(append(make([]operand, 0, 8), read(dy), read(x), read(weight), operand{t: dx, writes: true},
		operand{t: dweight, reads: true, writes: true}, operand{t: dbias, reads: true, writes: true}), saved...)
	if !compiled(b, toX) || !compiled(b, toWeight) || !compiled(b, sum) || !b.ready(all...) {
		return false
	}
	if dx != nil {
		run(b, toX, toX.Launch(rows, cols), dear*x.Len(), append(append(make([]operand, 0, 6), write(dx), read(dy), read(x), read(weight)), saved...)...)
	}
	if dweight == nil && dbias == nil {
		return true
	}
	operands := append(make([]operand, 0, 6), parts.writing(0))
	if dbias != nil {
		operands = append(operands, parts.writing(roundUp(blocks*cols, unit/4)))
	}
	operands = append(operands, read(dy), read(x))
	run(b, toWeight, toWeight.Launch(rows, cols), cheap*x.Len(), append(operands, saved...)...)
	if dweight != nil {
		run(b, sum, sum.Launch(&layout, 1), cheap*blocks*cols, update(dweight), parts.reading(0))
	}
	if dbias != nil {
		run(b, sum, sum.Launch(&layout, 1), cheap*blocks*cols, update(dbias), parts.reading(roundUp(blocks*cols, unit/4)))
	}
	return true
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// CrossEntropy works as tensor.Backend says.
func (b *Backend) CrossEntropy(losses, lse, logits, targets *tensor.Tensor) {
	rows, cols := rowsOf(logits)
	if dense(logits) && b.inRange(targets, rows, -1<<31, cols) && vector(losses, tensor.Float32, rows) && vector(lse, tensor.Float32, rows) {
		k := kernels.CrossEntropy{Rows: b.device.tuning.Rows(cols)}
		if run(b, k, k.Launch(rows, cols), dear*logits.Len(), write(losses), write(lse), read(logits), read(targets)) {
			return
		}
	}
	defer b.onCPU("CrossEntropy", read(logits), read(targets), write(losses), write(lse))()
	b.CPU.CrossEntropy(losses, lse, logits, targets)
}

// CrossEntropyBackward works as tensor.Backend says.
func (b *Backend) CrossEntropyBackward(dlogits, logits, lse, targets, dlosses *tensor.Tensor) {
	rows, cols := rowsOf(logits)
	if dense(logits, dlogits) && b.inRange(targets, rows, -1<<31, cols) && vector(dlosses, tensor.Float32, rows) && vector(lse, tensor.Float32, rows) {
		k := kernels.CrossEntropyBackward{Rows: b.device.tuning.Rows(cols), InPlace: same(dlogits, logits)}
		operands := pair(k.InPlace, dlogits, logits, read(lse), read(targets), read(dlosses))
		if run(b, k, k.Launch(rows, cols), dear*logits.Len(), operands...) {
			return
		}
	}
	defer b.onCPU("CrossEntropyBackward", read(logits), read(lse), read(targets), read(dlosses), write(dlogits))()
	b.CPU.CrossEntropyBackward(dlogits, logits, lse, targets, dlosses)
}

// inRange reports whether ids are n numbers of Int32, and those that the host knows all in
// [lo, hi). To look at others would make the device wait; kernels turn what is wrong into NaN.
func (b *Backend) inRange(ids *tensor.Tensor, n, lo, hi int) bool {
	if !vector(ids, tensor.Int32, n) || n == 0 {
		return false
	}
	if m, ok := ids.Buffer().Mirror().(*mirror); ok && m.newest.Load()&onHost == 0 {
		return true
	}
	for _, id := range tensor.Values[int32](ids) {
		if int(id) < lo || int(id) >= hi {
			return false
		}
	}
	return true
}

// Embedding works as tensor.Backend says.
func (b *Backend) Embedding(dst, table, ids *tensor.Tensor) {
	if V, C, ok := b.lookup(dst, table, ids); ok {
		k := b.device.tuning.Embedding(C)
		if run(b, k, k.Launch(ids.Len(), V, C), cheap*dst.Len(), write(dst), read(table), read(ids)) {
			return
		}
	}
	defer b.onCPU("Embedding", read(table), read(ids), write(dst))()
	b.CPU.Embedding(dst, table, ids)
}

// EmbeddingBackward works as tensor.Backend says.
func (b *Backend) EmbeddingBackward(dtable, dy, ids *tensor.Tensor) {
	if b.embeddingBackward(dtable, dy, ids) {
		return
	}
	defer b.onCPU("EmbeddingBackward", read(dy), read(ids), update(dtable))()
	b.CPU.EmbeddingBackward(dtable, dy, ids)
}

func (b *Backend) embeddingBackward(dtable, dy, ids *tensor.Tensor) bool {
	V, C, ok := b.lookup(dy, dtable, ids)
	n := ids.Len()
	if !ok || n >= 1<<30 {
		return false
	}
	link, k := b.device.tuning.EmbeddingBackward(C)
	links, ok := b.scratch(n)
	if !ok {
		return false
	}
	defer b.drop(links)
	if !compiled(b, link) || !compiled(b, k) || !b.ready(update(dtable), read(dy), read(ids)) {
		return false
	}
	run(b, link, link.Launch(n), n*n, links.writing(0), read(ids))
	run(b, k, k.Launch(n, V, C), cheap*dy.Len(), update(dtable), read(dy), read(ids), links.reading(0))
	return true
}

// lookup returns the sizes of a table [V, C] whose rows ids stand for rows [..., C].
func (b *Backend) lookup(rows, table, ids *tensor.Tensor) (V, C int, ok bool) {
	n, C := rowsOf(rows)
	if !dense(rows) || !dense(table) || table.NDim() != 2 || table.Dim(1) != C || !b.inRange(ids, n, 0, table.Dim(0)) {
		return 0, 0, false
	}
	return table.Dim(0), C, true
}

// Max works as tensor.Backend says.
func (b *Backend) Max(dst, arg, x *tensor.Tensor) {
	rows, cols := rowsOf(x)
	if dense(x) && vector(dst, tensor.Float32, rows) && vector(arg, tensor.Int32, rows) {
		k := b.device.tuning.Max(cols, arg != nil)
		operands := []operand{write(dst)}
		if arg != nil {
			operands = append(operands, write(arg))
		}
		if run(b, k, k.Launch(rows, cols), cheap*x.Len(), append(operands, read(x))...) {
			return
		}
	}
	defer b.onCPU("Max", read(x), write(dst), operand{t: arg, writes: true})()
	b.CPU.Max(dst, arg, x)
}

// Sample works as tensor.Device says. A processor leaves it to the host, which has the logits at
// hand: 50257 of them take .14 ms there and 1.7 ms on lavapipe, or with top-k .2 and 16 ms.
func (b *Backend) Sample(ids, logits, choices *tensor.Tensor) bool {
	return !b.device.tuning.Processor && b.sample(ids, logits, choices)
}

func (b *Backend) sample(ids, logits, choices *tensor.Tensor) bool {
	rows, cols := rowsOf(logits)
	if !dense(logits) || !vector(ids, tensor.Int32, rows) || !vector(choices, tensor.Float32, rows*tensor.SampleFields) || cols > kernels.MaxSampleCols {
		return false
	}
	k := b.device.tuning.Sample(cols)
	return run(b, k, k.Launch(rows, cols), 40*cheap*logits.Len(), write(ids), read(logits), read(choices))
}

// RoPE works as tensor.Backend says.
func (b *Backend) RoPE(dst, x, cos, sin *tensor.Tensor, start int, interleaved, inverse bool) {
	if b.rope(dst, x, cos, sin, start, interleaved, inverse) {
		return
	}
	defer b.onCPU("RoPE", read(x), read(cos), read(sin), write(dst))()
	b.CPU.RoPE(dst, x, cos, sin, start, interleaved, inverse)
}

func (b *Backend) rope(dst, x, cos, sin *tensor.Tensor, start int, interleaved, inverse bool) bool {
	if !floats(dst, x, cos, sin) || x.NDim() != 4 || !tensor.SameShape(dst, x) || x.Dim(3)%2 != 0 || !dense(cos, sin) ||
		cos.NDim() != 2 || cos.Dim(1) != x.Dim(3)/2 || start < 0 || cos.Dim(0) < start+x.Dim(1) {
		return false
	}
	B, T, H, D := x.Dim(0), x.Dim(1), x.Dim(2), x.Dim(3)
	for _, t := range []*tensor.Tensor{dst, x} {
		if s := t.Strides(); s[3] != 1 || H > 1 && s[2] != D {
			return false
		}
	}
	where := func(t *tensor.Tensor) kernels.Positions {
		return kernels.Positions{Offset: b.rest(t), Batch: t.Strides()[0], Position: t.Strides()[1]}
	}
	k := kernels.RoPE{Interleaved: interleaved, Inverse: inverse, InPlace: same(dst, x)}
	operands := pair(k.InPlace, dst, x, read(cos), read(sin))
	operands[0].loose = true
	if !k.InPlace {
		operands[1].loose = true
	}
	return run(b, k, k.Launch(B, T, H, D, start, where(dst), where(x)), cheap*x.Len(), operands...)
}
