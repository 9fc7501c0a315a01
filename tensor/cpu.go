package tensor

import (
	"fmt"

	"inkstone/kernels"
)

// CPU is the Backend of the machine's processor: it checks shapes, cuts work into chunks
// for its Pool, and calls package kernels.
type CPU struct {
	pool      *Pool
	precision Precision
}

// NewCPU returns a CPU backend with its own pool of threads; 0 means one for each CPU. It
// panics when INKSTONE_ISA asks for an instruction set this machine does not have; a
// program should report kernels.InitError itself before that.
func NewCPU(threads int) *CPU {
	if err := kernels.InitError(); err != nil {
		panic(err)
	}
	return &CPU{pool: NewPool(threads)}
}

// Name returns "cpu".
func (c *CPU) Name() string { return "cpu" }

// Pool returns the pool the backend's loops run on.
func (c *CPU) Pool() *Pool { return c.pool }

// Err returns nil.
func (c *CPU) Err() error { return nil }

// Close ends the backend's threads.
func (c *CPU) Close() { c.pool.Close() }

// badType panics about an element type that an operation does not compute in.
func badType(op string, t *Tensor) string {
	return fmt.Sprintf("tensor: %s: cannot compute in %v", op, t.dtype)
}
