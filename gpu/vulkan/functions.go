package vulkan

import (
	"reflect"
	"strings"

	"inkstone/gpu/dl"
)

// Functions are found by name, "vk" and the name of the field. Those of a device come from
// vkGetDeviceProcAddr, which gives the driver's own, without the detour through the loader.

// globalFunctions are those that need no instance.
type globalFunctions struct {
	CreateInstance           dl.Func
	EnumerateInstanceVersion dl.Func
}

// instanceFunctions are those of an instance.
type instanceFunctions struct {
	DestroyInstance                                 dl.Func
	EnumeratePhysicalDevices                        dl.Func
	GetPhysicalDeviceProperties2                    dl.Func
	GetPhysicalDeviceFeatures2                      dl.Func
	GetPhysicalDeviceMemoryProperties               dl.Func
	GetPhysicalDeviceQueueFamilyProperties          dl.Func
	EnumerateDeviceExtensionProperties              dl.Func
	GetPhysicalDeviceCooperativeMatrixPropertiesKHR dl.Func `vk:"extension"`
	CreateDevice                                    dl.Func
	GetDeviceProcAddr                               dl.Func
}

// deviceFunctions are those of a device.
type deviceFunctions struct {
	DestroyDevice  dl.Func
	GetDeviceQueue dl.Func
	DeviceWaitIdle dl.Func

	CreateBuffer                dl.Func
	DestroyBuffer               dl.Func
	GetBufferMemoryRequirements dl.Func
	AllocateMemory              dl.Func
	FreeMemory                  dl.Func
	BindBufferMemory            dl.Func
	MapMemory                   dl.Func

	CreateShaderModule         dl.Func
	DestroyShaderModule        dl.Func
	CreateDescriptorSetLayout  dl.Func
	DestroyDescriptorSetLayout dl.Func
	CreatePipelineLayout       dl.Func
	DestroyPipelineLayout      dl.Func
	CreateComputePipelines     dl.Func
	DestroyPipeline            dl.Func
	CreatePipelineCache        dl.Func
	DestroyPipelineCache       dl.Func
	GetPipelineCacheData       dl.Func

	CreateDescriptorPool   dl.Func
	DestroyDescriptorPool  dl.Func
	ResetDescriptorPool    dl.Func
	AllocateDescriptorSets dl.Func
	UpdateDescriptorSets   dl.Func

	CreateCommandPool        dl.Func
	DestroyCommandPool       dl.Func
	ResetCommandPool         dl.Func
	AllocateCommandBuffers   dl.Func
	BeginCommandBuffer       dl.Func
	EndCommandBuffer         dl.Func
	CmdBindPipeline          dl.Func
	CmdBindDescriptorSets    dl.Func
	CmdPushDescriptorSetKHR  dl.Func `vk:"extension"`
	CmdPushConstants         dl.Func
	CmdDispatch              dl.Func
	CmdCopyBuffer            dl.Func
	CmdFillBuffer            dl.Func
	CmdPipelineBarrier       dl.Func
	CmdResetQueryPool        dl.Func
	CmdWriteTimestamp        dl.Func
	CreateQueryPool          dl.Func
	DestroyQueryPool         dl.Func
	GetQueryPoolResults      dl.Func
	CreateSemaphore          dl.Func
	DestroySemaphore         dl.Func
	GetSemaphoreCounterValue dl.Func
	WaitSemaphores           dl.Func
	QueueSubmit              dl.Func
}

// find fills a struct of functions and returns the names of those that are missing, extensions
// aside.
func find(functions any, address func(name string) dl.Func) (missing []string) {
	v := reflect.ValueOf(functions).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		f := address("vk" + field.Name)
		if f == 0 && field.Tag.Get("vk") != "extension" {
			missing = append(missing, "vk"+field.Name)
		}
		v.Field(i).SetUint(uint64(f))
	}
	return missing
}

// missingText says what is missing, where something is.
func missingText(missing []string) string {
	return "the driver lacks " + strings.Join(missing, ", ")
}
