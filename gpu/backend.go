package gpu

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/kernels"
	"inkstone/tensor"
)

// A Backend computes on a device what the device has kernels for, and the rest on the CPU: the
// backend of the CPU that it embeds. Tensors lie where they were last written; an operation
// takes its operands to where it runs. Float32 tensors, and the Int32 ones that index them, go
// to the device. Fallbacks tells what did not.
//
// Operations return before they are done. Reading a tensor (tensor.Data, Item, Copy to the
// host) waits for it.
//
// A Backend is for one goroutine at a time.
type Backend struct {
	*tensor.CPU
	device    *Device
	fallbacks map[fallback]int
	trouble   error // see Err
	why       error // the last launch was not recorded, or nil
}

// NewBackend returns the backend of a device, with a CPU backend for what it cannot do. Closing
// it closes both.
func NewBackend(d *Device, cpu *tensor.CPU) *Backend {
	return &Backend{CPU: cpu, device: d, fallbacks: make(map[fallback]int)}
}

// Name returns the device's name, such as "vulkan:0".
func (b *Backend) Name() string { return b.device.name }

// Device returns the device.
func (b *Backend) Device() *Device { return b.device }

// Close ends the backend's threads and closes the device.
func (b *Backend) Close() {
	b.device.Close()
	b.CPU.Close()
}

// Attach gives a new buffer a mirror on the device.
func (b *Backend) Attach(buffer *tensor.Buffer) { b.device.Attach(buffer) }

// Err returns what is wrong with the device, or nil: that it is lost, for ever; or that it ran
// out of memory since the last call, for an operation that the CPU then did in its place.
func (b *Backend) Err() error {
	if err := b.device.Err(); err != nil {
		return err
	}
	err := b.trouble
	b.trouble = nil
	return err
}

// A Fallback counts the calls of an operation that the CPU did.
type Fallback struct {
	Op     string
	Reason string
	Count  int
}

type fallback struct{ op, reason string }

// Fallbacks returns what the CPU did since the backend was made, most frequent first.
func (b *Backend) Fallbacks() []Fallback {
	var list []Fallback
	for f, n := range b.fallbacks {
		list = append(list, Fallback{f.op, f.reason, n})
	}
	slices.SortFunc(list, func(x, y Fallback) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Op, y.Op), cmp.Compare(x.Reason, y.Reason))
	})
	return list
}

// An operand is a buffer of a launch: a tensor, or scratch memory.
type operand struct {
	t      *tensor.Tensor
	p      *piece
	at, n  int64 // bytes of p
	reads  bool
	writes bool
	loose  bool // the kernel is told where t begins; otherwise it takes its binding's first element
}

func read(t *tensor.Tensor) operand   { return operand{t: t, reads: true} }
func write(t *tensor.Tensor) operand  { return operand{t: t, writes: true} }
func update(t *tensor.Tensor) operand { return operand{t: t, reads: true, writes: true} }

// at makes an operand loose.
func at(o operand) operand {
	o.loose = true
	return o
}

// rest returns how many elements before t's first one a buffer of a kernel may begin: what loose
// operands have as their offset.
func (b *Backend) rest(t *tensor.Tensor) int {
	return t.Offset() % int(b.device.info.BufferAlign/4)
}

// run records a launch of a kernel, if the device can do it: operands bind to the kernel's
// buffers in order. work is in floating-point operations. It reports whether it was recorded; if
// not, nothing has changed but where contents lie. (It is no method, as those have no type
// parameters: a kernel of a known type is looked up without allocating an interface for it.)
func run[K kernels.Kernel](b *Backend, k K, l kernels.Launch, work int, operands ...operand) bool {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
	p, err := programOf(d, k)
	if err == nil {
		err = b.launch(p, &l, work, operands)
	}
	b.why = err
	return err == nil
}

// launch is run of a compiled kernel, under the device's lock.
func (b *Backend) launch(p driver.Program, l *kernels.Launch, work int, operands []operand) error {
	d := b.device
	if l.Empty() {
		return nil
	}
	for i := range operands {
		if o := &operands[i]; o.t != nil && !o.loose && b.rest(o.t) != 0 {
			return b.launchAligned(p, l, work, operands, i)
		}
	}
	var room [16]access
	accesses := room[:0]
	for _, o := range operands {
		r, err := b.bind(o)
		if err != nil {
			return err
		}
		accesses = append(accesses, access{r, o.reads, o.writes})
	}
	for _, o := range operands {
		place := o.p
		if o.t != nil {
			m := d.mirror(o.t.Buffer())
			place = m.place
			if o.writes {
				m.written = d.recording
				m.newest.Store(onDevice)
			}
		}
		place.used = d.recording
	}
	d.dispatch(p, l, accesses, int64(work))
	return d.err
}

// launchAligned launches a kernel with a copy of operand i, which does not begin where a buffer
// can: at a multiple of the device's BufferAlign.
func (b *Backend) launchAligned(program driver.Program, l *kernels.Launch, work int, operands []operand, i int) error {
	d, o := b.device, operands[i]
	p, err := d.alloc(int64(o.t.Bytes()))
	if err != nil {
		return err
	}
	defer d.local.give(p)
	elem := elemOf(o.t.DType())
	copying := kernels.Copy{To: elem, From: elem, Dims: 1}
	copier, err := programOf(d, copying)
	if err != nil {
		return err
	}
	line := kernels.NewStrided([]int{o.t.Len()}, []int{1}, []int{1})
	scratch := operand{p: p, n: int64(o.t.Bytes()), reads: o.reads, writes: o.writes}
	if o.reads {
		line.Offset = [3]int{0, b.rest(o.t)}
		into := copying.LaunchStrided(&line)
		if err := b.launch(copier, &into, o.t.Len(), []operand{{p: p, n: scratch.n, writes: true}, at(read(o.t))}); err != nil {
			return err
		}
	} else if _, err := b.bind(o); err != nil {
		return err
	}
	operands = append([]operand(nil), operands...)
	operands[i] = scratch
	if err := b.launch(program, l, work, operands); err != nil || !o.writes {
		return err
	}
	line.Offset = [3]int{b.rest(o.t), 0}
	back := copying.LaunchStrided(&line)
	return b.launch(copier, &back, o.t.Len(), []operand{at(write(o.t)), {p: p, n: scratch.n, reads: true}})
}

// bind returns where an operand lies on the device, after bringing it there.
func (b *Backend) bind(o operand) (driver.Range, error) {
	if o.p != nil {
		return o.p.part(o.at, o.n), nil
	}
	m := b.device.mirror(o.t.Buffer())
	if err := m.hold(o.t.Buffer(), !o.reads && whole(o.t)); err != nil {
		return driver.Range{}, err
	}
	first := o.t.Offset()
	r := m.rangeOf(first-b.rest(o.t), first+extent(o.t))
	if r.Len > b.device.info.MaxRange {
		return r, errTooLarge
	}
	return r, nil
}

// elemOf returns the element type of what kernels read and write of a tensor.
func elemOf(t tensor.DType) ir.Type {
	if t == tensor.Int32 {
		return ir.I32
	}
	return ir.F32
}

// extent returns the distance from t's first element to behind its last.
func extent(t *tensor.Tensor) int {
	n := 1
	for i, size := range t.Shape() {
		if size == 0 {
			return 0
		}
		n += (size - 1) * t.Strides()[i]
	}
	return n
}

// whole reports whether t is all of its buffer.
func whole(t *tensor.Tensor) bool {
	return t.Offset() == 0 && t.Bytes() == t.Buffer().Len() && t.IsContiguous()
}

// scratch returns local memory for n numbers, which the caller gives back with drop when it has
// recorded what uses it, and whether there is any.
func (b *Backend) scratch(n int) (operand, bool) {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
	p, err := d.alloc(4 * int64(n))
	b.why = err
	return operand{p: p, n: 4 * int64(n)}, err == nil
}

func (b *Backend) drop(o operand) {
	d := b.device
	d.mu.Lock()
	d.local.give(o.p)
	d.mu.Unlock()
}

// reading and writing return scratch memory as an operand, from number first on.
func (o operand) reading(first int) operand {
	return operand{p: o.p, at: o.at + 4*int64(first), n: o.n - 4*int64(first), reads: true}
}

func (o operand) writing(first int) operand {
	o = o.reading(first)
	o.reads, o.writes = false, true
	return o
}

// compiled compiles a kernel, and ready brings operands to the device, so that a launch of them
// cannot fail any more: for operations of several launches, which must run whole or not at all.
func compiled[K kernels.Kernel](b *Backend, k K) bool {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
	_, b.why = programOf(d, k)
	return b.why == nil
}

func (b *Backend) ready(operands ...operand) bool {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
	b.why = d.err
	for _, o := range operands {
		if o.t != nil && b.why == nil {
			_, b.why = b.bind(o)
		}
	}
	return b.why == nil
}

var (
	errTooLarge = errors.New("a tensor larger than what the device binds")
	errLayout   = errors.New("a layout without a kernel")
)

// floats reports whether all tensors are Float32 and can be counted; nil ones do not count.
func floats(ts ...*tensor.Tensor) bool {
	for _, t := range ts {
		if t != nil && (t.DType() != tensor.Float32 || !countable(t)) {
			return false
		}
	}
	return true
}

// countable reports whether t has elements, and not more than kernels can count.
func countable(t *tensor.Tensor) bool {
	const most = math.MaxInt32 - unit
	return t.Len() > 0 && t.Len() <= most && extent(t) <= most
}

// dense reports whether all tensors are Float32, contiguous and of x's shape; nil ones do not
// count.
func dense(x *tensor.Tensor, ts ...*tensor.Tensor) bool {
	if !floats(x) || !x.IsContiguous() {
		return false
	}
	for _, t := range ts {
		if t != nil && (!floats(t) || !t.IsContiguous() || !tensor.SameShape(t, x)) {
			return false
		}
	}
	return true
}

// vector reports whether a tensor is nil or n contiguous elements of a type.
func vector(t *tensor.Tensor, d tensor.DType, n int) bool {
	return t == nil || t.DType() == d && t.Len() == n && t.IsContiguous()
}

// same reports whether two tensors are the same view.
func same(x, y *tensor.Tensor) bool {
	return x.Buffer() == y.Buffer() && x.Offset() == y.Offset() && slices.Equal(x.Strides(), y.Strides())
}

// rowsOf views t [..., C] as rows of C numbers.
func rowsOf(t *tensor.Tensor) (rows, cols int) {
	if t.NDim() == 0 {
		return 1, 1
	}
	cols = t.Dim(-1)
	return t.Len() / max(cols, 1), cols
}

// onCPU counts an operation that the CPU does in the device's place, and makes its operands
// ready: their newest contents are in the host's memory, and what is written is the newest
// there afterwards. The caller calls what it returns when the operation is done.
func (b *Backend) onCPU(op string, operands ...operand) (done func()) {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
	b.count(op, operands)
	var pinned []*mirror
	each := func(f func(m *mirror, o operand)) {
		for _, o := range operands {
			if o.t != nil {
				if m, ok := o.t.Buffer().Mirror().(*mirror); ok && m.device == d {
					f(m, o)
				}
			}
		}
	}
	each(func(m *mirror, o operand) {
		if o.reads || !whole(o.t) {
			m.fetch(o.t.Buffer())
		}
	})
	each(func(m *mirror, o operand) {
		if o.writes {
			o.t.Buffer().Memory()
			m.newest.Store(onHost)
		}
		m.pinned.Add(1)
		pinned = append(pinned, m)
	})
	return func() {
		for _, m := range pinned {
			m.pinned.Add(-1)
		}
	}
}

// count notes why the CPU does an operation.
func (b *Backend) count(op string, operands []operand) {
	why := b.why
	b.why = nil
	reason := errLayout.Error()
	memory := (*OutOfMemoryError)(nil)
	switch {
	case b.device.err != nil:
		reason = "the device is lost"
	case errors.As(why, &memory):
		reason = "out of memory"
		if b.trouble == nil {
			b.trouble = why
		}
	case why != nil:
		reason = why.Error()
	default:
		for _, o := range operands {
			switch {
			case o.t == nil:
			case o.t.Len() == 0:
				return // there is nothing to compute
			case o.t.DType() != tensor.Float32 && o.t.DType() != tensor.Int32:
				reason = o.t.DType().String()
			}
		}
	}
	b.fallbacks[fallback{op, reason}]++
}
