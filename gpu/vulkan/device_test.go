package vulkan

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"inkstone/gpu/dl"
	"inkstone/gpu/driver"
	"inkstone/gpu/driver/drivertest"
)

// TestDevice: the device does what every driver's does.
func TestDevice(t *testing.T) {
	d := device(t)
	t.Logf("%+v", *d.Info())
	t.Logf("%+v %v", d.physical.target, d.physical.extensions)
	drivertest.Run(t, d)
}

// TestDescriptorSets: so does one whose descriptors cannot be pushed.
func TestDescriptorSets(t *testing.T) {
	d := device(t)
	p := *d.physical
	p.pushDescriptor = false
	p.extensions = nil
	for _, e := range d.physical.extensions {
		if e != extPushDescriptor {
			p.extensions = append(p.extensions, e)
		}
	}
	plain, err := p.open()
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if plain.vk.CmdPushDescriptorSetKHR != 0 {
		t.Log("the driver has vkCmdPushDescriptorSetKHR without its extension")
	}
	drivertest.Run(t, plain)
	most := 0
	for _, f := range plain.idle {
		most = max(most, len(f.sets))
	}
	if most < 2 {
		t.Errorf("%d pools of descriptor sets: a list never needed a second one", most)
	}
}

// TestFull: when memory is full that is an error, and the device works on, also with what is
// freed then.
func TestFull(t *testing.T) {
	d := device(t)
	if d.Info().Memory > 16<<30 {
		t.Skipf("%d bytes are more than this test likes to fill", d.Info().Memory)
	}
	block := min(256<<20, d.Info().MaxAlloc)
	var all []driver.Mem
	var err error
	for err == nil && len(all) < 100 {
		var m driver.Mem
		if m, err = d.Alloc(block, driver.Local); err == nil {
			all = append(all, m)
		}
	}
	if !errors.Is(err, driver.ErrOutOfMemory) || int64(len(all)) < d.Info().Memory/block/2 {
		t.Fatalf("%d blocks, error %v", len(all), err)
	}
	t.Logf("%d blocks of %d MiB, then: %v", len(all), block>>20, err)
	d.Free(all[0])
	t.Run("kernels", func(t *testing.T) { drivertest.Kernels(t, d) })
	if all[0], err = d.Alloc(block, driver.Local); err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		d.Free(m)
		d.Free(m) // once more does nothing
	}
	if d.used != [16]uint64{} {
		t.Errorf("all is freed, and %d bytes are used", d.used[0])
	}
}

// TestForeign: what belongs to another device is refused before anything happens.
func TestForeign(t *testing.T) {
	d, other := device(t), device(t)
	m := drivertest.Alloc(t, other, 256, driver.Local)
	var l driver.List
	l.Fill(driver.Whole(m), 0)
	drivertest.MustPanic(t, "another device", func() { d.Submit(&l) })
	drivertest.MustPanic(t, "another device", func() { d.Free(m) })
	drivertest.MustPanic(t, "point 7", func() { d.Wait(t.Context(), 7) })
	drivertest.MustPanic(t, "0 bytes", func() { d.Alloc(0, driver.Host) })
	l.Reset()
	drivertest.Submit(t, d, &l)
}

// TestClose: a closed device does nothing, and Open says which devices there are.
func TestClose(t *testing.T) {
	d := device(t)
	drivertest.Alloc(t, d, 1000, driver.Local) // is freed by Close
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := d.Alloc(4, driver.Local); err != errClosed {
		t.Errorf("Alloc: %v", err)
	}
	infos, err := Devices(t.Context())
	if err != nil || len(infos) == 0 || infos[0].Name != d.Info().Name {
		t.Errorf("%v, %v", infos, err)
	}
	for _, n := range []int{-1, len(infos)} {
		if _, err := Open(context.Background(), n); err == nil {
			t.Errorf("device %d was opened", n)
		}
	}
}

// TestPipelineCache: a device's pipelines are stored when it is closed, and what is damaged, or
// another driver's, is not given to the driver.
func TestPipelineCache(t *testing.T) {
	dir, was := t.TempDir(), cacheDir
	cacheDir = func() (string, error) { return dir, nil }
	defer func() { cacheDir = was }()
	d := device(t)
	path, uuid := d.physical.cacheFile(), d.physical.cacheUUID
	if filepath.Dir(path) != filepath.Join(dir, "inkstone") {
		t.Fatalf("the file is %s", path)
	}
	run := func() *Device {
		d := device(t)
		drivertest.Kernels(t, d)
		stored := d.stored
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d.stored = stored
		return d
	}
	if d := run(); d.stored != nil {
		t.Error("something was stored before")
	}
	good, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(readCache(path, uuid), good[cacheHeader:]) {
		t.Fatalf("not stored: %v", err)
	}
	t.Logf("%d bytes", len(good))
	if d := run(); !bytes.Equal(d.stored, good[cacheHeader:]) {
		t.Error("not read")
	}
	flipped := func(i int) []byte {
		b := bytes.Clone(good)
		b[i] ^= 0x10
		return b
	}
	for name, bad := range map[string][]byte{
		"empty": {}, "short": good[:10], "cut": good[:len(good)-1], "longer": append(bytes.Clone(good), 0),
		"magic": flipped(3), "sum": flipped(len(cacheMagic)), "first": flipped(cacheHeader), "last": flipped(len(good) - 1),
	} {
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if readCache(path, uuid) != nil {
			t.Errorf("%s: believed", name)
		}
	}
	if d := run(); d.stored != nil {
		t.Error("a damaged file was used")
	}
	if now, err := os.ReadFile(path); err != nil || len(now) < cacheHeader || readCache(path, uuid) == nil {
		t.Errorf("a damaged file was not replaced: %v", err)
	}
	if readCache(path, [16]byte{1}) != nil {
		t.Error("another driver's file was believed")
	}
	if left, _ := fs.Glob(os.DirFS(filepath.Dir(path)), "*"); len(left) != 1 {
		t.Errorf("files %q", left)
	}

	// Where it cannot be stored, nothing else goes wrong.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	run()
}

// TestClock: ticks become nanoseconds since the first reading, also past the counter's end.
func TestClock(t *testing.T) {
	k := clock{ns: 2.5, bits: 36}
	const end = 1 << 36
	for i, c := range []struct {
		counter uint64
		want    int64
	}{
		{end - 10, 0}, {end - 2, 20}, {6, 40}, {2, 30}, {1 << 34, (1<<34 + 10) * 5 / 2}, {1 << 35, (1<<35 + 10) * 5 / 2},
		{1<<36 - 2, (1<<36 - 2 + 10) * 5 / 2}, {0, (1<<36 + 10) * 5 / 2},
	} {
		if got := k.read(c.counter); got != c.want {
			t.Errorf("reading %d is %d, want %d", i, got, c.want)
		}
	}
	k = clock{ns: 1, bits: 64}
	k.read(1<<64 - 1)
	if got := k.read(4); got != 5 {
		t.Errorf("%d, want 5", got)
	}
}

// TestRank: memory of a discrete device, an integrated one and one in software.
func TestRank(t *testing.T) {
	const local, visible, cached = memoryLocal, memoryVisible | memoryCoherent, memoryCached
	for _, c := range []struct {
		name        string
		heaps       []uint64
		types       []memoryType
		local, host uint32
	}{
		{"discrete", []uint64{8 << 30, 16 << 30, 256 << 20}, []memoryType{{0, 1}, {local | 0x40, 0}, {local, 0},
			{visible, 1}, {visible | cached, 1}, {local | visible, 2}}, 2, 4},
		{"resizable", []uint64{8 << 30, 16 << 30}, []memoryType{{visible | cached, 1}, {local | visible, 0}, {local, 0}}, 2, 0},
		{"integrated", []uint64{12 << 30}, []memoryType{{local, 0}, {local | visible, 0}, {local | visible | cached, 0}}, 2, 2},
		{"software", []uint64{2 << 30}, []memoryType{{local | visible | cached, 0}}, 0, 0},
		{"uncached", []uint64{1 << 30}, []memoryType{{local, 0}, {local | visible, 0}}, 0, 1},
	} {
		p := &physical{}
		p.memory.typeCount = uint32(copy(p.memory.types[:], c.types))
		for i, size := range c.heaps {
			p.memory.heaps[i].size = size
		}
		l, h := p.rank(driver.Local), p.rank(driver.Host)
		if len(l) == 0 || l[0] != c.local || len(h) == 0 || h[0] != c.host {
			t.Errorf("%s: local %v, host %v, want %d and %d first", c.name, l, h, c.local, c.host)
		}
	}
}

// BenchmarkDispatch measures one small dispatch, from the list to its result.
func BenchmarkDispatch(b *testing.B) { benchmarkDispatches(b, 1) }

// BenchmarkDispatch64 measures a list of 64 of them.
func BenchmarkDispatch64(b *testing.B) { benchmarkDispatches(b, 64) }

func benchmarkDispatches(b *testing.B, n int) {
	d := device(b)
	p, m := drivertest.Small(b, d)
	var l driver.List
	for b.Loop() {
		l.Reset()
		for range n {
			l.Dispatch(p, [3]int{1, 1, 1}, []driver.Range{driver.Whole(m)}, []uint32{64, 1})
			l.Barrier()
		}
		drivertest.Submit(b, d, &l)
	}
}

// BenchmarkDo measures the way to C's thread and back.
func BenchmarkDo(b *testing.B) {
	d := device(b)
	for b.Loop() {
		d.do(func(*dl.Caller) {})
	}
}

// BenchmarkOpen measures opening and closing a device, Vulkan being there already.
func BenchmarkOpen(b *testing.B) {
	d := device(b)
	for b.Loop() {
		e, err := d.physical.open()
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
