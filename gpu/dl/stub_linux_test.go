//go:build (amd64 || arm64) && !purego

package dl

import "testing"

// caller returns a function that calls one of a library's by name.
func caller(t *testing.T, l *Loader, lib *Lib) func(name string, args ...int) int {
	return func(name string, args ...int) (result int) {
		f := functions(t, lib, name)[0]
		l.Do(func(c *Caller) { result = int(c.Call(f, words(args...)...)) })
		return result
	}
}

// TestStub does with a C library what drivers do.
func TestStub(t *testing.T) {
	w, ok := inChild(t)
	if !ok {
		return
	}
	path := w.compile(t, "stub.c")
	l := w.start(t)
	lib := open(t, l, path)
	call := caller(t, l, lib)
	check(t, "constructed", call("stub_constructed"), 42)
	check(t, "args14", call("stub_args14", 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5), 12345678912345)
	check(t, "args14 of negative numbers", call("stub_args14", -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1), -10000000000001)
	check(t, "aligned", call("stub_aligned"), 0)
	check(t, "count", call("stub_count"), 8)
	check(t, "count", call("stub_count"), 9)
	check(t, "errno", call("stub_errno"), 9) // EBADF
	check(t, "threads", call("stub_threads"), 16000)
	check(t, "count after threads", call("stub_count"), 10)
	check(t, "recurse through 5.5 MiB", call("stub_recurse", 5500), 5500)
	check(t, "malloc", call("stub_malloc", 20000), 20000)
	check(t, "fork", call("stub_fork"), 17)
	check(t, "system", call("stub_system"), 5)
	if size := call("stub_stack"); size < 7<<20 {
		t.Errorf("the stack's size is %d, want about %d", size, stackSize)
	}
	f := functions(t, lib, "stub_mixed", "stub_floats")
	l.Do(func(c *Caller) {
		_, r := c.CallFloat(f[0], []float64{Float32(0.5), 3, Float32(0.25)}, words(1, 1, 1, 1, 1, 1, 1)...)
		check(t, "mixed", Float32Of(r), 28+1.5-0.25)
		_, d := c.CallFloat(f[1], []float64{1, 2, 3, 4, 5, 6, 7, 8})
		check(t, "floats", d, 1+4+12+32+80+192+448+1024)
	})
}

// TestStubCxx: exceptions, std::thread and thread_local objects with constructors.
func TestStubCxx(t *testing.T) {
	w, ok := inChild(t)
	if !ok {
		return
	}
	path := w.compile(t, "stub.cc")
	l := w.start(t)
	call := caller(t, l, open(t, l, path))
	check(t, "throw", int32(call("stub_throw")), int32(len("driver")))
	check(t, "names", int32(call("stub_names")), 16)
}
