//go:build unix && !wasm

package train

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The tests here run this test binary again, to be killed or to be short of disk space.
const crashEnv = "INKSTONE_TEST_CRASH"

func TestMain(m *testing.M) {
	switch run := os.Getenv(crashEnv + "_DIR"); os.Getenv(crashEnv) {
	case "save for ever":
		first, _ := strconv.Atoi(os.Getenv(crashEnv + "_STEP"))
		os.Stdout.WriteString("started\n")
		for step := first; ; step++ {
			SaveCheckpoint(run, step, writeStep(step), 1)
			SaveCheckpoint(run, step, writeStep(step), 1) // in place of itself
		}
	case "full disk":
		os.Exit(saveOnFullDisk(run))
	}
	os.Exit(m.Run())
}

func child(t *testing.T, mode, run string, step int) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), crashEnv+"="+mode, crashEnv+"_DIR="+run, crashEnv+"_STEP="+strconv.Itoa(step))
	return cmd
}

// Killed at any moment, a run has a valid checkpoint that is not older than the one before,
// even if only one is kept.
func TestKilledWhileSaving(t *testing.T) {
	run := t.TempDir()
	save(t, run, 1, 1)
	last := 1
	for i := 0; i < 12 || last < 5 && i < 100; i++ { // a busy machine takes more kills to hit something
		cmd := child(t, "save for ever", run, last+1)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		bufio.NewReader(out).ReadString('\n')
		time.Sleep(time.Duration(1000+i%20*2731) * time.Microsecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		step, warnings := latest(t, run)
		if step < last || warnings != "" {
			t.Fatalf("after kill %d: latest is %d (%s), had %d before", i, step, warnings, last)
		}
		last = step
	}
	if last < 5 {
		t.Errorf("only %d checkpoints were written: the kills hit nothing", last)
	}
}

// saveOnFullDisk saves where files cannot grow beyond 10 kB.
func saveOnFullDisk(run string) int {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 10000, Max: 10000}); err != nil {
		return 2
	}
	err := SaveCheckpoint(run, 20, writeStep(20), 1)
	if errors.Is(err, syscall.EFBIG) {
		return 0
	}
	return 1
}

func TestFullDisk(t *testing.T) {
	run := t.TempDir()
	save(t, run, 10, 1)
	if out, err := child(t, "full disk", run, 0).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if step, warnings := latest(t, run); step != 10 || warnings != "" {
		t.Errorf("latest is %d (%s), want 10", step, warnings)
	}
	if got := names(t, filepath.Join(run, "checkpoints")); len(got) != 1 {
		t.Errorf("left %v", got)
	}
}
