package gpu

import (
	"math/bits"

	"inkstone/gpu/driver"
)

// A heap divides large blocks of a device's memory into pieces. Drivers allocate slowly, and
// some only a few thousand times.
//
// Free pieces stand in bins by size, four to a power of two; a request takes the smallest piece
// that fits of the first bin that has one. Neighbours that are free are joined. Small requests
// are rounded up to the sizes of bins, so that what is given back fits the next one.
type heap struct {
	driver driver.Device
	place  driver.Place
	block  int64 // bytes of a block
	blocks []*block
	bins   [maxBins][]*piece
	inUse  int64
	held   int64 // bytes of all blocks
	peak   int64 // most that was in use
}

const (
	unit      = 256     // bytes that sizes are multiples of, and at least every device's BufferAlign
	smallSize = 1 << 20 // bytes below which sizes are rounded up to bins'
	maxBins   = 4 * 40
)

// block is one allocation of the driver's.
type block struct {
	mem   driver.Mem
	first *piece
}

// piece is a part of a block: in use, or free.
type piece struct {
	block      *block
	at, size   int64
	prev, next *piece // its neighbours in the block
	free       bool
	slot       int    // place in its bin, if free
	used       uint64 // the last list that touches it; see Device.recording
}

// bin returns the bin of pieces of n bytes: n counted in units, to two binary digits after the
// first.
func bin(n int64) int {
	u := uint64(n / unit)
	p := bits.Len64(u) - 1
	if p < 2 {
		return 4*p + int(u<<(2-p))&3
	}
	return 4*p + int(u>>(p-2))&3
}

// rounded returns how many bytes a request for n takes.
func rounded(n int64) int64 {
	n = (n + unit - 1) &^ (unit - 1)
	if n < smallSize {
		u := uint64(n / unit)
		if p := bits.Len64(u) - 1; p > 2 {
			step := uint64(1) << (p - 2)
			n = int64((u+step-1)&^(step-1)) * unit
		}
	}
	return n
}

// take returns a piece of at least n bytes of what is there, or nil.
func (h *heap) take(n int64) *piece {
	n = rounded(n)
	for i := bin(n); i < maxBins; i++ {
		var best *piece
		for _, p := range h.bins[i] {
			if p.size >= n && (best == nil || p.size < best.size) {
				best = p
			}
		}
		if best != nil {
			return h.carve(best, n)
		}
	}
	return nil
}

// carve takes n bytes from the start of a free piece.
func (h *heap) carve(p *piece, n int64) *piece {
	h.unlist(p)
	if rest := p.size - n; rest > 0 {
		r := &piece{block: p.block, at: p.at + n, size: rest, prev: p, next: p.next, used: p.used}
		if r.next != nil {
			r.next.prev = r
		}
		p.next, p.size = r, n
		h.list(r)
	}
	h.inUse += p.size
	h.peak = max(h.peak, h.inUse)
	return p
}

// give takes back a piece that take returned.
func (h *heap) give(p *piece) {
	h.inUse -= p.size
	if q := p.next; q != nil && q.free {
		h.unlist(q)
		h.join(p, q)
	}
	if q := p.prev; q != nil && q.free {
		h.unlist(q)
		h.join(q, p)
		p = q
	}
	h.list(p)
}

// join makes of p and the piece after it one.
func (h *heap) join(p, q *piece) {
	p.size += q.size
	p.used = max(p.used, q.used)
	p.next = q.next
	if p.next != nil {
		p.next.prev = p
	}
}

func (h *heap) list(p *piece) {
	b := &h.bins[bin(p.size)]
	p.free, p.slot = true, len(*b)
	*b = append(*b, p)
}

func (h *heap) unlist(p *piece) {
	b := &h.bins[bin(p.size)]
	last := len(*b) - 1
	(*b)[p.slot] = (*b)[last]
	(*b)[p.slot].slot = p.slot
	(*b)[last] = nil
	*b, p.free = (*b)[:last], false
}

// grow gets a block for a request of n bytes from the driver: a usual one, or else just as large
// as it must be.
func (h *heap) grow(n int64) error {
	n = rounded(n)
	size := max(n, h.block)
	mem, err := h.driver.Alloc(size, h.place)
	if err != nil && size > n {
		size = n
		mem, err = h.driver.Alloc(size, h.place)
	}
	if err != nil {
		return err
	}
	b := &block{mem: mem}
	b.first = &piece{block: b, size: size}
	h.blocks = append(h.blocks, b)
	h.held += size
	h.list(b.first)
	return nil
}

// trim gives blocks that are wholly free back to the driver, if lists up to number done are the
// last that touch them.
func (h *heap) trim(done uint64) {
	kept := h.blocks[:0]
	for _, b := range h.blocks {
		if p := b.first; p.free && p.next == nil && p.used <= done {
			h.unlist(p)
			h.held -= p.size
			h.driver.Free(b.mem)
			continue
		}
		kept = append(kept, b)
	}
	clear(h.blocks[len(kept):])
	h.blocks = kept
}

// largest returns the size of the largest free piece.
func (h *heap) largest() int64 {
	for i := maxBins - 1; i >= 0; i-- {
		var most int64
		for _, p := range h.bins[i] {
			most = max(most, p.size)
		}
		if most > 0 {
			return most
		}
	}
	return 0
}
