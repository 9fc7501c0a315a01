package tensor

import (
	"bytes"
	"testing"
)

// fakeMirror is a device's copy that counts what is asked of it. Where the device has the newest
// contents, every byte of them is 1.
type fakeMirror struct {
	newer    bool // than the host's
	fetches  int
	writes   int
	discards int
}

func (m *fakeMirror) Host(b *Buffer, write bool) {
	mem := b.Memory()
	if m.newer {
		m.newer = false
		m.fetches++
		for i := range mem {
			mem[i] = 1
		}
	}
	if write {
		m.writes++
	}
}

func (m *fakeMirror) Discard() { m.discards++ }

const ones = 0x01010101

// TestMirror: whatever looks at a tensor gets the newest contents from the device first, and
// what cannot write leaves the device's copy good.
func TestMirror(t *testing.T) {
	for name, c := range map[string]struct {
		look   func(x *Tensor) bool
		writes bool
	}{
		"Data":   {func(x *Tensor) bool { return Data[int32](x)[1] == ones }, true},
		"Values": {func(x *Tensor) bool { return Values[int32](x)[1] == ones }, false},
		"At":     {func(x *Tensor) bool { return x.At(1) == ones }, false},
		"Item":   {func(x *Tensor) bool { return x.Slice(0, 1, 2).Item() == ones }, false},
		"String": {func(x *Tensor) bool { return bytes.Contains([]byte(x.String()), []byte("16843009")) }, false},
		"WriteTo": {func(x *Tensor) bool {
			var b bytes.Buffer
			x.WriteTo(&b)
			return b.String() == "\x01\x01\x01\x01\x01\x01\x01\x01"
		}, false},
	} {
		x, m := New(Int32, 2), &fakeMirror{newer: true}
		x.Buffer().SetMirror(m)
		if !c.look(x) {
			t.Errorf("%s does not see what the device has", name)
		}
		if m.fetches != 1 || (m.writes > 0) != c.writes {
			t.Errorf("%s: fetched %d times, written to: %v", name, m.fetches, m.writes > 0)
		}
	}
}

// mirroring is a Device whose mirrors are fake.
type mirroring struct{ *CPU }

func (mirroring) Attach(b *Buffer) { b.SetMirror(&fakeMirror{}) }

func (mirroring) Sample(_, _, _ *Tensor) bool { return false }

// TestArenaOnDevice: the host gets memory only for tensors it looks at, and a released one is
// worth nothing on either side.
func TestArenaOnDevice(t *testing.T) {
	c := NewCPU(1)
	defer c.Close()
	a := NewArenaOn(mirroring{c})
	x := a.New(Float32, 1000)
	b := x.Buffer()
	if b.mem != nil {
		t.Fatal("the host has memory that nobody asked for")
	}
	m := b.Mirror().(*fakeMirror)
	if Data[float32](x)[999] = 1; len(b.mem) < 4000 || m.writes != 1 {
		t.Errorf("%d bytes, %d writes", len(b.mem), m.writes)
	}
	a.Release(x)
	if m.discards != 1 {
		t.Errorf("discarded %d times", m.discards)
	}
	if y := a.New(Float32, 990); y.Buffer() != b || b.Len() != 3960 {
		t.Errorf("%d bytes of another buffer, or of the same", y.Buffer().Len())
	}
	if a := NewArenaOn(c); a.New(Float32, 1).Buffer().Mirror() != nil {
		t.Error("a CPU backend's tensors have mirrors")
	}
}
