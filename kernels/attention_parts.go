package kernels

import (
	"fmt"
	"math"
)

// The parts of attention that have assembly, and their small change.

// strip computes eight rows of a matrix product, c = a·b, or c += a·b if add is set:
// c is [8, n] with row stride ldc, a is [8, k] with element (r, i) at a[r·ars + i·acs], b
// is [k, n] with row stride ldb, and n is a multiple of 16.
func strip[T Float](c []T, ldc int, a []T, ars, acs int, b []T, ldb, n, k int, add bool) {
	_ = c[7*ldc+n-1]
	_ = a[7*ars+(k-1)*acs]
	_ = b[(k-1)*ldb+n-1]
	if is32[T]() {
		active.strip(as32(c), ldc, as32(a), ars, acs, as32(b), ldb, n, k, add)
		return
	}
	stripGeneric(c, ldc, a, ars, acs, b, ldb, n, k, add)
}

func stripGeneric[T Float](c []T, ldc int, a []T, ars, acs int, b []T, ldb, n, k int, add bool) {
	for r := range attentionRows {
		row := c[r*ldc:][:n]
		if !add {
			clear(row)
		}
		for i := range k {
			x, from := a[r*ars+i*acs], b[i*ldb:][:n]
			for j := range row {
				row[j] += x * from[j]
			}
		}
	}
}

// dots computes p[c] = q·k[c·ldk:], the products of one query with len(p) keys.
func dots[T Float](p, q, k []T, ldk int) {
	_ = k[(len(p)-1)*ldk+len(q)-1]
	if is32[T]() {
		active.dots(as32(p), as32(q), as32(k), ldk)
		return
	}
	dotsGeneric(p, q, k, ldk)
}

func dotsGeneric[T Float](p, q, k []T, ldk int) {
	for c := range p {
		p[c] = Dot(q, k[c*ldk:][:len(q)])
	}
}

// combine adds Σ p[c]·v[c·ldv:] to o, the sum of len(p) values by their weights.
func combine[T Float](o, p, v []T, ldv int) {
	_ = v[(len(p)-1)*ldv+len(o)-1]
	if is32[T]() {
		active.combine(as32(o), as32(p), as32(v), ldv)
		return
	}
	combineGeneric(o, p, v, ldv)
}

func combineGeneric[T Float](o, p, v []T, ldv int) {
	for c, w := range p {
		Axpy(o, v[c*ldv:][:len(o)], w)
	}
}

// softmaxStep takes a row of scores into the running softmax with maximum m. It replaces
// the first n scores x by exp(scale·x − m′), the others by 0, and returns the new maximum
// m′ and the sum of the row.
func softmaxStep[T Float](row []T, n int, scale, m T) (newMax, sum T) {
	clear(row[n:])
	if is32[T]() {
		m, l := active.softmaxStep(as32(row[:n]), float32(scale), float32(m))
		return T(m), T(l)
	}
	return softmaxStepGeneric(row[:n], scale, m)
}

func softmaxStepGeneric[T Float](row []T, scale, m T) (newMax, sum T) {
	for _, x := range row {
		m = max(m, scale*x)
	}
	for i, x := range row {
		row[i] = T(math.Exp(float64(scale*x - m)))
		sum += row[i]
	}
	return m, sum
}

// softmaxGradient turns scores and dP into P and dS for the first n keys of a row:
//
//	p[j] = exp(scale·p[j] − lse)    ds[j] = scale·p[j]·(ds[j] − delta)
//
// and zeroes the others.
func softmaxGradient[T Float](p, ds []T, n int, scale, lse, delta T) {
	clear(p[n:])
	clear(ds[n:])
	if is32[T]() {
		active.softmaxGradient(as32(p[:n]), as32(ds[:n]), float32(scale), float32(lse), float32(delta))
		return
	}
	softmaxGradientGeneric(p[:n], ds[:n], scale, lse, delta)
}

func softmaxGradientGeneric[T Float](p, ds []T, scale, lse, delta T) {
	ds = ds[:len(p)]
	for j, x := range p {
		p[j] = T(math.Exp(float64(scale*x - lse)))
		ds[j] = scale * p[j] * (ds[j] - delta)
	}
}

// transpose writes dst[c·ldd + r] = src[r·lds + c] for rows × cols numbers.
func transpose[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	doneRows, doneCols := 0, 0
	if is32[T]() && rows >= 8 && cols >= 8 {
		doneRows, doneCols = rows&^7, cols&^7
		_ = dst[(doneCols-1)*ldd+doneRows-1]
		_ = src[(doneRows-1)*lds+doneCols-1]
		active.transpose(as32(dst), ldd, as32(src), lds, doneRows, doneCols)
	}
	for r := range rows {
		from := 0
		if r < doneRows {
			from = doneCols
		}
		for c := from; c < cols; c++ {
			dst[c*ldd+r] = src[r*lds+c]
		}
	}
}

// transposeGeneric transposes rows × cols numbers, both multiples of 8.
func transposeGeneric[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	for r := range rows {
		for c, x := range src[r*lds:][:cols] {
			dst[c*ldd+r] = x
		}
	}
}

// padded returns x, [rows, d] with row stride ldx, in a form whose rows may be read to a
// multiple of attentionLanes columns, and which has a multiple of unit rows: x itself where
// it is so, a copy in tile otherwise. The padding holds anything; it only meets padding.
func padded[T Float](tile, x []T, ldx, rows, d, unit int) ([]T, int) {
	if d%attentionLanes == 0 && rows%unit == 0 {
		return x, ldx
	}
	width := roundUp(d, attentionLanes)
	for i := range rows {
		copy(tile[i*width:], x[i*ldx:][:d])
	}
	return tile, width
}

// cut splits n numbers off the front of a scratch slice.
func cut[T Float](scratch []T, n int) (part, rest []T) { return scratch[:n:n], scratch[n:] }

func checkAttention(op string, tq, s, d, offset, scratch int) {
	if tq < 0 || s <= 0 || d <= 0 || offset < 0 {
		panic(fmt.Sprintf("kernels: %s: tq %d, s %d, d %d, offset %d: a query must see a key", op, tq, s, d, offset))
	}
	if want := AttentionScratch(tq, d); scratch < want {
		panicLen(op, "scratch", scratch, want)
	}
}

// checkRows panics unless a slice of length n holds rows of d numbers with stride ld.
func checkRows(op, slice string, n, ld, rows, d int) {
	if rows > 0 && (ld < d && rows > 1 || n < (rows-1)*ld+d) {
		panic(fmt.Sprintf("kernels: %s: len(%s) = %d for %d rows of %d with stride %d", op, slice, n, rows, d, ld))
	}
}
