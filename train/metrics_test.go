package train

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type metric struct {
	Step int     `json:"step"`
	Loss float64 `json:"loss"`
}

func TestMetrics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	put := func(from, first, last int, loss float64) {
		t.Helper()
		m, err := OpenMetrics(path, from)
		if err != nil {
			t.Fatal(err)
		}
		for step := first; step <= last; step++ {
			if err := m.Write(metric{step, loss}); err != nil {
				t.Fatal(err)
			}
			if b, _ := os.ReadFile(path); !strings.HasSuffix(string(b), "}\n") {
				t.Fatal("a line that was written is not in the file")
			}
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want string) {
		t.Helper()
		if got, _ := os.ReadFile(path); string(got) != want {
			t.Errorf("file holds\n%swant\n%s", got, want)
		}
	}
	put(0, 1, 3, 0.5)
	check("{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":0.5}\n{\"step\":3,\"loss\":0.5}\n")
	put(2, 3, 4, 0.25) // resumed from a checkpoint of step 2
	check("{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":0.5}\n{\"step\":3,\"loss\":0.25}\n{\"step\":4,\"loss\":0.25}\n")

	f, _ := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	f.WriteString(`{"step":5,"lo`) // killed
	f.Close()
	put(4, 5, 5, 1)
	check("{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":0.5}\n{\"step\":3,\"loss\":0.25}\n{\"step\":4,\"loss\":0.25}\n{\"step\":5,\"loss\":1}\n")
	put(0, 1, 1, 2) // afresh
	check("{\"step\":1,\"loss\":2}\n")
}

func TestMetricsRefuses(t *testing.T) {
	for want, text := range map[string]string{
		"data:2: invalid character": "{\"step\":1}\nxyz\n{\"step\":3}\n",
		`data:1: no "step"`:         "{\"loss\":1}\n",
	} {
		path := write(t, text)
		if _, err := OpenMetrics(path, 9); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
		if got, _ := os.ReadFile(path); string(got) != text {
			t.Errorf("a file that was refused changed to %q", got)
		}
	}
	m, err := OpenMetrics(filepath.Join(t.TempDir(), "x"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Write(metric{1, math.NaN()}); err == nil {
		t.Error("NaN was written")
	}
	if info, _ := m.file.Stat(); info.Size() != 0 {
		t.Errorf("a refused object left %d bytes", info.Size())
	}
}
