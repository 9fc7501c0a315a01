package cuda

import (
	"reflect"

	"inkstone/gpu/dl"
)

// functions are the driver's, found by name: "cu" and the name of the field, or its tag. A name
// with _v2 is what the function has been called since its types grew to 64 bits.
type functions struct {
	Init                   dl.Func
	DriverGetVersion       dl.Func
	DeviceGetCount         dl.Func
	DeviceGet              dl.Func
	DeviceGetName          dl.Func
	DeviceGetAttribute     dl.Func
	DeviceGetUuid          dl.Func
	DeviceTotalMem         dl.Func `cuda:"cuDeviceTotalMem_v2"`
	DevicePrimaryCtxRetain dl.Func
	// The one of CUDA 11 and later does the same as the one before.
	DevicePrimaryCtxRelease dl.Func

	CtxSetCurrent dl.Func
	MemAlloc      dl.Func `cuda:"cuMemAlloc_v2"`
	MemFree       dl.Func `cuda:"cuMemFree_v2"`
	MemHostAlloc  dl.Func
	MemFreeHost   dl.Func
	MemcpyAsync   dl.Func
	MemsetD32     dl.Func `cuda:"cuMemsetD32Async"`

	ModuleLoadDataEx  dl.Func
	ModuleUnload      dl.Func
	ModuleGetFunction dl.Func
	FuncGetAttribute  dl.Func
	FuncSetAttribute  dl.Func
	LaunchKernel      dl.Func

	StreamCreate      dl.Func
	StreamDestroy     dl.Func `cuda:"cuStreamDestroy_v2"`
	StreamSynchronize dl.Func
	EventCreate       dl.Func
	EventDestroy      dl.Func `cuda:"cuEventDestroy_v2"`
	EventRecord       dl.Func
	EventQuery        dl.Func
	EventElapsedTime  dl.Func

	GetErrorName   dl.Func
	GetErrorString dl.Func
}

// find looks all functions up in the driver's library.
func (f *functions) find(lib *dl.Lib) error {
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := field.Tag.Get("cuda")
		if name == "" {
			name = "cu" + field.Name
		}
		at, err := lib.Sym(name)
		if err != nil {
			return err
		}
		v.Field(i).SetUint(uint64(at))
	}
	return nil
}

// Numbers of cuda.h.
const (
	attrMaxThreads    = 1 // CU_DEVICE_ATTRIBUTE_…
	attrMaxBlockX     = 2
	attrMaxGridX      = 5
	attrMaxShared     = 8
	attrIntegrated    = 18
	attrUnified       = 41
	attrMajor         = 75
	attrMinor         = 76
	attrMaxSharedOpt  = 97
	funcMaxThreads    = 0 // CU_FUNC_ATTRIBUTE_…
	funcDynamicShared = 8
	jitErrorLog       = 5 // CU_JIT_…
	jitErrorLogSize   = 6
	streamNonBlocking = 1 // CU_STREAM_NON_BLOCKING: the stream waits for no other
	hostPortable      = 1 // CU_MEMHOSTALLOC_…
	hostDeviceMap     = 2
	eventNoTiming     = 2 // CU_EVENT_DISABLE_TIMING
)
