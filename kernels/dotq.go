package kernels

import "fmt"

// DotQ8 multiplies a matrix w of rows in q8_0 with a vector x in q8_0 (see QuantizeQ8):
//
//	y[j] = Σ over blocks b  d(w[j, b])·d(x[b])·Σᵢ q(w[j, b])[i]·q(x[b])[i]
//
// The inner sums are exact, whatever the bytes. len(w) is len(y)·len(x), and len(x) is a multiple
// of Q8Bytes.
//
//go:noinline
func DotQ8[T Float](y []T, w, x []byte) {
	checkQuant("DotQ8", len(y), len(w), len(x), Q8Bytes)
	for rows := quantRows(len(x)); len(y) > 0; {
		n := min(rows, len(y))
		dotQ8Rows(y[:n], w[:n*len(x)], x)
		y, w = y[n:], w[n*len(x):]
	}
}

// dotQ8Rows is one call of assembly.
//
//go:noinline
func dotQ8Rows[T Float](y []T, w, x []byte) {
	if is32[T]() {
		active.dotQ8(as32(y), w, x)
		return
	}
	dotQ8Generic(y, w, x)
}

func dotQ8Generic[T Float](y []T, w, x []byte) {
	for j := range y {
		var sum T
		for v := x; len(v) > 0; w, v = w[Q8Bytes:], v[Q8Bytes:] {
			p, q := w[2:Q8Bytes], v[2:Q8Bytes]
			n := int32(0)
			for i := range p {
				n += int32(int8(p[i])) * int32(int8(q[i]))
			}
			sum += T(scaleOf(w)) * T(scaleOf(v)) * T(n)
		}
		y[j] = sum
	}
}

// DotQ4 is DotQ8 with w in q4_0, whose numbers are 4 bits less 8. len(w) is
// len(y)·len(x)/Q8Bytes·Q4Bytes.
//
//go:noinline
func DotQ4[T Float](y []T, w, x []byte) {
	checkQuant("DotQ4", len(y), len(w), len(x), Q4Bytes)
	size := len(x) / Q8Bytes * Q4Bytes
	for rows := quantRows(size); len(y) > 0; {
		n := min(rows, len(y))
		dotQ4Rows(y[:n], w[:n*size], x)
		y, w = y[n:], w[n*size:]
	}
}

// dotQ4Rows is one call of assembly.
//
//go:noinline
func dotQ4Rows[T Float](y []T, w, x []byte) {
	if is32[T]() {
		active.dotQ4(as32(y), w, x)
		return
	}
	dotQ4Generic(y, w, x)
}

func dotQ4Generic[T Float](y []T, w, x []byte) {
	for j := range y {
		var sum T
		for v := x; len(v) > 0; w, v = w[Q4Bytes:], v[Q8Bytes:] {
			p, q := w[2:Q4Bytes], v[2:Q8Bytes]
			n := int32(0)
			for i, b := range p {
				n += (int32(b&15)-q4Zero)*int32(int8(q[i])) + (int32(b>>4)-q4Zero)*int32(int8(q[QuantBlock/2+i]))
			}
			sum += T(scaleOf(w)) * T(scaleOf(v)) * T(n)
		}
		y[j] = sum
	}
}

// quantRows returns how many rows of so many bytes one call of assembly takes.
func quantRows(size int) int { return max(1, quantWork/max(1, size)) }

// checkQuant panics unless x is whole blocks of q8_0 and w has rows of as many blocks of size
// bytes.
func checkQuant(op string, rows, w, x, size int) {
	if x%Q8Bytes != 0 {
		panic(fmt.Sprintf("kernels: %s: len(x) = %d is no multiple of %d", op, x, Q8Bytes))
	}
	checkLen(op, "w", w, rows*(x/Q8Bytes)*size)
}
