package vulkan

import (
	"context"
	"errors"
	"fmt"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
)

// Device is an open device. All its fields below loader are touched inside Loader.Do alone.
type Device struct {
	physical *physical
	loader   *dl.Loader

	handle   uintptr
	queue    uintptr
	timeline uintptr // the semaphore whose value is the point that is reached
	vk       deviceFunctions
	dead     error // why the device answers no more: it was lost, or closed

	arena dl.Arena   // for the structs of one call
	words *scratch   // for those of recording, which are many
	used  [16]uint64 // bytes of each heap
	alive map[*memory]bool

	cache    uintptr // VkPipelineCache
	stored   []byte  // what was read from its file
	programs []uintptr
	layouts  map[int]*layout // by number of buffers

	submitted driver.Point
	reached   driver.Point
	flying    []*frame // submitted and not yet known to be done, the oldest first
	idle      []*frame
	clock     clock
}

// errClosed is what a closed device answers.
var errClosed = errors.New("the device has been closed")

// Open opens device n of the list that Devices returns. What Devices says of errors holds here.
func Open(ctx context.Context, n int) (driver.Device, error) {
	i, err := load(ctx)
	if err != nil {
		return nil, err
	}
	if n < 0 || n >= len(i.devices) {
		return nil, fmt.Errorf("vulkan: there is no device %d, there are %d", n, len(i.devices))
	}
	d, err := i.devices[n].open()
	if err != nil {
		return nil, err
	}
	return d, nil
}

// newDevice returns the device as it is before it is created.
func newDevice(p *physical) *Device {
	return &Device{
		physical: p, loader: p.instance.loader, layouts: map[int]*layout{}, alive: map[*memory]bool{},
		stored: readCache(p.cacheFile(), p.cacheUUID),
		clock:  clock{ns: p.timestampNs, bits: p.timestampBits},
	}
}

// open opens the device.
func (p *physical) open() (*Device, error) {
	d := newDevice(p)
	var err error
	d.do(func(c *dl.Caller) {
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

// do runs f on C's thread.
func (d *Device) do(f func(c *dl.Caller)) { d.loader.Do(f) }

// create makes the device, its queue, its time line and its cache of pipelines.
func (d *Device) create(c *dl.Caller) error {
	a, p, i := &d.arena, d.physical, d.physical.instance
	priority, priorityAt := dl.New[float32](a)
	*priority = 1
	queue, queueAt := dl.New[deviceQueueCreateInfo](a)
	queue.sType, queue.family, queue.count, queue.priorities = typeDeviceQueueCreateInfo, p.family, 1, priorityAt
	names, namesAt := dl.Slice[uintptr](a, len(p.extensions))
	for n, e := range p.extensions {
		names[n] = a.CString(e)
	}
	info, infoAt := dl.New[deviceCreateInfo](a)
	info.sType, info.next = typeDeviceCreateInfo, p.enable(a)
	info.queueInfoCount, info.queueInfos = 1, queueAt
	info.extensionCount, info.extensions = uint32(len(names)), namesAt
	out, outAt := dl.New[uintptr](a)
	if err := result(c.Call(i.functions.CreateDevice, p.handle, infoAt, 0, outAt)).err("vkCreateDevice"); err != nil {
		return err
	}
	d.handle = *out
	missing := find(&d.vk, func(name string) dl.Func {
		return dl.Func(c.Call(i.functions.GetDeviceProcAddr, d.handle, a.CString(name)))
	})
	if missing != nil {
		return &driver.Error{Op: "open", Err: errors.New(missingText(missing))}
	}
	c.Call(d.vk.GetDeviceQueue, d.handle, uintptr(p.family), 0, outAt)
	d.queue = *out

	kind, kindAt := dl.New[semaphoreTypeCreateInfo](a)
	kind.sType, kind.kind = typeSemaphoreTypeCreateInfo, semaphoreTimeline
	semaphore, semaphoreAt := dl.New[semaphoreCreateInfo](a)
	semaphore.sType, semaphore.next = typeSemaphoreCreateInfo, kindAt
	if err := result(c.Call(d.vk.CreateSemaphore, d.handle, semaphoreAt, 0, outAt)).err("vkCreateSemaphore"); err != nil {
		return err
	}
	d.timeline = *out
	d.words = newScratch(d)
	return d.createCache(c)
}

// enable returns the address of the chain of features to switch on.
func (p *physical) enable(a *dl.Arena) uintptr {
	f := newFeatures(a, func(extension string) bool {
		for _, e := range p.extensions {
			if e == extension {
				return true
			}
		}
		return false
	})
	t := p.target
	f.core.shaderInt16 = truth(t.Int16)
	f.vulkan11.storageBuffer16Bit = truth(t.Storage16)
	f.vulkan12.shaderFloat16 = truth(t.Float16)
	f.vulkan12.timelineSemaphore = 1
	f.subgroup.sizeControl = truth(p.chooseSubgroup)
	f.subgroup.fullSubgroups = truth(p.fullSubgroups)
	f.atomic.bufferFloat32, f.atomic.sharedFloat32 = truth(t.AtomicFloat), truth(t.AtomicFloat)
	f.vulkan12.memoryModel, f.matrix.cooperativeMatrix = truth(t.Matrix), truth(t.Matrix)
	f.bfloat16.bfloat16, f.bfloat16.cooperative = truth(t.BFloat16), truth(t.BFloat16)
	return f.at
}

// Info implements driver.Device.
func (d *Device) Info() *driver.Info { return &d.physical.info }

// check returns the error of a function that failed. That the device is lost, it keeps: from
// then on there is no other answer.
func (d *Device) check(op string, r uintptr) error {
	err := result(r).err(op)
	if result(r) == deviceLost {
		e := err.(*driver.Error)
		e.Kernel, e.Grid = d.suspect()
		d.dead = e
	}
	return err
}

// Close implements driver.Device.
func (d *Device) Close() error {
	var err error
	d.do(func(c *dl.Caller) {
		if d.dead == errClosed {
			return
		}
		idle := c.Call(d.vk.DeviceWaitIdle, d.handle) // of a lost device, too: it may still be at work
		if d.dead == nil {
			err = d.check("close", idle)
			d.landed(c, d.submitted)
			d.writeCache(c)
		}
		d.destroy(c)
		d.dead = errClosed
	})
	return err
}

// destroy gives back what the device has so far.
func (d *Device) destroy(c *dl.Caller) {
	defer d.arena.Free()
	if d.words != nil {
		defer d.words.arena.Free()
	}
	if d.handle == 0 {
		return
	}
	drop := func(f dl.Func, handle uintptr) {
		if handle != 0 {
			c.Call(f, d.handle, handle, 0)
		}
	}
	for _, f := range append(d.flying, d.idle...) {
		d.dropFrame(drop, f)
	}
	for m := range d.alive {
		d.release(c, m)
	}
	for _, p := range d.programs {
		drop(d.vk.DestroyPipeline, p)
	}
	for _, l := range d.layouts {
		drop(d.vk.DestroyPipelineLayout, l.pipeline)
		drop(d.vk.DestroyDescriptorSetLayout, l.set)
	}
	drop(d.vk.DestroyPipelineCache, d.cache)
	drop(d.vk.DestroySemaphore, d.timeline)
	if d.vk.DestroyDevice != 0 {
		c.Call(d.vk.DestroyDevice, d.handle, 0)
	}
	d.flying, d.idle, d.programs, d.layouts = nil, nil, nil, nil
}
