// Package dl loads the system's shared libraries (a Vulkan or CUDA driver, a BLAS, MPI) into
// a static Go binary, without cgo: the same file runs where there is such a library and where
// there is not even a C library.
//
//	func main() {
//		dl.MaybeProbe() // first of all: this process may be a probe child
//		…
//	}
//
//	l, err := dl.Boot(ctx, dl.Options{Probe: []string{"libvulkan.so.1"}})
//	lib, err := l.Open("libvulkan.so.1")
//	version, err := lib.Sym("vkEnumerateInstanceVersion")
//	l.Do(func(c *dl.Caller) {
//		var arena dl.Arena
//		defer arena.Free()
//		v, p := dl.New[uint32](&arena)
//		if r := int32(c.Call(version, p)); r == 0 {
//			fmt.Println(*v)
//		}
//	})
//
// # How it works on Linux
//
// Only the system's own dynamic loader, ld.so, can load its C library: the two share private
// structures. The kernel starts ld.so together with a dynamic program: it maps both, puts
// arguments, environment and a table of facts (the auxiliary vector) on a stack, and jumps to
// ld.so. That loads the C library, connects the program to it, and jumps to the program's
// entry point. ld.so cannot tell who did the kernel's part. Here this package does:
//
//  1. rtld_linux.go finds ld.so and maps it.
//  2. program_linux.go makes, in memory, the dynamic program: an ELF image without code, whose
//     entry point is a function of this binary. It imports dlopen and dlsym, and asks for 8
//     bytes of thread-local storage.
//  3. stack_linux.go makes the stack, with what the kernel told this process, except for where
//     the program and ld.so lie.
//  4. boot_linux_amd64.s jumps to ld.so. The C library comes up and calls main, which returns to
//     Go, leaving C's stack and thread as they are.
//  5. call_linux_amd64.s makes calls: onto C's stack, arguments into registers, and back.
//
// The thread that did this is C's for ever: the C library has set the processor's thread
// pointer to its own block. In direct mode it is also a thread of the Go scheduler, which on
// x86-64 finds the current goroutine at a fixed distance from the thread pointer; that is
// where the 8 bytes of step 2 lie. A call costs what it costs in cgo: about 20 ns. In mailbox mode
// the thread is not Go's, and calls are handed to it: some 10 µs.
//
// # What to know
//
//   - What kills the process kills the process: ld.so exits if it lacks a file, a driver may
//     crash. So Boot tries everything in a child process first; see Options and ProbeError.
//   - Signals belong to Go. C's threads have them blocked, and handlers that libraries install
//     are undone (Open, Caller.KeepSignals). On x86-64, a fault in C gives Go's crash report; on
//     arm64 in direct mode, a fault on C's thread just ends the process.
//   - C cannot call Go. It may call functions written in assembly or C.
//   - Environment variables that Go sets after the boot are not C's. Of ld.so's own variables
//     only LD_LIBRARY_PATH counts.
//   - When the program ends, C's destructors do not run and its output buffers are not written:
//     call fflush if that matters.
//   - Direct mode needs a static program, built with CGO_ENABLED=0 and without -buildmode=pie;
//     others get the mailbox.
//
// Tested with glibc 2.36 and musl 1.2.3, on amd64 and, in an emulator, on arm64. On Windows the
// package is a thin layer over LoadLibrary. Elsewhere, and in builds with the tag purego,
// Boot returns ErrUnsupported.
package dl
