package vulkan

import (
	"reflect"
	"testing"
	"unsafe"
)

// layouts are the sizes of the structs in C and the offsets of their fields, in bytes, on 64-bit
// processors: what gcc says of the Vulkan headers.
var layouts = []struct {
	value   any
	size    uintptr
	offsets map[string]uintptr
}{
	{applicationInfo{}, 48, map[string]uintptr{"applicationName": 16, "applicationVersion": 24, "engineName": 32, "engineVersion": 40, "apiVersion": 44}},
	{instanceCreateInfo{}, 64, map[string]uintptr{"flags": 16, "applicationInfo": 24, "layerCount": 32, "layers": 40, "extensionCount": 48, "extensions": 56}},
	{extensionProperties{}, 260, map[string]uintptr{"name": 0, "version": 256}},
	{limits{}, 504, map[string]uintptr{"maxStorageBufferRange": 28, "maxPushConstantsSize": 32, "maxMemoryAllocationCount": 36, "maxStageStorageBuffers": 76, "maxStageResources": 92, "maxSetStorageBuffers": 108, "maxSharedMemorySize": 216, "maxWorkGroupCount": 220, "maxWorkGroupInvocations": 232, "maxWorkGroupSize": 236, "minStorageOffsetAlignment": 328, "timestampPeriod": 424}},
	{properties2{}, 840, map[string]uintptr{"apiVersion": 16, "driverVersion": 20, "vendorID": 24, "deviceID": 28, "deviceType": 32, "deviceName": 36, "pipelineCacheUUID": 292, "limits": 312}},
	{vulkan11Properties{}, 112, map[string]uintptr{"deviceUUID": 16, "subgroupSize": 64, "subgroupStages": 68, "subgroupOperations": 72, "maxMemoryAllocationSize": 104}},
	{vulkan12Properties{}, 736, map[string]uintptr{"driverID": 16, "driverName": 20, "driverInfo": 276, "roundingIndependence": 540, "keepNaN32": 548, "roundNearest16": 580}},
	{pushDescriptorProperties{}, 24, map[string]uintptr{"maxPushDescriptors": 16}},
	{subgroupSizeProperties{}, 32, map[string]uintptr{"minSize": 16, "maxSize": 20, "maxWorkgroup": 24, "requiredStage": 28}},
	{features2{}, 240, map[string]uintptr{"shaderInt16": 180}},
	{vulkan11Features{}, 64, map[string]uintptr{"storageBuffer16Bit": 16}},
	{vulkan12Features{}, 208, map[string]uintptr{"shaderFloat16": 44, "timelineSemaphore": 164, "memoryModel": 180}},
	{subgroupSizeFeatures{}, 24, map[string]uintptr{"sizeControl": 16, "fullSubgroups": 20}},
	{atomicFloatFeatures{}, 64, map[string]uintptr{"bufferFloat32": 20, "sharedFloat32": 36}},
	{memoryProperties{}, 520, map[string]uintptr{"typeCount": 0, "types": 4, "heapCount": 260, "heaps": 264}},
	{memoryType{}, 8, map[string]uintptr{"flags": 0, "heap": 4}},
	{memoryHeap{}, 16, map[string]uintptr{"size": 0, "flags": 8}},
	{queueFamily{}, 24, map[string]uintptr{"flags": 0, "count": 4, "timestampBits": 8}},
	{deviceQueueCreateInfo{}, 40, map[string]uintptr{"flags": 16, "family": 20, "count": 24, "priorities": 32}},
	{deviceCreateInfo{}, 72, map[string]uintptr{"flags": 16, "queueInfoCount": 20, "queueInfos": 24, "extensionCount": 48, "extensions": 56}},
	{bufferCreateInfo{}, 56, map[string]uintptr{"flags": 16, "size": 24, "usage": 32, "sharing": 36, "familyCount": 40, "families": 48}},
	{memoryRequirements{}, 24, map[string]uintptr{"size": 0, "alignment": 8, "typeBits": 16}},
	{memoryAllocateInfo{}, 32, map[string]uintptr{"size": 16, "typeIndex": 24}},
	{shaderModuleCreateInfo{}, 40, map[string]uintptr{"flags": 16, "size": 24, "code": 32}},
	{shaderStageCreateInfo{}, 48, map[string]uintptr{"flags": 16, "stage": 20, "module": 24, "name": 32, "specialization": 40}},
	{requiredSubgroupSize{}, 24, map[string]uintptr{"size": 16}},
	{computePipelineCreateInfo{}, 96, map[string]uintptr{"flags": 16, "stage": 24, "layout": 72, "basePipeline": 80, "baseIndex": 88}},
	{pipelineLayoutCreateInfo{}, 48, map[string]uintptr{"flags": 16, "setCount": 20, "sets": 24, "rangeCount": 32, "ranges": 40}},
	{pushConstantRange{}, 12, map[string]uintptr{"stages": 0, "offset": 4, "size": 8}},
	{setLayoutCreateInfo{}, 32, map[string]uintptr{"flags": 16, "count": 20, "bindings": 24}},
	{setLayoutBinding{}, 24, map[string]uintptr{"binding": 0, "kind": 4, "count": 8, "stages": 12, "samplers": 16}},
	{pipelineCacheCreateInfo{}, 40, map[string]uintptr{"flags": 16, "size": 24, "data": 32}},
	{descriptorPoolCreateInfo{}, 40, map[string]uintptr{"flags": 16, "maxSets": 20, "sizeCount": 24, "sizes": 32}},
	{descriptorPoolSize{}, 8, map[string]uintptr{"kind": 0, "count": 4}},
	{descriptorSetAllocateInfo{}, 40, map[string]uintptr{"pool": 16, "count": 24, "layouts": 32}},
	{descriptorBufferInfo{}, 24, map[string]uintptr{"buffer": 0, "offset": 8, "size": 16}},
	{writeDescriptorSet{}, 64, map[string]uintptr{"set": 16, "binding": 24, "element": 28, "count": 32, "kind": 36, "images": 40, "buffers": 48, "texels": 56}},
	{commandPoolCreateInfo{}, 24, map[string]uintptr{"flags": 16, "family": 20}},
	{commandBufferAllocateInfo{}, 32, map[string]uintptr{"pool": 16, "level": 24, "count": 28}},
	{commandBufferBeginInfo{}, 32, map[string]uintptr{"flags": 16, "inheritance": 24}},
	{memoryBarrier{}, 24, map[string]uintptr{"src": 16, "dst": 20}},
	{bufferCopy{}, 24, map[string]uintptr{"src": 0, "dst": 8, "size": 16}},
	{queryPoolCreateInfo{}, 32, map[string]uintptr{"flags": 16, "kind": 20, "count": 24, "statistics": 28}},
	{semaphoreCreateInfo{}, 24, map[string]uintptr{"flags": 16}},
	{semaphoreTypeCreateInfo{}, 32, map[string]uintptr{"kind": 16, "value": 24}},
	{timelineSubmitInfo{}, 48, map[string]uintptr{"waitCount": 16, "waits": 24, "signalCount": 32, "signals": 40}},
	{submitInfo{}, 72, map[string]uintptr{"waitCount": 16, "waits": 24, "waitStages": 32, "bufferCount": 40, "buffers": 48, "signalCount": 56, "signals": 64}},
	{semaphoreWaitInfo{}, 40, map[string]uintptr{"flags": 16, "count": 20, "semaphores": 24, "values": 32}},
	{cooperativeMatrixProperties{}, 56, map[string]uintptr{"m": 16, "n": 20, "k": 24, "a": 28, "b": 32, "c": 36, "result": 40, "saturating": 44, "scope": 48}},
	{cooperativeMatrixFeatures{}, 24, map[string]uintptr{"cooperativeMatrix": 16, "robustAccess": 20}},
	{bfloat16Features{}, 32, map[string]uintptr{"bfloat16": 16, "dotProduct": 20, "cooperative": 24}},
}

// TestLayouts: every struct lies in memory as C's does, and the table forgets no field.
func TestLayouts(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the package drives 64-bit devices only")
	}
	for _, want := range layouts {
		s := reflect.TypeOf(want.value)
		if s.Size() != want.size {
			t.Errorf("%s: %d bytes, want %d", s.Name(), s.Size(), want.size)
		}
		seen := 0
		for i := range s.NumField() {
			f := s.Field(i)
			offset, ok := want.offsets[f.Name]
			switch {
			case f.Name == "_":
				continue
			case f.Name == "head":
				if f.Offset != 0 || f.Type.Size() != 16 {
					t.Errorf("%s: the head is %d bytes at %d", s.Name(), f.Type.Size(), f.Offset)
				}
				continue
			case !ok:
				t.Errorf("%s: no offset of %s in the table", s.Name(), f.Name)
			case f.Offset != offset:
				t.Errorf("%s: %s is at %d, want %d", s.Name(), f.Name, f.Offset, offset)
			}
			seen++
		}
		if seen != len(want.offsets) {
			t.Errorf("%s: %d fields, the table has %d", s.Name(), seen, len(want.offsets))
		}
	}
}
