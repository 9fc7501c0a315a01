package kernels

import "testing"

// TestPhiloxKnownAnswer checks the all-zero vector published with Random123 (kat_vectors).
func TestPhiloxKnownAnswer(t *testing.T) {
	want := [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}
	if got := philox([2]uint32{}, 0); got != want {
		t.Errorf("philox(0, 0) = %08x, want %08x", got, want)
	}
}

// TestPhiloxUint32 checks that any block boundary can start a call.
func TestPhiloxUint32(t *testing.T) {
	key := [2]uint32{7, 9}
	whole := make([]uint32, 4*40)
	PhiloxUint32(whole, key, 3)
	for from := range 40 {
		for n := range 4*(40-from) + 1 {
			part := make([]uint32, n)
			PhiloxUint32(part, key, 3+uint64(from))
			for i := range part {
				if part[i] != whole[4*from+i] {
					t.Fatalf("block %d, length %d: word %d is %08x, want %08x", from, n, i, part[i], whole[4*from+i])
				}
			}
		}
	}
}

// TestDropoutKeepsItsShare checks the share of kept elements within five standard deviations.
func TestDropoutKeepsItsShare(t *testing.T) {
	atLevels(t, func(t *testing.T) {
		x := make([]float32, 1<<16)
		Fill(x, 1)
		for _, keep := range []float32{0, 0.1, 0.5, 0.9, 1} {
			dst := make([]float32, len(x))
			Dropout(dst, x, [2]uint32{1, 2}, 0, keep)
			kept := 0.0
			for _, v := range dst {
				if v != 0 {
					kept++
				}
			}
			n := float64(len(x))
			mean, variance := n*float64(keep), n*float64(keep)*(1-float64(keep))
			if d := kept - mean; d*d > 25*variance {
				t.Errorf("keep %v: kept %v of %v", keep, kept, n)
			}
		}
	})
}
