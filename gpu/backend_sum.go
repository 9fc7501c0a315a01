package gpu

import (
	"unsafe"

	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// columnSum returns the kernel and layout that sum a contiguous [rows, cols] over its rows.
func (b *Backend) columnSum(rows, cols int, add bool) (kernels.Sum, kernels.Summed) {
	layout := kernels.NewSummed([]int{rows, cols}, []int{cols, 1}, []bool{true, false})
	k, _ := b.device.tuning.Sum(kernels.Values, &layout)
	k.Add = add
	return k, layout
}

// SumTo works as tensor.Backend says.
func (b *Backend) SumTo(dst, x *tensor.Tensor, add bool) {
	if floats(dst, x) && b.sumTo(dst, x, add) {
		return
	}
	defer b.onCPU("SumTo", read(x), operand{t: dst, reads: add, writes: true})()
	b.CPU.SumTo(dst, x, add)
}

func (b *Backend) sumTo(dst, x *tensor.Tensor, add bool) bool {
	if tensor.SameShape(dst, x) { // nothing to sum
		if add {
			return b.binary(tensor.Add, dst, dst, x)
		}
		return b.copyStrided(dst, x)
	}
	lead := x.NDim() - dst.NDim()
	if lead < 0 || !dst.IsContiguous() {
		return false
	}
	var over [tensor.MaxDims]bool
	for i, size := range x.Shape() {
		switch {
		case i < lead || dst.Dim(i-lead) == 1:
			over[i] = true
		case dst.Dim(i-lead) != size:
			return false
		}
	}
	s := kernels.NewSummed(x.Shape(), x.Strides(), over[:x.NDim()])
	s.Offset = b.rest(x)
	first, n := b.device.tuning.Sum(kernels.Values, &s)
	if n == 1 {
		first.Add = add
		return run(b, first, first.Launch(&s, 1), cheap*x.Len(), operand{t: dst, reads: add, writes: true}, at(read(x)))
	}
	kept := dst.Len()
	second, layout := b.columnSum(n, kept, add)
	parts, ok := b.scratch(n * kept)
	if !ok {
		return false
	}
	defer b.drop(parts)
	to := operand{t: dst, reads: add, writes: true}
	if !compiled(b, first) || !compiled(b, second) || !b.ready(to, read(x)) {
		return false
	}
	run(b, first, first.Launch(&s, n), cheap*x.Len(), parts.writing(0), at(read(x)))
	run(b, second, second.Launch(&layout, 1), cheap*n*kept, to, parts.reading(0))
	return true
}

// SquaredNorm works as tensor.Backend says.
func (b *Backend) SquaredNorm(x *tensor.Tensor) float64 {
	var sum [1]float64
	b.SquaredNorms(sum[:], []*tensor.Tensor{x})
	return sum[0]
}

// SquaredNorms works as tensor.Backend says: the host waits once.
func (b *Backend) SquaredNorms(sums []float64, xs []*tensor.Tensor) {
	if b.totals(kernels.Squares, sums, xs) {
		return
	}
	for i, x := range xs {
		done := b.onCPU("SquaredNorm", read(x))
		sums[i] = b.CPU.SquaredNorm(x)
		done()
	}
}

// AllFinite works as tensor.Backend says.
func (b *Backend) AllFinite(x *tensor.Tensor) bool {
	var count [1]float64
	if b.totals(kernels.NotFinite, count[:], []*tensor.Tensor{x}) {
		return count[0] == 0
	}
	defer b.onCPU("AllFinite", read(x))()
	return b.CPU.AllFinite(x)
}

// totals computes a sum over each of the tensors: blocks of them on the device, in float32, and
// the sums of the blocks on the host, in float64.
func (b *Backend) totals(of kernels.SumOf, sums []float64, xs []*tensor.Tensor) bool {
	type part struct {
		kernel kernels.Sum
		layout kernels.Summed
		blocks int
		first  int
	}
	parts := make([]part, len(xs))
	size := 0
	for i, x := range xs {
		if !dense(x) {
			return false
		}
		p := &parts[i]
		p.layout = kernels.NewSummed([]int{x.Len()}, []int{1}, []bool{true})
		p.layout.Offset = b.rest(x)
		p.kernel, p.blocks = b.device.tuning.Sum(of, &p.layout)
		p.first = size
		size += roundUp(p.blocks, unit/4)
	}
	if size == 0 {
		return true
	}
	room, ok := b.scratch(size)
	if !ok {
		return false
	}
	defer b.drop(room)
	for i, x := range xs {
		p := &parts[i]
		if !run(b, p.kernel, p.kernel.Launch(&p.layout, p.blocks), cheap*x.Len(), room.writing(p.first), at(read(x))) {
			return false
		}
	}
	host := make([]float32, size)
	if !b.fetch(host, room) {
		return false
	}
	for i := range xs {
		sums[i] = 0
		for _, v := range host[parts[i].first:][:parts[i].blocks] {
			sums[i] += float64(v)
		}
	}
	return true
}

// fetch copies scratch memory to the host, when what was recorded so far is done.
func (b *Backend) fetch(dst []float32, o operand) bool {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
	b.why = d.download(bytesOf(dst), o.p, d.recording)
	return b.why == nil
}

// bytesOf returns the memory of numbers.
func bytesOf(x []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}
