package cuda

import (
	"context"
	"errors"
	"fmt"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// Device is an open device. All its fields below cu are touched inside Loader.Do alone.
type Device struct {
	physical *physical
	loader   *dl.Loader
	cu       *functions

	context uintptr // the device's primary one, which libraries like NCCL share
	stream  uintptr
	dead    error // why the device answers no more: it was lost, or closed

	arena    dl.Arena // for what one call reads and writes
	alive    map[*memory]bool
	programs []*program

	submitted driver.Point
	reached   driver.Point
	flying    []*flight // submitted and not yet known to be done, the oldest first
	idle      []*flight
	marks     []uintptr // events for points, free for use
	stamps    []uintptr // events for timestamps, free for use
	clock     clock
}

// errClosed is what a closed device answers.
var errClosed = errors.New("the device has been closed")

// Open opens device n of the list that Devices returns. What Devices says of errors holds here.
func Open(ctx context.Context, n int) (driver.Device, error) {
	p, err := load(ctx)
	if err != nil {
		return nil, err
	}
	if n < 0 || n >= len(p.devices) {
		return nil, fmt.Errorf("cuda: there is no device %d, there are %d", n, len(p.devices))
	}
	d, err := p.devices[n].open()
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (p *physical) open() (*Device, error) {
	d := &Device{physical: p, loader: p.platform.loader, cu: &p.platform.cu, alive: map[*memory]bool{}}
	var err error
	d.loader.Do(func(c *dl.Caller) {
		if kept := c.KeepSignals(func() { err = d.create(c) }); err == nil {
			err = kept
		}
		if err != nil {
			d.destroy(c)
		}
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// create makes the context and the stream.
func (d *Device) create(c *dl.Caller) error {
	out, at := dl.New[uintptr](&d.arena)
	if err := d.cu.err(c, "open", c.Call(d.cu.DevicePrimaryCtxRetain, at, d.physical.handle)); err != nil {
		return err
	}
	d.context = *out
	if err := d.cu.err(c, "open", c.Call(d.cu.CtxSetCurrent, d.context)); err != nil {
		return err
	}
	if err := d.cu.err(c, "open", c.Call(d.cu.StreamCreate, at, streamNonBlocking)); err != nil {
		return err
	}
	d.stream = *out
	return nil
}

// do runs f on C's thread with the device's context, unless the device is dead.
func (d *Device) do(f func(c *dl.Caller) error) (err error) {
	d.loader.Do(func(c *dl.Caller) {
		if err = d.dead; err == nil {
			err = d.check(c, "context", c.Call(d.cu.CtxSetCurrent, d.context))
		}
		if err == nil {
			err = f(c)
		}
	})
	return err
}

// Info implements driver.Device.
func (d *Device) Info() *driver.Info { return &d.physical.info }

// check returns the error of a function that failed. That the device is lost, it keeps: from
// then on there is no other answer.
func (d *Device) check(c *dl.Caller, op string, r uintptr) error {
	err := d.cu.err(c, op, r)
	if errors.Is(err, driver.ErrDeviceLost) {
		d.lose(err.(*driver.Error))
	}
	return err
}

// lose notes that the device is lost, and to which kernel, as far as that can be told: to one of
// the oldest list that is not done.
func (d *Device) lose(e *driver.Error) {
	if len(d.flying) > 0 && e.Kernel == "" {
		e.Kernel, e.Grid = d.flying[0].suspect()
	}
	d.dead = e
}

// Close implements driver.Device.
func (d *Device) Close() error {
	var err error
	d.loader.Do(func(c *dl.Caller) {
		if d.dead == errClosed {
			return
		}
		if d.dead == nil {
			c.Call(d.cu.CtxSetCurrent, d.context)
			if err = d.check(c, "close", c.Call(d.cu.StreamSynchronize, d.stream)); err == nil {
				err = d.poll(c)
			}
		}
		d.destroy(c)
		d.dead = errClosed
	})
	return err
}

// destroy gives back what the device has so far. Of a lost one the driver frees what it can.
func (d *Device) destroy(c *dl.Caller) {
	if d.context != 0 {
		c.Call(d.cu.CtxSetCurrent, d.context)
		for m := range d.alive {
			d.release(c, m)
		}
		for _, p := range d.programs {
			c.Call(d.cu.ModuleUnload, p.module)
		}
		for _, f := range d.flying {
			d.recycle(f)
		}
		d.clock.stop(d)
		for _, e := range append(d.marks, d.stamps...) {
			c.Call(d.cu.EventDestroy, e)
		}
		if d.stream != 0 {
			c.Call(d.cu.StreamDestroy, d.stream)
		}
		c.Call(d.cu.DevicePrimaryCtxRelease, d.physical.handle)
	}
	d.programs, d.flying, d.idle, d.marks, d.stamps = nil, nil, nil, nil, nil
	d.arena.Free()
}
