//go:build (amd64 || arm64) && !purego

package dl

import (
	"testing"
)

// TestStub does with a C++ library what drivers do.
func TestStub(t *testing.T) {
	w, ok := inChild(t)
	if !ok {
		return
	}
	path := w.compile(t, "stub.cc")
	l := w.start(t)
	lib := open(t, l, path)
	call := func(name string, args ...int) int {
		f := functions(t, lib, "stub_"+name)[0]
		var result uintptr
		l.Do(func(c *Caller) { result = c.Call(f, words(args...)...) })
		return int(result)
	}
	check(t, "constructed", call("constructed"), 42)
	check(t, "args14", call("args14", 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5), 12345678912345)
	check(t, "args14 of negative numbers", call("args14", -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1), -10000000000001)
	check(t, "aligned", call("aligned"), 0)
	check(t, "count", call("count"), 8)
	check(t, "count", call("count"), 9)
	check(t, "errno", call("errno"), 9)
	check(t, "throw", call("throw"), len("driver"))
	check(t, "threads", call("threads"), 16000)
	check(t, "count after threads", call("count"), 10)
	check(t, "recurse through 6 MiB", call("recurse", 5500), 5500)
	check(t, "malloc", call("malloc", 20000), 20000)
	check(t, "fork", call("fork"), 17)
	check(t, "system", call("system"), 5)
	check(t, "stack", call("stack") > 7<<20, true)

	f := functions(t, lib, "stub_mixed", "stub_floats")
	l.Do(func(c *Caller) {
		_, r := c.CallFloat(f[0], []float64{Float32(0.5), 3, Float32(0.25)}, words(1, 1, 1, 1, 1, 1, 1)...)
		check(t, "mixed", Float32Of(r), 28+1.5-0.25)
		_, d := c.CallFloat(f[1], []float64{1, 2, 3, 4, 5, 6, 7, 8})
		check(t, "floats", d, 1+4+12+32+80+192+448+1024)
	})
}
