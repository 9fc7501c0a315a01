package kernels

import (
	"fmt"
	"os"
	"strings"
)

// A level is one instruction-set level: a name and its complete table of kernels. Levels
// build on one another: avx2 starts as a copy of generic and replaces what it has, avx512
// starts as a copy of avx2, so no entry is ever nil.
type level struct {
	isa   string
	needs string // CPU features the level uses, for people
	table table
}

var (
	// available lists the levels this machine can run, slowest first. The first is
	// always generic.
	available []level

	// active is the table all exported kernels call through.
	active table

	activeISA string
	initErr   error
)

func init() {
	available = append([]level{{isa: "generic", needs: "nothing", table: generic}}, machineLevels()...)
	best := available[len(available)-1]
	use(best)
	if want := os.Getenv("INKSTONE_ISA"); want != "" {
		if initErr = SetISA(want); initErr != nil {
			initErr = fmt.Errorf("INKSTONE_ISA: %w", initErr)
		}
	}
}

func use(l level) { active, activeISA = l.table, l.isa }

// ISA returns the name of the instruction-set level in use: generic, avx2, avx512, neon, …
func ISA() string { return activeISA }

// ISAs returns the levels this machine and build can run, slowest first.
func ISAs() []string {
	names := make([]string, len(available))
	for i, l := range available {
		names[i] = l.isa
	}
	return names
}

// SetISA makes every kernel use the named level. It must not be called while kernels run.
// A level this machine or build does not have is an error and changes nothing.
func SetISA(name string) error {
	for _, l := range available {
		if l.isa == name {
			use(l)
			return nil
		}
	}
	return fmt.Errorf("kernels: instruction set %q is not available here (have %s)", name, strings.Join(ISAs(), ", "))
}

// InitError reports why the level that INKSTONE_ISA asks for could not be used. A program
// should check it once at start and stop: the request is never silently ignored.
func InitError() error { return initErr }
