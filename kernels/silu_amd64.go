//go:build !purego

package kernels

// siluAVX2 works like siluGeneric.
//
//go:noescape
func siluAVX2(dst, x []float32)

// siluAVX512 works like siluGeneric.
//
//go:noescape
func siluAVX512(dst, x []float32)

// siluBackwardAVX2 works like siluBackwardGeneric.
//
//go:noescape
func siluBackwardAVX2(dx, dy, x []float32)

// siluBackwardAVX512 works like siluBackwardGeneric.
//
//go:noescape
func siluBackwardAVX512(dx, dy, x []float32)

// swigluAVX2 works like swigluGeneric.
//
//go:noescape
func swigluAVX2(dst, gate, up []float32)

// swigluAVX512 works like swigluGeneric.
//
//go:noescape
func swigluAVX512(dst, gate, up []float32)

// swigluBackwardAVX2 works like swigluBackwardGeneric.
//
//go:noescape
func swigluBackwardAVX2(dgate, dup, dy, gate, up []float32)

// swigluBackwardAVX512 works like swigluBackwardGeneric.
//
//go:noescape
func swigluBackwardAVX512(dgate, dup, dy, gate, up []float32)
