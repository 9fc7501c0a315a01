package gpu

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"inkstone/gpu/driver"
	"inkstone/gpu/soft"
	"inkstone/tensor"
)

// TestRandomOperations: whatever the order of operations on overlapping parts of few buffers, on
// the device and by the host between them, the results are those of the CPU. The device runs
// commands without a barrier between them in random order.
func TestRandomOperations(t *testing.T) {
	for seed := range uint64(12) {
		b := open(t, soft.Options{Discrete: seed%2 == 0, Shuffle: seed + 1, Workers: 1})
		b.device.limits.commands = 5 + int(seed)*7 // lists of all sizes
		cpu := tensor.NewCPU(1)
		defer cpu.Close()
		got, want := randomOperations(b, seed), randomOperations(cpu, seed)
		for i := range got {
			compare(t, i, got[i], want[i])
		}
		if f := b.Fallbacks(); len(f) > 0 {
			t.Errorf("fell back: %v", f)
		}
		if s := b.device.Stats(); s.Barriers == 0 || s.Barriers >= s.Dispatches {
			t.Errorf("%d barriers between %d dispatches", s.Barriers, s.Dispatches)
		}
	}
}

func randomOperations(b tensor.Backend, seed uint64) []*tensor.Tensor {
	r := rand.New(rand.NewPCG(seed, 3))
	m := &maker{r: r}
	for range 4 {
		m.randn(256)
	}
	// Parts of a buffer that are 64 long either are the same or do not overlap.
	part := func() *tensor.Tensor {
		x, at := m.made[r.IntN(4)], r.IntN(4)*64
		return x.Slice(0, at, at+64)
	}
	for range 300 {
		x, y, z := part(), part(), part()
		switch r.IntN(8) {
		case 0:
			b.Unary(tensor.Tanh, x, y)
		case 1:
			b.Binary(tensor.Add, x, y, z)
			b.Scale(x, x, 0.5)
		case 2:
			b.Copy(x, y)
		case 3:
			if !same(x, y) && !same(x, z) {
				b.MatMul(x.Reshape(8, 8), y.Reshape(8, 8), z.Reshape(8, 8), nil, 0.1, 0.5)
			}
		case 4:
			b.Softmax(x.Reshape(4, 16), y.Reshape(4, 16))
		case 5:
			b.Fill(x, r.Float64())
		case 6: // the host reads and writes
			tensor.Data[float32](x)[r.IntN(64)] = tensor.Values[float32](y)[3] / 2
		case 7:
			b.Scale(x, x, min(1, x.At(5)))
		}
	}
	return m.made
}

// lossy is a device that can be lost, or whose memory is not there.
type lossy struct {
	driver.Device
	lost bool
}

var errLost = &driver.Error{Op: "test", Name: "LOST", Err: driver.ErrDeviceLost}

func (d *lossy) Submit(l *driver.List) (driver.Point, error) {
	if d.lost {
		return 0, errLost
	}
	return d.Device.Submit(l)
}

func (d *lossy) Wait(ctx context.Context, p driver.Point) error {
	if d.lost {
		return errLost
	}
	return d.Device.Wait(ctx, p)
}

func (d *lossy) Reached() (driver.Point, error) {
	if d.lost {
		return 0, errLost
	}
	return d.Device.Reached()
}

// TestDeviceLost: a training step on a device that is lost ends with its error, and so does
// everything after it; nothing panics, and a checkpoint is not taken for good.
func TestDeviceLost(t *testing.T) {
	l := &lossy{Device: soft.New(soft.Options{Discrete: true})}
	b := NewBackend(newDevice("soft:0", l), tensor.NewCPU(1))
	defer b.Close()
	tr := trainer(t, b, models["gpt2"])
	if _, err := tr.Step(0); err != nil {
		t.Fatal(err)
	}
	l.lost = true
	for range 2 {
		if _, err := tr.Step(1); !errors.Is(err, driver.ErrDeviceLost) {
			t.Fatalf("error %v, want a lost device", err)
		}
	}
	if err := tr.Save(t.TempDir()); !errors.Is(err, driver.ErrDeviceLost) {
		t.Errorf("Save: %v, want a lost device", err)
	}
	l.lost = false // the driver is well again, but what was on the device is gone
	var e *driver.Error
	if _, err := tr.Step(1); !errors.As(err, &e) || e.Name != "LOST" {
		t.Errorf("error %v, want the first one", err)
	}
	cpu := tensor.NewCPU(1)
	defer cpu.Close()
	x := tensor.FromSlice([]float32{1, 2}, 2)
	b.Scale(x, x, 3) // the host's copy was the newest: the CPU goes on with it
	if x.At(1) != 6 {
		t.Errorf("%v, want 6", x)
	}
}

// TestLostAtTheEnd: a checkpoint after the last step finds out that the device was lost in it.
func TestLostAtTheEnd(t *testing.T) {
	l := &lossy{Device: soft.New(soft.Options{Discrete: true})}
	b := NewBackend(newDevice("soft:0", l), tensor.NewCPU(1))
	defer b.Close()
	tr := trainer(t, b, models["gpt2"])
	if _, err := tr.Step(0); err != nil {
		t.Fatal(err)
	}
	l.lost = true
	if err := tr.Save(t.TempDir()); !errors.Is(err, driver.ErrDeviceLost) {
		t.Errorf("Save: %v, want a lost device", err)
	}
}

// TestHeap: pieces never overlap, and when all are given back there is one piece to a block,
// which trim gives back once no list uses it.
func TestHeap(t *testing.T) {
	d := soft.New(soft.Options{})
	defer d.Close()
	h := &heap{driver: d, block: 1 << 20}
	r := rand.New(rand.NewPCG(1, 2))
	var pieces []*piece
	check := func() {
		t.Helper()
		var used int64
		for _, b := range h.blocks {
			at, free := int64(0), false
			for p := b.first; p != nil; p = p.next {
				if p.at != at || p.size <= 0 || p.size%unit != 0 || p.free && free || p.next != nil && p.next.prev != p {
					t.Fatalf("piece at %d of %d bytes, free %v, behind %d, free %v", p.at, p.size, p.free, at, free)
				}
				at, free = at+p.size, p.free
				if !p.free {
					used += p.size
				}
			}
			if at != b.mem.Size() {
				t.Fatalf("pieces of %d bytes in a block of %d", at, b.mem.Size())
			}
		}
		if used != h.inUse {
			t.Fatalf("%d bytes in use, counted are %d", used, h.inUse)
		}
	}
	for range 3000 {
		if len(pieces) > 0 && r.IntN(100) < 49 {
			i := r.IntN(len(pieces))
			h.give(pieces[i])
			pieces[i] = pieces[len(pieces)-1]
			pieces = pieces[:len(pieces)-1]
		} else {
			n := 1 + int64(r.ExpFloat64()*30000)
			p := h.take(n)
			if p == nil {
				if err := h.grow(n); err != nil {
					t.Fatal(err)
				}
				p = h.take(n)
			}
			if p.size < n || p.size > rounded(n) {
				t.Fatalf("a piece of %d bytes for %d", p.size, n)
			}
			if waste := p.size - n; waste > max(unit, n/4) {
				t.Fatalf("%d bytes more than the %d wanted", waste, n)
			}
			pieces = append(pieces, p)
		}
		check()
	}
	if h.held > 3*h.peak {
		t.Errorf("%d bytes held for at most %d in use", h.held, h.peak)
	}
	h.trim(0) // blocks that nothing is in
	n := len(h.blocks)
	for i, p := range pieces {
		p.used = 1 + uint64(i%9)
		h.give(p)
	}
	check()
	if h.trim(0); len(h.blocks) != n {
		t.Error("trim gave back what lists may use")
	}
	if h.trim(9); len(h.blocks) != 0 || h.held != 0 || h.inUse != 0 {
		t.Errorf("%d blocks and %d bytes left", len(h.blocks), h.held)
	}
}

// TestGarbage: memory of tensors that are garbage serves again, by way of the garbage collector
// if need be.
func TestGarbage(t *testing.T) {
	b := open(t, soft.Options{Memory: 8 << 20})
	b.device.local.block, b.device.staging.block = 1<<20, 1<<20
	for range 50 {
		x := tensor.New(tensor.Float32, 1<<18)
		b.Fill(x, 1)
	}
	if err := b.Err(); err != nil {
		t.Fatal(err)
	}
	if f := b.Fallbacks(); len(f) > 0 {
		t.Errorf("fell back: %v", f)
	}
	for range 100 {
		runtime.GC()
		if b.device.Memory().InUse == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%+v: tensors are gone, their memory is not back", b.device.Memory())
}

// TestStagingWaits: what copies go through serves again only when the device is done with it.
func TestStagingWaits(t *testing.T) {
	b := open(t, soft.Options{Discrete: true, Workers: 1})
	x, y := tensor.New(tensor.Float32, 1<<16), tensor.New(tensor.Float32, 1<<16)
	for i := range 40 {
		data := tensor.Data[float32](x)
		for k := range data {
			data[k] = float32(i)
		}
		b.Accumulate(y, x, 1)
	}
	for k, v := range tensor.Values[float32](y) {
		if v != 39*40/2 {
			t.Fatalf("element %d is %v, want %v", k, v, 39*40/2)
		}
	}
	if held := b.device.staging.held; held > 6*stagingSize {
		t.Errorf("%d bytes of staging memory", held)
	}
	b.device.finish()
	if b.device.collect(); b.device.staging.inUse != 0 {
		t.Errorf("%d bytes of staging memory in use by nobody", b.device.staging.inUse)
	}
}

// TestTwoDevices: a tensor goes from one device to another.
func TestTwoDevices(t *testing.T) {
	b, c := open(t, soft.Options{Discrete: true}), open(t, soft.Options{})
	x := tensor.FromSlice([]float32{1, 2, 3}, 3)
	b.Scale(x, x, 2)
	c.AddScalar(x, x, 1)
	b.Scale(x, x, 2)
	if x.At(0) != 6 || x.At(2) != 14 {
		t.Errorf("%v, want 6, 10, 14", x)
	}
}

// TestFallback: what has no kernel is computed by the CPU from the newest contents, counted, and
// used by the device afterwards.
func TestFallback(t *testing.T) {
	b := open(t, soft.Options{Discrete: true})
	x := tensor.FromSlice([]float32{1, 2, 3, 4}, 4)
	b.Scale(x, x, 2)
	wide := tensor.New(tensor.Float64, 4)
	b.Copy(wide, x)
	b.Scale(wide, wide, 0.5)
	b.Copy(x, wide)
	b.Scale(x, x, 10)
	if x.At(3) != 40 {
		t.Errorf("%v, want 10 to 40", x)
	}
	f := b.Fallbacks()
	if len(f) != 2 || f[0] != (Fallback{"Copy", "float64", 2}) || f[1] != (Fallback{"Scale", "float64", 1}) {
		t.Errorf("fallbacks %v", f)
	}
	defer func() {
		if recover() == nil {
			t.Error("shapes that do not fit are accepted")
		}
	}()
	b.Scale(x, tensor.New(tensor.Float32, 5), 1)
}
