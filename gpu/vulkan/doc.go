// Package vulkan drives GPUs through Vulkan 1.2 (The Khronos Group, "Vulkan 1.2, a
// specification"), whose loader and drivers are found at run time. It implements driver.Device.
//
// What a list of commands becomes:
//
//	List ──Submit──→ command buffer ──vkQueueSubmit──→ queue ──→ timeline semaphore = Point
//
// A device has one queue and one timeline semaphore, whose value counts the lists that are
// done. All lists run on that queue; a barrier at the start of each makes them run one after
// another. A kernel's buffers are storage buffers of descriptor set 0 and its scalar parameters
// push constants, as package ir/spirv lays them out.
//
// All calls are made on the one thread that C code has (package dl), and Loader.Do lets one
// goroutine at a time in. So what a Device keeps is touched inside Do alone, and needs no lock;
// and everything that belongs together, such as recording a list and submitting it, is one Do,
// for getting in and out costs as much as a hundred calls.
package vulkan
