package interp

import "math"

// fmaLanes writes d = x·y + z, rounded once. All lengths are equal.
func fmaLanes(d, x, y, z []float32) {
	x, y, z = x[:len(d)], y[:len(d)], z[:len(d)]
	for i := range d {
		d[i] = fma(x[i], y[i], z[i])
	}
}

// fma computes x·y + z, rounded once. The product is exact in float64, so only the sum is
// rounded before the result is; that differs from rounding once only where the sum comes to lie
// in the middle of two float32, or where float32 has fewer bits, which is rare.
func fma(x, y, z float32) float32 {
	sum := float64(x)*float64(y) + float64(z)
	r := float32(sum)
	if math.Float64bits(sum)<<35 == 1<<63 || r < 0x1p-125 && r > -0x1p-125 && sum != 0 {
		return fmaOdd(x, y, z)
	}
	return r
}

// fmaOdd computes x·y + z by rounding the sum to odd: a sum that is not exact gets an odd last
// bit, and so never looks like the middle of two float32 (Boldo and Melquiond, "Emulation of
// FMA and correctly rounded sums", IEEE Transactions on Computers 57(4), 2008).
func fmaOdd(x, y, z float32) float32 {
	p, q := float64(x)*float64(y), float64(z)
	sum := p + q
	t := sum - p
	rest := (p - (sum - t)) + (q - t) // p + q = sum + rest, exactly (Knuth's TwoSum)
	if bits := math.Float64bits(sum); rest != 0 && bits&1 == 0 && !math.IsInf(sum, 0) && sum == sum {
		if rest > 0 == (sum > 0) {
			bits++
		} else {
			bits--
		}
		sum = math.Float64frombits(bits)
	}
	return float32(sum)
}
