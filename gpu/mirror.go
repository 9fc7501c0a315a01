package gpu

import (
	"runtime"
	"sync/atomic"

	"inkstone/gpu/driver"
	"inkstone/tensor"
)

// A mirror is a buffer's copy in a device's memory. It gets memory when the device first uses
// it, and gives it back when the garbage collector finds the buffer gone.
type mirror struct {
	device  *Device
	place   *piece        // nil until it is needed
	newest  atomic.Uint32 // which copies are the newest: onHost, onDevice, both, or neither
	pinned  atomic.Int32  // operations of the host that have what they need
	written uint64        // the last list that writes it
}

// Where the newest contents are. Changed under the device's lock.
const (
	onHost   = 1
	onDevice = 2
)

// Attach gives a new buffer a mirror.
func (d *Device) Attach(b *tensor.Buffer) { d.attach(b, 0) }

func (d *Device) attach(b *tensor.Buffer, newest uint32) *mirror {
	m := &mirror{device: d}
	m.newest.Store(newest)
	b.SetMirror(m)
	runtime.AddCleanup(b, func(m *mirror) { m.device.mourn(m) }, m)
	return m
}

// mirror returns the mirror of a buffer on this device. A copy on another device is given up.
func (d *Device) mirror(b *tensor.Buffer) *mirror {
	switch m := b.Mirror().(type) {
	case *mirror:
		if m.device == d {
			return m
		}
		m.Host(b, true)
		m.device.mourn(m)
	case nil:
	default:
		m.Host(b, true)
	}
	return d.attach(b, onHost)
}

// mourn notes that a mirror's buffer is gone. It runs when it may, so it only takes a note.
func (d *Device) mourn(m *mirror) {
	d.deadMu.Lock()
	d.dead = append(d.dead, m)
	d.deadMu.Unlock()
}

// bury takes back the memory of mirrors whose buffers are gone.
func (d *Device) bury() {
	d.deadMu.Lock()
	dead := d.dead
	d.dead = nil
	d.deadMu.Unlock()
	for _, m := range dead {
		if m.place != nil {
			d.local.give(m.place)
			m.place = nil
		}
	}
}

// Host works as tensor.Mirror says.
func (m *mirror) Host(b *tensor.Buffer, write bool) {
	if m.pinned.Load() > 0 {
		return
	}
	if n := m.newest.Load(); n&onHost != 0 && (!write || n == onHost) {
		return
	}
	m.device.mu.Lock()
	defer m.device.mu.Unlock()
	m.fetch(b)
	if write {
		m.newest.Store(onHost)
	}
}

// fetch brings the host's copy up to date. Of a device that is lost there is nothing to get: the
// host goes on with what it has.
func (m *mirror) fetch(b *tensor.Buffer) {
	n := m.newest.Load()
	if n&onHost != 0 {
		return
	}
	mem := b.Memory()
	if n&onDevice != 0 && m.device.err == nil {
		if err := m.device.download(mem, m.place, m.written); err != nil && m.device.err == nil {
			m.device.fail(err) // no memory to copy through
		}
	}
	m.newest.Store(n | onHost)
}

// Discard works as tensor.Mirror says.
func (m *mirror) Discard() {
	m.device.mu.Lock()
	defer m.device.mu.Unlock()
	m.newest.Store(0)
}

// hold gives the mirror memory, and the newest contents unless all of them are about to be
// overwritten.
func (m *mirror) hold(b *tensor.Buffer, overwrite bool) error {
	if m.place == nil {
		p, err := m.device.alloc(int64(b.Cap()))
		if err != nil {
			return err
		}
		m.place = p
	}
	if m.newest.Load() == onHost && !overwrite {
		if err := m.device.upload(m.place, b.Memory()); err != nil {
			return err
		}
		m.written = m.place.used
		m.newest.Store(onHost | onDevice)
	}
	return nil
}

// rangeOf returns the bytes of the mirror from one element to another.
func (m *mirror) rangeOf(lo, hi int) driver.Range {
	return m.place.part(4*int64(lo), 4*int64(hi-lo))
}
