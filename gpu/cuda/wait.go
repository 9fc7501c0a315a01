package cuda

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// How Wait asks again: at once for a while, then ever less often. The driver's own waiting would
// keep C's thread from everyone else, and know of no context.
const (
	askEagerly = 50 * time.Microsecond
	askLeast   = time.Millisecond
)

// Wait implements driver.Device.
func (d *Device) Wait(ctx context.Context, p driver.Point) error {
	begin := time.Now()
	var done bool
	ask := func(c *dl.Caller) error {
		if p > d.submitted {
			panic(fmt.Sprintf("cuda: Wait: point %d, and %d lists were submitted", p, d.submitted))
		}
		if p > d.reached {
			if err := d.poll(c); err != nil {
				return err
			}
		}
		done = p <= d.reached
		return nil
	}
	for {
		cancelled := ctx.Err() // it may be done all the same
		if err := d.do(ask); done || err != nil {
			return err
		}
		if cancelled != nil {
			return cancelled
		}
		if waited := time.Since(begin); waited < askEagerly {
			runtime.Gosched()
		} else {
			time.Sleep(min(waited/8, askLeast))
		}
	}
}

// Reached implements driver.Device.
func (d *Device) Reached() (p driver.Point, err error) {
	err = d.do(func(c *dl.Caller) error {
		err := d.poll(c)
		p = d.reached
		return err
	})
	return p, err
}

// poll asks which lists are done.
func (d *Device) poll(c *dl.Caller) error {
	for len(d.flying) > 0 {
		f := d.flying[0]
		r := c.Call(d.cu.EventQuery, f.mark)
		if result(r) == notReady {
			return nil
		}
		if err := d.check(c, "wait", r); err != nil {
			return err
		}
		if err := d.clock.read(d, c, f); err != nil {
			return err
		}
		d.reached = f.point
		d.flying = append(d.flying[:0], d.flying[1:]...)
		d.recycle(f)
	}
	return nil
}

// stamp is an event, and what its time is written to.
type stamp struct {
	event uintptr
	ns    *int64
}

// clock tells the time of events. CUDA tells only how far two are apart, in milliseconds as a
// float32, so each is measured from the one before: that loses nothing as time goes on.
type clock struct {
	last uintptr // the event of the last timestamp
	ns   float64 // and its time, since the first one
}

// read sets the timestamps of a list that is done.
func (k *clock) read(d *Device, c *dl.Caller, f *flight) error {
	d.arena.Reset()
	apart, at := dl.New[float32](&d.arena)
	for i, s := range f.stamps {
		if k.last != 0 {
			if err := d.check(c, "wait", c.Call(d.cu.EventElapsedTime, at, k.last, s.event)); err != nil {
				return err
			}
			k.ns += float64(*apart) * 1e6
		}
		*s.ns = int64(math.Round(k.ns))
		k.last, f.stamps[i].event = s.event, k.last // one is kept, the other is free
	}
	return nil
}

// stop gives the event back.
func (k *clock) stop(d *Device) {
	if k.last != 0 {
		d.stamps = append(d.stamps, k.last)
	}
	k.last = 0
}
