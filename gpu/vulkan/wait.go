package vulkan

import (
	"context"
	"fmt"
	"time"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// waitSlice is how long one wait may keep C's thread to itself: others submit in between.
const waitSlice = 200 * time.Microsecond

// Wait implements driver.Device.
func (d *Device) Wait(ctx context.Context, p driver.Point) error {
	var slice time.Duration
	var done bool
	var err error
	wait := func(c *dl.Caller) { done, err = d.wait(c, p, slice) }
	for {
		if slice = waitSlice; ctx.Err() != nil {
			slice = 0 // it may be done all the same
		}
		d.do(wait)
		switch {
		case done || err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// wait waits for a point, for a while.
func (d *Device) wait(c *dl.Caller, p driver.Point, slice time.Duration) (done bool, err error) {
	if d.dead != nil {
		return false, d.dead
	}
	if p > d.submitted {
		panic(fmt.Sprintf("vulkan: Wait: point %d, and %d lists were submitted", p, d.submitted))
	}
	if p <= d.reached {
		return true, nil
	}
	*d.words.wait = uint64(p)
	r := c.Call(d.vk.WaitSemaphores, d.handle, d.words.waitAt, uintptr(slice))
	if err := d.check("wait", r); err != nil || result(r) == timedOut {
		return false, err
	}
	return true, d.landed(c, p)
}

// Reached implements driver.Device.
func (d *Device) Reached() (p driver.Point, err error) {
	d.do(func(c *dl.Caller) {
		if err = d.dead; err == nil {
			err = d.poll(c)
			p = d.reached
		}
	})
	return p, err
}

// poll asks how far the device is.
func (d *Device) poll(c *dl.Caller) error {
	if len(d.flying) == 0 {
		return nil
	}
	if err := d.check("wait", c.Call(d.vk.GetSemaphoreCounterValue, d.handle, d.timeline, d.words.outAt)); err != nil {
		return err
	}
	return d.landed(c, driver.Point(*d.words.out))
}

// landed takes note that a point is reached: timestamps are read, and frames are free again.
func (d *Device) landed(c *dl.Caller, p driver.Point) error {
	d.reached = max(d.reached, p)
	for len(d.flying) > 0 && d.flying[0].point <= d.reached {
		f := d.flying[0]
		if err := d.readTimes(c, f); err != nil {
			return err
		}
		d.flying = append(d.flying[:0], d.flying[1:]...)
		d.idle = append(d.idle, f)
	}
	return nil
}

// clock turns the device's ticks into nanoseconds since the first one seen.
type clock struct {
	ns      float64 // of a tick
	bits    uint32  // of the counter, which then begins anew
	started bool
	last    uint64 // ticks at the last reading
	ticks   int64  // since the first
}

// read returns the time of a reading of the counter. Readings come in about the order of time,
// so the step from the last one is less than half of the counter's range, forwards or backwards.
func (k *clock) read(counter uint64) int64 {
	unused := 64 - k.bits
	if k.started {
		k.ticks += int64((counter-k.last)<<unused) >> unused
	}
	k.started, k.last = true, counter
	return int64(float64(k.ticks) * k.ns)
}

// readTimes sets the timestamps of a list that is done.
func (d *Device) readTimes(c *dl.Caller, f *frame) error {
	if len(f.times) == 0 {
		return nil
	}
	const bits64 = 1 // VK_QUERY_RESULT_64_BIT
	a := &d.arena
	a.Reset()
	n := len(f.times)
	values, at := dl.Slice[uint64](a, n)
	r := c.Call(d.vk.GetQueryPoolResults, d.handle, f.queries, 0, uintptr(n), uintptr(8*n), at, 8, bits64)
	if err := d.check("wait", r); err != nil {
		return err
	}
	for i, t := range f.times {
		*t = d.clock.read(values[i])
	}
	clear(f.times)
	f.times = f.times[:0]
	return nil
}
