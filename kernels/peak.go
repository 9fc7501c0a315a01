package kernels

import "time"

// MeasurePeak returns how many floating-point operations a second one thread can do at
// most with the level in use: it runs independent fused multiply-adds in registers, in
// slices of about d, and takes the fastest. A fused multiply-add counts as two operations.
func MeasurePeak(d time.Duration) float64 { return measure(d, active.peak) }

// MeasurePeakBF16 works like MeasurePeak for products of bfloat16 numbers, which count as
// they would in float32: a multiplication and an addition each.
func MeasurePeakBF16(d time.Duration) float64 { return measure(d, active.peakBF16) }

func measure(d time.Duration, peak func(n int) (flops int)) float64 {
	n := 1000
	best := 0.0
	for range 5 {
		for {
			start := time.Now()
			flops := peak(n)
			took := time.Since(start)
			best = max(best, float64(flops)/took.Seconds())
			if took > d/5 {
				break
			}
			n *= 2
		}
	}
	return best
}

// peakGeneric does n rounds of multiply-adds on sixteen independent numbers and returns the
// number of operations.
func peakGeneric(n int) int {
	var a [16]float32
	for range n {
		for i := range a {
			a[i] = a[i]*0.5 + 1
		}
	}
	if a[0] < 0 {
		return 0
	}
	return n * len(a) * 2
}
