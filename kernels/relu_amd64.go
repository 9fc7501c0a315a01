//go:build !purego

package kernels

// reluAVX2 works like reluGeneric.
//
//go:noescape
func reluAVX2(dst, x []float32)

// reluAVX512 works like reluGeneric.
//
//go:noescape
func reluAVX512(dst, x []float32)

// reluBackwardAVX2 works like reluBackwardGeneric.
//
//go:noescape
func reluBackwardAVX2(dx, dy, x []float32)

// reluBackwardAVX512 works like reluBackwardGeneric.
//
//go:noescape
func reluBackwardAVX512(dx, dy, x []float32)
