package interp

import (
	"slices"

	"inkstone/gpu/ir"
)

// copyAsync compiles a CopyAsync, which is done at once. Check mode keeps what it has written
// from being touched until it has been waited for.
func (c *compiler) copyAsync(in *ir.Instr) {
	body := c.block(in.Body)
	c.emit(func(s *state) {
		if s.shadow == nil {
			run(s, body)
			return
		}
		s.shadow.copying = true
		run(s, body)
		s.shadow.copying = false
	})
}

func (c *compiler) copyWait() {
	if c.check {
		c.emit(func(s *state) { s.shadow.land(s.active) })
	}
}

// flight is a copy to an element that a lane has begun.
type flight struct {
	cell *cell
	lane int32
}

// land ends the copies of some lanes, ascending: their elements are written now.
func (h *shadow) land(lanes []int32) {
	h.flights = slices.DeleteFunc(h.flights, func(f flight) bool {
		_, lands := slices.BinarySearch(lanes, f.lane)
		if lands {
			f.cell.flying = false
			f.cell.writes.latest.epoch = h.epoch
		}
		return lands
	})
}
