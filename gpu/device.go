package gpu

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"inkstone/gpu/driver"
	"inkstone/gpu/kernels"
)

// A Device runs kernels on tensors that it keeps in its memory. What it does for every driver:
//
//   - It divides the driver's memory (heap).
//   - It records commands into a list, puts barriers where commands depend on each other
//     (hazards), and hands the list over when it is long enough or when the host asks for a
//     result (queue.go).
//   - It compiles each kernel once, when it is first needed.
//   - It copies contents to the device and back when the other side has the newest (mirror).
//
// Lists run in the order of their submission, so memory that is given back serves the next
// command at once: whatever still runs in it comes before. Only what the host itself touches
// waits until the device is done with it.
type Device struct {
	name   string
	driver driver.Device
	info   *driver.Info
	limits limits
	tuning kernels.Device // chooses kernels

	mu        sync.Mutex
	err       error // the device is lost: for ever
	closed    bool
	list      driver.List
	hazards   hazards
	work      int64    // of the list, in floating-point operations
	recording uint64   // number of the list being recorded, from 1
	flying    []flight // lists that were submitted and may not be done
	done      uint64   // lists up to this number are done
	local     *heap    // what kernels use
	staging   *heap    // what copies between host and device go through
	lent      []*piece // staging memory that submitted or recorded lists use
	programs  map[kernels.Kernel]program
	profile   *recorder // nil unless profiling
	stats     Stats
	accesses  []access // scratch

	deadMu sync.Mutex
	dead   []*mirror // whose buffers are gone
}

// limits bound what a list holds.
type limits struct {
	commands int   // of a list
	work     int64 // of a list, in floating-point operations
	flying   int   // lists
}

// flight is a list on its way.
type flight struct {
	number uint64
	point  driver.Point
}

// program is what became of a kernel.
type program struct {
	driver.Program
	err error
}

// Stats counts what a device did.
type Stats struct {
	Submissions int   // lists handed over
	Dispatches  int   // kernels run
	Barriers    int   // placed between them
	Uploaded    int64 // bytes copied to the device
	Downloaded  int64 // bytes copied from it
	Waits       int   // times the host waited
	Waited      time.Duration
}

// Memory says where a device's memory is.
type Memory struct {
	InUse  int64 // bytes that tensors take
	Peak   int64 // most they took
	Held   int64 // bytes that the engine has from the driver
	Budget int64 // bytes of the device
}

const blockSize = 64 << 20

// newDevice wraps a driver's device; name is "vulkan:0" or the like.
func newDevice(name string, d driver.Device) *Device {
	i := d.Info()
	size := min(blockSize, i.MaxAlloc/2)
	return &Device{
		name: name, driver: d, info: i, limits: limitsOf(i), tuning: tuningOf(i), recording: 1,
		local:    &heap{driver: d, place: driver.Local, block: size},
		staging:  &heap{driver: d, place: driver.Host, block: min(stagingSize, i.MaxAlloc/2)},
		programs: make(map[kernels.Kernel]program),
	}
}

// limitsOf bounds a list to some 50 ms of work: systems reset devices that seem to hang, and a
// screen that the device draws stands still meanwhile. A processor is neither reset nor drawn by.
func limitsOf(i *driver.Info) limits {
	l := limits{commands: 1024, flying: 4}
	switch i.Kind {
	case driver.Discrete:
		l.work = 500e9
	case driver.CPU:
		l.work = 50e9
	default:
		l.work = 25e9
	}
	return l
}

// Name returns the name that Open takes, such as "vulkan:0".
func (d *Device) Name() string { return d.name }

// Info describes the device.
func (d *Device) Info() *driver.Info { return d.info }

// Stats returns the counts so far.
func (d *Device) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// Memory returns where the device's memory is.
func (d *Device) Memory() Memory {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bury()
	return Memory{d.local.inUse, d.local.peak, d.local.held + d.staging.held, d.info.Memory}
}

// Err returns what the device was lost by, or nil. A lost device computes nothing any more.
func (d *Device) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// Close waits for the device and gives it back. What only it knows is lost.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	if d.err == nil {
		d.err = fmt.Errorf("gpu: %s is closed", d.name)
	}
	return d.driver.Close()
}

// fail notes that the device is lost.
func (d *Device) fail(err error) {
	if d.err == nil {
		d.err = fmt.Errorf("gpu: %s: %w", d.name, err)
	}
}

// programOf returns a kernel's program, under the device's lock.
func programOf[K kernels.Kernel](d *Device, k K) (driver.Program, error) {
	if d.err != nil {
		return nil, d.err
	}
	p, ok := d.programs[kernels.Kernel(k)] // without an allocation, unlike the next two lines
	if !ok {
		p = d.compile(k)
		d.programs[k] = p
	}
	return p.Program, p.err
}

func (d *Device) compile(k kernels.Kernel) (p program) {
	built, err := k.Build()
	if err == nil {
		p.Program, err = d.driver.Compile(built)
	}
	p.err = err
	if errors.Is(err, driver.ErrDeviceLost) {
		d.fail(err)
	}
	return p
}

// alloc returns local memory.
func (d *Device) alloc(n int64) (*piece, error) { return d.allocFrom(d.local, n) }

func (d *Device) allocFrom(h *heap, n int64) (*piece, error) {
	d.bury()
	if p := h.take(n); p != nil {
		return p, nil
	}
	err := h.grow(n)
	if errors.Is(err, driver.ErrOutOfMemory) {
		d.makeRoom()
		if p := h.take(n); p != nil {
			return p, nil
		}
		err = h.grow(n)
	}
	switch {
	case err == nil:
		return h.take(n), nil
	case errors.Is(err, driver.ErrOutOfMemory):
		return nil, &OutOfMemoryError{
			Device: d.name, Want: n, InUse: d.local.inUse, Held: d.local.held + d.staging.held,
			Budget: d.info.Memory, Largest: h.largest(),
		}
	case errors.Is(err, driver.ErrDeviceLost):
		d.fail(err)
	}
	return nil, err
}

// makeRoom gives back to the driver what can be given back: first of all, the memory of tensors
// that are garbage, which the garbage collector, looking at the host's memory alone, may have
// had no reason to find.
func (d *Device) makeRoom() {
	d.finish()
	d.collect()
	runtime.GC()
	time.Sleep(time.Millisecond) // it runs clean-ups on a goroutine of its own
	d.bury()
	for _, h := range []*heap{d.local, d.staging} {
		for _, b := range h.blocks {
			d.hazards.forget(b.mem)
		}
		h.trim(d.done)
	}
}

// wait waits until list number n is done.
func (d *Device) wait(n uint64) {
	if n <= d.done || d.err != nil {
		return
	}
	if n == d.recording {
		if d.list.Len() == 0 {
			n--
		}
		d.flush()
	}
	for i, f := range d.flying {
		if f.number == n && d.err == nil {
			start := time.Now()
			err := d.driver.Wait(context.Background(), f.point)
			d.stats.Waits++
			d.stats.Waited += time.Since(start)
			if err != nil {
				d.fail(err)
				return
			}
			d.landed(i + 1)
			return
		}
	}
}

// Finish waits until everything is computed. Err tells whether it was.
func (d *Device) Finish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.finish()
}

// finish waits for everything, under the lock.
func (d *Device) finish() { d.wait(d.recording) }
