package dl

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A library that is loaded can end the process: ld.so does when a part of the C library is
// missing, and drivers have crashed, called exit and hung in their first call. So all of it
// is tried in a child process first. The child is this program once more, with an
// environment variable that holds what to try:
//
//	parent                                child
//	Probe: starts itself again ─────────→ main: MaybeProbe: boot, open, check
//	       reads its output    ←───────── a line before each step, a last line at the end
//	       waits, at most ten seconds     exits
//
// A child that ends without the last line has failed, whatever its exit code: a library that
// calls exit(0) is no success.

// probeVariable is the environment variable that makes a process a probe child.
const probeVariable = "INKSTONE_DL_PROBE"

// order is what the child is to do; in the variable it is JSON.
type order struct {
	Mode    Mode
	Loader  string
	Open    []string
	Check   []string
	Mark    string // begins the child's lines, apart from what libraries print
	Seconds float64
}

// The child's lines: the mark, one of these, and text.
const (
	lineStep  = "step"  // what it begins to do
	lineError = "error" // what went wrong with it
	lineDone  = "done"  // all went well
)

// stepBoot is the step before any library is opened.
const stepBoot = "boot"

const (
	defaultProbeTimeout = 10 * time.Second
	probeOutput         = 16 << 10 // bytes of a child's output that are kept, from its end
)

// registry is what a program has to do with probes.
type registry struct {
	mu     sync.Mutex
	checks map[string]func(l *Loader) error
	ready  bool // MaybeProbe has been called
	child  bool // this is a child
}

var probes registry

// RegisterProbe names a check that a probe child can run: it opens a driver and computes
// something with it. It is for init functions.
func RegisterProbe(name string, f func(l *Loader) error) {
	probes.mu.Lock()
	defer probes.mu.Unlock()
	if probes.checks[name] != nil {
		panic(fmt.Sprintf("dl: RegisterProbe: %q is there already", name))
	}
	if probes.checks == nil {
		probes.checks = map[string]func(l *Loader) error{}
	}
	probes.checks[name] = f
}

// MaybeProbe is the first thing in main of a program that boots, and in TestMain of such a
// test. In an ordinary process it returns at once. In a probe child, which is the same program
// with a private environment variable, it does what that asks for and exits.
func MaybeProbe() {
	text, child := os.LookupEnv(probeVariable)
	probes.mu.Lock()
	probes.ready, probes.child = true, child
	probes.mu.Unlock()
	if !child {
		return
	}
	os.Unsetenv(probeVariable) // what the child starts is no child of this kind
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", probeVariable, err)
		os.Exit(2)
	}
	os.Exit(o.carryOut())
}

// carryOut is the child's life; it returns its exit code.
func (o *order) carryOut() int {
	// The parent may die before it can end a child that hangs.
	time.AfterFunc(time.Duration((o.Seconds+1)*float64(time.Second)), func() { os.Exit(3) })

	say := func(what, text string) { fmt.Printf("\n%s%s %q\n", o.Mark, what, text) }
	fail := func(err error) int {
		say(lineError, err.Error())
		return 1
	}
	say(lineStep, stepBoot)
	l, err := Boot(context.Background(), Options{Mode: o.Mode, NoProbe: true, LoaderPath: o.Loader})
	if err != nil {
		return fail(err)
	}
	for _, name := range o.Open {
		say(lineStep, "open "+name)
		if _, err := l.Open(name); err != nil && !errors.Is(err, ErrNoLibrary) {
			return fail(err)
		}
	}
	for _, name := range o.Check {
		say(lineStep, "check "+name)
		probes.mu.Lock()
		check := probes.checks[name]
		probes.mu.Unlock()
		if err := check(l); err != nil {
			return fail(err)
		}
	}
	say(lineDone, "")
	return 0
}

// Probe tries in a child process what Options ask for: boot, open the libraries, run the
// checks. Boot does the same by itself.
func Probe(ctx context.Context, o Options) error {
	the.mu.Lock()
	defer the.mu.Unlock()
	modes, _, err := o.feasible()
	if err != nil {
		return err
	}
	_, err = probeModes(ctx, o, modes)
	return err
}

// probeModes tries modes until C starts in one, and returns that. What went well before is
// not tried again. The lock of the process's loader is held.
func probeModes(ctx context.Context, o Options, modes []Mode) (m Mode, err error) {
	if probes.inChild(o.Checks) {
		return modes[0], nil
	}
	key := fmt.Sprintf("%v %q %q %q", modes, o.LoaderPath, o.Probe, o.Checks)
	if m, ok := the.probed[key]; ok {
		return m, nil
	}
	for _, m = range modes {
		err = probe(ctx, o, m)
		if err == nil {
			if the.probed == nil {
				the.probed = map[string]Mode{}
			}
			the.probed[key] = m
			return m, nil
		}
		// Another mode helps where C does not even start in this one.
		if p := (*ProbeError)(nil); !errors.As(err, &p) || p.Step != stepBoot {
			break
		}
	}
	return m, err
}

// inChild reports whether this process is a probe child, in which nothing is probed. It
// panics for a program that cannot have such children and for checks that it does not know.
func (r *registry) inChild(checks []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ready { // the child would be a second run of the whole program
		panic("dl: main must call dl.MaybeProbe first")
	}
	for _, name := range checks {
		if r.checks[name] == nil {
			panic(fmt.Sprintf("dl: no check %q is registered, only %q", name, slices.Sorted(maps.Keys(r.checks))))
		}
	}
	return r.child
}

// probe runs one child.
func probe(ctx context.Context, o Options, m Mode) error {
	limit := o.ProbeTimeout
	if limit == 0 {
		limit = defaultProbeTimeout
	}
	mark := "dl-probe-" + rand.Text() + " "
	text, err := json.Marshal(order{Mode: m, Loader: o.LoaderPath, Open: o.Probe, Check: o.Checks, Mark: mark, Seconds: limit.Seconds()})
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(limited, executable())
	cmd.Args = os.Args[:1]
	cmd.Env = append(os.Environ(), probeVariable+"="+string(text))
	cmd.Stdin = strings.NewReader("") // /dev/null may be missing
	cmd.WaitDelay = time.Second       // for what the child may have started
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if cmd.ProcessState == nil { // it never ran
		return fmt.Errorf("%w: %w", ErrProbe, err)
	}
	done, e := readProbe(string(out.data), mark)
	e.ExitCode, e.Signal, e.TimedOut = cmd.ProcessState.ExitCode(), exitSignal(cmd.ProcessState), limited.Err() != nil
	if done && cmd.ProcessState.Success() { // err may be about what the child has left behind
		return nil
	}
	return e
}

// executable returns the path that starts this program once more.
func executable() string {
	const self = "/proc/self/exe" // even where the file has been replaced by now
	if _, err := os.Stat(self); err == nil {
		return self
	}
	if path, err := os.Executable(); err == nil {
		return path
	}
	return os.Args[0]
}

// readProbe takes a child's lines out of its output.
func readProbe(output, mark string) (done bool, e *ProbeError) {
	e = &ProbeError{Step: "start"}
	var rest []string
	for line := range strings.Lines(output) {
		said, ok := strings.CutPrefix(line, mark)
		if !ok {
			if strings.TrimSpace(line) != "" {
				rest = append(rest, line)
				e.said = append(e.said, strings.TrimSpace(line))
			}
			continue
		}
		what, quoted, _ := strings.Cut(strings.TrimSpace(said), " ")
		text, err := strconv.Unquote(quoted)
		if err != nil {
			text = quoted
		}
		switch what {
		case lineStep:
			e.Step, e.said = text, nil
		case lineError:
			e.Message = text
		case lineDone:
			done = true
		}
	}
	e.Output = strings.Join(rest, "")
	return done, e
}

// tail keeps the end of what is written to it.
type tail struct{ data []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if extra := len(t.data) - probeOutput; extra > 0 {
		t.data = append(t.data[:0], t.data[extra:]...)
	}
	return len(p), nil
}
