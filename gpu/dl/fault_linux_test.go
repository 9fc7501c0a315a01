//go:build (amd64 || arm64) && !purego

package dl

import (
	"context"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func init() {
	RegisterProbe("labs", func(l *Loader) error {
		lib, err := l.Open("libc.so.6")
		if err != nil {
			return err
		}
		labs, err := lib.Sym("labs")
		l.Do(func(c *Caller) {
			if err == nil && c.Call(labs, words(-2)...) != 2 {
				err = errors.New("labs(-2) is not 2")
			}
		})
		return err
	})
	RegisterProbe("refuses", func(*Loader) error { return errors.New("no device") })
	RegisterProbe("leaves", func(*Loader) error { // a helper that outlives the child and holds its output open
		helper := exec.Command("sleep", "5")
		helper.Stdout = os.Stdout
		return helper.Start()
	})
	RegisterProbe("exits", func(*Loader) error { os.Exit(0); return nil })
}

// noEmulator skips what a process under an emulator cannot do: start itself again.
func noEmulator(t *testing.T) {
	t.Helper()
	if os.Getenv(launcherVariable) != "" {
		t.Skip("an emulated process cannot start itself again")
	}
}

// TestProbe: a child finds what would have killed this process, and says what it was.
func TestProbe(t *testing.T) {
	noEmulator(t)
	w := world{libc: "glibc"}
	for _, c := range []struct {
		fault string // how the library is compiled; none if empty
		o     Options
		want  ProbeError
		said  string // in the error's text
	}{
		{o: Options{Checks: []string{"labs"}}},
		{o: Options{Probe: []string{"libnonesuch.so", "libm.so.6"}, Mode: Mailbox}},
		{o: Options{Checks: []string{"leaves"}}},
		{o: Options{Checks: []string{"labs", "refuses"}}, want: ProbeError{Step: "check refuses", ExitCode: 1, Message: "no device"}, said: "no device"},
		{o: Options{Checks: []string{"exits"}}, want: ProbeError{Step: "check exits"}, said: "exited with code 0"},
		{fault: "EXIT0", want: ProbeError{Step: "open"}, said: "exited with code 0"},
		{fault: "EXIT3", want: ProbeError{Step: "open", ExitCode: 3}, said: `exited with code 3 (it said "fault: loading")`},
		{fault: "ABORT", o: Options{Mode: Direct}, want: ProbeError{Step: "open", ExitCode: 2}, said: "fault: loading"},
		{fault: "ABORT", o: Options{Mode: Mailbox}, want: ProbeError{Step: "open", ExitCode: 2}, said: "fault: loading"},
		{fault: "CRASH", o: Options{Mode: Direct}, want: ProbeError{Step: "open", ExitCode: 2}, said: "exited with code 2"}, // Go's report of a crash
		{fault: "CRASH", o: Options{Mode: Mailbox}, want: ProbeError{Step: "open", ExitCode: -1, Signal: syscall.SIGSEGV}, said: "segmentation fault"},
		{fault: "HANG", o: Options{ProbeTimeout: time.Second}, want: ProbeError{Step: "open", ExitCode: -1, Signal: syscall.SIGKILL, TimedOut: true}, said: "did not answer in time"},
		{fault: "SPIN", o: Options{ProbeTimeout: time.Second}, want: ProbeError{Step: "open", ExitCode: -1, Signal: syscall.SIGKILL, TimedOut: true}, said: "did not answer in time"},
	} {
		name := c.fault + strings.Join(append(c.o.Probe, c.o.Checks...), " ") + " " + c.o.Mode.String()
		t.Run(name, func(t *testing.T) {
			if (c.o.Mode == Direct || c.fault == "ABORT") && staticProgram() != nil {
				t.Skip("built with cgo: no direct mode, and SIGABRT is left to C")
			}
			if c.fault != "" {
				c.o.Probe = []string{w.compile(t, "fault.c", "-D"+c.fault)}
				c.want.Step += " " + c.o.Probe[0]
			}
			if c.o.ProbeTimeout == 0 {
				c.o.ProbeTimeout = time.Minute // a machine can be busy
			}
			err := Probe(t.Context(), c.o)
			if c.want.Step == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e *ProbeError
			if !errors.As(err, &e) || !errors.Is(err, ErrProbe) {
				t.Fatalf("error %v, want a ProbeError", err)
			}
			if e.Step != c.want.Step || e.ExitCode != c.want.ExitCode || e.Signal != c.want.Signal || e.TimedOut != c.want.TimedOut || e.Message != c.want.Message {
				t.Errorf("%+v, want %+v", e, c.want)
			}
			if !strings.Contains(e.Error(), c.said) {
				t.Errorf("the error's text is %q, want %q in it", e, c.said)
			}
			if c.fault != "" && !strings.Contains(e.Output, "fault: loading\n") {
				t.Errorf("the output is %q", e.Output)
			}
		})
	}
}

// TestProbeCancelled: a probe ends with its context.
func TestProbeCancelled(t *testing.T) {
	noEmulator(t)
	w := world{libc: "glibc"}
	lib := w.compile(t, "fault.c", "-DHANG")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := Probe(ctx, Options{Probe: []string{lib}})
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrProbe) || time.Since(began) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

// TestBootProbes: Boot in full, as the command uses it: a driver that harms is refused and one
// that does not can still be used.
func TestBootProbes(t *testing.T) {
	noEmulator(t)
	w, ok := inChild(t)
	if !ok {
		return
	}
	o := Options{Mode: w.mode, LoaderPath: w.path}
	bad := o
	bad.Checks = []string{"exits"}
	if _, err := Boot(t.Context(), bad); !errors.Is(err, ErrProbe) {
		t.Errorf("a check that exits: %v", err)
	}
	o.Checks = []string{"labs"}
	l, err := Boot(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Boot(t.Context(), bad); !errors.Is(err, ErrProbe) {
		t.Errorf("a check that exits, after a boot: %v", err)
	}
	began := time.Now()
	again, err := Boot(t.Context(), o)
	if again != l || err != nil || time.Since(began) > time.Millisecond {
		t.Errorf("the second boot: %p, want %p, %v, after %v", again, l, err, time.Since(began))
	}
	open(t, l, "libm.so.6")
}

// TestMode: the environment decides, and a word it does not know is an error.
func TestMode(t *testing.T) {
	for value, want := range map[string]Mode{"": Direct, "direct": Direct, "mailbox": Mailbox} {
		t.Setenv(modeVariable, value)
		modes, err := Auto.choose()
		if err != nil || modes[0] != want {
			t.Errorf("%q: %v, %v", value, modes, err)
		}
	}
	t.Setenv(modeVariable, "drect")
	if _, err := Boot(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "drect") {
		t.Errorf("a misspelt mode: %v", err)
	}
}

// TestEnvironment: variables of the dynamic loader that print, exit or load do not harm.
func TestEnvironment(t *testing.T) {
	noEmulator(t) // it obeys them itself, as a dynamic program does
	if staticProgram() != nil {
		t.Skip("this test is no static program: it was built with cgo")
	}
	w, ok := inChild(t, "LD_TRACE_LOADED_OBJECTS=1", "LD_PRELOAD=/nonesuch.so", "LD_AUDIT=/nonesuch.so", "LD_DEBUG=all", "LD_VERIFY=1",
		"LD_SHOW_AUXV=1", "LD_BIND_NOW=1", "LD_ORIGIN_PATH=/")
	if !ok {
		return
	}
	l := w.start(t)
	getenv := functions(t, open(t, l, "libc.so.6"), "getenv")[0]
	l.Do(func(c *Caller) {
		var a Arena
		defer a.Free()
		check(t, "LD_DEBUG in C", GoString(c.Call(getenv, a.CString("LD_DEBUG"))), "")
	})
}

// TestSearchPath: LD_LIBRARY_PATH is obeyed.
func TestSearchPath(t *testing.T) {
	if os.Getenv(childVariable) == "" {
		lib := world{libc: "glibc"}.compile(t, "stub.c")
		t.Setenv("LD_LIBRARY_PATH", filepath.Dir(lib))
	}
	w, ok := inChild(t)
	if !ok {
		return
	}
	if w.libc == "musl" {
		t.Skip("the library is one for glibc")
	}
	open(t, w.start(t), "stub.so")
}

// TestCrash: in direct mode a crash in C gives Go's report, with the call in it, and in Go
// code on that thread it is an ordinary panic (TestDo).
func TestCrash(t *testing.T) {
	noEmulator(t)
	if os.Getenv(childVariable) != "" {
		w, _ := inChild(t)
		l := w.start(t)
		strlen := functions(t, open(t, l, "libc.so.6"), "strlen")[0]
		l.Do(func(c *Caller) { c.Call(strlen, 8) })
		t.Error("a crash does not crash")
		return
	}
	for _, w := range worlds() {
		out, err := again(t, childVariable+"="+w.String())
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Errorf("%v: %v\n%s", w, err, out)
			continue
		}
		reported := strings.Contains(out, "callDirect") && strings.Contains(out, "SIGSEGV")
		if want := w.mode == Direct && runtime.GOARCH == "amd64"; reported != want {
			t.Errorf("%v: a report: %v, want %v\n%s", w, reported, want, out)
		}
		if signal := exitSignal(exit.ProcessState); !reported && signal != syscall.SIGSEGV {
			t.Errorf("%v: ended by %v", w, signal)
		}
	}
}

// TestEmptyRoot: in a system without anything, the program runs and Boot says what is missing.
// With a dynamic loader alone, the probe finds that it ends the process. With the C library
// and no /proc, it boots.
func TestEmptyRoot(t *testing.T) {
	noEmulator(t)
	if os.Getenv(childVariable) != "" {
		if _, err := os.Stat("/proc/self"); err == nil {
			t.Error("/proc is there")
		}
		l, err := Boot(t.Context(), Options{Probe: []string{"libc.so.6"}}) // with a probe
		switch os.Getenv("FILES") {
		case "0":
			if !errors.Is(err, ErrNoLoader) {
				t.Errorf("error %v, want %v", err, ErrNoLoader)
			}
			return
		case "1": // ld.so ends the process
			var e *ProbeError
			if !errors.As(err, &e) || e.Step != stepBoot || e.ExitCode != 127 || !strings.Contains(err.Error(), "libc.so.6") {
				t.Errorf("error %v, want that libc.so.6 is missing", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		labs := functions(t, open(t, l, "libc.so.6"), "labs")[0]
		l.Do(func(c *Caller) { check(t, "labs", c.Call(labs, words(-9)...), 9) })
		return
	}
	if staticProgram() != nil {
		t.Skip("this test is no static program: it was built with cgo")
	}
	r, err := findRTLD("")
	if err != nil {
		t.Fatal(err)
	}
	libc := cLibrary(t)
	for _, files := range [][]string{{}, {r.path}, {r.path, libc}} {
		root := t.TempDir()
		copyFile(t, "/proc/self/exe", filepath.Join(root, "test"))
		if err := os.Mkdir(filepath.Join(root, "tmp"), 0o777); err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			to := f
			if f == r.path {
				to = rtldPaths[0] // where no program names it
			}
			copyFile(t, f, filepath.Join(root, to))
		}
		env := []string{childVariable + "=chroot", "FILES=" + strconv.Itoa(len(files))}
		cmd := exec.Command("/test", "-test.run=^TestEmptyRoot$", "-test.v")
		cmd.Dir, cmd.Env = "/", env
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
		if os.Getuid() != 0 {
			cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestEmptyRoot") {
			t.Errorf("a system of %q: %v\n%s", files, err, out)
		}
	}
}

// cLibrary returns the file of the C library, from a program that has it mapped.
func cLibrary(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("/bin/sh", "-c", "cat /proc/self/maps").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 6 && strings.HasPrefix(filepath.Base(f[5]), "libc.so.6") {
			return f[5]
		}
	}
	t.Skip("the system's C library is not libc.so.6")
	return ""
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestStatic: a program that uses this package is a static one, which asks for no dynamic
// loader and no library.
func TestStatic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dl.test")
	build := exec.Command("go", "test", "-c", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Type != elf.ET_EXEC {
		t.Errorf("type %v", f.Type)
	}
	for _, p := range f.Progs {
		switch p.Type {
		case elf.PT_INTERP, elf.PT_DYNAMIC, elf.PT_TLS:
			t.Errorf("it has a %v", p.Type)
		case elf.PT_LOAD:
			if p.Flags&(elf.PF_W|elf.PF_X) == elf.PF_W|elf.PF_X {
				t.Error("it has memory that can be written and executed")
			}
		}
	}
}
