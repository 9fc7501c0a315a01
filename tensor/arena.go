package tensor

import "math/bits"

// An Arena recycles tensors. Everything it makes lives until it is released or until
// Reset, after which headers and memory serve again: from the second training step on,
// nothing is allocated. A nil *Arena is the Go heap: New allocates, Release does nothing.
//
// An Arena must not be used by two goroutines at once.
type Arena struct {
	headers []*Tensor // every header ever made
	used    int       // headers[:used] are in use or released since the last Reset
	free    [64][]*Buffer
	bytes   int
	poison  bool
	device  Device // nil for memory of the host
}

// NewArena returns an empty arena.
func NewArena() *Arena { return new(Arena) }

// NewArenaOn returns an empty arena for a backend's results. Where the backend is a Device,
// the host gets memory only for what it looks at.
func NewArenaOn(b Backend) *Arena {
	d, _ := b.(Device)
	return &Arena{device: d}
}

// Bytes returns the memory the arena holds, in use or free, on the host or on the device.
func (a *Arena) Bytes() int { return a.bytes }

// Poison makes the arena fill released memory with NaN bit patterns, so that a test sees
// any use of it.
func (a *Arena) Poison(on bool) { a.poison = on }

// New returns a tensor. Memory from an arena is not cleared; from the heap (nil) it is.
func (a *Arena) New(dtype DType, shape ...int) *Tensor {
	t := a.header()
	*t = Tensor{dtype: dtype}
	t.setShape("New", shape)
	t.buf = a.buffer(t.Bytes())
	t.owner = a != nil
	return t
}

// header returns an unused Tensor.
func (a *Arena) header() *Tensor {
	if a == nil {
		return new(Tensor)
	}
	if a.used == len(a.headers) {
		a.headers = append(a.headers, new(Tensor))
	}
	a.used++
	return a.headers[a.used-1]
}

// view returns a new header over t's memory that does not keep the memory from being
// released: it serves while t does.
func (a *Arena) view(t *Tensor) *Tensor {
	v := a.header()
	*v = *t
	v.owner = false
	return v
}

// Own makes a view keep its memory until the view itself is released, and returns it.
func (a *Arena) Own(v *Tensor) *Tensor {
	if a != nil && v.buf.arena == a && !v.owner {
		v.owner = true
		v.buf.refs++
	}
	return v
}

// View returns a second view of t that keeps the memory on its own.
func (a *Arena) View(t *Tensor) *Tensor { return a.Own(a.view(t)) }

// sizeClass returns the free list for n bytes and the size its buffers have: n rounded up
// to four steps per power of two, so that at most a fifth of a buffer is wasted.
func sizeClass(n int) (class, size int) {
	n = max(n, 256)
	p := bits.Len(uint(n-1)) - 1 // 2^p < n ≤ 2^(p+1)
	step := 1 << max(p-2, 0)
	size = (n + step - 1) &^ (step - 1)
	return p, size
}

func (a *Arena) buffer(n int) *Buffer {
	if a == nil {
		return newBuffer(n)
	}
	class, size := sizeClass(n)
	list := a.free[class]
	for i := len(list) - 1; i >= 0; i-- {
		if b := list[i]; b.class == size {
			a.free[class] = append(list[:i], list[i+1:]...)
			b.size, b.refs = n, 1
			return b
		}
	}
	b := &Buffer{size: n, class: size, arena: a, refs: 1}
	if a.device != nil {
		a.device.Attach(b)
	} else {
		b.mem = newMemory(size)
	}
	a.bytes += size
	return b
}

// Release gives up a tensor made by New, View or Own. When all owners of a buffer are
// released its memory is free for the next New. Releasing a tensor twice, a plain view, or
// one that is not the arena's does nothing.
func (a *Arena) Release(t *Tensor) {
	if a == nil || t == nil || t.buf == nil || t.buf.arena != a || !t.owner {
		return
	}
	b := t.buf
	t.buf, t.owner = nil, false
	if b.refs--; b.refs > 0 {
		return
	}
	b.size = b.class
	switch {
	case a.poison:
		mem := b.host(true)
		for i := range mem {
			mem[i] = 0xff
		}
	case b.mirror != nil:
		b.mirror.Discard()
	}
	class, _ := sizeClass(b.class)
	a.free[class] = append(a.free[class], b)
}

// Shared reports whether another owner of t's memory is still in use.
func (a *Arena) Shared(t *Tensor) bool { return t.buf.refs > 1 }

// Reset releases everything. Tensors made by the arena must not be used afterwards.
func (a *Arena) Reset() {
	if a == nil {
		return
	}
	for _, t := range a.headers[:a.used] {
		a.Release(t)
	}
	a.used = 0
}

// Mark returns a position for ReleaseSince.
func (a *Arena) Mark() int { return a.used }

// ReleaseSince releases every tensor made since mark, except keep.
func (a *Arena) ReleaseSince(mark int, keep *Tensor) {
	for _, t := range a.headers[mark:a.used] {
		if t != keep {
			a.Release(t)
		}
	}
}
