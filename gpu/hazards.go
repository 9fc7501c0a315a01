package gpu

import (
	"slices"
	"sort"

	"inkstone/gpu/driver"
)

// hazards knows which bytes were read and written since the last barrier of a list. A command
// must wait for another, and so needs a barrier before it, if it
//
//   - reads what the other writes (read after write),
//   - writes what the other writes (write after write), or
//   - writes what the other reads (write after read).
//
// A barrier makes everything after it wait for everything before it, so from there on nothing
// of that counts. Lists need no barriers between each other.
type hazards struct {
	memories map[driver.Mem]*touched
}

// touched is what was touched of one piece of memory.
type touched struct{ read, written spans }

// access is a range that a command reads, writes, or both.
type access struct {
	driver.Range
	reads, writes bool
}

// conflict reports whether a command with these accesses must wait for one since the last
// barrier.
func (h *hazards) conflict(command []access) bool {
	for _, a := range command {
		t := h.memories[a.Mem]
		if t != nil && (t.written.overlap(a.Range) || a.writes && t.read.overlap(a.Range)) {
			return true
		}
	}
	return false
}

// note notes the accesses of a command.
func (h *hazards) note(command []access) {
	for _, a := range command {
		t := h.memories[a.Mem]
		if t == nil {
			t = new(touched)
			if h.memories == nil {
				h.memories = make(map[driver.Mem]*touched)
			}
			h.memories[a.Mem] = t
		}
		if a.reads {
			t.read.add(a.Range)
		}
		if a.writes {
			t.written.add(a.Range)
		}
	}
}

// clear forgets everything, as at a barrier.
func (h *hazards) clear() {
	for _, t := range h.memories {
		t.read, t.written = t.read[:0], t.written[:0]
	}
}

// forget drops memory that is given back to the driver.
func (h *hazards) forget(m driver.Mem) { delete(h.memories, m) }

// spans is a set of bytes: spans that do not touch each other, in order.
type spans []span

type span struct{ lo, hi int64 }

// after returns the number of spans that end before at.
func (s spans) after(at int64) int {
	return sort.Search(len(s), func(i int) bool { return s[i].hi >= at })
}

// overlap reports whether a byte of r is in the set.
func (s spans) overlap(r driver.Range) bool {
	i := s.after(r.Offset + 1)
	return i < len(s) && s[i].lo < r.Offset+r.Len
}

// add puts the bytes of r into the set.
func (s *spans) add(r driver.Range) {
	lo, hi := r.Offset, r.Offset+r.Len
	i := s.after(lo)
	j := i
	for ; j < len(*s) && (*s)[j].lo <= hi; j++ {
		lo, hi = min(lo, (*s)[j].lo), max(hi, (*s)[j].hi)
	}
	if i == j {
		*s = slices.Insert(*s, i, span{lo, hi})
		return
	}
	(*s)[i] = span{lo, hi}
	*s = slices.Delete(*s, i+1, j)
}
