package vulkan

// The structs of the Vulkan headers that this package hands to drivers, with C's layout on
// 64-bit processors, which a test holds. Fields have the header's names; those that are not used
// are left blank. Handles and pointers are addresses.

// What begins most structs: their type, and the address of a struct that extends them.
type head struct {
	sType uint32
	next  uintptr
}

// The values of sType.
const (
	typeApplicationInfo             = 0
	typeInstanceCreateInfo          = 1
	typeDeviceQueueCreateInfo       = 2
	typeDeviceCreateInfo            = 3
	typeSubmitInfo                  = 4
	typeMemoryAllocateInfo          = 5
	typeSemaphoreCreateInfo         = 9
	typeQueryPoolCreateInfo         = 11
	typeBufferCreateInfo            = 12
	typeShaderModuleCreateInfo      = 16
	typePipelineCacheCreateInfo     = 17
	typeShaderStageCreateInfo       = 18
	typeComputePipelineCreateInfo   = 29
	typePipelineLayoutCreateInfo    = 30
	typeSetLayoutCreateInfo         = 32
	typeDescriptorPoolCreateInfo    = 33
	typeDescriptorSetAllocateInfo   = 34
	typeWriteDescriptorSet          = 35
	typeCommandPoolCreateInfo       = 39
	typeCommandBufferAllocateInfo   = 40
	typeCommandBufferBeginInfo      = 42
	typeMemoryBarrier               = 46
	typeVulkan11Features            = 49
	typeVulkan11Properties          = 50
	typeVulkan12Features            = 51
	typeVulkan12Properties          = 52
	typeFeatures2                   = 1000059000
	typeProperties2                 = 1000059001
	typePushDescriptorProperties    = 1000080000
	typeBFloat16Features            = 1000141000
	typeSemaphoreTypeCreateInfo     = 1000207002
	typeTimelineSubmitInfo          = 1000207003
	typeSemaphoreWaitInfo           = 1000207004
	typeSubgroupSizeProperties      = 1000225000
	typeRequiredSubgroupSize        = 1000225001
	typeSubgroupSizeFeatures        = 1000225002
	typeAtomicFloatFeatures         = 1000260000
	typeCooperativeMatrixFeatures   = 1000506000
	typeCooperativeMatrixProperties = 1000506001
)

type applicationInfo struct {
	head
	applicationName    uintptr
	applicationVersion uint32
	engineName         uintptr
	engineVersion      uint32
	apiVersion         uint32
}

type instanceCreateInfo struct {
	head
	flags           uint32
	applicationInfo uintptr
	layerCount      uint32
	layers          uintptr
	extensionCount  uint32
	extensions      uintptr
}

type extensionProperties struct {
	name    [256]byte
	version uint32
}

// Properties of a device.

type limits struct {
	_                         [28]byte
	maxStorageBufferRange     uint32
	maxPushConstantsSize      uint32
	maxMemoryAllocationCount  uint32
	_                         [36]byte
	maxStageStorageBuffers    uint32 // maxPerStageDescriptorStorageBuffers
	_                         [12]byte
	maxStageResources         uint32 // maxPerStageResources
	_                         [12]byte
	maxSetStorageBuffers      uint32 // maxDescriptorSetStorageBuffers
	_                         [104]byte
	maxSharedMemorySize       uint32 // maxComputeSharedMemorySize
	maxWorkGroupCount         [3]uint32
	maxWorkGroupInvocations   uint32
	maxWorkGroupSize          [3]uint32
	_                         [80]byte
	minStorageOffsetAlignment uint64
	_                         [88]byte
	timestampPeriod           float32 // nanoseconds of a tick
	_                         [76]byte
}

type properties2 struct {
	head
	apiVersion        uint32
	driverVersion     uint32
	vendorID          uint32
	deviceID          uint32
	deviceType        uint32
	deviceName        [256]byte
	pipelineCacheUUID [16]byte
	limits            limits
	_                 [5]uint32 // sparse properties
}

type vulkan11Properties struct {
	head
	deviceUUID              [16]byte
	_                       [32]byte
	subgroupSize            uint32
	subgroupStages          uint32
	subgroupOperations      uint32
	_                       [28]byte
	maxMemoryAllocationSize uint64
}

type vulkan12Properties struct {
	head
	driverID             uint32
	driverName           [256]byte
	driverInfo           [256]byte
	_                    [8]byte
	roundingIndependence uint32 // roundingModeIndependence
	_                    [4]byte
	keepNaN32            uint32 // shaderSignedZeroInfNanPreserveFloat32
	_                    [28]byte
	roundNearest16       uint32 // shaderRoundingModeRTEFloat16
	_                    [136]byte
	_                    uint64
	_                    uint32
}

type pushDescriptorProperties struct {
	head
	maxPushDescriptors uint32
}

type subgroupSizeProperties struct {
	head
	minSize       uint32
	maxSize       uint32
	maxWorkgroup  uint32 // maxComputeWorkgroupSubgroups
	requiredStage uint32 // stages in which a pipeline can choose
}

type cooperativeMatrixProperties struct {
	head
	m, n, k    uint32
	a, b       uint32 // component types
	c, result  uint32
	saturating uint32
	scope      uint32
}

// Features of a device, each a 32-bit truth value.

type features2 struct {
	head
	_           [164]byte
	shaderInt16 uint32
	_           [52]byte
}

type vulkan11Features struct {
	head
	storageBuffer16Bit uint32
	_                  [44]byte
}

type vulkan12Features struct {
	head
	_                 [28]byte
	shaderFloat16     uint32
	_                 [116]byte
	timelineSemaphore uint32
	_                 [12]byte
	memoryModel       uint32 // vulkanMemoryModel
	_                 [24]byte
}

type subgroupSizeFeatures struct {
	head
	sizeControl   uint32
	fullSubgroups uint32
}

type atomicFloatFeatures struct {
	head
	_             uint32
	bufferFloat32 uint32 // shaderBufferFloat32AtomicAdd
	_             [12]byte
	sharedFloat32 uint32 // shaderSharedFloat32AtomicAdd
	_             [24]byte
}

type cooperativeMatrixFeatures struct {
	head
	cooperativeMatrix uint32
	robustAccess      uint32
}

type bfloat16Features struct {
	head
	bfloat16    uint32
	dotProduct  uint32
	cooperative uint32
}

// Memory and queues of a device.

type memoryProperties struct {
	typeCount uint32
	types     [32]memoryType
	heapCount uint32
	heaps     [16]memoryHeap
}

type memoryType struct{ flags, heap uint32 }

type memoryHeap struct {
	size  uint64
	flags uint32
	_     uint32
}

type queueFamily struct {
	flags         uint32
	count         uint32
	timestampBits uint32
	_             [3]uint32
}

type deviceQueueCreateInfo struct {
	head
	flags      uint32
	family     uint32
	count      uint32
	priorities uintptr
}

type deviceCreateInfo struct {
	head
	flags          uint32
	queueInfoCount uint32
	queueInfos     uintptr
	_              uint32 // layers
	_              uintptr
	extensionCount uint32
	extensions     uintptr
	_              uintptr // features, which are in next
}

type bufferCreateInfo struct {
	head
	flags       uint32
	size        uint64
	usage       uint32
	sharing     uint32
	familyCount uint32
	families    uintptr
}

type memoryRequirements struct {
	size      uint64
	alignment uint64
	typeBits  uint32
	_         uint32
}

type memoryAllocateInfo struct {
	head
	size      uint64
	typeIndex uint32
}

// Programs.

type shaderModuleCreateInfo struct {
	head
	flags uint32
	size  uintptr // bytes
	code  uintptr
}

type shaderStageCreateInfo struct {
	head
	flags          uint32
	stage          uint32
	module         uintptr
	name           uintptr
	specialization uintptr
}

type requiredSubgroupSize struct {
	head
	size uint32
}

type computePipelineCreateInfo struct {
	head
	flags        uint32
	stage        shaderStageCreateInfo
	layout       uintptr
	basePipeline uintptr
	baseIndex    int32
}

type pipelineLayoutCreateInfo struct {
	head
	flags      uint32
	setCount   uint32
	sets       uintptr
	rangeCount uint32
	ranges     uintptr
}

type pushConstantRange struct{ stages, offset, size uint32 }

type setLayoutCreateInfo struct {
	head
	flags    uint32
	count    uint32
	bindings uintptr
}

type setLayoutBinding struct {
	binding  uint32
	kind     uint32
	count    uint32
	stages   uint32
	samplers uintptr
}

type pipelineCacheCreateInfo struct {
	head
	flags uint32
	size  uintptr
	data  uintptr
}

// Descriptors.

type descriptorPoolCreateInfo struct {
	head
	flags     uint32
	maxSets   uint32
	sizeCount uint32
	sizes     uintptr
}

type descriptorPoolSize struct{ kind, count uint32 }

type descriptorSetAllocateInfo struct {
	head
	pool    uintptr
	count   uint32
	layouts uintptr
}

type descriptorBufferInfo struct {
	buffer uintptr
	offset uint64
	size   uint64
}

type writeDescriptorSet struct {
	head
	set     uintptr
	binding uint32
	element uint32
	count   uint32
	kind    uint32
	images  uintptr
	buffers uintptr
	texels  uintptr
}

// Commands.

type commandPoolCreateInfo struct {
	head
	flags  uint32
	family uint32
}

type commandBufferAllocateInfo struct {
	head
	pool  uintptr
	level uint32
	count uint32
}

type commandBufferBeginInfo struct {
	head
	flags       uint32
	inheritance uintptr
}

type memoryBarrier struct {
	head
	src, dst uint32
}

type bufferCopy struct{ src, dst, size uint64 }

type queryPoolCreateInfo struct {
	head
	flags      uint32
	kind       uint32
	count      uint32
	statistics uint32
}

// Submission.

type semaphoreCreateInfo struct {
	head
	flags uint32
}

type semaphoreTypeCreateInfo struct {
	head
	kind  uint32
	value uint64
}

type timelineSubmitInfo struct {
	head
	waitCount   uint32
	waits       uintptr
	signalCount uint32
	signals     uintptr
}

type submitInfo struct {
	head
	waitCount   uint32
	waits       uintptr
	waitStages  uintptr
	bufferCount uint32
	buffers     uintptr
	signalCount uint32
	signals     uintptr
}

type semaphoreWaitInfo struct {
	head
	flags      uint32
	count      uint32
	semaphores uintptr
	values     uintptr
}
