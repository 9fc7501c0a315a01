package kernels

import "fmt"

// panicLen is kept out of line so that checkLen inlines into every kernel.
//
//go:noinline
func panicLen(op, slice string, n, want int) {
	panic(fmt.Sprintf("kernels: %s: len(%s) = %d, want %d", op, slice, n, want))
}
