package gpu

import (
	"cmp"
	"errors"
	"slices"

	"inkstone/gpu/driver"
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
	accesses  []access
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
	reads  bool
	writes bool
}

func read(t *tensor.Tensor) operand   { return operand{t: t, reads: true} }
func write(t *tensor.Tensor) operand  { return operand{t: t, writes: true} }
func update(t *tensor.Tensor) operand { return operand{t: t, reads: true, writes: true} }

func readPiece(p *piece) operand  { return operand{p: p, reads: true} }
func writePiece(p *piece) operand { return operand{p: p, writes: true} }

// launch records a launch of a kernel, if the device can do it: operands bind to the kernel's
// buffers in order. A tensor is bound from the last place on that a buffer may begin at, which
// may be up to rest elements before its first one. work is in floating-point operations.
//
// It reports whether it was recorded; if not, nothing has changed but where contents lie.
func (b *Backend) launch(op string, k kernels.Kernel, l kernels.Launch, work int, operands ...operand) bool {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := b.record(k, &l, work, operands); err != nil {
		b.note(op, err)
		return false
	}
	return true
}

// record is launch under the device's lock.
func (b *Backend) record(k kernels.Kernel, l *kernels.Launch, work int, operands []operand) error {
	d := b.device
	if d.err != nil {
		return d.err
	}
	p, err := d.program(k)
	if err != nil || l.Empty() {
		return err
	}
	b.accesses = b.accesses[:0]
	for _, o := range operands {
		r, err := b.bind(o)
		if err != nil {
			return err
		}
		b.accesses = append(b.accesses, access{r, o.reads, o.writes})
	}
	for _, o := range operands {
		place := o.p
		if o.t != nil {
			m := o.t.Buffer().Mirror().(*mirror)
			place = m.place
			if o.writes {
				m.written = d.recording
				m.newest.Store(onDevice)
			}
		}
		place.used = d.recording
	}
	d.dispatch(p, l, b.accesses, int64(work))
	return d.err
}

// bind returns where an operand lies on the device, after bringing it there.
func (b *Backend) bind(o operand) (driver.Range, error) {
	if o.p != nil {
		return o.p.part(0, o.p.size), nil
	}
	d := b.device
	m := d.mirror(o.t.Buffer())
	if err := m.hold(o.t.Buffer(), !o.reads && whole(o.t)); err != nil {
		return driver.Range{}, err
	}
	first := o.t.Offset()
	r := m.rangeOf(first-d.rest(o.t), first+extent(o.t))
	if r.Len > d.info.MaxRange {
		return r, errTooLarge
	}
	return r, nil
}

var (
	errTooLarge = errors.New("a tensor is larger than what the device binds")
	errStrides  = errors.New("strides")
	errType     = errors.New("type")
)

// rest returns how many elements before t's first one its binding begins.
func (d *Device) rest(t *tensor.Tensor) int { return t.Offset() % int(d.info.BufferAlign/4) }

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

// note counts an operation that the CPU will do. It must be called under the device's lock.
func (b *Backend) note(op string, why error) {
	reason := why.Error()
	switch memory := (*OutOfMemoryError)(nil); {
	case errors.As(why, &memory):
		reason = "out of memory"
		if b.trouble == nil {
			b.trouble = why
		}
	case b.device.err != nil:
		reason = "the device is lost"
	}
	b.fallbacks[fallback{op, reason}]++
}

// onCPU makes operands ready for an operation of the CPU: their newest contents are in the
// host's memory, and stay the newest. What is written is the newest afterwards. The operation
// must be followed by offCPU.
func (b *Backend) onCPU(operands ...operand) {
	d := b.device
	d.mu.Lock()
	defer d.mu.Unlock()
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
	})
}

func (b *Backend) offCPU(operands ...operand) {
	for _, o := range operands {
		if o.t != nil {
			if m, ok := o.t.Buffer().Mirror().(*mirror); ok && m.device == b.device {
				m.pinned.Add(-1)
			}
		}
	}
}
