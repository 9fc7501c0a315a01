package ptxvm

import (
	"errors"
	"math"
	"strings"
	"testing"
	"unsafe"
)

// module returns a module with one entry of 32 threads that takes a buffer, in %rd1, and has two
// shared arrays of 16 bytes. %r1 is the lane.
func module(body string) string {
	return moduleWith(".shared .align 16 .b8 s_a[16];\n\t.shared .align 16 .b8 s_b[16];", body)
}

// moduleWith returns such a module with other shared arrays.
func moduleWith(shared, body string) string {
	return `.version 7.0
.target sm_80
.address_size 64

.visible .entry k(
	.param .u64 p_x
)
.reqntid 32, 1, 1
{
	.reg .pred %p<4>;
	.reg .b16 %h<4>;
	.reg .b32 %r<40>;
	.reg .f32 %f<20>;
	.reg .b64 %rd<8>;
	` + shared + `

	ld.param.u64 %rd1, [p_x];
	mov.u32 %r1, %tid.x;
` + body + `
	ret;
}
`
}

// launch runs a body on 32 words.
func launch(t *testing.T, body string, l Launch) ([]uint32, error) {
	t.Helper()
	x := make([]uint32, 32)
	return x, launchOn(t, module(body), x, l)
}

// launchOn runs a module's entry on a buffer.
func launchOn(t *testing.T, module string, x []uint32, l Launch) error {
	t.Helper()
	m, err := Parse(module)
	if err != nil {
		t.Fatal(err)
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x))
	l.Grid, l.Block = [3]int{1, 1, 1}, [3]int{32, 1, 1}
	l.Params, l.Memory = []uint64{Address(b)}, NewMemory(b)
	return m.Entries["k"].Run(l)
}

// TestErrors: what a kernel does wrong is found, and its line and thread are told.
func TestErrors(t *testing.T) {
	at := "mad.wide.s32 %rd2, %r1, 4, %rd1;\n"
	for name, c := range map[string]struct {
		body, want string
		thread     int
	}{
		"out of bounds":        {at + "st.global.b32 [%rd2+4], %r1;", "where nothing is", 31},
		"before the start":     {"mad.wide.s32 %rd2, %r1, -4, %rd1;\nst.global.b32 [%rd2], %r1;", "where nothing is", 1},
		"alignment":            {at + "ld.global.v2.b32 {%r2, %r3}, [%rd2];", "not a multiple of 8", 1},
		"shared out of bounds": {"mov.u32 %r2, s_a;\nst.shared.b32 [%r2+16], %r1;", "where nothing is", 0},
		"across arrays":        {"mov.u32 %r2, s_b;\nmad.lo.s32 %r2, %r1, -4, %r2;\nst.shared.b32 [%r2], %r1;", "where nothing is", 1},
		"division":             {"div.s32 %r2, 1, %r1;", "division by zero", 0},
		"barrier in a branch":  {"setp.lt.s32 %p1, %r1, 16;\n@!%p1 bra $L1;\nbar.sync 0;\n$L1:", "deadlock", 0},
		"shuffle in a branch":  {"setp.lt.s32 %p1, %r1, 16;\n@!%p1 bra $L1;\nshfl.sync.bfly.b32 %r2, %r1, 1, 31, -1;\n$L1:", "deadlock", 0},
		"lane":                 {"shfl.sync.idx.b32 %r2, %r1, 32, 31, -1;", "lane 32", 0},
		"for ever":             {"$L1:\nbra $L1;", "does not end", 0},
		"matrix alignment": {"wmma.load.a.sync.aligned.row.m16n16k16.global.bf16 {%r2, %r3, %r4, %r5}, [%rd1+8], 16;",
			"not a multiple of 16", 0},
		"matrix stride":  {"wmma.load.a.sync.aligned.row.m16n16k16.global.bf16 {%r2, %r3, %r4, %r5}, [%rd1], 12;", "24 bytes apart", 0},
		"matrix, lanes":  {"wmma.load.a.sync.aligned.row.m16n16k16.global.bf16 {%r2, %r3, %r4, %r5}, [%rd1], %r1;", "lanes disagree", 0},
		"matrix, bounds": {"wmma.load.a.sync.aligned.row.m16n16k16.global.bf16 {%r2, %r3, %r4, %r5}, [%rd1], 16;", "where nothing is", 0},
	} {
		_, err := launch(t, c.body, Launch{Limit: 1000})
		e := (*Error)(nil)
		if !errors.As(err, &e) || !strings.Contains(e.Reason, c.want) || e.Thread != c.thread {
			t.Errorf("%s: %v, want %q of thread %d", name, err, c.want, c.thread)
			continue
		}
		if !strings.Contains(module(c.body), e.Text) || e.Line < 20 {
			t.Errorf("%s: at line %d: %s", name, e.Line, e.Text)
		}
	}
}

// TestSyntax: what is no PTX of ours is refused, with its line.
func TestSyntax(t *testing.T) {
	for body, want := range map[string]string{
		"frobnicate.f32 %f1, %f2;":              "no instruction frobnicate.f32",
		"add.rn.f32 %f1, %f2;":                  "2 operands, want 3",
		"add.rn.f32 %f1, %f2, %r1;":             "wrong type",
		"add.rn.f32 %f1, %f2, 1.5;":             "cannot stand here",
		"add.rn.f32 %f1, %f2, %f20;":            "cannot stand here",
		"add.s32 %r1, %r2, 4294967296;":         "no number of 32 bits",
		"add.s32 5, %r2, 4;":                    "cannot be written",
		"mov.u32 %tid.x, 4;":                    "cannot be written",
		"mov.u32 %r1, %clock;":                  "no register %clock",
		"ld.global.f32 %r1, [%rd1];":            "cannot be written",
		"ld.global.v2.f32 %f1, [%rd1];":         "1 registers, want 2",
		"ld.global.f64 %f1, [%rd1];":            "no type f64",
		"ld.global.f32 %f1, [%r1];":             "wrong type",
		"ld.local.f32 %f1, [%rd1];":             "no memory local",
		"ld.shared.nc.f32 %f1, [%r1];":          "no instruction",
		"ld.param.u32 %r1, [p_x];":              "no parameter",
		"st.global.f32 [%rd1, %f1;":             "no address",
		"atom.global.xor.b32 %r1, [%rd1], %r2;": "no instruction",
		"bra $L9;":                              "no such label",
		"shfl.sync.up.b32 %r1, %r2, 1, 0, -1;":  "not read",
		"mov.b32 %r1, {%h1, %h2, %h3};":         "two registers",
		"mov.b32 %r1, {%h1, %h2;":               "brace",
		"@%p1 bar.sync 0;":                      "predicate",
		"@%r1 bra $L1;":                         "wrong type",
		"what is this":                          "syntax error",
		"wmma.load.a.sync.aligned.row.m8n8k16.global.f16 {%r1}, [%rd1], 8;":       "no matrices",
		"wmma.load.a.sync.aligned.row.m16n16k16.global.f16 {%r1}, [%rd1], 16;":    "1 registers",
		"wmma.load.a.sync.aligned.row.m16n16k16.global.f32 {%f1}, [%rd1], 16;":    "wrong type",
		"wmma.frobnicate.sync.aligned.row.m16n16k16.global.f16 {%r1}, [%rd1], 1;": "no instruction",
	} {
		_, err := Parse(module(body))
		if e := (*SyntaxError)(nil); !errors.As(err, &e) || !strings.Contains(e.Error(), want) && !strings.Contains(want, "wrong type") || e.Text != body || e.Line != 20 {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
	old := strings.NewReplacer("7.0", "6.0", "sm_80", "sm_50").Replace(module("cvt.rn.bf16.f32 %h1, %f1;"))
	if _, err := Parse(old); err == nil || !strings.Contains(err.Error(), "needs sm_80 and PTX 7.0") {
		t.Errorf("bf16 on an old device: %v", err)
	}
	for _, text := range []string{"", ".version 6.0\n", module("") + "stray", strings.TrimSuffix(module(""), "}\n"), strings.Replace(module(""), "ret;", "", 1)} {
		if _, err := Parse(text); !errors.As(err, new(*SyntaxError)) {
			t.Errorf("%.20q…: %v", text, err)
		}
	}
}

// TestGarbage: what was never written is no zero.
func TestGarbage(t *testing.T) {
	x, err := launch(t, `mov.u32 %r2, s_a;
	ld.shared.b32 %r3, [%r2];
	st.global.b32 [%rd1], %r3;
	st.global.b32 [%rd1+4], %r4;`, Launch{})
	if err != nil || x[0] != 0xa5a5a5a5 || x[1] != garbage {
		t.Errorf("%#x, %v", x[:2], err)
	}
}

// TestApproximations: they lie where they are asked to.
func TestApproximations(t *testing.T) {
	for _, where := range []float64{-1, 0, 1} {
		x, err := launch(t, `ex2.approx.f32 %f1, 0f3F000000;
	rsqrt.approx.f32 %f2, 0f40400000;
	lg2.approx.f32 %f3, 0f3FC00000;
	lg2.approx.f32 %f4, 0f42C80000;
	st.global.v4.f32 [%rd1], {%f1, %f2, %f3, %f4};`, Launch{Approx: where})
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range []struct{ exact, bound float64 }{
			{math.Sqrt2, math.Sqrt2 * 0x1p-22}, {1 / math.Sqrt(3), 0x1.2p-23 / math.Sqrt(3)}, {math.Log2(1.5), 0x1.6p-23}, {math.Log2(100), math.Log2(100) * 0x1p-22},
		} {
			off := float64(math.Float32frombits(x[i])) - c.exact
			rounding := c.exact * 0x1p-24
			if math.Abs(off) > c.bound+rounding || where != 0 && off*where < c.bound/2-rounding || where == 0 && math.Abs(off) > rounding {
				t.Errorf("function %d at %v of its error: off by %g of %g", i, where, off, c.bound)
			}
		}
	}
}

// TestFMA: it rounds once, where rounding in float64 and then in float32 goes wrong.
func TestFMA(t *testing.T) {
	for _, c := range []struct{ x, y, z, want float32 }{
		{1 + 0x1p-12, 1 + 0x1p-12, -1 - 0x1p-11, 0x1p-24},
		{0x1p-60, 1, 1 + 0x1p-23, 1 + 0x1p-23},
		{1 + 0x1p-23, 1 + 0x1p-23, 0x1p30, 0x1p30},
		{0x1p-24, 1 + 0x1p-23, 1, 1 + 0x1p-23},  // just above the middle
		{-0x1p-25, 1 + 0x1p-23, 1, 1 - 0x1p-24}, // just beyond the middle below 1
		{3, float32(math.Inf(1)), 1, float32(math.Inf(1))},
	} {
		if got := fma(c.x, c.y, c.z); got != c.want {
			t.Errorf("%g·%g + %g = %g, want %g", c.x, c.y, c.z, got, c.want)
		}
	}
	if got := fma(float32(math.Inf(1)), 0, 1); got == got {
		t.Errorf("Inf·0 + 1 = %v", got)
	}
}
