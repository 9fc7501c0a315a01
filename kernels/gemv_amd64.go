//go:build !purego

package kernels

// gemvAVX512 works like gemvGeneric, on panels of 48 columns.
//
//go:noescape
func gemvAVX512(y, x, b []float32, ldb, panels int, add bool)

// gemvAVX2 works like gemvGeneric, on panels of 24 columns.
//
//go:noescape
func gemvAVX2(y, x, b []float32, ldb, panels int, add bool)

// gemvPairsAVX512BF16 works like gemvPairsGeneric, on panels of 48 columns.
//
//go:noescape
func gemvPairsAVX512BF16(y, x, b []float32, ldb, panels int, add bool)

// gemvPairsAVX512 works like gemvPairsGeneric, on panels of 48 columns.
//
//go:noescape
func gemvPairsAVX512(y, x, b []float32, ldb, panels int, add bool)

// gemvPairsAVX2 works like gemvPairsGeneric, on panels of 24 columns.
//
//go:noescape
func gemvPairsAVX2(y, x, b []float32, ldb, panels int, add bool)

// unpairsAVX2 works like unpairsGeneric, where cols is a multiple of 8.
//
//go:noescape
func unpairsAVX2(dst, words []float32, cols int)
