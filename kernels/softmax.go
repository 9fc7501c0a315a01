package kernels

import "math"

// Softmax computes, for each row of x [rows, cols],
//
//	dst[c] = exp(x[c] − max x) / Σ exp(x[j] − max x)
//
// Subtracting the maximum changes nothing but keeps exp from overflowing. dst may be x.
//
//go:noinline
func Softmax[T Float](dst, x []T, rows, cols int) {
	checkLen("Softmax", "dst", len(dst), rows*cols)
	checkLen("Softmax", "x", len(x), rows*cols)
	for r := range rows {
		row := dst[r*cols:][:cols]
		sum := expSum(row, x[r*cols:][:cols], Max(x[r*cols:][:cols]))
		Scale(row, 1/sum)
	}
}

// SoftmaxBackward computes dx = y ∘ (dy − Σ dy∘y) for each row of y = Softmax(x). dx may be dy.
//
//go:noinline
func SoftmaxBackward[T Float](dx, dy, y []T, rows, cols int) {
	checkLen("SoftmaxBackward", "dx", len(dx), rows*cols)
	checkLen("SoftmaxBackward", "dy", len(dy), rows*cols)
	checkLen("SoftmaxBackward", "y", len(y), rows*cols)
	for r := range rows {
		p, d, out := y[r*cols:][:cols], dy[r*cols:][:cols], dx[r*cols:][:cols]
		softmaxRowBackward(out, d, p, Dot(d, p))
	}
}

// LogSoftmax computes, for each row of x [rows, cols], dst[c] = x[c] − log Σ exp(x[j]). dst
// may be x.
//
//go:noinline
func LogSoftmax[T Float](dst, x []T, rows, cols int) {
	checkLen("LogSoftmax", "dst", len(dst), rows*cols)
	checkLen("LogSoftmax", "x", len(x), rows*cols)
	for r := range rows {
		row := x[r*cols:][:cols]
		AddScalar(dst[r*cols:][:cols], row, -logSumExp(row))
	}
}

// LogSoftmaxBackward computes dx = dy − exp(y)·Σ dy for each row of y = LogSoftmax(x). dx may
// be dy.
//
//go:noinline
func LogSoftmaxBackward[T Float](dx, dy, y []T, rows, cols int) {
	checkLen("LogSoftmaxBackward", "dx", len(dx), rows*cols)
	checkLen("LogSoftmaxBackward", "dy", len(dy), rows*cols)
	checkLen("LogSoftmaxBackward", "y", len(y), rows*cols)
	for r := range rows {
		d := dy[r*cols:][:cols]
		logSoftmaxRowBackward(dx[r*cols:][:cols], d, y[r*cols:][:cols], Sum(d))
	}
}

// logSumExp returns log Σ exp(x), exact where the largest term is.
func logSumExp[T Float](x []T) T {
	m := Max(x)
	return m + T(math.Log(float64(expSum(nil, x, m))))
}

// expSum writes exp(x − m) to dst, unless that is nil, and returns the sum.
func expSum[T Float](dst, x []T, m T) T {
	if is32[T]() {
		return T(active.expSum(as32(dst), as32(x), float32(m)))
	}
	return expSumGeneric(dst, x, m)
}

func expSumGeneric[T Float](dst, x []T, m T) T {
	var sum [16]T // as many partial sums as the widest register holds
	for i, v := range x {
		e := T(math.Exp(float64(v - m)))
		if len(dst) > 0 {
			dst[i] = e
		}
		sum[i%16] += e
	}
	for n := 8; n > 0; n /= 2 {
		for i := range n {
			sum[i] += sum[i+n]
		}
	}
	return sum[0]
}

// softmaxRowBackward computes dx = y ∘ (dy − sum).
func softmaxRowBackward[T Float](dx, dy, y []T, sum T) {
	if is32[T]() {
		active.softmaxRowBackward(as32(dx), as32(dy), as32(y), float32(sum))
		return
	}
	softmaxRowBackwardGeneric(dx, dy, y, sum)
}

func softmaxRowBackwardGeneric[T Float](dx, dy, y []T, sum T) {
	dx, dy = dx[:len(y)], dy[:len(y)]
	for c, p := range y {
		dx[c] = p * (dy[c] - sum)
	}
}

// logSoftmaxRowBackward computes dx = dy − exp(y)·sum.
func logSoftmaxRowBackward[T Float](dx, dy, y []T, sum T) {
	if is32[T]() {
		active.logSoftmaxRowBackward(as32(dx), as32(dy), as32(y), float32(sum))
		return
	}
	logSoftmaxRowBackwardGeneric(dx, dy, y, sum)
}

func logSoftmaxRowBackwardGeneric[T Float](dx, dy, y []T, sum T) {
	dx, dy = dx[:len(y)], dy[:len(y)]
	for c, v := range y {
		dx[c] = dy[c] - T(math.Exp(float64(v)))*sum
	}
}
