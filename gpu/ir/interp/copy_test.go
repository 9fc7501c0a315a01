package interp_test

import (
	"errors"
	"strings"
	"testing"

	"inkstone/gpu/ir"
	"inkstone/gpu/ir/interp"
)

// TestCopyAsync: what a copy writes is touched by nobody before its lane has waited for it, and by
// no other lane before a barrier behind that.
func TestCopyAsync(t *testing.T) {
	const lanes = 8
	for _, c := range []struct {
		name, want string
		body       func(b *ir.Builder, s *ir.Array, l ir.Value) ir.Value
	}{
		{"right", "", func(b *ir.Builder, s *ir.Array, l ir.Value) ir.Value {
			b.CopyWait()
			own := s.Load(l)
			b.Barrier()
			return own.Add(s.Load(l.Xor(1)))
		}},
		{"no wait", "lane 0: race: element 1 of s, to which a copy begun in line", func(b *ir.Builder, s *ir.Array, l ir.Value) ir.Value {
			b.Barrier()
			return s.Load(l.Xor(1))
		}},
		{"no wait for its own", "lane 0: race: element 0 of s, to which a copy begun in line", func(b *ir.Builder, s *ir.Array, l ir.Value) ir.Value {
			return s.Load(l)
		}},
		{"no barrier", "lane 0: race: element 1 of s, written in line", func(b *ir.Builder, s *ir.Array, l ir.Value) ir.Value {
			b.CopyWait()
			return s.Load(l.Xor(1))
		}},
		{"a barrier before the wait", "lane 0: race: element 1 of s, written in line", func(b *ir.Builder, s *ir.Array, l ir.Value) ir.Value {
			b.Barrier()
			b.CopyWait()
			return s.Load(l.Xor(1))
		}},
		{"some wait", "lane 4: race: element 5 of s, to which a copy begun in line", func(b *ir.Builder, s *ir.Array, l ir.Value) ir.Value {
			b.If(l.Lt(4), b.CopyWait)
			b.Barrier()
			return s.Load(l.Xor(1))
		}},
		{"written", "lane 0: race: element 0 of s, to which a copy begun in line", func(b *ir.Builder, s *ir.Array, l ir.Value) ir.Value {
			s.Store(l, 1)
			return l.To(ir.F32)
		}},
	} {
		b := ir.New("copy", ir.Workgroup(lanes, 1, 1))
		x, y := b.Buffer("x", ir.F32, ir.Read), b.Buffer("y", ir.F32, ir.Write)
		s, l := b.Shared("s", ir.F32, lanes), b.LocalIndex()
		s.CopyAsync(1, l, x, l, b.Bool(true))
		y.Store(l, c.body(b, s, l))
		k := b.MustBuild()
		in, out := make([]float32, lanes), make([]float32, lanes)
		for i := range in {
			in[i] = float32(i)
		}
		args := interp.Args{Buffers: [][]byte{interp.Bytes(in), interp.Bytes(out)}}
		err := interp.Run(k, [3]int{1, 1, 1}, args, interp.Options{Check: true})
		if c.want == "" {
			if err != nil || out[4] != 4+5 {
				t.Errorf("%s: %v, %v", c.name, out, err)
			}
		} else if !errors.As(err, new(*interp.Error)) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
