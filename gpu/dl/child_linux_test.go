//go:build (amd64 || arm64) && !purego

package dl

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// What a boot does to a process cannot be undone, so each test runs in processes of its own,
// one for every mode and C library: the test's function calls inChild, which starts the test
// binary again with these variables and tells the two apart.
const (
	childVariable    = "INKSTONE_DL_TEST"          // a child: the case it runs
	launcherVariable = "INKSTONE_DL_TEST_LAUNCHER" // a program to start children with: an emulator
)

func TestMain(m *testing.M) {
	MaybeProbe()
	os.Exit(m.Run())
}

// world is a C library and a mode.
type world struct {
	libc string
	path string // of the dynamic loader; empty is the system's
	mode Mode
}

// worlds returns what this machine offers.
func worlds() []world {
	var all []world
	for _, mode := range []Mode{Direct, Mailbox} {
		if mode == Direct && staticProgram() != nil {
			continue // built with cgo
		}
		all = append(all, world{libc: "glibc", mode: mode})
		musl := rtldPaths[1]
		if _, err := findRTLD(musl); err == nil {
			all = append(all, world{libc: "musl", path: musl, mode: mode})
		}
	}
	return all
}

func (w world) String() string { return w.mode.String() + "/" + w.libc }

// inChild returns the world to test in a child, and false in the parent, where it has run all
// children and seen them pass.
func inChild(t *testing.T, env ...string) (world, bool) {
	t.Helper()
	if name := os.Getenv(childVariable); name != "" {
		for _, w := range worlds() {
			if w.String() == name {
				return w, true
			}
		}
		t.Fatalf("%s=%s: there is no such case", childVariable, name)
	}
	for _, w := range worlds() {
		t.Run(w.String(), func(t *testing.T) {
			out, err := again(t, append(env, childVariable+"="+w.String())...)
			if err != nil || !strings.Contains(out, "--- PASS: "+outermost(t)) {
				if strings.Contains(out, "--- SKIP: ") {
					t.Skip(out)
				}
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
	return world{}, false
}

// outermost returns the name of the test function.
func outermost(t *testing.T) string {
	name, _, _ := strings.Cut(t.Name(), "/")
	return name
}

// again runs this test in a new process and returns what it printed.
func again(t *testing.T, env ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	line := append(strings.Fields(os.Getenv(launcherVariable)), self, "-test.run=^"+outermost(t)+"$", "-test.v", "-test.timeout=2m")
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// start boots in a child, without a probe.
func (w world) start(t *testing.T) *Loader {
	t.Helper()
	l, err := Boot(t.Context(), Options{Mode: w.mode, NoProbe: true, LoaderPath: w.path})
	if err != nil {
		t.Fatal(err)
	}
	if l.Mode() != w.mode || !strings.HasPrefix(l.Libc(), w.libc) {
		t.Fatalf("booted %v with %s, want %v", l.Mode(), l.Libc(), w)
	}
	return l
}

// functions looks names up in a library.
func functions(t *testing.T, lib *Lib, names ...string) []Func {
	t.Helper()
	var all []Func
	for _, name := range names {
		f, err := lib.Sym(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// open opens a library that must be there.
func open(t *testing.T, l *Loader, name string) *Lib {
	t.Helper()
	lib, err := l.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// compile makes a shared library from a file of testdata for the world's C library, or skips
// where there is no compiler.
func (w world) compile(t *testing.T, source string, flags ...string) string {
	t.Helper()
	compiler := "gcc"
	if filepath.Ext(source) == ".cc" {
		compiler = "g++"
	}
	if w.libc == "musl" {
		if compiler == "g++" {
			t.Skip("distributions have a C++ library for one C library only")
		}
		compiler = "musl-gcc"
	}
	if _, err := exec.LookPath(compiler); err != nil || os.Getenv(launcherVariable) != "" {
		t.Skipf("no %s for %s", compiler, runtime.GOARCH)
	}
	out := filepath.Join(t.TempDir(), strings.TrimSuffix(source, filepath.Ext(source))+".so")
	args := append(flags, "-O1", "-g", "-fPIC", "-shared", "-pthread", "-o", out, filepath.Join("testdata", source))
	if text, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", compiler, args, err, text)
	}
	return out
}

// check compares what a call returned.
func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// words spreads integers of any sign into arguments.
func words(args ...int) []uintptr {
	all := make([]uintptr, len(args))
	for i, a := range args {
		all[i] = uintptr(a)
	}
	return all
}
