package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

type benchCompareCmd struct {
	Old        string  `arg:"" help:"Figures from before." type:"path"`
	New        string  `arg:"" help:"Figures from after." type:"path"`
	Confidence float64 `help:"Of the intervals." default:"0.95"`
}

// Help teaches the verb.
func (benchCompareCmd) Help() string {
	return `Compares two measurements case by case. Both are what bench kernels wrote with --json or with
--format go; any Go benchmark's output will do. Medians stand with their confidence intervals; a
difference counts where a Mann-Whitney U test finds less than 5 % probability of seeing it by chance.

  inkstone bench kernels --format go > old.txt
  inkstone bench kernels --format go > new.txt
  inkstone bench compare old.txt new.txt`
}

// measurements are the samples of the cases of a file, in seconds, in the file's order.
type measurements struct {
	names   []string
	samples map[string][]float64
}

func (m *measurements) add(name string, seconds ...float64) {
	if _, ok := m.samples[name]; !ok {
		m.names = append(m.names, name)
	}
	m.samples[name] = append(m.samples[name], seconds...)
}

// A comparison is one line of bench compare.
type comparison struct {
	Name    string  `json:"name"`
	Old     float64 `json:"old_ns"`
	OldLow  float64 `json:"old_ns_low"`
	OldHigh float64 `json:"old_ns_high"`
	New     float64 `json:"new_ns"`
	NewLow  float64 `json:"new_ns_low"`
	NewHigh float64 `json:"new_ns_high"`
	Speedup float64 `json:"speedup"` // old / new
	P       float64 `json:"p"`
	Differs bool    `json:"differs"`
}

// Run compares.
func (b *benchCompareCmd) Run(u *ui) error {
	if !(b.Confidence > 0 && b.Confidence < 1) {
		return usagef("bench compare: --confidence %v: want a share between 0 and 1", b.Confidence)
	}
	before, err := readMeasurements(b.Old)
	if err != nil {
		return err
	}
	after, err := readMeasurements(b.New)
	if err != nil {
		return err
	}
	u.say("%-72s %26s %26s %8s", "case", "old", "new", "speed-up")
	var speedups []float64
	for _, name := range before.names {
		if _, ok := after.samples[name]; !ok {
			continue
		}
		c := b.compare(name, before.samples[name], after.samples[name])
		u.event("comparison", c)
		verdict := fmt.Sprintf("%.2fx", c.Speedup)
		if !c.Differs {
			verdict = "~"
		}
		u.say("%-72s %26s %26s %8s  p=%.3f n=%d+%d", name, intervalText(c.Old, c.OldLow, c.OldHigh), intervalText(c.New, c.NewLow, c.NewHigh),
			verdict, c.P, len(before.samples[name]), len(after.samples[name]))
		speedups = append(speedups, c.Speedup)
	}
	n := len(speedups)
	if n == 0 {
		return fmt.Errorf("bench compare: %s and %s have no case in common", b.Old, b.New)
	}
	mean := geometricMean(speedups)
	u.say("Geometric mean of the speed-ups of %d cases: %.3fx. Only in %s: %d; only in %s: %d.", n, mean, b.Old, len(before.names)-n, b.New, len(after.names)-n)
	u.event("result", struct {
		Cases int     `json:"cases"`
		Mean  float64 `json:"speedup_geometric_mean"`
	}{n, mean})
	return nil
}

func (b *benchCompareCmd) compare(name string, before, after []float64) comparison {
	x, y := benchmath.NewSample(before, &benchmath.DefaultThresholds), benchmath.NewSample(after, &benchmath.DefaultThresholds)
	s, t := benchmath.AssumeNothing.Summary(x, b.Confidence), benchmath.AssumeNothing.Summary(y, b.Confidence)
	test := benchmath.AssumeNothing.Compare(x, y)
	return comparison{
		Name: name, Old: 1e9 * s.Center, OldLow: 1e9 * s.Lo, OldHigh: 1e9 * s.Hi, New: 1e9 * t.Center, NewLow: 1e9 * t.Lo, NewHigh: 1e9 * t.Hi,
		Speedup: s.Center / t.Center, P: test.P, Differs: test.P < test.Alpha,
	}
}

// intervalText writes a time in nanoseconds with its interval in microseconds.
func intervalText(x, lo, hi float64) string {
	return fmt.Sprintf("%.4g [%.4g, %.4g] µs", x/1e3, lo/1e3, hi/1e3)
}

// readMeasurements reads JSON lines of bench kernels, or any Go benchmark's output.
func readMeasurements(path string) (*measurements, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m := &measurements{samples: map[string][]float64{}}
	r := bufio.NewReader(f)
	first, err := r.Peek(1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if bytes.Equal(first, []byte("{")) {
		err = m.readJSON(r)
	} else {
		err = m.readGo(r, path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(m.names) == 0 {
		return nil, fmt.Errorf("%s holds no measurements of bench kernels or of a Go benchmark", path)
	}
	return m, nil
}

func (m *measurements) readJSON(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var line struct {
			Event string `json:"event"`
			kernelResult
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if line.Event != "bench" {
			continue
		}
		for _, ns := range line.Samples {
			if !(ns > 0 && ns < 1e18) {
				return fmt.Errorf("line %d: a sample of %v ns", n, ns)
			}
			m.add(line.name(), ns/1e9)
		}
	}
	return lines.Err()
}

func (m *measurements) readGo(r io.Reader, path string) error {
	lines := benchfmt.NewReader(r, path)
	for lines.Scan() {
		switch x := lines.Result().(type) {
		case *benchfmt.SyntaxError:
			return fmt.Errorf("line %d: %s", x.Line, x.Msg)
		case *benchfmt.Result:
			if s, ok := x.Value("sec/op"); ok && s > 0 && s < 1e9 {
				m.add(x.Name.String(), s)
			}
		}
	}
	return lines.Err()
}
