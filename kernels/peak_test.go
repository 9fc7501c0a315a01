package kernels

import (
	"testing"
	"time"
)

// TestPeak checks that every level counts the operations it does and that more rounds take
// longer.
func TestPeak(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		one := active.peak(1)
		if one <= 0 || active.peak(10) != 10*one || active.peak(0) != 0 {
			t.Errorf("peak(0, 1, 10) = %d, %d, %d operations", active.peak(0), one, active.peak(10))
		}
		if one := active.peakBF16(1); one <= 0 || active.peakBF16(10) != 10*one || active.peakBF16(0) != 0 {
			t.Errorf("peakBF16(0, 1, 10) = %d, %d, %d operations", active.peakBF16(0), one, active.peakBF16(10))
		}
		for _, p := range []float64{MeasurePeak(time.Millisecond), MeasurePeakBF16(time.Millisecond)} {
			if p < 1e7 {
				t.Errorf("measured %v operations a second", p)
			}
		}
	})
}
