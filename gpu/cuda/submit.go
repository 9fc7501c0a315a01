package cuda

import (
	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// flight is a list on its way.
type flight struct {
	point  driver.Point
	mark   uintptr // the event after the last command
	stamps []stamp
	last   *program // launched
	grid   [3]int
}

// suspect returns a kernel of the list and its grid: the last one, and the only one where lists
// are short.
func (f *flight) suspect() (string, [3]int) {
	if f.last == nil {
		return "", [3]int{}
	}
	return f.last.kernel.Name, f.grid
}

// Submit implements driver.Device.
func (d *Device) Submit(l *driver.List) (p driver.Point, err error) {
	if err := d.physical.info.Check(l); err != nil {
		return 0, err
	}
	d.inspect(l)
	err = d.do(func(c *dl.Caller) error {
		p, err = d.submit(c, l)
		return err
	})
	return p, err
}

// inspect panics for what is of another device.
func (d *Device) inspect(l *driver.List) {
	for i := range l.Commands() {
		x := &l.Commands()[i]
		for _, r := range x.Buffers {
			d.own(r.Mem)
		}
		if x.Op != driver.OpDispatch {
			continue
		}
		if p, ok := x.Program.(*program); !ok || p.device != d {
			panic("cuda: a program of another device")
		}
	}
}

// submit hands the commands to the stream. The events come first: once a command has gone, an
// error can no longer say that nothing of the list will run, and the device counts as lost.
func (d *Device) submit(c *dl.Caller, l *driver.List) (driver.Point, error) {
	f := &flight{}
	if n := len(d.idle); n > 0 {
		f, d.idle = d.idle[n-1], d.idle[:n-1]
	}
	f.point = d.submitted + 1
	if err := d.takeEvents(c, f, l); err != nil {
		d.recycle(f)
		return 0, err
	}
	d.flying = append(d.flying, f)
	err := d.record(c, f, l)
	if err == nil {
		err = d.check(c, "submit", c.Call(d.cu.EventRecord, f.mark, d.stream))
	}
	if err != nil {
		if d.dead == nil {
			e := *err.(*driver.Error)
			e.Err = driver.ErrDeviceLost
			d.lose(&e)
		}
		return 0, d.dead
	}
	d.submitted = f.point
	return f.point, nil
}

// takeEvents gives a flight the events that it needs.
func (d *Device) takeEvents(c *dl.Caller, f *flight, l *driver.List) (err error) {
	if f.mark, err = d.takeEvent(c, &d.marks, eventNoTiming); err != nil {
		return err
	}
	for i := range l.Commands() {
		x := &l.Commands()[i]
		if x.Op != driver.OpTimestamp {
			continue
		}
		e, err := d.takeEvent(c, &d.stamps, 0)
		if err != nil {
			return err
		}
		f.stamps = append(f.stamps, stamp{e, x.Time})
	}
	return nil
}

// takeEvent returns an event that is free, or a new one.
func (d *Device) takeEvent(c *dl.Caller, free *[]uintptr, flags uintptr) (uintptr, error) {
	if n := len(*free); n > 0 {
		e := (*free)[n-1]
		*free = (*free)[:n-1]
		return e, nil
	}
	d.arena.Reset()
	out, at := dl.New[uintptr](&d.arena)
	if err := d.check(c, "submit", c.Call(d.cu.EventCreate, at, flags)); err != nil {
		return 0, err
	}
	return *out, nil
}

// recycle takes a flight and its events back.
func (d *Device) recycle(f *flight) {
	if f.mark != 0 {
		d.marks = append(d.marks, f.mark)
	}
	for _, s := range f.stamps {
		if s.event != 0 { // the clock has kept the first one of all
			d.stamps = append(d.stamps, s.event)
		}
	}
	clear(f.stamps)
	*f = flight{stamps: f.stamps[:0]}
	d.idle = append(d.idle, f)
}

// record hands each command to the stream.
func (d *Device) record(c *dl.Caller, f *flight, l *driver.List) error {
	stamps := f.stamps
	for i := range l.Commands() {
		x := &l.Commands()[i]
		var r uintptr
		switch x.Op {
		case driver.OpDispatch:
			if x.Grid[0] == 0 || x.Grid[1] == 0 || x.Grid[2] == 0 {
				continue
			}
			f.last, f.grid = x.Program.(*program), x.Grid
			r = d.launch(c, x)
		case driver.OpCopy:
			dst, src := x.Buffers[0], x.Buffers[1]
			r = c.Call(d.cu.MemcpyAsync, d.at(dst), d.at(src), uintptr(dst.Len), d.stream)
		case driver.OpFill:
			dst := x.Buffers[0]
			r = c.Call(d.cu.MemsetD32, d.at(dst), uintptr(x.Scalars[0]), uintptr(dst.Len/4), d.stream)
		case driver.OpTimestamp:
			r = c.Call(d.cu.EventRecord, stamps[0].event, d.stream)
			stamps = stamps[1:]
		case driver.OpBarrier: // a stream is in order
		}
		if err := d.check(c, "submit", r); err != nil {
			return err
		}
	}
	return nil
}

// launch runs a program: its parameters are handed over as an array of their addresses.
func (d *Device) launch(c *dl.Caller, x *driver.Command) uintptr {
	d.arena.Reset()
	p := x.Program.(*program)
	values, at := dl.Slice[uint64](&d.arena, len(x.Buffers)+len(x.Scalars))
	pointers, params := dl.Slice[uintptr](&d.arena, len(values))
	for i := range pointers {
		pointers[i] = at + uintptr(8*i)
	}
	for i, b := range x.Buffers {
		values[i] = uint64(d.at(b))
	}
	for i, s := range x.Scalars {
		values[len(x.Buffers)+i] = uint64(s) // little-endian: the four bytes that are read come first
	}
	g, w := x.Grid, p.kernel.Workgroup
	return c.Call(d.cu.LaunchKernel, p.function, uintptr(g[0]), uintptr(g[1]), uintptr(g[2]),
		uintptr(w[0]), uintptr(w[1]), uintptr(w[2]), p.shared, d.stream, params, 0)
}
