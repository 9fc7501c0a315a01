//go:build !purego

package kernels

// dotQ8NEON works like dotQ8Generic.
//
//go:noescape
func dotQ8NEON(y []float32, w, x []byte)

// dotQ4NEON works like dotQ4Generic.
//
//go:noescape
func dotQ4NEON(y []float32, w, x []byte)

// dotQ8NEONDot works like dotQ8Generic.
//
//go:noescape
func dotQ8NEONDot(y []float32, w, x []byte)

// dotQ4NEONDot works like dotQ4Generic.
//
//go:noescape
func dotQ4NEONDot(y []float32, w, x []byte)
