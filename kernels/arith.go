package kernels

// Add writes dst[i] = a[i] + b[i]. All lengths are equal; dst may be a or b.
//
//go:noinline
func Add[T Float](dst, a, b []T) {
	checkLen("Add", "a", len(a), len(dst))
	checkLen("Add", "b", len(b), len(dst))
	if is32[T]() {
		active.add(as32(dst), as32(a), as32(b))
		return
	}
	addGeneric(dst, a, b)
}

func addGeneric[T Float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// Sub writes dst[i] = a[i] - b[i]. All lengths are equal; dst may be a or b.
//
//go:noinline
func Sub[T Float](dst, a, b []T) {
	checkLen("Sub", "a", len(a), len(dst))
	checkLen("Sub", "b", len(b), len(dst))
	if is32[T]() {
		active.sub(as32(dst), as32(a), as32(b))
		return
	}
	subGeneric(dst, a, b)
}

func subGeneric[T Float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

// Mul writes dst[i] = a[i] · b[i]. All lengths are equal; dst may be a or b.
//
//go:noinline
func Mul[T Float](dst, a, b []T) {
	checkLen("Mul", "a", len(a), len(dst))
	checkLen("Mul", "b", len(b), len(dst))
	if is32[T]() {
		active.mul(as32(dst), as32(a), as32(b))
		return
	}
	mulGeneric(dst, a, b)
}

func mulGeneric[T Float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

// Div writes dst[i] = a[i] / b[i]. All lengths are equal; dst may be a or b.
//
//go:noinline
func Div[T Float](dst, a, b []T) {
	checkLen("Div", "a", len(a), len(dst))
	checkLen("Div", "b", len(b), len(dst))
	if is32[T]() {
		active.div(as32(dst), as32(a), as32(b))
		return
	}
	divGeneric(dst, a, b)
}

func divGeneric[T Float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}
