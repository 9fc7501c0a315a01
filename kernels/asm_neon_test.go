//go:build !purego

package kernels

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// neonMacros are the macros of asm_arm64.h: the bits of the instruction without its operands, from
// the Arm Architecture Reference Manual, C7.2, and how GNU objdump writes it. The operands d, n and
// m are registers, i is a lane and s a shift; the macro takes them in the order of order.
var neonMacros = []struct {
	name, order string
	bits        uint32
	text        string
}{
	{"FADD", "mnd", 0x4e20d400, "fadd v{d}.4s, v{n}.4s, v{m}.4s"},
	{"FSUB", "mnd", 0x4ea0d400, "fsub v{d}.4s, v{n}.4s, v{m}.4s"},
	{"FMUL", "mnd", 0x6e20dc00, "fmul v{d}.4s, v{n}.4s, v{m}.4s"},
	{"FDIV", "mnd", 0x6e20fc00, "fdiv v{d}.4s, v{n}.4s, v{m}.4s"},
	{"FMAX", "mnd", 0x4e20f400, "fmax v{d}.4s, v{n}.4s, v{m}.4s"},
	{"FMIN", "mnd", 0x4ea0f400, "fmin v{d}.4s, v{n}.4s, v{m}.4s"},
	{"FMLA", "mnd", 0x4e20cc00, "fmla v{d}.4s, v{n}.4s, v{m}.4s"},
	{"FMLS", "mnd", 0x4ea0cc00, "fmls v{d}.4s, v{n}.4s, v{m}.4s"},
	{"FMLA_LANE", "mind", 0x4f801000, "fmla v{d}.4s, v{n}.4s, v{m}.s[{i}]"},
	{"FNEG", "nd", 0x6ea0f800, "fneg v{d}.4s, v{n}.4s"},
	{"FABS", "nd", 0x4ea0f800, "fabs v{d}.4s, v{n}.4s"},
	{"FSQRT", "nd", 0x6ea1f800, "fsqrt v{d}.4s, v{n}.4s"},
	{"FRINTN", "nd", 0x4e218800, "frintn v{d}.4s, v{n}.4s"},
	{"FCMGT0", "nd", 0x4ea0c800, "fcmgt v{d}.4s, v{n}.4s, #0.0"},
	{"FCMLT0", "nd", 0x4ea0e800, "fcmlt v{d}.4s, v{n}.4s, #0.0"},
	{"FCMEQ", "mnd", 0x4e20e400, "fcmeq v{d}.4s, v{n}.4s, v{m}.4s"},
	{"FADD_D", "mnd", 0x4e60d400, "fadd v{d}.2d, v{n}.2d, v{m}.2d"},
	{"FMLA_D", "mnd", 0x4e60cc00, "fmla v{d}.2d, v{n}.2d, v{m}.2d"},
	{"FADDP_D", "nd", 0x7e70d800, "faddp d{d}, v{n}.2d"},
	{"FADDP", "mnd", 0x6e20d400, "faddp v{d}.4s, v{n}.4s, v{m}.4s"},
	{"FADDP2", "nd", 0x7e30d800, "faddp s{d}, v{n}.2s"},
	{"FMAXV", "nd", 0x6e30f800, "fmaxv s{d}, v{n}.4s"},
	{"UMAXV", "nd", 0x6eb0a800, "umaxv s{d}, v{n}.4s"},
	{"FCVTNS", "nd", 0x4e21a800, "fcvtns v{d}.4s, v{n}.4s"},
	{"FCVTAS", "nd", 0x4e21c800, "fcvtas v{d}.4s, v{n}.4s"},
	{"SCVTF", "nd", 0x4e21d800, "scvtf v{d}.4s, v{n}.4s"},
	{"FCVTL_D", "nd", 0x0e617800, "fcvtl v{d}.2d, v{n}.2s"},
	{"FCVTL2_D", "nd", 0x4e617800, "fcvtl2 v{d}.2d, v{n}.4s"},
	{"FCVTL_H", "nd", 0x0e217800, "fcvtl v{d}.4s, v{n}.4h"},
	{"FCVTN_H", "nd", 0x0e216800, "fcvtn v{d}.4h, v{n}.4s"},
	{"AND", "mnd", 0x4e201c00, "and v{d}.16b, v{n}.16b, v{m}.16b"},
	{"BIC", "mnd", 0x4e601c00, "bic v{d}.16b, v{n}.16b, v{m}.16b"},
	{"ORR", "mnd", 0x4ea01c00, "orr v{d}.16b, v{n}.16b, v{m}.16b"},
	{"EOR", "mnd", 0x6e201c00, "eor v{d}.16b, v{n}.16b, v{m}.16b"},
	{"BSL", "mnd", 0x6e601c00, "bsl v{d}.16b, v{n}.16b, v{m}.16b"},
	{"BIT", "mnd", 0x6ea01c00, "bit v{d}.16b, v{n}.16b, v{m}.16b"},
	{"MOV", "nd", 0x4ea01c00, "mov v{d}.16b, v{n}.16b"},
	{"ADD4", "mnd", 0x4ea08400, "add v{d}.4s, v{n}.4s, v{m}.4s"},
	{"SUB4", "mnd", 0x6ea08400, "sub v{d}.4s, v{n}.4s, v{m}.4s"},
	{"UMAX4", "mnd", 0x6ea06400, "umax v{d}.4s, v{n}.4s, v{m}.4s"},
	{"CMHI", "mnd", 0x6ea03400, "cmhi v{d}.4s, v{n}.4s, v{m}.4s"},
	{"SHL4", "snd", 0x4f005400, "shl v{d}.4s, v{n}.4s, #{s}"},
	{"USHR4", "snd", 0x6f000400, "ushr v{d}.4s, v{n}.4s, #{s}"},
	{"SSHR4", "snd", 0x4f000400, "sshr v{d}.4s, v{n}.4s, #{s}"},
	{"SMULL", "mnd", 0x0e20c000, "smull v{d}.8h, v{n}.8b, v{m}.8b"},
	{"SMULL2", "mnd", 0x4e20c000, "smull2 v{d}.8h, v{n}.16b, v{m}.16b"},
	{"SADDLP", "nd", 0x4e602800, "saddlp v{d}.4s, v{n}.8h"},
	{"SADALP", "nd", 0x4e606800, "sadalp v{d}.4s, v{n}.8h"},
	{"SDOT", "mnd", 0x4e809400, "sdot v{d}.4s, v{n}.16b, v{m}.16b"},
	{"UMULL", "mnd", 0x2ea0c000, "umull v{d}.2d, v{n}.2s, v{m}.2s"},
	{"UMULL2", "mnd", 0x6ea0c000, "umull2 v{d}.2d, v{n}.4s, v{m}.4s"},
	{"XTN", "nd", 0x0e612800, "xtn v{d}.4h, v{n}.4s"},
	{"XTN2", "nd", 0x4e612800, "xtn2 v{d}.8h, v{n}.4s"},
	{"XTN_B", "nd", 0x0e212800, "xtn v{d}.8b, v{n}.8h"},
	{"XTN2_B", "nd", 0x4e212800, "xtn2 v{d}.16b, v{n}.8h"},
	{"DUP", "nid", 0x4e040400, "dup v{d}.4s, v{n}.s[{i}]"},
	{"LANE", "nid", 0x5e040400, "mov s{d}, v{n}.s[{i}]"},
	{"INS", "nid", 0x6e040400, "mov v{d}.s[{i}], v{n}.s[0]"},
}

// TestMacrosNEON assembles every macro with operands that reach each bit of their numbers, and
// reads the words back: by the fields of the instruction, and with an objdump of that machine where
// there is one.
func TestMacrosNEON(t *testing.T) {
	known := map[string]bool{"NEON3": true, "NEON2": true} // decoded through those that use them
	for _, m := range neonMacros {
		known[m.name] = true
	}
	for _, name := range macrosOf(t, "asm_arm64.h") {
		if !known[name] {
			t.Errorf("asm_arm64.h: nothing decodes %s", name)
		}
	}
	type use struct {
		macro int
		at    map[byte]int // operands
	}
	var uses []use
	var text strings.Builder
	text.WriteString("#include \"asm_arm64.h\"\nTEXT ·f(SB), 4, $0-0\n")
	for k, m := range neonMacros {
		for j := range 40 {
			// Odd steps reach every register; m is never n.
			at := map[byte]int{'d': j % 32, 'n': (7*j + 3) % 32, 'm': (13*j + 12) % 32, 'i': j % 4, 's': 1 + j%31}
			if m.name == "MOV" {
				at['m'] = at['n']
			}
			var operands []string
			for _, o := range []byte(m.order) {
				operands = append(operands, fmt.Sprint(at[o]))
			}
			fmt.Fprintf(&text, "\t%s(%s)\n", m.name, strings.Join(operands, ", "))
			uses = append(uses, use{k, at})
		}
	}
	code := assemble(t, "arm64", text.String())
	lines := disassemble(t, "aarch64", code, "aarch64-linux-gnu-objdump", "objdump")
	if lines == nil {
		t.Log("no objdump knows this machine")
	}
	for i, u := range uses {
		m, at := neonMacros[u.macro], u.at
		want := m.bits | uint32(at['d']) | uint32(at['n'])<<5
		switch {
		case strings.Contains(m.order, "s") && m.name[0] == 'S' && m.name[1] == 'H': // left: 32 + s
			want |= uint32(32+at['s']) << 16
		case strings.Contains(m.order, "s"): // right: 64 - s
			want |= uint32(64-at['s']) << 16
		case m.order == "mind": // the lane's low bit is L, its high bit H
			want |= uint32(at['m'])<<16 | uint32(at['i']&1)<<21 | uint32(at['i']>>1)<<11
		case m.order == "nid": // the lane stands above the mark of 32 bits
			want |= uint32(at['i']) << 19
		case m.order == "mnd" || m.name == "MOV":
			want |= uint32(at['m']) << 16
		}
		if got := binary.LittleEndian.Uint32(code[4*i:]); got != want {
			t.Errorf("%s%v is %08x, want %08x", m.name, at, got, want)
		}
		line := m.text
		for o, v := range at {
			line = strings.ReplaceAll(line, "{"+string(o)+"}", fmt.Sprint(v))
		}
		if lines != nil && lines[i] != line {
			t.Errorf("%s%v is %q to objdump, want %q", m.name, at, lines[i], line)
		}
	}
}
