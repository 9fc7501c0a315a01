package vulkan

import (
	"fmt"

	"inkstone/gpu/driver"
)

// result is a VkResult: negative for errors, 0 for success, positive for other news.
type result int32

const (
	success           result = 0
	timedOut          result = 2
	incomplete        result = 5
	outOfHostMemory   result = -1
	outOfDeviceMemory result = -2
	deviceLost        result = -4
	badDriver         result = -9
	tooManyObjects    result = -10
	fragmentedPool    result = -12
	outOfPoolMemory   result = -1000069000
)

var resultNames = map[result]string{
	1:                 "VK_NOT_READY",
	timedOut:          "VK_TIMEOUT",
	incomplete:        "VK_INCOMPLETE",
	outOfHostMemory:   "VK_ERROR_OUT_OF_HOST_MEMORY",
	outOfDeviceMemory: "VK_ERROR_OUT_OF_DEVICE_MEMORY",
	-3:                "VK_ERROR_INITIALIZATION_FAILED",
	deviceLost:        "VK_ERROR_DEVICE_LOST",
	-5:                "VK_ERROR_MEMORY_MAP_FAILED",
	-6:                "VK_ERROR_LAYER_NOT_PRESENT",
	-7:                "VK_ERROR_EXTENSION_NOT_PRESENT",
	-8:                "VK_ERROR_FEATURE_NOT_PRESENT",
	badDriver:         "VK_ERROR_INCOMPATIBLE_DRIVER",
	tooManyObjects:    "VK_ERROR_TOO_MANY_OBJECTS",
	fragmentedPool:    "VK_ERROR_FRAGMENTED_POOL",
	-13:               "VK_ERROR_UNKNOWN",
	outOfPoolMemory:   "VK_ERROR_OUT_OF_POOL_MEMORY",
	-1000012000:       "VK_ERROR_INVALID_SHADER_NV",
}

// String returns the name in the Vulkan headers.
func (r result) String() string {
	if name, ok := resultNames[r]; ok {
		return name
	}
	return fmt.Sprintf("VkResult %d", int32(r))
}

// cause returns what kind of error a result is, for errors.Is.
func (r result) cause() error {
	switch r {
	case outOfHostMemory, outOfDeviceMemory, tooManyObjects, fragmentedPool, outOfPoolMemory:
		return driver.ErrOutOfMemory
	case deviceLost:
		return driver.ErrDeviceLost
	}
	return nil
}

// err returns the error of a function whose result is negative, and nil otherwise.
func (r result) err(op string) error {
	if r >= 0 {
		return nil
	}
	return &driver.Error{Op: op, Code: int(r), Name: r.String(), Err: r.cause()}
}
