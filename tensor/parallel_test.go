package tensor

import (
	"runtime"
	"testing"
	"time"
)

// TestFor checks that every iteration runs exactly once, in chunks that begin at multiples
// of the grain, on several numbers of threads.
func TestFor(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := NewPool(threads)
		for _, n := range []int{0, 1, 7, 64, 1000} {
			for _, grain := range []int{1, 3, 64} {
				count := make([]int, n)
				For(p, n, grain, count, func(c *[]int, lo, hi int) {
					if lo%grain != 0 || hi != min(lo+grain, n) {
						t.Errorf("chunk [%d, %d) of n=%d grain=%d", lo, hi, n, grain)
					}
					for i := lo; i < hi; i++ {
						(*c)[i]++
					}
				})
				for i, c := range count {
					if c != 1 {
						t.Fatalf("threads=%d n=%d grain=%d: iteration %d ran %d times", threads, n, grain, i, c)
					}
				}
			}
		}
		p.Close()
	}
}

// TestForNested checks that a loop inside a loop completes.
func TestForNested(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	type args struct {
		p   *Pool
		sum []int
	}
	sum := make([]int, 8)
	For(p, 8, 1, args{p, sum}, func(a *args, lo, hi int) {
		For(a.p, 10, 3, a.sum[lo:hi], func(s *[]int, lo, hi int) { (*s)[0] += hi - lo })
	})
	for i, s := range sum {
		if s != 10 {
			t.Errorf("inner loop %d ran %d iterations, want 10", i, s)
		}
	}
}

// TestForSleepers checks loops that start after the workers have gone to sleep.
func TestForSleepers(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	for range 20 {
		time.Sleep(2 * time.Millisecond)
		count := make([]int, 100)
		For(p, 100, 1, count, func(c *[]int, lo, hi int) { (*c)[lo]++ })
		for i, c := range count {
			if c != 1 {
				t.Fatalf("iteration %d ran %d times", i, c)
			}
		}
	}
}

// TestForDoesNotAllocate: a loop takes no memory, not even the first one after a garbage collection.
func TestForDoesNotAllocate(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	x := make([]float32, 1000)
	allocs := testing.AllocsPerRun(1, func() {
		For(p, len(x), 10, x, func(x *[]float32, lo, hi int) {
			for i := lo; i < hi; i++ {
				(*x)[i]++
			}
		})
		runtime.GC()
	})
	if allocs > 0 {
		t.Errorf("%v allocations per loop, want 0", allocs)
	}
}

func BenchmarkFor(b *testing.B) {
	p := NewPool(2)
	defer p.Close()
	x := make([]float32, 100)
	for b.Loop() {
		For(p, len(x), 50, x, func(x *[]float32, lo, hi int) {})
	}
}

// TestDeal: every task is dealt once, and with one part they come in order.
func TestDeal(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 8, 48} {
		for _, parts := range []int{1, 2, 3, 5, 64} {
			seen := make([]bool, n)
			for i := range n {
				task := deal(i, n, parts)
				if task < 0 || task >= n || seen[task] || parts == 1 && task != i {
					t.Fatalf("%d tasks in %d parts: %d is %d", n, parts, i, task)
				}
				seen[task] = true
			}
		}
	}
}
