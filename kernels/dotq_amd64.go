//go:build !purego

package kernels

// dotQ8AVX2 works like dotQ8Generic.
//
//go:noescape
func dotQ8AVX2(y []float32, w, x []byte)

// dotQ4AVX2 works like dotQ4Generic.
//
//go:noescape
func dotQ4AVX2(y []float32, w, x []byte)

// dotQ8AVX512VNNI works like dotQ8Generic.
//
//go:noescape
func dotQ8AVX512VNNI(y []float32, w, x []byte)

// dotQ4AVX512VNNI works like dotQ4Generic.
//
//go:noescape
func dotQ4AVX512VNNI(y []float32, w, x []byte)
