//go:build !purego

package kernels

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// macrosOf returns the names of the macros that a header defines.
func macrosOf(t *testing.T, header string) (names []string) {
	t.Helper()
	source, err := os.ReadFile(header)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^#define (\w+)`).FindAllSubmatch(source, -1) {
		names = append(names, string(m[1]))
	}
	return names
}

// assemble returns the machine code of Go assembly, from the listing that the assembler
// prints.
func assemble(t *testing.T, arch, source string) []byte {
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
	cmd.Env = append(os.Environ(), "GOARCH="+arch)
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

// disassemble returns an instruction a line as GNU objdump writes it, from the first of some
// programs that knows the machine; nil where none does.
func disassemble(t *testing.T, machine string, code []byte, programs ...string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(path, code, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		out, err := exec.Command(program, "-D", "-b", "binary", "-m", machine, "--no-show-raw-insn", path).Output()
		if err != nil {
			continue // it is not here, or an objdump of another machine
		}
		var lines []string
		for _, m := range regexp.MustCompile(`(?m)^\s*[0-9a-f]+:\t(.*)$`).FindAllStringSubmatch(string(out), -1) {
			lines = append(lines, strings.Join(strings.Fields(m[1]), " "))
		}
		return lines
	}
	return nil
}
