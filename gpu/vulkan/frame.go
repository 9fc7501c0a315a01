package vulkan

import (
	"fmt"
	"slices"
	"strings"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// Bits and numbers of the headers.
const (
	commandPoolTransient = 1
	queryTimestamp       = 2
	setsOfPool           = 64 // descriptor sets of one pool
)

// mostWork is how many kernels an error may put under suspicion.
const mostWork = 8

// frame is what one submitted list needs: a command buffer, and what it refers to. When its list
// is done it is used for another one.
type frame struct {
	point   driver.Point
	pool    uintptr // of commands
	buffer  uintptr // the command buffer
	queries uintptr // pool of timestamps
	room    int     // how many it holds
	times   []*int64
	sets    []uintptr // pools of descriptor sets, where descriptors cannot be pushed
	taken   int       // descriptor sets

	work []*program // what the list runs, each once, the first few
	grid [3]int     // of the first
}

// takeFrame returns a frame for a list with that many timestamps.
func (d *Device) takeFrame(c *dl.Caller, timestamps int) (*frame, error) {
	if len(d.idle) == 0 {
		if err := d.poll(c); err != nil {
			return nil, err
		}
	}
	n := len(d.idle)
	if n == 0 {
		f, err := d.newFrame(c)
		if err != nil {
			return nil, err
		}
		d.idle = append(d.idle, f)
		n = 1
	}
	f := d.idle[n-1]
	if err := d.resetFrame(c, f, timestamps); err != nil {
		return nil, err
	}
	d.idle = d.idle[:n-1]
	return f, nil
}

// resetFrame makes a frame ready for a list.
func (d *Device) resetFrame(c *dl.Caller, f *frame, timestamps int) error {
	if err := d.check("submit", c.Call(d.vk.ResetCommandPool, d.handle, f.pool, 0)); err != nil {
		return err
	}
	for _, pool := range f.sets {
		if err := d.check("submit", c.Call(d.vk.ResetDescriptorPool, d.handle, pool, 0)); err != nil {
			return err
		}
	}
	f.taken, f.times, f.work = 0, f.times[:0], f.work[:0]
	return d.roomForQueries(c, f, timestamps)
}

// newFrame makes a frame.
func (d *Device) newFrame(c *dl.Caller) (*frame, error) {
	a := &d.arena
	a.Reset()
	f := &frame{}
	pool, poolAt := dl.New[commandPoolCreateInfo](a)
	pool.sType, pool.flags, pool.family = typeCommandPoolCreateInfo, commandPoolTransient, d.physical.family
	out, outAt := dl.New[uintptr](a)
	if err := d.check("submit", c.Call(d.vk.CreateCommandPool, d.handle, poolAt, 0, outAt)); err != nil {
		return nil, err
	}
	f.pool = *out
	buffer, bufferAt := dl.New[commandBufferAllocateInfo](a)
	buffer.sType, buffer.pool, buffer.count = typeCommandBufferAllocateInfo, f.pool, 1
	if err := d.check("submit", c.Call(d.vk.AllocateCommandBuffers, d.handle, bufferAt, outAt)); err != nil {
		c.Call(d.vk.DestroyCommandPool, d.handle, f.pool, 0)
		return nil, err
	}
	f.buffer = *out
	return f, nil
}

// roomForQueries makes room for n timestamps.
func (d *Device) roomForQueries(c *dl.Caller, f *frame, n int) error {
	if n <= f.room {
		return nil
	}
	n = max(n, 2*f.room, 16)
	if f.queries != 0 {
		c.Call(d.vk.DestroyQueryPool, d.handle, f.queries, 0)
		f.queries, f.room = 0, 0
	}
	a := &d.arena
	a.Reset()
	info, infoAt := dl.New[queryPoolCreateInfo](a)
	info.sType, info.kind, info.count = typeQueryPoolCreateInfo, queryTimestamp, uint32(n)
	out, outAt := dl.New[uintptr](a)
	if err := d.check("submit", c.Call(d.vk.CreateQueryPool, d.handle, infoAt, 0, outAt)); err != nil {
		return err
	}
	f.queries, f.room = *out, n
	return nil
}

// takeSet returns a descriptor set from the frame's pools.
func (d *Device) takeSet(c *dl.Caller, f *frame, l *layout) (uintptr, error) {
	if f.taken == setsOfPool*len(f.sets) {
		pool, err := d.newSetPool(c)
		if err != nil {
			return 0, err
		}
		f.sets = append(f.sets, pool)
	}
	w := d.words
	w.set.pool, *w.handle = f.sets[f.taken/setsOfPool], l.set
	f.taken++
	err := d.check("submit", c.Call(d.vk.AllocateDescriptorSets, d.handle, w.setAt, w.outAt))
	return *w.out, err
}

// newSetPool makes a pool of descriptor sets.
func (d *Device) newSetPool(c *dl.Caller) (uintptr, error) {
	a := &d.arena
	a.Reset()
	size, sizeAt := dl.New[descriptorPoolSize](a)
	*size = descriptorPoolSize{kindStorageBuffer, setsOfPool * maxBuffers}
	info, infoAt := dl.New[descriptorPoolCreateInfo](a)
	info.sType, info.maxSets, info.sizeCount, info.sizes = typeDescriptorPoolCreateInfo, setsOfPool, 1, sizeAt
	out, outAt := dl.New[uintptr](a)
	err := d.check("submit", c.Call(d.vk.CreateDescriptorPool, d.handle, infoAt, 0, outAt))
	return *out, err
}

// dropFrame destroys a frame.
func (d *Device) dropFrame(drop func(f dl.Func, handle uintptr), f *frame) {
	for _, pool := range f.sets {
		drop(d.vk.DestroyDescriptorPool, pool)
	}
	drop(d.vk.DestroyQueryPool, f.queries)
	drop(d.vk.DestroyCommandPool, f.pool)
}

// note remembers what a list runs.
func (f *frame) note(p *program, grid [3]int) {
	if len(f.work) == 0 {
		f.grid = grid
	}
	if len(f.work) < mostWork && !slices.Contains(f.work, p) {
		f.work = append(f.work, p)
	}
}

// suspect returns what was running when the device was lost, as far as that is known: the kernel
// of the oldest list that is not done, or a choice of them.
func (d *Device) suspect() (kernel string, grid [3]int) {
	if len(d.flying) == 0 || len(d.flying[0].work) == 0 {
		return "", [3]int{}
	}
	f := d.flying[0]
	if len(f.work) == 1 {
		return f.work[0].kernel.Name, f.grid
	}
	var names []string
	for _, p := range f.work {
		names = append(names, p.kernel.Name)
	}
	return fmt.Sprintf("one of %s", strings.Join(names, ", ")), [3]int{}
}
