package tensor

import (
	"sync"
	"sync/atomic"
)

// A stock keeps values that nobody uses at the moment: as many as were ever in use at once.
// Unlike a sync.Pool it outlives garbage collections, so that work in a steady state allocates
// nothing, whenever a collection begins.
type stock[T any] struct {
	first atomic.Pointer[T] // the one that came last, had without waiting for a lock
	sync.Mutex
	free []*T // the others, the last one behind
}

// take returns the value that was given back last, as its memory may be in the cache still and what
// takes several finds each as it was left; or a new one.
func (s *stock[T]) take() *T {
	if x := s.first.Swap(nil); x != nil {
		return x
	}
	s.Lock()
	defer s.Unlock()
	last := len(s.free) - 1
	if last < 0 {
		return new(T)
	}
	x := s.free[last]
	s.free = s.free[:last]
	return x
}

// put gives a value back.
func (s *stock[T]) put(x *T) {
	if x = s.first.Swap(x); x != nil {
		s.Lock()
		s.free = append(s.free, x)
		s.Unlock()
	}
}

// The scratch memory of tasks between them.
var (
	scratch32 stock[[]float32]
	scratch64 stock[[]float64]
)

func scratchOf[T float32 | float64]() *stock[[]T] {
	if s, ok := any(&scratch32).(*stock[[]T]); ok {
		return s
	}
	return any(&scratch64).(*stock[[]T])
}

// takeScratch returns at least n numbers, which hold anything.
func takeScratch[T float32 | float64](n int) *[]T {
	p := scratchOf[T]().take()
	if len(*p) < n {
		*p = make([]T, n)
	}
	return p
}

// putScratch gives scratch back.
func putScratch[T float32 | float64](p *[]T) { scratchOf[T]().put(p) }
