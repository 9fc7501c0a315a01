//go:build !purego

package kernels

// geluErfAVX2 works like geluErfGeneric.
//
//go:noescape
func geluErfAVX2(dst, x []float32)

// geluErfAVX512 works like geluErfGeneric.
//
//go:noescape
func geluErfAVX512(dst, x []float32)

// geluErfBackwardAVX2 works like geluErfBackwardGeneric.
//
//go:noescape
func geluErfBackwardAVX2(dx, dy, x []float32)

// geluErfBackwardAVX512 works like geluErfBackwardGeneric.
//
//go:noescape
func geluErfBackwardAVX512(dx, dy, x []float32)
