//go:build !purego

package kernels

// bf16FromF32AVX2 works like bf16FromF32Generic.
//
//go:noescape
func bf16FromF32AVX2(dst []uint16, x []float32)

// bf16FromF32AVX512 works like bf16FromF32Generic.
//
//go:noescape
func bf16FromF32AVX512(dst []uint16, x []float32)

// f16FromF32AVX2 works like f16FromF32Generic.
//
//go:noescape
func f16FromF32AVX2(dst []uint16, x []float32)

// f16FromF32AVX512 works like f16FromF32Generic.
//
//go:noescape
func f16FromF32AVX512(dst []uint16, x []float32)

// f32FromBF16AVX2 works like f32FromBF16Generic.
//
//go:noescape
func f32FromBF16AVX2(dst []float32, x []uint16)

// f32FromBF16AVX512 works like f32FromBF16Generic.
//
//go:noescape
func f32FromBF16AVX512(dst []float32, x []uint16)

// f32FromF16AVX2 works like f32FromF16Generic.
//
//go:noescape
func f32FromF16AVX2(dst []float32, x []uint16)

// f32FromF16AVX512 works like f32FromF16Generic.
//
//go:noescape
func f32FromF16AVX512(dst []float32, x []uint16)
