// Package drivertest tests what implements driver.Device. Every driver passes the same tests.
package drivertest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"inkstone/gpu/driver"
	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
	"inkstone/gpu/ir/irtest"
)

// Run tests an open device, which is as before afterwards.
func Run(t *testing.T, d driver.Device) {
	t.Run("info", func(t *testing.T) { info(t, d) })
	t.Run("memory", func(t *testing.T) { memory(t, d) })
	t.Run("copy", func(t *testing.T) { copies(t, d) })
	t.Run("kernels", func(t *testing.T) { Kernels(t, d) })
	t.Run("fma", func(t *testing.T) { fma(t, d) })
	t.Run("order", func(t *testing.T) { order(t, d) })
	t.Run("lists", func(t *testing.T) { lists(t, d) })
	t.Run("ranges", func(t *testing.T) { ranges(t, d) })
	t.Run("large", func(t *testing.T) { large(t, d) })
	t.Run("unsupported", func(t *testing.T) { unsupported(t, d) })
	t.Run("timestamps", func(t *testing.T) { timestamps(t, d) })
	t.Run("wait", func(t *testing.T) { wait(t, d) })
	t.Run("goroutines", func(t *testing.T) { goroutines(t, d) })
}

// Alloc allocates for the length of a test.
func Alloc(t testing.TB, d driver.Device, n int64, p driver.Place) driver.Mem {
	t.Helper()
	m, err := d.Alloc(n, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Free(m) })
	return m
}

// Submit submits a list and waits for it.
func Submit(t testing.TB, d driver.Device, l *driver.List) {
	t.Helper()
	p, err := d.Submit(l)
	if err == nil {
		err = d.Wait(context.Background(), p)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Upload returns Local memory with these contents.
func Upload(t testing.TB, d driver.Device, data []byte) driver.Mem {
	t.Helper()
	m := Alloc(t, d, int64(len(data)), driver.Local)
	staging := Alloc(t, d, int64(len(data)), driver.Host)
	copy(staging.Bytes(), data)
	var l driver.List
	l.Copy(driver.Whole(m), driver.Whole(staging))
	Submit(t, d, &l)
	return m
}

// Download returns the contents of memory.
func Download(t testing.TB, d driver.Device, m driver.Mem) []byte {
	t.Helper()
	staging := Alloc(t, d, m.Size(), driver.Host)
	var l driver.List
	l.Copy(driver.Whole(staging), driver.Whole(m))
	Submit(t, d, &l)
	return append([]byte(nil), staging.Bytes()...)
}

// words returns the four-byte numbers in bytes.
func words(b []byte) []uint32 {
	w := make([]uint32, len(b)/4)
	for i := range w {
		w[i] = binary.NativeEndian.Uint32(b[4*i:])
	}
	return w
}

// bytesOf returns the bytes of four-byte numbers.
func bytesOf(w []uint32) []byte {
	var b []byte
	for _, x := range w {
		b = binary.NativeEndian.AppendUint32(b, x)
	}
	return b
}

// add returns a kernel that adds a number to n elements.
func add(t testing.TB, d driver.Device) driver.Program {
	t.Helper()
	b := ir.New("add", ir.Workgroup(64, 1, 1))
	x := b.Buffer("x", ir.U32, ir.ReadWrite)
	n, c := b.Scalar("n", ir.I32), b.Scalar("c", ir.U32)
	i := b.GlobalID(0)
	b.If(i.Lt(n), func() { x.Store(i, x.Load(i).Add(c)) })
	return compile(t, d, b.MustBuild())
}

// Small returns a program that adds its scalar 1 to the first elements of its buffer, as many as
// scalar 0 says, and memory for 64.
func Small(t testing.TB, d driver.Device) (driver.Program, driver.Mem) {
	t.Helper()
	return add(t, d), Alloc(t, d, 256, driver.Local)
}

func compile(t testing.TB, d driver.Device, k *ir.Kernel) driver.Program {
	t.Helper()
	p, err := d.Compile(k)
	if err != nil {
		t.Fatal(err)
	}
	if p.Kernel() != k {
		t.Fatalf("%s: Kernel is another one", k.Name)
	}
	return p
}

// groups returns the grid for n elements in workgroups of 64.
func groups(n int) [3]int { return [3]int{(n + 63) / 64, 1, 1} }

// info: the description is complete and makes sense.
func info(t *testing.T, d driver.Device) {
	i := d.Info()
	if i.API == "" || i.Name == "" || i.Memory <= 0 || i.MaxAlloc <= 0 || i.MaxRange < 1<<27 || i.MaxBuffers < 4 ||
		i.MaxScalars < 32 || i.MaxShared < 16<<10 || i.MaxLanes < 128 || i.MaxGroup[0] < 128 || i.MaxGrid[0] < 65535 {
		t.Errorf("%+v", *i)
	}
	if a := i.BufferAlign; a < 16 || a > 256 || a&(a-1) != 0 {
		t.Errorf("BufferAlign %d", a)
	}
	for _, n := range i.Subgroups {
		if n < 1 || n&(n-1) != 0 {
			t.Errorf("subgroups of %d lanes", n)
		}
	}
}

// memory: sizes are kept, host memory is the host's, and freed memory can be had again.
func memory(t *testing.T, d driver.Device) {
	for _, place := range []driver.Place{driver.Local, driver.Host} {
		for _, n := range []int64{1, 4, 1000, 1<<20 + 4} {
			m := Alloc(t, d, n, place)
			if m.Size() != n || place == driver.Host && m.Bytes() == nil || m.Bytes() != nil && len(m.Bytes()) != int(n) {
				t.Errorf("place %d: %d bytes of %d, %d for the host", place, m.Size(), n, len(m.Bytes()))
			}
			clear(m.Bytes())
		}
	}
	big := min(d.Info().Memory/4, d.Info().MaxAlloc, 64<<20)
	for range 20 { // more than there is, unless memory comes back
		m, err := d.Alloc(big, driver.Local)
		if err != nil {
			t.Fatal(err)
		}
		d.Free(m)
	}
}

// copies: fills and copies of parts touch those and nothing else.
func copies(t *testing.T, d driver.Device) {
	const n = 1000
	want := make([]uint32, n)
	for i := range want {
		want[i] = uint32(i) * 2654435761
	}
	x, y := Upload(t, d, bytesOf(want)), Alloc(t, d, 4*n, driver.Local)
	var l driver.List
	l.Copy(driver.Whole(y), driver.Whole(x))
	l.Barrier()
	l.Fill(driver.Range{Mem: y, Offset: 40, Len: 80}, 0xdeadbeef)
	l.Copy(driver.Range{Mem: y, Offset: 400, Len: 4}, driver.Range{Mem: x, Offset: 3996, Len: 4})
	l.Copy(driver.Range{Mem: x, Offset: 0, Len: 20}, driver.Range{Mem: x, Offset: 20, Len: 20})
	Submit(t, d, &l)
	moved := append(append([]uint32(nil), want[5:10]...), want[5:]...)
	same(t, "x", words(Download(t, d, x)), moved)
	want[100] = want[999]
	for i := 10; i < 30; i++ {
		want[i] = 0xdeadbeef
	}
	same(t, "y", words(Download(t, d, y)), want)
}

func same(t *testing.T, what string, got, want []uint32) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: element %d: %#x, want %#x", what, i, got[i], want[i])
		}
	}
}

// Kernels: the kernels of irtest, for every size of a subgroup that the device has. A kernel
// that the device does not support is refused as such by Info and Compile alike.
func Kernels(t *testing.T, d driver.Device) {
	sizes := d.Info().Subgroups
	if len(sizes) == 0 {
		sizes = []int{32}
	}
	for _, n := range sizes {
		if n < 4 || n > 64 {
			continue // irtest has no cases for them
		}
		ran := 0
		for _, c := range irtest.Cases(n) {
			if c.Name == "fma" {
				continue // which rounds once there, and has a test of its own
			}
			p, err := d.Compile(c.Kernel)
			if lack := d.Info().Supports(c.Kernel); errors.Is(err, driver.ErrUnsupported) {
				if lack == nil {
					t.Errorf("%s: Info supports it: %v", c.Name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
				continue
			}
			ran++
			var l driver.List
			var buffers []driver.Range
			for _, b := range c.Buffers {
				buffers = append(buffers, driver.Whole(Upload(t, d, b)))
			}
			l.Dispatch(p, c.Grid, buffers, c.Scalars)
			Submit(t, d, &l)
			got := c.Fresh()
			for i := range got {
				copy(got[i], Download(t, d, buffers[i].Mem))
			}
			if err := c.Check(got); err != nil {
				t.Errorf("subgroups of %d: %s: %v\n%s", n, c.Name, err, c.Kernel.Text())
			}
		}
		t.Logf("%d kernels for subgroups of %d", ran, n)
		if ran < 20 {
			t.Errorf("only %d kernels were supported", ran)
		}
	}
}

// fma: a multiply-add rounds once, or, as Vulkan allows, after each operation.
func fma(t *testing.T, d driver.Device) {
	const n = 4096
	b := ir.New("multiply_add", ir.Workgroup(64, 1, 1))
	x, y := b.Buffer("x", ir.F32, ir.Read), b.Buffer("y", ir.F32, ir.Write)
	i := b.GlobalID(0)
	at := func(j int) ir.Value { return x.Load(i.Mul(3).Add(j)) }
	y.Store(i, at(0).FMA(at(1), at(2)))
	p := compile(t, d, b.MustBuild())
	in := make([]float32, 3*n)
	for j := range in {
		in[j] = float32(j*7919%1009-504) / 337
	}
	for j := range n / 2 { // sums that cancel
		in[3*j+2] = -in[3*j] * in[3*j+1]
	}
	out := Alloc(t, d, 4*n, driver.Local)
	var l driver.List
	l.Dispatch(p, groups(n), []driver.Range{driver.Whole(Upload(t, d, interp.Bytes(in))), driver.Whole(out)}, nil)
	Submit(t, d, &l)
	once := 0
	for j, w := range words(Download(t, d, out)) {
		u, v, z := in[3*j], in[3*j+1], in[3*j+2]
		exact := float32(math.FMA(float64(u), float64(v), float64(z))) // the product is exact in float64
		got, each := math.Float32frombits(w), float32(u*v)+z
		if got != exact && got != each {
			t.Fatalf("%v · %v + %v is %v: want %v, or %v if each step rounds", u, v, z, got, exact, each)
		}
		if got == exact && got != each {
			once++
		}
	}
	t.Logf("%d of %d sums round only once", once, n)
}

// order: commands with barriers between them run in order, and so do lists without.
func order(t *testing.T, d driver.Device) {
	const n = 5000
	p, x := add(t, d), Alloc(t, d, 4*n, driver.Local)
	y := Alloc(t, d, 4*n, driver.Local)
	dispatch := func(l *driver.List, m driver.Mem, c uint32) {
		l.Dispatch(p, groups(n), []driver.Range{driver.Whole(m)}, []uint32{n, c})
	}
	var l driver.List
	l.Fill(driver.Whole(x), 5)
	for i := range uint32(20) {
		l.Barrier()
		dispatch(&l, x, i)
		l.Barrier()
		l.Copy(driver.Whole(y), driver.Whole(x))
		l.Barrier()
		l.Copy(driver.Whole(x), driver.Whole(y))
	}
	Submit(t, d, &l)
	want := make([]uint32, n)
	for i := range want {
		want[i] = 5 + 190
	}
	same(t, "barriers", words(Download(t, d, y)), want)

	var last driver.Point
	for i := range 50 { // the same list, filled again while the device works
		l.Reset()
		dispatch(&l, x, 1)
		p, err := d.Submit(&l)
		if err != nil || p <= last {
			t.Fatalf("list %d: point %d after %d, error %v", i, p, last, err)
		}
		last = p
	}
	if err := d.Wait(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	if p, err := d.Reached(); err != nil || p < last {
		t.Errorf("reached %d, %v, after waiting for %d", p, err, last)
	}
	for i := range want {
		want[i] += 50
	}
	same(t, "lists", words(Download(t, d, x)), want)
}

// lists: an empty list, an empty grid, one command many times over, and a list submitted twice.
func lists(t *testing.T, d driver.Device) {
	var l driver.List
	Submit(t, d, &l)
	p, x := add(t, d), Alloc(t, d, 256, driver.Local)
	l.Fill(driver.Whole(x), 0)
	for range 500 {
		l.Barrier()
		l.Dispatch(p, [3]int{1, 1, 1}, []driver.Range{driver.Whole(x)}, []uint32{64, 3})
		l.Dispatch(p, [3]int{1, 0, 1}, []driver.Range{driver.Whole(x)}, []uint32{64, 1000})
	}
	Submit(t, d, &l)
	Submit(t, d, &l)
	want := make([]uint32, 64)
	for i := range want {
		want[i] = 1500
	}
	same(t, "500 dispatches", words(Download(t, d, x)), want)
}

// ranges: a kernel sees the part of the memory that it was given, and one part of a piece of
// memory can be read while another is written.
func ranges(t *testing.T, d driver.Device) {
	align := d.Info().BufferAlign
	b := ir.New("parts", ir.Workgroup(1, 1, 1))
	x, y := b.Buffer("x", ir.U32, ir.Read), b.Buffer("y", ir.U32, ir.Write)
	y.Store(0, x.Load(0).Mul(b.U32(10)))
	p := compile(t, d, b.MustBuild())
	var all []uint32
	for i := range uint32(2 * align) {
		all = append(all, i)
	}
	m := Upload(t, d, bytesOf(all))
	var l driver.List
	for i := range int64(3) {
		l.Dispatch(p, [3]int{1, 1, 1}, []driver.Range{{Mem: m, Offset: i * align, Len: 4}, {Mem: m, Offset: (i + 4) * align, Len: 4}}, nil)
	}
	Submit(t, d, &l)
	for i := range align / 4 * 3 {
		if i%(align/4) == 0 {
			all[align+i] = 10 * all[i]
		}
	}
	same(t, "parts", words(Download(t, d, m)), all)

	// What exceeds a limit is an error, and nothing happens.
	tooMany := d.Info().MaxGrid
	tooMany[1]++
	for _, c := range []driver.Range{{Mem: m, Offset: align / 4, Len: 4}, {Mem: m, Offset: 0, Len: 4}} {
		l.Reset()
		grid := [3]int{1, 1, 1}
		if c.Offset == 0 {
			grid = tooMany
		}
		l.Dispatch(p, grid, []driver.Range{c, c}, nil)
		if _, err := d.Submit(&l); !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("grid %v at %d: %v", grid, c.Offset, err)
		}
	}
}

// large: asking for too much is refused as such, again and again, and the device goes on.
func large(t *testing.T, d driver.Device) {
	refused := func(n int64, p driver.Place) {
		t.Helper()
		m, err := d.Alloc(n, p)
		if err == nil {
			d.Free(m)
		}
		if !errors.Is(err, driver.ErrOutOfMemory) || errors.Is(err, driver.ErrDeviceLost) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for range 3 {
		refused(d.Info().MaxAlloc+1, driver.Local)
		refused(1<<62, driver.Host)
		refused(1<<63-1, driver.Local)
	}
	order(t, d)
}

// unsupported: what the device lacks is refused.
func unsupported(t *testing.T, d driver.Device) {
	b := ir.New("wide", ir.Workgroup(64, 1, 1), ir.Subgroup(64))
	for i := range d.Info().MaxBuffers + 1 {
		b.Buffer(fmt.Sprintf("x%d", i), ir.F32, ir.Write).Store(0, 0)
	}
	p, err := d.Compile(b.MustBuild())
	if e := (*driver.Error)(nil); p != nil || !errors.Is(err, driver.ErrUnsupported) || !errors.As(err, &e) || e.Kernel != "wide" {
		t.Errorf("a program %v, error %v", p, err)
	}
}

// timestamps: they are set by Wait, in the order of the commands, and their distance is about
// right.
func timestamps(t *testing.T, d driver.Device) {
	const elements = 1 << 17
	p, x := add(t, d), Alloc(t, d, 4*elements, driver.Local)
	const n = 40 // more than one would have room for by chance
	for range 3 {
		times := make([]int64, n)
		for i := range times {
			times[i] = -1
		}
		var l driver.List
		for i := range times {
			l.Timestamp(&times[i])
			l.Barrier()
			l.Dispatch(p, groups(elements), []driver.Range{driver.Whole(x)}, []uint32{1 << 20, 1})
			l.Barrier()
		}
		begin := time.Now()
		Submit(t, d, &l)
		took := time.Since(begin)
		if !d.Info().Timestamps {
			if times[0] != -1 || times[n-1] != -1 {
				t.Errorf("times %v without Info.Timestamps", times)
			}
			return
		}
		for i := range times[1:] {
			if times[i+1] <= times[i] {
				t.Errorf("time %d is %d after %d", i+1, times[i+1], times[i])
			}
		}
		if span := time.Duration(times[n-1] - times[0]); span > took || span < took/20 {
			t.Errorf("the device took %v of %v", span, took)
		}
	}
}

// wait: the end of a context ends a wait, not the work.
func wait(t *testing.T, d driver.Device) {
	const elements = 1 << 18
	p, x := add(t, d), Alloc(t, d, 4*elements, driver.Local)
	var l driver.List
	l.Fill(driver.Whole(x), 0)
	for range 100 {
		l.Barrier()
		l.Dispatch(p, groups(elements), []driver.Range{driver.Whole(x)}, []uint32{1 << 20, 1})
	}
	point, err := d.Submit(&l)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Wait(ctx, point); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := d.Wait(ctx, point); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := d.Wait(t.Context(), point); err != nil {
		t.Fatal(err)
	}
	if err := d.Wait(ctx, point); err != nil {
		t.Errorf("a point that is reached: %v", err)
	}
	if err := d.Wait(t.Context(), 0); err != nil {
		t.Errorf("point 0: %v", err)
	}
	same(t, "x", words(Download(t, d, x))[:1], []uint32{100})
}

// goroutines: a device serves any number of them.
func goroutines(t *testing.T, d driver.Device) {
	const n, rounds = 512, 30
	p := add(t, d)
	var all sync.WaitGroup
	for g := range uint32(6) {
		x, staging := Alloc(t, d, 4*n, driver.Local), Alloc(t, d, 4*n, driver.Host)
		all.Go(func() {
			var l driver.List
			for i := range uint32(rounds) {
				l.Reset()
				l.Fill(driver.Whole(x), 100*g)
				l.Barrier()
				l.Dispatch(p, groups(n), []driver.Range{driver.Whole(x)}, []uint32{n, i})
				l.Barrier()
				l.Copy(driver.Whole(staging), driver.Whole(x))
				point, err := d.Submit(&l)
				if err == nil {
					err = d.Wait(t.Context(), point)
				}
				if err != nil {
					t.Error(err)
					return
				}
				for j, w := range words(staging.Bytes()) {
					if w != 100*g+i {
						t.Errorf("goroutine %d, round %d, element %d: %d, want %d", g, i, j, w, 100*g+i)
						return
					}
				}
				if m, err := d.Alloc(int64(1000+i), driver.Local); err != nil {
					t.Error(err)
				} else {
					d.Free(m)
				}
			}
		})
	}
	all.Wait()
}

// MustPanic fails unless f panics with a text that contains want.
func MustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), want) {
			t.Errorf("panic %v, want %q", v, want)
		}
	}()
	f()
}
