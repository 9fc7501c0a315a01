package kernels

import "testing"

// FuzzParity holds random problems of every kernel against the oracle, at every level.
func FuzzParity(f *testing.F) {
	for i := range cases {
		f.Add(uint8(i), uint16(37), uint64(i))
	}
	f.Fuzz(func(t *testing.T, which uint8, size uint16, seed uint64) {
		c := cases[int(which)%len(cases)]
		n := int(size) % 2048
		if c.sizes != nil {
			n = c.sizes[int(size)%len(c.sizes)]
		}
		for _, isa := range ISAs() {
			was := ISA()
			mustSetISA(t, isa)
			checkParity(t, c, n, seed)
			mustSetISA(t, was)
		}
	})
}
