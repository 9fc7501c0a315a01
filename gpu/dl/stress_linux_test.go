//go:build (amd64 || arm64) && !purego

package dl

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestStress calls C while everything that Go does behind a program's back goes on as fast as
// it can: collections, preemption, signals, child processes, profiling.
func TestStress(t *testing.T) {
	w, ok := inChild(t, "GOGC=1")
	if !ok {
		return
	}
	length := 2 * time.Second
	if testing.Short() {
		length = 300 * time.Millisecond
	}
	l := w.start(t)
	f := functions(t, open(t, l, "libc.so.6"), "pthread_create", "pthread_join", "usleep", "malloc", "free", "snprintf")
	create, join, usleep, malloc, free, snprintf := f[0], f[1], f[2], f[3], f[4], f[5]

	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		t.Fatal(err)
	}
	received := make(chan os.Signal, 100)
	signal.Notify(received, syscall.SIGUSR1, syscall.SIGCHLD)

	var stop atomic.Bool
	var signals, processes, blocks atomic.Int64
	var wg sync.WaitGroup
	loop := func(body func()) {
		wg.Go(func() {
			for !stop.Load() {
				body()
			}
		})
	}
	for range 3 {
		loop(func() { // allocates, and never calls a function in the loop
			m := map[int][]byte{}
			for i := range 100 {
				m[i] = make([]byte, i*10)
			}
			sum := 0
			for i := range 100_000 {
				sum += i * len(m)
			}
			blocks.Add(int64(sum & 1))
		})
	}
	loop(func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
			t.Error(err)
		}
		select {
		case <-received:
			signals.Add(1)
		case <-time.After(time.Millisecond):
		}
	})
	loop(func() {
		if err := exec.Command("/bin/true").Run(); err != nil {
			t.Error(err)
		}
		processes.Add(1)
	})

	calls := 0
	for end := time.Now().Add(length); time.Now().Before(end) || calls == 0; {
		l.Do(func(c *Caller) {
			var a Arena
			defer a.Free()
			for i := range 20 {
				thread, p := New[uintptr](&a)
				if e := int32(c.Call(create, p, 0, uintptr(usleep), 50)); e != 0 {
					t.Errorf("pthread_create: %d", e)
					return
				}
				block := c.Call(malloc, 1000)
				_, text := a.Bytes(100)
				c.CallFloat(snprintf, []float64{float64(i) / 2}, text, 100, a.CString("%d %.1f"), uintptr(calls))
				if got := GoString(text); got[len(got)-2] != '.' || got[len(got)-1] != "05"[i%2] {
					t.Errorf("snprintf made %q", got)
				}
				c.Call(free, block)
				if e := int32(c.Call(join, *thread, 0)); e != 0 {
					t.Errorf("pthread_join: %d", e)
				}
				calls++
			}
		})
	}
	stop.Store(true)
	wg.Wait()
	pprof.StopCPUProfile()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d rounds, %d collections, %d signals, %d processes, a profile of %d bytes", calls, m.NumGC, signals.Load(), processes.Load(), profile.Len())
	if signals.Load() == 0 || processes.Load() == 0 || m.NumGC < 10 || profile.Len() == 0 {
		t.Error("that was no stress")
	}
}
