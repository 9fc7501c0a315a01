//go:build !purego

package kernels

import (
	"fmt"
	"strings"
	"testing"
)

// evexMacros are the macros of asm_amd64.h that spell an instruction of three registers, by
// what Intel's manual says of its encoding: mandatory prefix and opcode, in map 0F38.
var evexMacros = []struct {
	name       string
	pp, opcode byte
}{{"VDPBF16PS", 2, 0x52}, {"VCVTNE2PS2BF16", 3, 0x72}}

// TestMacros assembles every macro with registers that reach each bit of their numbers, and
// reads the bytes back: by the fields of an EVEX prefix, and with objdump where there is one.
func TestMacros(t *testing.T) {
	known := map[string]bool{"EVEX_ZZZ": true} // decoded through those that use it
	for _, m := range evexMacros {
		known[m.name] = true
	}
	for _, name := range macrosOf(t, "asm_amd64.h") {
		if !known[name] {
			t.Errorf("asm_amd64.h: nothing decodes %s", name)
		}
	}
	registers := []int{0, 1, 2, 4, 8, 16, 31, 21}
	for _, m := range evexMacros {
		var text strings.Builder
		text.WriteString("#include \"asm_amd64.h\"\nTEXT ·f(SB), 4, $0-0\n")
		for _, src1 := range registers {
			for _, src2 := range registers {
				for _, dst := range registers {
					fmt.Fprintf(&text, "\t%s(%d, %d, %d)\n", m.name, src1, src2, dst)
				}
			}
		}
		code := assemble(t, "amd64", text.String())
		lines := disassemble(t, "i386:x86-64", code, "objdump")
		i := 0
		for _, src1 := range registers {
			for _, src2 := range registers {
				for _, dst := range registers {
					b := code[6*i:][:6]
					wellFormed := b[0] == 0x62 && b[1]&0xf == 2 && b[2]&0x87 == 4|m.pp && b[3]&^8 == 0x40 && b[4] == m.opcode && b[5]>>6 == 3
					// Register numbers, with their bits above the third inverted in the prefix.
					reg := int(b[5]>>3&7 | ^b[1]>>7&1<<3 | ^b[1]>>4&1<<4)
					rm := int(b[5]&7 | ^b[1]>>5&1<<3 | ^b[1]>>6&1<<4)
					vvvv := int(^b[2]>>3&15 | ^b[3]>>3&1<<4)
					if !wellFormed || reg != dst || rm != src1 || vvvv != src2 {
						t.Fatalf("%s(%d, %d, %d) is % x: registers %d, %d, %d", m.name, src1, src2, dst, b, rm, vvvv, reg)
					}
					want := fmt.Sprintf("%s %%zmm%d,%%zmm%d,%%zmm%d", strings.ToLower(m.name), src1, src2, dst)
					if lines != nil && lines[i] != want {
						t.Fatalf("%s(%d, %d, %d) is %q to objdump", m.name, src1, src2, dst, lines[i])
					}
					i++
				}
			}
		}
	}
}
