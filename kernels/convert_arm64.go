//go:build !purego

package kernels

// bf16FromF32NEON works like bf16FromF32Generic.
//
//go:noescape
func bf16FromF32NEON(dst []uint16, x []float32)

// f16FromF32NEON works like f16FromF32Generic.
//
//go:noescape
func f16FromF32NEON(dst []uint16, x []float32)

// f32FromBF16NEON works like f32FromBF16Generic.
//
//go:noescape
func f32FromBF16NEON(dst []float32, x []uint16)

// f32FromF16NEON works like f32FromF16Generic.
//
//go:noescape
func f32FromF16NEON(dst []float32, x []uint16)
