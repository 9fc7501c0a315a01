//go:build !purego

package kernels

// geluErfNEON works like geluErfGeneric.
//
//go:noescape
func geluErfNEON(dst, x []float32)

// geluErfBackwardNEON works like geluErfBackwardGeneric.
//
//go:noescape
func geluErfBackwardNEON(dx, dy, x []float32)
