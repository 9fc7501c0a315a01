package vulkan

import (
	"bytes"
	"fmt"
	"slices"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/ir/spirv"
)

// Extensions that are used where a device has them.
const (
	extPushDescriptor    = "VK_KHR_push_descriptor"
	extSubgroupSize      = "VK_EXT_subgroup_size_control"
	extAtomicFloat       = "VK_EXT_shader_atomic_float"
	extCooperativeMatrix = "VK_KHR_cooperative_matrix"
	extBFloat16          = "VK_KHR_shader_bfloat16"
)

// Bits and numbers of the headers.
const (
	queueGraphics = 1
	queueCompute  = 2

	stageBitCompute = 0x20 // VK_SHADER_STAGE_COMPUTE_BIT

	// What package ir's operations on subgroups need: basic, arithmetic, ballot, shuffle.
	subgroupOperations = 1 | 4 | 8 | 16

	componentF16  = 0
	componentF32  = 1
	componentBF16 = 1000141000
	scopeSubgroup = 3

	roundingIndependenceNone = 2 // VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE
)

// Most buffers and bytes of scalars that a kernel can have here, whatever the device allows.
const (
	maxBuffers   = 32
	maxPushBytes = ir.MaxScalarBytes
)

// physical is a device that could be opened: what it is and has.
type physical struct {
	instance *instance
	handle   uintptr
	info     driver.Info
	target   spirv.Target // what shaders may use; without the size of a subgroup

	family        uint32 // of the queue
	timestampBits uint32
	timestampNs   float64 // nanoseconds of a tick
	memory        memoryProperties
	cacheUUID     [16]byte
	vendor, id    uint32

	extensions     []string // to enable
	pushDescriptor bool
	chooseSubgroup bool // a pipeline can choose the size of its subgroups
	fullSubgroups  bool // and ask for full ones
	maxSubgroups   int  // of a workgroup, where a pipeline chooses
}

// describe looks at a device; it returns nil for one that this package cannot drive.
func (i *instance) describe(c *dl.Caller, a *dl.Arena, handle uintptr) (*physical, error) {
	all, err := list[extensionProperties](a, "vkEnumerateDeviceExtensionProperties", func(count, into uintptr) result {
		return result(c.Call(i.functions.EnumerateDeviceExtensionProperties, handle, 0, count, into))
	})
	if err != nil {
		return nil, err
	}
	has := map[string]bool{}
	for k := range all {
		has[cString(all[k].name[:])] = true
	}

	// Properties and features, each a chain of structs that the driver fills. Structs of
	// extensions that it lacks stay out of the chain, and zero.
	props, propsAt := dl.New[properties2](a)
	p11, p11At := dl.New[vulkan11Properties](a)
	p12, p12At := dl.New[vulkan12Properties](a)
	push, pushAt := dl.New[pushDescriptorProperties](a)
	sizes, sizesAt := dl.New[subgroupSizeProperties](a)
	props.sType = typeProperties2
	c.Call(i.functions.GetPhysicalDeviceProperties2, handle, propsAt)
	if props.apiVersion < version12 {
		return nil, nil
	}
	link(&props.head, &p11.head, typeVulkan11Properties, p11At)
	link(&props.head, &p12.head, typeVulkan12Properties, p12At)
	if has[extPushDescriptor] {
		link(&props.head, &push.head, typePushDescriptorProperties, pushAt)
	}
	if has[extSubgroupSize] {
		link(&props.head, &sizes.head, typeSubgroupSizeProperties, sizesAt)
	}
	c.Call(i.functions.GetPhysicalDeviceProperties2, handle, propsAt)

	f := newFeatures(a, func(extension string) bool { return has[extension] })
	c.Call(i.functions.GetPhysicalDeviceFeatures2, handle, f.at)

	p := &physical{instance: i, handle: handle, cacheUUID: props.pipelineCacheUUID, vendor: props.vendorID, id: props.deviceID}
	memory, memoryAt := dl.New[memoryProperties](a)
	c.Call(i.functions.GetPhysicalDeviceMemoryProperties, handle, memoryAt)
	p.memory = *memory
	families, err := list[queueFamily](a, "vkGetPhysicalDeviceQueueFamilyProperties", func(count, into uintptr) result {
		c.Call(i.functions.GetPhysicalDeviceQueueFamilyProperties, handle, count, into)
		return success
	})
	if err != nil {
		return nil, err
	}
	if !p.chooseQueue(families) || f.vulkan12.timelineSemaphore == 0 {
		return nil, nil
	}
	p.timestampNs = float64(props.limits.timestampPeriod)

	p.pushDescriptor = has[extPushDescriptor]
	p.chooseSubgroup = f.subgroup.sizeControl != 0 && sizes.requiredStage&stageBitCompute != 0
	p.fullSubgroups = f.subgroup.fullSubgroups != 0
	p.maxSubgroups = int(sizes.maxWorkgroup)
	p.target = spirv.Target{
		PushBytes:   maxPushBytes,
		Storage16:   f.vulkan11.storageBuffer16Bit != 0,
		Float16:     f.vulkan12.shaderFloat16 != 0,
		Int16:       f.core.shaderInt16 != 0,
		AtomicFloat: f.atomic.bufferFloat32 != 0 && f.atomic.sharedFloat32 != 0,
		Matrix:      f.matrix.cooperativeMatrix != 0 && f.vulkan12.memoryModel != 0,
		BFloat16:    f.bfloat16.bfloat16 != 0 && f.bfloat16.cooperative != 0,
		KeepNaN:     p12.keepNaN32 != 0,
		// A module sets the mode for 16 bits alone, which is allowed unless the modes of
		// all widths must agree.
		Round16: p12.roundNearest16 != 0 && p12.roundingIndependence != roundingIndependenceNone,
	}
	for _, e := range []struct {
		name string
		use  bool
	}{
		{extPushDescriptor, p.pushDescriptor},
		{extSubgroupSize, p.chooseSubgroup || p.fullSubgroups},
		{extAtomicFloat, p.target.AtomicFloat},
		{extCooperativeMatrix, p.target.Matrix},
		{extBFloat16, p.target.Matrix && p.target.BFloat16},
	} {
		if e.use {
			p.extensions = append(p.extensions, e.name)
		}
	}
	p.info = driver.Info{
		API: "vulkan", Name: cString(props.deviceName[:]), Kind: kindOf(props.deviceType), Vendor: vendorName(props.vendorID),
		Driver:  cString(p12.driverName[:]) + " " + cString(p12.driverInfo[:]),
		Version: props.driverVersion, UUID: p11.deviceUUID,
		F16: p.target.Storage16, BF16: p.target.Storage16, Shared16: p.target.Float16 && p.target.Int16,
		AtomicF32: p.target.AtomicFloat, Timestamps: p.timestampBits > 0 && p.timestampNs > 0,
	}
	p.info.Subgroups = p.subgroups(p11, sizes)
	if p.info.Matrices, err = p.matrices(c, a); err != nil {
		return nil, err
	}
	p.limit(&props.limits, push, p11)
	return p, nil
}

// chooseQueue chooses the family of the queue: one for computing alone, if there is one, whose
// work does not queue up behind the screen's.
func (p *physical) chooseQueue(families []queueFamily) bool {
	best := -1
	for n, f := range families {
		switch {
		case f.flags&queueCompute == 0 || f.count == 0:
		case best < 0, families[best].flags&queueGraphics != 0 && f.flags&queueGraphics == 0:
			best = n
		}
	}
	if best < 0 {
		return false
	}
	p.family, p.timestampBits = uint32(best), families[best].timestampBits
	return true
}

// subgroups returns the sizes that a kernel can be built for: the device's own first.
func (p *physical) subgroups(p11 *vulkan11Properties, s *subgroupSizeProperties) []int {
	if p11.subgroupStages&stageBitCompute == 0 || p11.subgroupOperations&subgroupOperations != subgroupOperations {
		return nil
	}
	all := []int{int(p11.subgroupSize)}
	if p.chooseSubgroup {
		for n := int(s.minSize); 0 < n && n <= int(s.maxSize); n *= 2 {
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all
}

// matrices returns the cooperative matrices that kernels of package ir can use.
func (p *physical) matrices(c *dl.Caller, a *dl.Arena) ([]driver.Matrix, error) {
	f := p.instance.functions.GetPhysicalDeviceCooperativeMatrixPropertiesKHR
	if !p.target.Matrix || f == 0 {
		return nil, nil
	}
	all, err := list[cooperativeMatrixProperties](a, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR", func(count, into uintptr) result {
		if into != 0 {
			each := cSlice[cooperativeMatrixProperties](into, int(cSlice[uint32](count, 1)[0]))
			for i := range each {
				each[i].sType = typeCooperativeMatrixProperties
			}
		}
		return result(c.Call(f, p.handle, count, into))
	})
	if err != nil {
		return nil, err
	}
	types := map[uint32]ir.Type{componentF16: ir.F16, componentF32: ir.F32}
	if p.target.BFloat16 {
		types[componentBF16] = ir.BF16
	}
	var found []driver.Matrix
	for _, m := range all {
		elem, acc := types[m.a], types[m.c]
		ok := elem != ir.Void && elem != ir.F32 && acc != ir.Void && acc != ir.BF16
		if ok && m.a == m.b && m.c == m.result && m.saturating == 0 && m.scope == scopeSubgroup {
			found = append(found, driver.Matrix{Elem: elem, Acc: acc, Shape: ir.Shape{M: int(m.m), N: int(m.n), K: int(m.k)}})
		}
	}
	return found, nil
}

// limit fills in the limits.
func (p *physical) limit(l *limits, push *pushDescriptorProperties, p11 *vulkan11Properties) {
	i := &p.info
	i.Memory = int64(p.heap(driver.Local).size)
	i.MaxAlloc = min(int64(min(p11.maxMemoryAllocationSize, 1<<62)), i.Memory)
	i.MaxRange = int64(l.maxStorageBufferRange)
	i.MaxBuffers = int(min(l.maxStageStorageBuffers, l.maxSetStorageBuffers, l.maxStageResources, maxBuffers))
	if p.pushDescriptor {
		i.MaxBuffers = min(i.MaxBuffers, int(push.maxPushDescriptors))
	}
	i.MaxScalars = int(min(l.maxPushConstantsSize, maxPushBytes) / 4)
	i.MaxShared = int(l.maxSharedMemorySize)
	i.MaxLanes = int(l.maxWorkGroupInvocations)
	for axis := range 3 {
		i.MaxGroup[axis] = int(l.maxWorkGroupSize[axis])
		i.MaxGrid[axis] = int(min(l.maxWorkGroupCount[axis], 1<<31-1))
	}
	i.BufferAlign = max(16, int64(l.minStorageOffsetAlignment))
}

// features is a chain of the structs of features: filled by the driver for what a device has,
// and by us for what is to be switched on.
type features struct {
	at       uintptr // of the first
	core     *features2
	vulkan11 *vulkan11Features
	vulkan12 *vulkan12Features
	subgroup *subgroupSizeFeatures
	atomic   *atomicFloatFeatures
	matrix   *cooperativeMatrixFeatures
	bfloat16 *bfloat16Features
}

// newFeatures returns the chain; the structs of extensions are in it if has says so.
func newFeatures(a *dl.Arena, has func(extension string) bool) *features {
	f := &features{}
	f.core, f.at = dl.New[features2](a)
	f.core.sType = typeFeatures2
	chain := func(h *head, kind uint32, at uintptr, extension string) {
		if extension == "" || has(extension) {
			link(&f.core.head, h, kind, at)
		}
	}
	var at uintptr
	f.vulkan11, at = dl.New[vulkan11Features](a)
	chain(&f.vulkan11.head, typeVulkan11Features, at, "")
	f.vulkan12, at = dl.New[vulkan12Features](a)
	chain(&f.vulkan12.head, typeVulkan12Features, at, "")
	f.subgroup, at = dl.New[subgroupSizeFeatures](a)
	chain(&f.subgroup.head, typeSubgroupSizeFeatures, at, extSubgroupSize)
	f.atomic, at = dl.New[atomicFloatFeatures](a)
	chain(&f.atomic.head, typeAtomicFloatFeatures, at, extAtomicFloat)
	f.matrix, at = dl.New[cooperativeMatrixFeatures](a)
	chain(&f.matrix.head, typeCooperativeMatrixFeatures, at, extCooperativeMatrix)
	f.bfloat16, at = dl.New[bfloat16Features](a)
	chain(&f.bfloat16.head, typeBFloat16Features, at, extBFloat16)
	return f
}

// link puts a struct into the chain that begins at first.
func link(first, h *head, kind uint32, at uintptr) {
	h.sType, h.next = kind, first.next
	first.next = at
}

// truth returns VK_TRUE or VK_FALSE.
func truth(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// cString returns the text before the first zero byte.
func cString(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text)
}

func kindOf(deviceType uint32) driver.Kind {
	switch deviceType {
	case 1:
		return driver.Integrated
	case 2:
		return driver.Discrete
	case 3:
		return driver.Virtual
	case 4:
		return driver.CPU
	}
	return driver.Other
}

var vendors = map[uint32]string{
	0x1002: "AMD", 0x1010: "Imagination", 0x106b: "Apple", 0x10de: "NVIDIA", 0x13b5: "ARM", 0x1414: "Microsoft",
	0x14e4: "Broadcom", 0x5143: "Qualcomm", 0x8086: "Intel", 0x10005: "Mesa",
}

// vendorName returns a vendor's name by its PCI or Khronos number.
func vendorName(id uint32) string {
	if name, ok := vendors[id]; ok {
		return name
	}
	return fmt.Sprintf("%#04x", id)
}
