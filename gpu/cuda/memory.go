package cuda

import (
	"fmt"
	"unsafe"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// memory is a piece of the device's memory, or of the host's that it can reach.
type memory struct {
	device  *Device
	address uintptr // for the device and, of host memory, for the host; 0 once it is freed
	size    int64
	bytes   []byte
}

func (m *memory) Size() int64   { return m.size }
func (m *memory) Bytes() []byte { return m.bytes }

// Alloc implements driver.Device.
func (d *Device) Alloc(n int64, place driver.Place) (driver.Mem, error) {
	if n <= 0 {
		panic(fmt.Sprintf("cuda: Alloc: %d bytes", n))
	}
	if most := d.physical.info.MaxAlloc; n > most {
		return nil, &driver.Error{Op: "alloc", Err: fmt.Errorf("%w: %d bytes at once, of at most %d", driver.ErrOutOfMemory, n, most)}
	}
	m := &memory{device: d, size: n}
	err := d.do(func(c *dl.Caller) error {
		d.arena.Reset()
		out, at := dl.New[uintptr](&d.arena)
		room := uintptr(n+3) &^ 3
		r := uintptr(0)
		if place == driver.Host {
			r = c.Call(d.cu.MemHostAlloc, at, room, hostPortable|hostDeviceMap)
		} else {
			r = c.Call(d.cu.MemAlloc, at, room)
		}
		if err := d.check(c, "alloc", r); err != nil {
			return err
		}
		m.address = *out
		if place == driver.Host {
			m.bytes = unsafe.Slice((*byte)(pointer(m.address)), n)
		}
		d.alive[m] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Free implements driver.Device.
func (d *Device) Free(m driver.Mem) {
	v := d.own(m)
	d.do(func(c *dl.Caller) error { // a dead device has freed it, or nobody can
		d.release(c, v)
		return nil
	})
}

// release frees a piece of memory; a second time it does nothing.
func (d *Device) release(c *dl.Caller, m *memory) {
	if m.address == 0 {
		return
	}
	free := d.cu.MemFree
	if m.bytes != nil {
		free = d.cu.MemFreeHost
	}
	c.Call(free, m.address)
	delete(d.alive, m)
	m.address, m.bytes = 0, nil
}

// own returns a memory as this device's; it panics if it is another's.
func (d *Device) own(m driver.Mem) *memory {
	v, ok := m.(*memory)
	if !ok || v.device != d {
		panic("cuda: memory of another device")
	}
	return v
}

// at returns where a range begins.
func (d *Device) at(r driver.Range) uintptr { return d.own(r.Mem).address + uintptr(r.Offset) }

// pointer returns what an address outside of Go's heap points at.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }
