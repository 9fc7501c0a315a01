package ptxvm

import (
	"errors"
	"strings"
	"testing"
)

// TestCopyAsync: a copy is not there before the thread waits for it, reads what it is told to, and
// fills up with zeros.
func TestCopyAsync(t *testing.T) {
	buffer := make([]uint32, 64)
	for i := range buffer {
		buffer[i] = uint32(100 + i)
	}
	err := warp(t, `mad.lo.s32 %r2, %r1, 16, s_m;
	and.b32 %r3, %r1, 3;
	shl.b32 %r3, %r3, 2;
	cp.async.ca.shared.global [%r2], [%rd1+4], 4;
	cp.async.ca.shared.global [%r2+8], [%rd1+8], 8, %r3;
	cp.async.wait_all;
	ld.shared.b32 %r4, [%r2];
	ld.shared.b32 %r5, [%r2+4];
	ld.shared.b32 %r6, [%r2+8];
	ld.shared.b32 %r7, [%r2+12];
	setp.ne.s32 %p1, %r1, 1;
	@%p1 bra $L1;
	st.global.v4.b32 [%rd1], {%r4, %r5, %r6, %r7};
	cp.async.cg.shared.global [%r2], [%rd1+32], 16;
	st.global.b32 [%rd1+32], 7;
	cp.async.wait_all;
	ld.shared.b32 %r4, [%r2];
	st.global.b32 [%rd1+16], %r4;
$L1:`, buffer)
	e := (*Error)(nil)
	if !errors.As(err, &e) || e.Thread != 3 || !strings.Contains(e.Reason, "reads more than it writes") {
		t.Fatalf("thread 3 reads 12 bytes of 8: %v", err)
	}
	want := []uint32{101, 0xa5a5a5a5, 102, 0, 7} // the last one as it was when it was waited for
	for i, w := range want {
		if buffer[i] != w {
			t.Errorf("word %d is %#x, want %#x", i, buffer[i], w)
		}
	}
}

// TestCopyErrors: what a kernel does wrong with copies is found.
func TestCopyErrors(t *testing.T) {
	for name, c := range map[string]struct {
		body, want string
		thread     int
	}{
		"read too early": {"mad.lo.s32 %r2, %r1, 4, s_m;\ncp.async.ca.shared.global [%r2], [%rd1], 4;\nld.shared.b32 %r3, [%r2];",
			"to which a copy is under way", 0},
		"another's read too early": {"mad.lo.s32 %r2, %r1, 4, s_m;\ncp.async.ca.shared.global [%r2], [%rd1], 4;\nbar.sync 0;\nxor.b32 %r3, %r1, 1;\nmad.lo.s32 %r2, %r3, 4, s_m;\nld.shared.b32 %r3, [%r2];",
			"to which a copy is under way", 0},
		"written too early": {"mad.lo.s32 %r2, %r1, 4, s_m;\ncp.async.ca.shared.global [%r2], [%rd1], 4;\nst.shared.b32 [%r2], %r1;",
			"to which a copy is under way", 0},
		"loaded as a matrix too early": {"mad.lo.s32 %r2, %r1, 16, s_m;\ncp.async.cg.shared.global [%r2], [%rd1], 16;\nldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r10, %r11, %r12, %r13}, [%r2];",
			"to which a copy is under way", 0},
		"copies to one place": {"mov.u32 %r2, s_m;\ncp.async.ca.shared.global [%r2], [%rd1], 4;", "to which a copy is under way", 1},
		"alignment":           {"mad.lo.s32 %r2, %r1, 4, s_m;\ncp.async.ca.shared.global [%r2], [%rd1], 8;", "not a multiple of 8", 1},
		"source": {"mad.lo.s32 %r2, %r1, 8, s_m;\nmad.wide.s32 %rd2, %r1, 4, %rd1;\ncp.async.ca.shared.global [%r2], [%rd2], 8;",
			"not aligned", 1},
		"bounds": {"mad.lo.s32 %r2, %r1, 4, s_m;\nmad.wide.s32 %rd2, %r1, 4, %rd1;\ncp.async.ca.shared.global [%r2], [%rd2+4], 4;",
			"where nothing is", 31},
		"shared bounds": {"mad.lo.s32 %r2, %r1, 4, s_m;\ncp.async.ca.shared.global [%r2+1000], [%rd1], 4;", "where nothing is", 6},
	} {
		err := warp(t, c.body, make([]uint32, 32))
		e := (*Error)(nil)
		if !errors.As(err, &e) || !strings.Contains(e.Reason, c.want) || e.Thread != c.thread {
			t.Errorf("%s: %v, want %q of thread %d", name, err, c.want, c.thread)
		}
	}
}

// TestCopySyntax: forms that there are not, or that are not ours, are refused.
func TestCopySyntax(t *testing.T) {
	for body, want := range map[string]string{
		"cp.async.cg.shared.global [%r1], [%rd1], 8;":  "a copy of 8 bytes",
		"cp.async.ca.shared.global [%r1], [%rd1], 12;": "a copy of 12 bytes",
		"cp.async.ca.shared.global [%rd1], [%r1], 4;":  "wrong type",
		"cp.async.ca.global.shared [%rd1], [%r1], 4;":  "no instruction",
		"cp.async.ca.shared.global [%r1], [%rd1];":     "2 operands",
		"cp.async.wait_group 1;":                       "no instruction",
	} {
		_, err := Parse(module(body))
		if e := (*SyntaxError)(nil); !errors.As(err, &e) || !strings.Contains(e.Error(), want) || e.Text != body {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
	old := strings.Replace(module("cp.async.wait_all;"), "sm_80", "sm_75", 1)
	if _, err := Parse(old); err == nil || !strings.Contains(err.Error(), "needs sm_80") {
		t.Errorf("on an old device: %v", err)
	}
}
