package vulkan

import (
	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// Bits and numbers of the headers.
const (
	commandOnce       = 1 // VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT
	bindCompute       = 1
	stageCompute      = 0x800
	stageTransfer     = 0x1000
	stageBottom       = 0x2000
	stageHost         = 0x4000
	accessShaderRead  = 0x20
	accessShaderWrite = 0x40
	accessCopyRead    = 0x800
	accessCopyWrite   = 0x1000
	accessHostRead    = 0x2000
	semaphoreTimeline = 1

	stagesOfWork   = stageCompute | stageTransfer
	writesOfWork   = accessShaderWrite | accessCopyWrite
	accessesOfWork = writesOfWork | accessShaderRead | accessCopyRead
)

// scratch holds the structs that recording fills again and again, for functions that keep
// nothing of them.
type scratch struct {
	arena dl.Arena

	beginAt   uintptr // *commandBufferBeginInfo
	orderAt   uintptr // *memoryBarrier: commands see what those before wrote
	publishAt uintptr // *memoryBarrier: the host sees it

	writes   []writeDescriptorSet // by binding
	writesAt uintptr
	buffers  []descriptorBufferInfo
	push     []uint32
	pushAt   uintptr
	region   *bufferCopy
	regionAt uintptr

	set    *descriptorSetAllocateInfo
	setAt  uintptr
	handle *uintptr // the layout that set points at
	out    *uintptr
	outAt  uintptr

	command  *uintptr // the command buffer to submit
	value    *uint64  // the timeline's value when it is done
	submitAt uintptr  // *submitInfo
	wait     *uint64  // the value to wait for
	waitAt   uintptr  // *semaphoreWaitInfo
}

func newScratch(d *Device) *scratch {
	w := &scratch{}
	a := &w.arena
	begin, at := dl.New[commandBufferBeginInfo](a)
	begin.sType, begin.flags, w.beginAt = typeCommandBufferBeginInfo, commandOnce, at
	order, at := dl.New[memoryBarrier](a)
	order.sType, order.src, order.dst, w.orderAt = typeMemoryBarrier, writesOfWork, accessesOfWork, at
	publish, at := dl.New[memoryBarrier](a)
	publish.sType, publish.src, publish.dst, w.publishAt = typeMemoryBarrier, writesOfWork, accessHostRead, at

	var buffersAt uintptr
	w.buffers, buffersAt = dl.Slice[descriptorBufferInfo](a, maxBuffers)
	w.writes, w.writesAt = dl.Slice[writeDescriptorSet](a, maxBuffers)
	for i := range w.writes {
		x := &w.writes[i]
		x.sType, x.binding, x.count, x.kind = typeWriteDescriptorSet, uint32(i), 1, kindStorageBuffer
		x.buffers = buffersAt + uintptr(i)*24
	}
	w.push, w.pushAt = dl.Slice[uint32](a, maxPushBytes/4)
	w.region, w.regionAt = dl.New[bufferCopy](a)
	var handleAt uintptr
	w.handle, handleAt = dl.New[uintptr](a)
	w.set, w.setAt = dl.New[descriptorSetAllocateInfo](a)
	w.set.sType, w.set.count, w.set.layouts = typeDescriptorSetAllocateInfo, 1, handleAt
	w.out, w.outAt = dl.New[uintptr](a)

	semaphore, semaphoreAt := dl.New[uintptr](a)
	*semaphore = d.timeline
	var commandAt, valueAt uintptr
	w.command, commandAt = dl.New[uintptr](a)
	w.value, valueAt = dl.New[uint64](a)
	values, valuesAt := dl.New[timelineSubmitInfo](a)
	values.sType, values.signalCount, values.signals = typeTimelineSubmitInfo, 1, valueAt
	submit, at := dl.New[submitInfo](a)
	submit.sType, submit.next, w.submitAt = typeSubmitInfo, valuesAt, at
	submit.bufferCount, submit.buffers = 1, commandAt
	submit.signalCount, submit.signals = 1, semaphoreAt

	w.wait, valueAt = dl.New[uint64](a)
	wait, at := dl.New[semaphoreWaitInfo](a)
	wait.sType, wait.count, wait.semaphores, wait.values, w.waitAt = typeSemaphoreWaitInfo, 1, semaphoreAt, valueAt, at
	return w
}

// Submit implements driver.Device.
func (d *Device) Submit(l *driver.List) (p driver.Point, err error) {
	if err := d.physical.info.Check(l); err != nil {
		return 0, err
	}
	d.do(func(c *dl.Caller) {
		if err = d.dead; err == nil {
			p, err = d.submit(c, l)
		}
	})
	return p, err
}

func (d *Device) submit(c *dl.Caller, l *driver.List) (driver.Point, error) {
	timestamps := d.inspect(l)
	f, err := d.takeFrame(c, timestamps)
	if err != nil {
		return 0, err
	}
	if err := d.record(c, f, l, timestamps); err != nil {
		d.idle = append(d.idle, f)
		return 0, err
	}
	w := d.words
	f.point = d.submitted + 1
	*w.command, *w.value = f.buffer, uint64(f.point)
	d.flying = append(d.flying, f) // where suspect looks
	if err := d.check("submit", c.Call(d.vk.QueueSubmit, d.queue, 1, w.submitAt, 0)); err != nil {
		d.flying = d.flying[:len(d.flying)-1]
		d.idle = append(d.idle, f)
		return 0, err
	}
	d.submitted = f.point
	return f.point, nil
}

// inspect panics for what is of another device, and returns how many timestamps to take.
func (d *Device) inspect(l *driver.List) (timestamps int) {
	for i := range l.Commands() {
		x := &l.Commands()[i]
		for _, r := range x.Buffers {
			d.own(r.Mem)
		}
		switch x.Op {
		case driver.OpDispatch:
			if p, ok := x.Program.(*program); !ok || p.device != d {
				panic("vulkan: a program of another device")
			}
		case driver.OpTimestamp:
			if d.physical.info.Timestamps {
				timestamps++
			}
		}
	}
	return timestamps
}

// record turns a list into commands.
func (d *Device) record(c *dl.Caller, f *frame, l *driver.List, timestamps int) error {
	w, cmd := d.words, f.buffer
	if err := d.check("submit", c.Call(d.vk.BeginCommandBuffer, cmd, w.beginAt)); err != nil {
		return err
	}
	if timestamps > 0 {
		c.Call(d.vk.CmdResetQueryPool, cmd, f.queries, 0, uintptr(timestamps))
	}
	order := func() {
		c.Call(d.vk.CmdPipelineBarrier, cmd, stagesOfWork, stagesOfWork, 0, 1, w.orderAt, 0, 0, 0, 0)
	}
	order() // after the lists before
	var bound *program
	for i := range l.Commands() {
		x := &l.Commands()[i]
		switch x.Op {
		case driver.OpDispatch:
			if x.Grid[0] == 0 || x.Grid[1] == 0 || x.Grid[2] == 0 {
				continue
			}
			p := x.Program.(*program)
			f.note(p, x.Grid)
			if p != bound {
				c.Call(d.vk.CmdBindPipeline, cmd, bindCompute, p.pipeline)
				bound = p
			}
			if err := d.dispatch(c, f, p, x); err != nil {
				return err
			}
		case driver.OpCopy:
			dst, src := x.Buffers[0], x.Buffers[1]
			*w.region = bufferCopy{uint64(src.Offset), uint64(dst.Offset), uint64(src.Len)}
			c.Call(d.vk.CmdCopyBuffer, cmd, d.own(src.Mem).buffer, d.own(dst.Mem).buffer, 1, w.regionAt)
		case driver.OpFill:
			dst := x.Buffers[0]
			c.Call(d.vk.CmdFillBuffer, cmd, d.own(dst.Mem).buffer, uintptr(dst.Offset), uintptr(dst.Len), uintptr(x.Scalars[0]))
		case driver.OpBarrier:
			order()
		case driver.OpTimestamp:
			if timestamps > 0 {
				c.Call(d.vk.CmdWriteTimestamp, cmd, stageBottom, f.queries, uintptr(len(f.times)))
				f.times = append(f.times, x.Time)
			}
		}
	}
	c.Call(d.vk.CmdPipelineBarrier, cmd, stagesOfWork, stageHost, 0, 1, w.publishAt, 0, 0, 0, 0)
	return d.check("submit", c.Call(d.vk.EndCommandBuffer, cmd))
}

// dispatch hands over the buffers and scalars of a program and runs it.
func (d *Device) dispatch(c *dl.Caller, f *frame, p *program, x *driver.Command) error {
	w, cmd, n := d.words, f.buffer, uintptr(len(x.Buffers))
	for i, r := range x.Buffers {
		w.buffers[i] = descriptorBufferInfo{d.own(r.Mem).buffer, uint64(r.Offset), uint64(r.Len)}
	}
	switch {
	case n == 0:
	case d.physical.pushDescriptor:
		c.Call(d.vk.CmdPushDescriptorSetKHR, cmd, bindCompute, p.layout.pipeline, 0, n, w.writesAt)
	default:
		set, err := d.takeSet(c, f, p.layout)
		if err != nil {
			return err
		}
		for i := range x.Buffers {
			w.writes[i].set = set
		}
		c.Call(d.vk.UpdateDescriptorSets, d.handle, n, w.writesAt, 0, 0)
		c.Call(d.vk.CmdBindDescriptorSets, cmd, bindCompute, p.layout.pipeline, 0, 1, w.outAt, 0, 0)
	}
	if m := copy(w.push, x.Scalars); m > 0 {
		c.Call(d.vk.CmdPushConstants, cmd, p.layout.pipeline, stageBitCompute, 0, uintptr(4*m), w.pushAt)
	}
	c.Call(d.vk.CmdDispatch, cmd, uintptr(x.Grid[0]), uintptr(x.Grid[1]), uintptr(x.Grid[2]))
	return nil
}
