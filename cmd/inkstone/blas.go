package main

import (
	"context"
	"fmt"
	"runtime"
	"unsafe"

	"inkstone/gpu/dl"
)

// blas is an installed library that multiplies matrices, loaded into this process.
type blas struct {
	name   string // as it was asked for, and what the library says of itself
	loader *dl.Loader
	sgemm  dl.Func
	oneDNN bool // dnnl_sgemm's arguments, not cblas_sgemm's
}

// openBLAS loads a library with cblas_sgemm (OpenBLAS, BLIS, MKL, ATLAS) or dnnl_sgemm (oneDNN)
// and tells it how many threads to take.
func openBLAS(ctx context.Context, name string, threads int) (*blas, error) {
	loader, err := dl.Boot(ctx, dl.Options{Probe: []string{name}})
	if err != nil {
		return nil, err
	}
	lib, err := loader.Open(name)
	if err != nil {
		return nil, err
	}
	b := &blas{name: name, loader: loader}
	if b.sgemm, err = lib.Sym("cblas_sgemm"); err != nil {
		if b.sgemm, err = lib.Sym("dnnl_sgemm"); err != nil {
			return nil, fmt.Errorf("%s has neither cblas_sgemm nor dnnl_sgemm", name)
		}
		b.oneDNN = true
	}
	loader.Do(func(c *dl.Caller) {
		for _, set := range []string{"openblas_set_num_threads", "bli_thread_set_num_threads", "MKL_Set_Num_Threads", "omp_set_num_threads"} {
			if f, err := lib.Sym(set); err == nil {
				c.Call(f, uintptr(threads))
			}
		}
		for _, describe := range []string{"openblas_get_config", "bli_info_get_version_str"} {
			if f, err := lib.Sym(describe); err == nil {
				b.name = fmt.Sprintf("%s (%s)", name, dl.GoString(c.Call(f)))
			}
		}
	})
	return b, nil
}

// multiply computes C = A·B as often as calls says, for C [m, n] and factors that lie in memory as
// the layout says: row by row (N), or column by column (T).
func (b *blas) multiply(layout string, m, n, k int, c, x, y []float32, calls int) {
	address := func(x []float32) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(x))) }
	ldx, ldy := k, n // from one row of memory to the next
	if layout[0] == 'T' {
		ldx = m
	}
	if layout[1] == 'T' {
		ldy = k
	}
	floats := []float64{dl.Float32(1), dl.Float32(0)} // alpha and beta
	args := []uintptr{uintptr(layout[0]), uintptr(layout[1]), uintptr(m), uintptr(n), uintptr(k),
		address(x), uintptr(ldx), address(y), uintptr(ldy), address(c), uintptr(n)}
	if !b.oneDNN {
		const rowMajor, noTrans, trans = 101, 111, 112 // CBLAS_ORDER and CBLAS_TRANSPOSE
		for i, letter := range layout {
			args[i] = noTrans
			if letter == 'T' {
				args[i] = trans
			}
		}
		args = append([]uintptr{rowMajor}, args...)
	}
	b.loader.Do(func(caller *dl.Caller) {
		for range calls {
			caller.CallFloat(b.sgemm, floats, args...)
		}
	})
	runtime.KeepAlive(x)
	runtime.KeepAlive(y)
	runtime.KeepAlive(c)
}

// heading and column are what a library adds to bench gemm's table.
func (b *blas) heading() string {
	if b == nil {
		return ""
	}
	return fmt.Sprintf(" %10s %6s", "library", "ratio")
}

func (b *blas) column(r gemmResult) string {
	if b == nil {
		return ""
	}
	return fmt.Sprintf(" %10.1f %6.2f", r.LibraryGFLOPS, r.Ratio)
}
