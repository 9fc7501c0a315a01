//go:build (amd64 || arm64) && !purego

package dl

import (
	"errors"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// TestCalls: integers, floats and variable arguments reach C, and results come back.
func TestCalls(t *testing.T) {
	w, ok := inChild(t)
	if !ok {
		return
	}
	l := w.start(t)
	libc, libm := open(t, l, "libc.so.6"), open(t, l, "libm.so.6")
	c := functions(t, libc, "labs", "strtod", "snprintf", "strlen", "getenv")
	m := functions(t, libm, "pow", "cosf", "fma")
	labs, strtod, snprintf, strlen, getenv, pow, cosf, fma := c[0], c[1], c[2], c[3], c[4], m[0], m[1], m[2]
	l.Do(func(c *Caller) {
		var a Arena
		defer a.Free()
		check(t, "labs(-5)", c.Call(labs, words(-5)...), 5)
		check(t, "strlen", c.Call(strlen, a.CString("four")), 4)
		_, d := c.CallFloat(strtod, nil, a.CString("-2.5e3 and more"), 0)
		check(t, "strtod", d, -2500)
		_, d = c.CallFloat(pow, []float64{3, 4})
		check(t, "pow(3, 4)", d, 81)
		_, d = c.CallFloat(fma, []float64{3, 4, 5})
		check(t, "fma(3, 4, 5)", d, 17)
		_, d = c.CallFloat(cosf, []float64{Float32(1)})
		if got, want := Float32Of(d), float32(math.Cos(1)); math.Abs(float64(got-want)) > 1e-7 {
			t.Errorf("cosf(1) = %v, want %v", got, want)
		}
		// Six integers, one on the stack, and eight floats, of a function that takes any.
		out, p := a.Bytes(200)
		format := a.CString("%d %.1f %ld %g %s %g %g %g %g %g %g %d")
		c.CallFloat(snprintf, []float64{0.5, 2, 3, 4, 5, 6, 7, 8}, append([]uintptr{p, 200, format}, words(-1, -2, int(a.CString("text")), -3)...)...)
		check(t, "snprintf", GoString(p), "-1 0.5 -2 2 text 3 4 5 6 7 8 -3")
		check(t, "snprintf's memory", strings.HasPrefix(string(out), "-1 0.5"), true)
		check(t, "getenv", GoString(c.Call(getenv, a.CString(childVariable))), w.String())
		check(t, "getenv of nothing", GoString(c.Call(getenv, a.CString("NONESUCH"))), "")
		check(t, "allocations of a call", testing.AllocsPerRun(100, func() { c.Call(labs, 1, 2, 3) }), 0)
	})
}

// TestCallRefused: what cannot be called is the programmer's mistake.
func TestCallRefused(t *testing.T) {
	c := &Caller{}
	for name, f := range map[string]func(){
		"address":  func() { c.Call(0) },
		"15 words": func() { c.Call(1, make([]uintptr, 15)...) },
		"9 floats": func() { c.CallFloat(1, make([]float64, 9)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// TestErrors: names that are not there.
func TestErrors(t *testing.T) {
	w, ok := inChild(t)
	if !ok {
		return
	}
	l := w.start(t)
	_, err := l.Open("libnonesuch.so.1", "libnonesuch.so")
	if !errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), "libnonesuch.so.1") || !strings.Contains(err.Error(), "libnonesuch.so:") {
		t.Errorf("Open: %v", err)
	}
	lib := open(t, l, "libc.so.6")
	if _, err := lib.Sym("nonesuch"); !errors.Is(err, ErrNoSymbol) || !strings.Contains(err.Error(), "nonesuch in libc.so.6") {
		t.Errorf("Sym: %v", err)
	}
	again, err := Boot(t.Context(), Options{NoProbe: true})
	if again != l || err != nil {
		t.Errorf("a second Boot: %p, %v, want %p", again, err, l)
	}
}

// TestThreads: C makes threads.
func TestThreads(t *testing.T) {
	w, ok := inChild(t)
	if !ok {
		return
	}
	l := w.start(t)
	f := functions(t, open(t, l, "libc.so.6"), "pthread_create", "pthread_join", "usleep")
	create, join, usleep := f[0], f[1], f[2]
	const wait = 100 * time.Millisecond
	began := time.Now()
	l.Do(func(c *Caller) {
		var a Arena
		defer a.Free()
		threads, p := Slice[uintptr](&a, 16)
		for i := range threads { // they sleep side by side
			at := p + uintptr(i)*unsafe.Sizeof(threads[0])
			check(t, "pthread_create", int32(c.Call(create, at, 0, uintptr(usleep), uintptr(wait.Microseconds()))), 0)
		}
		for _, id := range threads {
			check(t, "pthread_join", int32(c.Call(join, id, 0)), 0)
		}
	})
	if d := time.Since(began); d < wait {
		t.Errorf("16 threads that sleep %v took %v", wait, d)
	}
}

// TestCollectionBesideCall: Go's collector and scheduler do not wait for a call. The call here
// returns only after a collection; if that waited for the call, both would wait for ever.
func TestCollectionBesideCall(t *testing.T) {
	w, ok := inChild(t)
	if !ok {
		return
	}
	l := w.start(t)
	read := functions(t, open(t, l, "libc.so.6"), "read")[0]
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var a Arena
	defer a.Free()
	b, p := a.Bytes(1)
	for round := range 5 {
		began, done := make(chan bool), make(chan uintptr)
		go l.Do(func(c *Caller) {
			close(began)
			n := c.Call(read, out.Fd(), p, 1)
			done <- n
		})
		<-began
		time.Sleep(10 * time.Millisecond) // so that it is in C by now, most times
		runtime.GC()
		if _, err := in.Write([]byte{byte(round)}); err != nil {
			t.Fatal(err)
		}
		if n := <-done; n != 1 || b[0] != byte(round) {
			t.Errorf("round %d: read %d bytes, %d", round, n, b[0])
		}
	}
}

// TestDo: turns, calls from within, panics and goroutines that end.
func TestDo(t *testing.T) {
	w, ok := inChild(t)
	if !ok {
		return
	}
	l := w.start(t)
	labs := functions(t, open(t, l, "libc.so.6"), "labs")[0]

	var sum int
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			l.Do(func(c *Caller) {
				l.Do(func(c *Caller) { sum += int(c.Call(labs, words(-i)...)) })
				if _, err := l.Open("libc.so.6"); err != nil {
					t.Error(err)
				}
			})
		})
	}
	wg.Wait()
	check(t, "sum", sum, 49*50/2)

	for what, fault := range map[string]func(){
		"a word":      func() { panic("a word") },
		"nil pointer": func() { var nothing *world; _ = *nothing },
	} {
		if what == "nil pointer" && runtime.GOARCH == "arm64" && w.mode == Direct {
			continue // see directMask: a fault there ends the process
		}
		func() {
			defer func() {
				p, ok := recover().(*PanicError)
				if !ok || !strings.Contains(p.Error(), what) || !strings.Contains(string(p.Stack), "TestDo") {
					t.Errorf("a panic in Do came back as %v", p)
				}
			}()
			l.Do(func(*Caller) { fault() })
		}()
	}

	for range 100 {
		ended := make(chan bool)
		go func() {
			defer close(ended)
			l.Do(func(*Caller) { runtime.Goexit() })
			t.Error("the goroutine goes on")
		}()
		<-ended
	}
	l.Do(func(c *Caller) { check(t, "after all that, labs", c.Call(labs, words(-3)...), 3) })
}

// TestSetgid: Go makes a system call on all of its threads, C's among them.
func TestSetgid(t *testing.T) {
	w, ok := inChild(t)
	if !ok {
		return
	}
	if runtime.GOARCH == "arm64" && w.mode == Direct {
		t.Skip("see directMask: such calls wait for ever there")
	}
	w.start(t)
	done := make(chan error)
	go func() { done <- syscall.Setgid(syscall.Getgid()) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("syscall.Setgid hangs")
	}
}

// TestSignals: the process's signal actions are Go's after a boot, and after KeepSignals.
func TestSignals(t *testing.T) {
	w, ok := inChild(t)
	if !ok {
		return
	}
	before, err := currentActions()
	if err != nil {
		t.Fatal(err)
	}
	same := func(when string) {
		t.Helper()
		now, err := currentActions()
		if err != nil {
			t.Fatal(err)
		}
		for i := range now {
			if !now[i].same(before[i]) {
				t.Errorf("%s: signal %d: %x, want %x", when, i+1, now[i], before[i])
			}
		}
	}
	l := w.start(t)
	same("boot")
	libc := open(t, l, "libc.so.6")
	signal := functions(t, libc, "signal")[0]
	l.Do(func(c *Caller) {
		set := func() {
			for _, s := range []syscall.Signal{syscall.SIGSEGV, syscall.SIGUSR1, syscall.SIGFPE} {
				c.Call(signal, uintptr(s), 1) // ignore it
			}
		}
		if err := c.KeepSignals(set); err != nil {
			t.Error(err)
		}
		same("KeepSignals")
		set()
		now, err := currentActions()
		if err != nil || now[syscall.SIGUSR1-1].same(before[syscall.SIGUSR1-1]) {
			t.Errorf("signal(SIGUSR1) has no effect that could be undone (%v)", err)
		}
		if err := before.restore(); err != nil {
			t.Error(err)
		}
	})
}
