package ptxvm

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// warp runs a body on one warp with 1024 bytes of shared memory, at s_m, and a buffer, whose address
// is in %rd1. %r1 is the lane.
func warp(t *testing.T, body string, buffer []uint32) error {
	t.Helper()
	return launchOn(t, moduleWith(".shared .align 32 .b8 s_m[1024];", body), buffer, Launch{Limit: 10000})
}

// TestLoadMatrices: every element of four parts of 8×8 has its number. Register i of lane l has
// elements 2·(l%4) and the next of line l/4 of part i, or of that column.
func TestLoadMatrices(t *testing.T) {
	for _, trans := range []string{"", ".trans"} {
		// Lane l writes line l: elements 8l to 8l+7; parts lie one after another.
		body := "mad.lo.s32 %r2, %r1, 16, s_m;\nmov.u32 %r3, 0;\n"
		for i := range 4 {
			body += fmt.Sprintf(`mad.lo.s32 %%r4, %%r1, 8, %d;
	add.s32 %%r5, %%r4, 1;
	shl.b32 %%r5, %%r5, 16;
	or.b32 %%r4, %%r4, %%r5;
	st.shared.b32 [%%r2+%d], %%r4;
`, 2*i, 4*i)
		}
		body += `bar.sync 0;
	ldmatrix.sync.aligned.m8n8.x4` + trans + `.shared.b16 {%r10, %r11, %r12, %r13}, [%r2];
	mad.wide.s32 %rd2, %r1, 16, %rd1;
	st.global.b32 [%rd2], %r10;
	st.global.b32 [%rd2+4], %r11;
	st.global.b32 [%rd2+8], %r12;
	st.global.b32 [%rd2+12], %r13;
`
		got := make([]uint32, 128)
		if err := warp(t, body, got); err != nil {
			t.Fatal(err)
		}
		for lane := range 32 {
			for i := range 4 {
				low, high := 64*i+8*(lane/4)+lane%4*2, 64*i+8*(lane/4)+lane%4*2+1
				if trans != "" {
					low, high = 64*i+8*(lane%4*2)+lane/4, 64*i+8*(lane%4*2+1)+lane/4
				}
				if want := uint32(low | high<<16); got[4*lane+i] != want {
					t.Fatalf("%q: lane %d, register %d: %#x, want %#x", trans, lane, i, got[4*lane+i], want)
				}
			}
		}
	}
}

// TestMMA: a product of matrices that a table of the PTX ISA, written down here once more, spreads
// over the lanes: A's registers hold rows g, g+8, g, g+8 at k = 2t, 2t, 2t+8, 2t+8.
func TestMMA(t *testing.T) {
	for _, elem := range []string{"f16", "bf16"} {
		var a [16][16]float32
		var b, c [16][8]float32
		for i := range 16 {
			for j := range 16 {
				a[i][j] = float32((i*7+j*3)%11 - 5)
			}
			for j := range 8 {
				b[i][j], c[i][j] = float32((i*5+j*2)%7-3), float32(i-j)
			}
		}
		half := func(x float32) uint32 {
			if elem == "f16" {
				return uint32(narrowF16(bits(x)))
			}
			return uint32(narrowBF16(bits(x)))
		}
		const each = 10 // words of a lane: A, B, C
		buffer := make([]uint32, 32*each)
		for lane := range 32 {
			g, t := lane/4, lane%4
			pair := func(x, y float32) uint32 { return half(x) | half(y)<<16 }
			w := buffer[each*lane:]
			for i, at := range [][2]int{{g, 2 * t}, {g + 8, 2 * t}, {g, 2*t + 8}, {g + 8, 2*t + 8}} {
				w[i] = pair(a[at[0]][at[1]], a[at[0]][at[1]+1])
			}
			for i, k := range []int{2 * t, 2*t + 8} {
				w[4+i] = pair(b[k][g], b[k+1][g])
			}
			for i, at := range [][2]int{{g, 2 * t}, {g, 2*t + 1}, {g + 8, 2 * t}, {g + 8, 2*t + 1}} {
				w[6+i] = math.Float32bits(c[at[0]][at[1]])
			}
		}
		body := fmt.Sprintf("mad.wide.s32 %%rd2, %%r1, %d, %%rd1;\n", 4*each)
		for i := range 6 {
			body += fmt.Sprintf("ld.global.b32 %%r%d, [%%rd2+%d];\n", 10+i, 4*i)
		}
		for i := range 4 {
			body += fmt.Sprintf("ld.global.f32 %%f%d, [%%rd2+%d];\n", 1+i, 4*(6+i))
		}
		body += "mma.sync.aligned.m16n8k16.row.col.f32." + elem + "." + elem + ".f32 {%f5, %f6, %f7, %f8}, {%r10, %r11, %r12, %r13}, {%r14, %r15}, {%f1, %f2, %f3, %f4};\n"
		for i := range 4 {
			body += fmt.Sprintf("st.global.f32 [%%rd2+%d], %%f%d;\n", 4*(6+i), 5+i)
		}
		if err := warp(t, body, buffer); err != nil {
			t.Fatal(err)
		}
		for lane := range 32 {
			for i, at := range [][2]int{{0, 0}, {0, 1}, {8, 0}, {8, 1}} {
				row, col := lane/4+at[0], lane%4*2+at[1]
				want := c[row][col]
				for k := range 16 {
					want += a[row][k] * b[k][col]
				}
				if got := math.Float32frombits(buffer[each*lane+6+i]); got != want {
					t.Fatalf("%s: row %d, column %d: %v, want %v", elem, row, col, got, want)
				}
			}
		}
	}
}

// TestMMAErrors: what a kernel does wrong with matrices is found.
func TestMMAErrors(t *testing.T) {
	load := "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r10, %r11, %r12, %r13}, [%r2];\n"
	for name, c := range map[string]struct {
		body, want string
		thread     int
	}{
		"alignment":       {"mad.lo.s32 %r2, %r1, 8, s_m;\n" + load, "not a multiple of 16", 0},
		"bounds":          {"mad.lo.s32 %r2, %r1, 48, s_m;\n" + load, "where nothing is", 0},
		"in a branch":     {"mov.u32 %r2, s_m;\nsetp.lt.s32 %p1, %r1, 16;\n@!%p1 bra $L1;\n" + load + "$L1:", "deadlock", 0},
		"mma in a branch": {"setp.lt.s32 %p1, %r1, 16;\n@!%p1 bra $L1;\nmma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f1, %f2, %f3, %f4}, {%r2, %r3, %r4, %r5}, {%r6, %r7}, {%f1, %f2, %f3, %f4};\n$L1:", "deadlock", 0},
	} {
		err := warp(t, c.body, make([]uint32, 32))
		e := (*Error)(nil)
		if !errors.As(err, &e) || !strings.Contains(e.Reason, c.want) || e.Thread != c.thread {
			t.Errorf("%s: %v, want %q of thread %d", name, err, c.want, c.thread)
		}
	}
}

// TestMMASyntax: forms that there are not, or that are not ours, are refused.
func TestMMASyntax(t *testing.T) {
	const sums = "{%f1, %f2, %f3, %f4}"
	for body, want := range map[string]string{
		"ldmatrix.sync.aligned.m8n8.x4.global.b16 {%r1, %r2, %r3, %r4}, [%rd1];":                                                    "no instruction",
		"ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r1, %r2}, [%r3];":                                                               "no instruction",
		"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r1, %r2}, [%r3];":                                                               "2 registers",
		"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%f1, %f2, %f3, %f4}, [%r3];":                                                     "cannot be written",
		"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r1, %r2, %r3, %r4}, [%rd1];":                                                    "wrong type",
		"mma.sync.aligned.m16n8k16.row.row.f32.f16.f16.f32 " + sums + ", {%r1, %r2, %r3, %r4}, {%r5, %r6}, " + sums + ";":           "no instruction",
		"mma.sync.aligned.m16n8k16.row.col.f32.f16.bf16.f32 " + sums + ", {%r1, %r2, %r3, %r4}, {%r5, %r6}, " + sums + ";":          "no instruction",
		"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 " + sums + ", {%r1, %r2, %r3, %r4}, {%r4, %r5, %r6, %r7}, " + sums + ";": "4 registers for operand 2",
		"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 " + sums + ", " + sums + ", {%r5, %r6}, " + sums + ";":                   "wrong type",
	} {
		_, err := Parse(module(body))
		if e := (*SyntaxError)(nil); !errors.As(err, &e) || !strings.Contains(e.Error(), want) || e.Text != body {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
	for body, want := range map[string]string{
		"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r1, %r2, %r3, %r4}, [%r3];":                                             "needs sm_75",
		"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 " + sums + ", {%r1, %r2, %r3, %r4}, {%r5, %r6}, " + sums + ";\n": "needs sm_80",
	} {
		old := strings.NewReplacer("7.0", "6.3", "sm_80", "sm_70").Replace(module(body))
		if _, err := Parse(old); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s on an old device: %v", body, err)
		}
	}
}
