// Package spirv writes kernels of package ir as SPIR-V 1.5 modules for Vulkan 1.2 (The Khronos
// Group, "SPIR-V Specification", version 1.6, and "Vulkan 1.2", appendix A).
//
// The entry point is "main". Buffer i is binding i of descriptor set 0, and scalar parameter i
// lies at byte 4·i of the push constants. With Addresses, the push constants begin with the
// device address of each buffer, eight bytes each, and the scalars come after them.
//
// A module declares the capabilities that its kernel uses, and no others. Where a kernel needs
// what the target lacks, Module returns an *UnsupportedError.
//
// Additions, subtractions and multiplications of F32 are marked NoContraction, so they round as
// package ir promises. Infinities and NaNs are kept where the target can promise that.
package spirv
