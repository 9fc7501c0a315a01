package vulkan

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"unsafe"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// Bits of the headers.
const (
	memoryLocal    = 1 // VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT
	memoryVisible  = 2 // to the host
	memoryCoherent = 4 // without flushing
	memoryCached   = 8 // so the host reads it fast
	memoryOrdinary = memoryLocal | memoryVisible | memoryCoherent | memoryCached

	bufferUsage = 1 | 2 | 0x20 // source and destination of transfers, storage buffer
)

// memory is a buffer and the device memory that is bound to it alone.
type memory struct {
	device *Device
	buffer uintptr
	handle uintptr
	heap   uint32
	taken  uint64 // bytes of the heap
	size   int64
	bytes  []byte
}

func (m *memory) Size() int64   { return m.size }
func (m *memory) Bytes() []byte { return m.bytes }

// rank returns the memory types that serve a place, the best first. Types with peculiarities
// (protected, lazily allocated, uncached on the device) serve none.
func (p *physical) rank(place driver.Place) []uint32 {
	need := uint32(memoryLocal)
	if place == driver.Host {
		need = memoryVisible | memoryCoherent
	}
	var types []uint32
	for t := range p.memory.typeCount {
		if f := p.memory.types[t].flags; f&need == need && f&^memoryOrdinary == 0 {
			types = append(types, t)
		}
	}
	// preference counts what is against a type.
	preference := func(t uint32) int {
		f := p.memory.types[t].flags
		shared := f&memoryOrdinary == memoryOrdinary // as good for the host as its own
		switch {
		case place == driver.Host && f&memoryCached == 0:
			return 100 + bits.OnesCount32(f) // reading it is slow, but it will do
		case place == driver.Local && shared:
			return 0
		}
		return bits.OnesCount32(f)
	}
	size := func(t uint32) uint64 { return p.memory.heaps[p.memory.types[t].heap].size }
	slices.SortStableFunc(types, func(s, t uint32) int {
		if place == driver.Local { // a small window onto the memory is a heap of its own
			if c := cmp.Compare(size(t), size(s)); c != 0 {
				return c
			}
		}
		return cmp.Compare(preference(s), preference(t))
	})
	return types
}

// heap returns the heap that memory of a place comes from first.
func (p *physical) heap(place driver.Place) memoryHeap {
	if types := p.rank(place); len(types) > 0 {
		return p.memory.heaps[p.memory.types[types[0]].heap]
	}
	return memoryHeap{}
}

// Alloc implements driver.Device. Heaps are not overcommitted, even where the driver would.
func (d *Device) Alloc(n int64, place driver.Place) (driver.Mem, error) {
	if n <= 0 {
		panic(fmt.Sprintf("vulkan: Alloc: %d bytes", n))
	}
	if n > d.physical.info.MaxAlloc {
		return nil, &driver.Error{Op: "alloc", Err: fmt.Errorf("%w: %d bytes at once, of at most %d", driver.ErrOutOfMemory, n, d.physical.info.MaxAlloc)}
	}
	var m *memory
	var err error
	d.do(func(c *dl.Caller) {
		if err = d.dead; err == nil {
			m, err = d.alloc(c, n, place)
		}
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (d *Device) alloc(c *dl.Caller, n int64, place driver.Place) (*memory, error) {
	m := &memory{device: d, size: n}
	if err := d.fill(c, m, place); err != nil {
		d.release(c, m)
		return nil, err
	}
	d.alive[m] = true
	return m, nil
}

// fill gives a memory its buffer and what is behind it.
func (d *Device) fill(c *dl.Caller, m *memory, place driver.Place) error {
	a := &d.arena
	a.Reset()
	info, infoAt := dl.New[bufferCreateInfo](a)
	info.sType, info.size, info.usage = typeBufferCreateInfo, uint64(m.size+3)&^3, bufferUsage
	out, outAt := dl.New[uintptr](a)
	if err := d.check("alloc", c.Call(d.vk.CreateBuffer, d.handle, infoAt, 0, outAt)); err != nil {
		return err
	}
	m.buffer = *out
	need, needAt := dl.New[memoryRequirements](a)
	c.Call(d.vk.GetBufferMemoryRequirements, d.handle, m.buffer, needAt)

	t, err := d.chooseType(need, place)
	if err != nil {
		return err
	}
	flags := d.physical.memory.types[t].flags
	m.heap = d.physical.memory.types[t].heap
	allocate, allocateAt := dl.New[memoryAllocateInfo](a)
	allocate.sType, allocate.size, allocate.typeIndex = typeMemoryAllocateInfo, need.size, t
	if err := d.check("alloc", c.Call(d.vk.AllocateMemory, d.handle, allocateAt, 0, outAt)); err != nil {
		return err
	}
	m.handle, m.taken = *out, need.size
	d.used[m.heap] += m.taken
	if err := d.check("alloc", c.Call(d.vk.BindBufferMemory, d.handle, m.buffer, m.handle, 0)); err != nil {
		return err
	}
	if place == driver.Host || flags&memoryOrdinary == memoryOrdinary {
		if err := d.check("alloc", c.Call(d.vk.MapMemory, d.handle, m.handle, 0, uintptr(need.size), 0, outAt)); err != nil {
			return err
		}
		m.bytes = cSlice[byte](*out, int(m.size))
	}
	return nil
}

// chooseType returns the best memory type that a buffer can have and that has room.
func (d *Device) chooseType(need *memoryRequirements, place driver.Place) (uint32, error) {
	var left uint64
	for _, t := range d.physical.rank(place) {
		heap := d.physical.memory.types[t].heap
		free := d.physical.memory.heaps[heap].size - d.used[heap]
		if need.typeBits>>t&1 != 0 && need.size <= free {
			return t, nil
		}
		left = max(left, free)
	}
	return 0, &driver.Error{Op: "alloc", Err: fmt.Errorf("%w: %d bytes, and %d are left", driver.ErrOutOfMemory, need.size, left)}
}

// Free implements driver.Device.
func (d *Device) Free(m driver.Mem) {
	d.do(func(c *dl.Caller) {
		if m := d.own(m); d.dead == nil { // a lost device may still be at work; Close waits for it
			d.release(c, m)
		}
	})
}

// release gives back what a memory has so far.
func (d *Device) release(c *dl.Caller, m *memory) {
	if m.buffer != 0 {
		c.Call(d.vk.DestroyBuffer, d.handle, m.buffer, 0)
	}
	if m.handle != 0 {
		c.Call(d.vk.FreeMemory, d.handle, m.handle, 0)
	}
	d.used[m.heap] -= m.taken
	delete(d.alive, m)
	*m = memory{device: d} // a second Free does nothing
}

// own returns a memory as this device's; it panics if it is another's.
func (d *Device) own(m driver.Mem) *memory {
	v, ok := m.(*memory)
	if !ok || v.device != d {
		panic("vulkan: memory of another device")
	}
	return v
}

// cSlice returns n Ts of memory outside of Go's heap.
func cSlice[T any](at uintptr, n int) []T {
	return unsafe.Slice((*T)(*(*unsafe.Pointer)(unsafe.Pointer(&at))), n)
}
