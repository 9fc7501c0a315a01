//go:build !purego

package kernels

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
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
	source, err := os.ReadFile("asm_amd64.h")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"EVEX_ZZZ": true} // decoded through those that use it
	for _, m := range evexMacros {
		known[m.name] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^#define (\w+)`).FindAllStringSubmatch(string(source), -1) {
		if !known[m[1]] {
			t.Errorf("asm_amd64.h: nothing decodes %s", m[1])
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
		code := assemble(t, text.String())
		lines := disassemble(t, code)
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

// assemble returns the machine code of Go assembly, from the listing that the assembler
// prints.
func assemble(t *testing.T, source string) []byte {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "f.s")
	if err := os.WriteFile(path, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(goTool, "tool", "asm", "-S", "-I", ".", "-o", filepath.Join(dir, "f.o"), path)
	cmd.Env = append(os.Environ(), "GOARCH=amd64")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go tool asm: %v: %s", err, out)
	}
	var code []byte
	for _, line := range regexp.MustCompile(`(?m)^\t0x[0-9a-f]+((?: [0-9a-f]{2})+) `).FindAllSubmatch(out, -1) {
		for _, f := range bytes.Fields(line[1]) {
			b, err := strconv.ParseUint(string(f), 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			code = append(code, byte(b))
		}
	}
	return code
}

// disassemble returns an instruction a line as GNU objdump writes it, or nil without objdump.
func disassemble(t *testing.T, code []byte) []string {
	t.Helper()
	objdump, err := exec.LookPath("objdump")
	if err != nil {
		return nil
	}
	path := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(path, code, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(objdump, "-D", "-b", "binary", "-m", "i386:x86-64", "--no-show-raw-insn", path).Output()
	if err != nil {
		return nil // an objdump of another machine
	}
	var lines []string
	for _, m := range regexp.MustCompile(`(?m)^\s*[0-9a-f]+:\t(.*)$`).FindAllStringSubmatch(string(out), -1) {
		lines = append(lines, strings.Join(strings.Fields(m[1]), " "))
	}
	return lines
}
