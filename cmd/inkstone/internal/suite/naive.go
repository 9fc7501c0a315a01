package suite

// Naive multiplies matrices as they are defined, C [m, n] = A [m, k] · B [k, n]: three loops and
// nothing else. It is the lowest rung of the ladder: all that faster products do is to order the
// same additions and multiplications so that the machine waits less.
func Naive(c, a, b []float32, m, n, k int) {
	for i := range m {
		for j := range n {
			sum := float32(0)
			for p := range k {
				sum += a[i*k+p] * b[p*n+j]
			}
			c[i*n+j] = sum
		}
	}
}
