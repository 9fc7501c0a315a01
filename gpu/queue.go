package gpu

import (
	"errors"

	"inkstone/gpu/driver"
	"inkstone/gpu/kernels"
)

// dispatch records a kernel. work is what it does, in floating-point operations.
func (d *Device) dispatch(p driver.Program, l *kernels.Launch, operands []access, work int64) {
	if d.hazards.conflict(operands) {
		d.barrier()
	}
	d.hazards.note(operands)
	var ranges [16]driver.Range
	buffers := ranges[:0]
	for _, a := range operands {
		buffers = append(buffers, a.Range)
	}
	d.profile.begin(d, p.Kernel().Name, work, operands)
	d.list.Dispatch(p, l.Grid, buffers, l.Scalars())
	d.profile.end(d)
	d.stats.Dispatches++
	d.work += work
	if d.list.Len() >= d.limits.commands || d.work >= d.limits.work {
		d.flush()
	}
}

// copy records a copy between two ranges.
func (d *Device) copy(dst, src driver.Range) {
	d.accesses = append(d.accesses[:0], access{dst, false, true}, access{src, true, false})
	if d.hazards.conflict(d.accesses) {
		d.barrier()
	}
	d.hazards.note(d.accesses)
	d.list.Copy(dst, src)
}

func (d *Device) barrier() {
	d.list.Barrier()
	d.hazards.clear()
	d.stats.Barriers++
}

// flush hands the recorded list to the device.
func (d *Device) flush() {
	if d.err != nil || d.list.Len() == 0 {
		return
	}
	point, err := d.driver.Submit(&d.list)
	if errors.Is(err, driver.ErrOutOfMemory) && len(d.flying) > 0 {
		d.wait(d.flying[len(d.flying)-1].number)
		point, err = d.driver.Submit(&d.list)
	}
	d.list.Reset()
	d.hazards.clear()
	d.work = 0
	if err != nil { // what the list would have computed is not there
		d.fail(err)
		return
	}
	d.flying = append(d.flying, flight{d.recording, point})
	d.recording++
	d.stats.Submissions++
	if len(d.flying) > d.limits.flying {
		d.wait(d.flying[0].number)
	}
}

// poll notes which lists are done by now.
func (d *Device) poll() {
	if len(d.flying) == 0 || d.err != nil {
		return
	}
	reached, err := d.driver.Reached()
	if err != nil {
		d.fail(err)
		return
	}
	n := 0
	for n < len(d.flying) && d.flying[n].point <= reached {
		n++
	}
	d.landed(n)
}

// landed notes that the first n lists on their way are done.
func (d *Device) landed(n int) {
	if n == 0 {
		return
	}
	d.done = d.flying[n-1].number
	d.flying = append(d.flying[:0], d.flying[n:]...)
	d.profile.landed(d.done)
}
