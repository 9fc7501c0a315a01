package soft

import (
	"encoding/binary"
	"fmt"
	"time"

	"inkstone/gpu/driver"
	"inkstone/gpu/ir/interp"
)

// work runs lists until the device is closed.
func (d *device) work() {
	defer close(d.finished)
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		for len(d.queue) == 0 && !d.closed {
			d.changed.Wait()
		}
		if len(d.queue) == 0 {
			return
		}
		list := d.queue[0]
		d.queue = d.queue[1:]
		d.mu.Unlock()
		err := d.run(list)
		d.mu.Lock()
		if err != nil {
			d.err, d.queue = err, nil
		} else {
			d.reached++
		}
		d.changed.Broadcast()
	}
}

// run runs the commands of a list.
func (d *device) run(list []driver.Command) error {
	for len(list) > 0 {
		n := 0
		for n < len(list) && list[n].Op != driver.OpBarrier {
			n++
		}
		if d.order != nil {
			d.order.Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		for i := range list[:n] {
			if err := d.command(&list[i]); err != nil {
				return err
			}
		}
		list = list[min(n+1, len(list)):]
	}
	return nil
}

func (d *device) command(c *driver.Command) error {
	switch c.Op {
	case driver.OpDispatch:
		return d.dispatch(c)
	case driver.OpCopy:
		copy(bytesOf(c.Buffers[0]), bytesOf(c.Buffers[1]))
	case driver.OpFill:
		for b := bytesOf(c.Buffers[0]); len(b) > 0; b = b[4:] {
			binary.NativeEndian.PutUint32(b, c.Scalars[0])
		}
	case driver.OpTimestamp:
		*c.Time = time.Since(d.start).Nanoseconds()
	}
	return nil
}

func (d *device) dispatch(c *driver.Command) error {
	p := c.Program.(*program)
	args := interp.Args{Scalars: c.Scalars}
	for _, r := range c.Buffers {
		args.Buffers = append(args.Buffers, bytesOf(r))
	}
	var err error
	if d.options.Check {
		err = interp.Run(p.kernel, c.Grid, args, interp.Options{Check: true})
	} else {
		err = p.fast.Launch(c.Grid, args, d.options.Workers)
	}
	if err != nil {
		err = &driver.Error{Op: "wait", Kernel: p.kernel.Name, Grid: c.Grid, Err: fmt.Errorf("%w: %w", driver.ErrDeviceLost, err)}
	}
	return err
}

// bytesOf returns the memory of a range.
func bytesOf(r driver.Range) []byte {
	return r.Mem.(*memory).bytes[r.Offset:][:r.Len:r.Len]
}
