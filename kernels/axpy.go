package kernels

// Axpy adds a multiple of x to y: y[i] += a·x[i]. The lengths are equal. Whether product
// and sum are rounded once (fused) or twice depends on the level.
//
//go:noinline
func Axpy[T Float](y, x []T, a T) {
	checkLen("Axpy", "x", len(x), len(y))
	if is32[T]() {
		active.axpy(as32(y), as32(x), float32(a))
		return
	}
	axpyGeneric(y, x, a)
}

func axpyGeneric[T Float](y, x []T, a T) {
	x = x[:len(y)]
	for i := range y {
		y[i] += a * x[i]
	}
}

// Scale multiplies x by a number: x[i] *= a.
//
//go:noinline
func Scale[T Float](x []T, a T) {
	if is32[T]() {
		active.scale(as32(x), float32(a))
		return
	}
	scaleGeneric(x, a)
}

func scaleGeneric[T Float](x []T, a T) {
	for i := range x {
		x[i] *= a
	}
}

// AddScalar adds a number to every element: dst[i] = x[i] + a. The lengths are equal; dst may
// be x.
//
//go:noinline
func AddScalar[T Float](dst, x []T, a T) {
	checkLen("AddScalar", "x", len(x), len(dst))
	if is32[T]() {
		active.addScalar(as32(dst), as32(x), float32(a))
		return
	}
	addScalarGeneric(dst, x, a)
}

func addScalarGeneric[T Float](dst, x []T, a T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + a
	}
}

// Fill sets every x[i] to a.
//
//go:noinline
func Fill[T Float](x []T, a T) {
	if is32[T]() {
		active.fill(as32(x), float32(a))
		return
	}
	fillGeneric(x, a)
}

func fillGeneric[T Float](x []T, a T) {
	for i := range x {
		x[i] = a
	}
}
