//go:build !purego

package kernels

// geluAVX2 works like geluGeneric.
//
//go:noescape
func geluAVX2(dst, x []float32)

// geluAVX512 works like geluGeneric.
//
//go:noescape
func geluAVX512(dst, x []float32)

// geluBackwardAVX2 works like geluBackwardGeneric.
//
//go:noescape
func geluBackwardAVX2(dx, dy, x []float32)

// geluBackwardAVX512 works like geluBackwardGeneric.
//
//go:noescape
func geluBackwardAVX512(dx, dy, x []float32)
