package kernels

// Philox4x32-10 is a counter-based random number generator (Salmon, Moraes, Dror and Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3): block number c of
// a stream is a hash of c, so any part of the stream can be made without the part before
// it, on any number of threads. A block is four 32-bit words; the 64-bit block number
// fills the low half of the counter and the high half is zero.
const (
	philoxM0 = 0xD2511F53 // multipliers
	philoxM1 = 0xCD9E8D57
	philoxW0 = 0x9E3779B9 // key increments: the golden ratio and √3 - 1
	philoxW1 = 0xBB67AE85
)

// philox returns block number counter of the stream named by key.
func philox(key [2]uint32, counter uint64) [4]uint32 {
	c := [4]uint32{uint32(counter), uint32(counter >> 32), 0, 0}
	for range 10 {
		p0 := uint64(philoxM0) * uint64(c[0])
		p1 := uint64(philoxM1) * uint64(c[2])
		c = [4]uint32{uint32(p1>>32) ^ c[1] ^ key[0], uint32(p1), uint32(p0>>32) ^ c[3] ^ key[1], uint32(p0)}
		key[0] += philoxW0
		key[1] += philoxW1
	}
	return c
}

// PhiloxUint32 fills dst with random words of the stream named by key, from the start of
// block number counter on: dst[i] is word i%4 of block counter + i/4.
//
//go:noinline
func PhiloxUint32(dst []uint32, key [2]uint32, counter uint64) {
	for ; len(dst) >= 4; dst = dst[4:] {
		*(*[4]uint32)(dst) = philox(key, counter)
		counter++
	}
	if len(dst) > 0 {
		last := philox(key, counter)
		copy(dst, last[:])
	}
}
